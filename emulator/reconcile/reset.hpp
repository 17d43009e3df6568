#pragma once
#include <functional>
#include <memory>

#include "emulator/ec2/service.hpp"
#include "emulator/ecs/ecs.hpp"
#include "emulator/reconcile/instance_reconciler.hpp"

namespace enibox::reconcile {

// POST /_enibox/reset: ends every instance with its tasks the ordinary way, then empties the rows
// and the network. Loop thread only.
class Reset {
 public:
  Reset(ecs::Ecs& ecs, ec2::Ec2Service& ec2, InstanceReconciler& instances, vpc::Network& network,
        Clock& clock)
      : ecs_(ecs), ec2_(ec2), instances_(instances), network_(network), clock_(clock) {}

  // `done` gets an empty text, or why it did not come to an end. A second call while one runs joins
  // it.
  void run(std::function<void(std::string error)> done);

 private:
  void end_instances();
  bool all_ended();
  void wait(std::int64_t until_ms);
  void finish(const std::string& error);

  ecs::Ecs& ecs_;
  ec2::Ec2Service& ec2_;
  InstanceReconciler& instances_;
  vpc::Network& network_;
  Clock& clock_;
  std::vector<std::function<void(std::string)>> waiting_;
  std::unique_ptr<Clock::Timer> timer_;
};

}  // namespace enibox::reconcile

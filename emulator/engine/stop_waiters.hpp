#pragma once
#include <list>
#include <memory>
#include <string>

#include "emulator/clock.hpp"
#include "emulator/containers/runtime.hpp"
#include "emulator/engine/call.hpp"
#include "emulator/engine/source.hpp"

namespace enibox::engine {

// `docker stop`, `docker kill` and `docker wait`: requests that end with a container. What the end
// means for its task is ECS's business, which hears of it by the same event. Loop thread only.
class StopWaiters {
 public:
  StopWaiters(containers::Runtime& runtime, Clock& clock) : runtime_(runtime), clock_(clock) {}

  void stop(const Call& call, const EngineContainer& container);
  void kill(const Call& call, const EngineContainer& container);
  void wait(const Call& call, const EngineContainer& container);

  // Runtime::Events::container_exited.
  void ended(const std::string& container_id, int exit_code);

 private:
  struct Waiter {
    std::string container_id;
    Call call;
    bool is_stop = false;
    std::unique_ptr<Clock::Timer> kill_timer;
  };
  using Waiters = std::list<std::shared_ptr<Waiter>>;
  std::shared_ptr<Waiter> add(const Call& call, const EngineContainer& container);

  containers::Runtime& runtime_;
  Clock& clock_;
  // Shared with the requests, whose end may come after this object's.
  std::shared_ptr<Waiters> waiters_ = std::make_shared<Waiters>();
};

// "KILL", "SIGKILL", "9"; throws EngineError 400 "Invalid signal: x".
int signal_number(const std::string& text);

}  // namespace enibox::engine

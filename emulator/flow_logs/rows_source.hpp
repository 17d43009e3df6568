#pragma once
#include "emulator/ec2/service.hpp"
#include "emulator/ecs/ecs.hpp"
#include "emulator/ecs/task_interfaces.hpp"
#include "emulator/flow_logs/flow_logger.hpp"

namespace enibox::flow_logs {

// What the flow logger asks, answered from the rows of EC2 and ECS. Loop thread only.
class RowsSource final : public Source {
 public:
  // `interval_ms`: in place of every flow log's own aggregation interval, for tests.
  RowsSource(ec2::Ec2Service& ec2, ecs::Ecs& ecs, std::optional<std::int64_t> interval_ms)
      : ec2_(ec2), ecs_(ecs), task_interfaces_(ecs.db), interval_ms_(interval_ms) {}

  std::map<std::string, std::vector<FlowLogSpec>> flow_logs() override;
  std::optional<EniFacts> facts(const std::string& eni_id) override;
  void refresh(EniFacts& facts) override;

 private:
  FlowLogSpec spec_of(const ec2::FlowLogRow& row) const;
  void refresh_task(EniFacts& facts);

  ec2::Ec2Service& ec2_;
  ecs::Ecs& ecs_;
  ecs::TaskInterfaces task_interfaces_;
  std::optional<std::int64_t> interval_ms_;
  bool wants_paths_ = false, wants_tasks_ = false;  // some flow log's format has such fields
};

}  // namespace enibox::flow_logs

#include "emulator/ec2/instance.hpp"

#include "api/wire/base64.hpp"
#include "emulator/ec2/instance_options.hpp"
#include "emulator/ec2/network_interface.hpp"
#include "emulator/ec2/public_address.hpp"

namespace enibox::ec2 {
namespace {

bool may_move(const std::string& from, const std::string& to) {
  if (from == "terminated") return false;
  if (to == "terminated" || to == "shutting-down") return true;
  if (to == "running") return from == "pending";
  if (to == "stopping") return from == "running" || from == "pending";
  if (to == "stopped") return from == "stopping" || from == "running" || from == "pending";
  if (to == "pending") return from == "stopped";
  return false;
}

// A machine that comes up has no reason; one that goes down keeps the one it was told to go for.
void note_reason(InstanceRow& row, const std::string& reason) {
  const bool up = row.state == "pending" || row.state == "running";
  if (reason.empty() && !up) return;
  const auto colon = reason.find(": ");
  row.state_reason_code = colon == std::string::npos ? reason : reason.substr(0, colon);
  row.state_reason = reason;
  if (up) row.transition_reason.clear();
  if (row.state == "pending") row.launched_ms = row.changed_ms;
}

AwsError wrong_state(const std::string& instance_id, const std::string& wanted) {
  const bool start = wanted == "pending" || wanted == "running";
  return {"IncorrectInstanceState", (start ? "The instance '" : "This instance '") + instance_id +
                                        "' is not in a state from which it can be " +
                                        (start ? "started." : "stopped.")};
}

void release_interfaces(Ec2State& ec2, const std::string& instance_id) {
  for (const auto& eni : ec2.enis.of_instance(instance_id)) {
    const bool goes = eni.delete_on_termination;
    detach_eni(ec2, eni.eni_id);
    if (goes) delete_eni(ec2, eni.eni_id);
  }
}

}  // namespace

Instance instance_value(const InstanceRow& row) {
  const auto base = Json::parse(row.options).value("BaseImageId", row.image_id);
  const auto image = find_image(row.region, base);
  const bool has_agent = image && !image->ecs_path.empty();
  return {.instance_id = row.instance_id,
          .region = row.region,
          .vpc_id = row.vpc_id,
          .subnet_id = row.subnet_id,
          .availability_zone = row.availability_zone,
          .instance_type = row.instance_type,
          .image_id = row.image_id,
          .state = row.state,
          .user_data = api::base64_decode(row.user_data).value_or(""),
          .primary_eni_id = row.primary_eni_id,
          .private_dns_name = row.private_dns_name,
          .has_ecs_agent = has_agent};
}

void move_instance(Ec2State& ec2, const std::string& instance_id, const std::string& state,
                   const std::string& reason) {
  auto row = ec2.instances.find(instance_id);
  if (!row) throw instance_not_found(instance_id);
  if (row->state == state) return;
  if (!may_move(row->state, state)) {
    throw wrong_state(instance_id, state);
  }
  row->state = state;
  row->changed_ms = ec2.clock.now_ms();
  note_reason(*row, reason);
  ec2.instances.update(*row);
  if (state == "stopped") withdraw_public_address(ec2, row->primary_eni_id);
  if (state == "pending") restore_public_address(ec2, row->primary_eni_id);
  if (state == "terminated") {
    release_interfaces(ec2, instance_id);
    release_volumes(ec2, instance_id);
  }
  ec2.instance_changed(instance_id);
}

void forget_terminated(Ec2State& ec2) {
  static constexpr std::int64_t kShownMs = 3'600'000;
  for (const auto& row : ec2.instances.terminated_before(ec2.clock.now_ms() - kShownMs)) {
    ec2.tags.erase_all(row.instance_id);
    ec2.instances.erase(row.instance_id);
  }
}

int state_code(const std::string& state) {
  if (state == "pending") return 0;
  if (state == "running") return 16;
  if (state == "shutting-down") return 32;
  if (state == "terminated") return 48;
  if (state == "stopping") return 64;
  return 80;
}

}  // namespace enibox::ec2

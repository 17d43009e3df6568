#include "emulator/ecs/session_targets.hpp"

namespace enibox::ecs {

SessionTargets::Place SessionTargets::resolve(const std::string& region,
                                              const std::string& target) {
  ssm::EcsTarget parts;
  if (ssm::parse_ecs_target(target, parts)) return container(region, target, parts);
  return instance(region, target);
}

SessionTargets::Place SessionTargets::container(const std::string& region,
                                                const std::string& target,
                                                const ssm::EcsTarget& parts) {
  const auto task = ecs_.tasks.find(parts.task_id);
  const auto found = ecs_.tasks.container_by_docker_id(parts.runtime_id);
  const bool known = task && found && found->task_id == task->id && task->region == region &&
                     task->cluster == parts.cluster;
  if (!known || found->last_status != status::kRunning || !task->enable_execute_command) {
    ssm::throw_not_connected(target);
  }
  return {.host_id = task->ec2_instance_id,
          .container_id = found->docker_id,
          .user = "root",
          .shell = {"/bin/sh"}};
}

SessionTargets::Place SessionTargets::instance(const std::string& region,
                                               const std::string& target) {
  try {
    const auto instance = ecs_.ec2.instance(target);
    if (instance.state == "running" && instance.region == region) {
      // The agent's default: a shell of the user it made for sessions.
      return {.host_id = target, .container_id = "", .user = "ssm-user", .shell = {"/bin/sh"}};
    }
  } catch (const AwsError&) {  // no such instance: the same answer as for one that is not connected
  }
  ssm::throw_not_connected(target);
}

}  // namespace enibox::ecs

#pragma once
#include <string>

#include "emulator/ecs/container_instances.hpp"

namespace enibox::scheduler {

// Whether a container instance matches an expression of the cluster query language, as memberOf
// constraints and ListContainerInstances filters use it:
//   attribute:ecs.instance-type == t3.medium and runningTasksCount < 3
// Subjects: agentConnected, agentVersion, ec2InstanceId, registeredAt, runningTasksCount,
// pendingTasksCount, attribute:NAME. Operators: == != > >= < <= =~ !~ in !in exists !exists (and
// the words equals, not_equals, greater_than, ..., matches, not_matches); and/&&, or/||, not/!, ().
// Throws InvalidParameterException for what does not parse.
bool matches(const std::string& expression, const ecs::ContainerInstance& instance,
             const ecs::Remaining& left);

}  // namespace enibox::scheduler

#pragma once
#include <functional>
#include <string>

#include "emulator/ecs/container_instances.hpp"

namespace enibox::scheduler {

// An expression of the cluster query language, as memberOf constraints and the filter of
// ListContainerInstances use it:
//   attribute:ecs.instance-type =~ t3.* and runningTasksCount < 3 and not(task:group == service:db)
// Subjects: agentConnected, agentVersion, ec2InstanceId, registeredAt, runningTasksCount,
// pendingTasksCount, task:group, attribute:NAME. Operators: == != > >= < <= =~ !~ in !in exists
// !exists (and the words equals, not_equals, greater_than, ..., matches, not_in, not_exists);
// and/&&, or/||, not/!, (). AWS: "Cluster query language".
class ClusterQuery {
 public:
  // Throws InvalidParameterException for what does not parse.
  explicit ClusterQuery(const std::string& expression);

  bool matches(const ecs::ContainerInstance& instance, const ecs::Remaining& left) const {
    return predicate_(instance, left);
  }

  using Predicate = std::function<bool(const ecs::ContainerInstance&, const ecs::Remaining&)>;

 private:
  Predicate predicate_;
};

}  // namespace enibox::scheduler

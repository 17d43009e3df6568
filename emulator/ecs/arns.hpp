#pragma once
#include <string>

#include "emulator/ecs/model.hpp"

// ARNs and identifiers of ECS, in the long format.
namespace enibox::ecs {

struct Arns {
  std::string account_id;

  std::string cluster(const std::string& region, const std::string& name) const;
  std::string task(const Task& task) const;
  std::string task(const std::string& region, const std::string& cluster,
                   const std::string& id) const;
  std::string container(const Task& task, const Container& container) const;
  std::string task_definition(const std::string& region, const std::string& family,
                              std::int64_t revision) const;
  std::string container_instance(const std::string& region, const std::string& cluster,
                                 const std::string& id) const;
  std::string attachment(const std::string& region, const std::string& id) const;
  std::string capacity_provider(const std::string& region, const std::string& name) const;
  std::string service(const std::string& region, const std::string& cluster,
                      const std::string& name) const;
};

// The cluster name out of a name or an ARN; "default" when empty. Throws InvalidParameterException
// for what is neither.
std::string cluster_name(const std::string& given);

// The id out of a task's or container instance's id or ARN. `kind` is "task" or
// "container-instance". Throws InvalidParameterException with ECS's text for a malformed one.
std::string resource_id(const std::string& kind, const std::string& given);

struct TaskDefinitionName {
  std::string family;
  std::int64_t revision = 0;  // 0: the latest active one
};
// "family", "family:3" or an ARN. Throws ClientException or InvalidParameterException.
TaskDefinitionName task_definition_name(const std::string& given);

// Letters, digits, '-' and '_', 1 to 255 of them: families, cluster and container names.
bool is_ecs_name(const std::string& text);

}  // namespace enibox::ecs

#pragma once
#include <optional>
#include <string>
#include <vector>

#include "emulator/ecs/arns.hpp"
#include "emulator/ecs/model.hpp"
#include "emulator/store/database.hpp"

namespace enibox::ecs {

// The rows of ecs_task_definitions. Loop thread only.
class TaskDefinitions {
 public:
  explicit TaskDefinitions(store::Database& db);

  // The next revision of the family; never one that was given before.
  std::int64_t next_revision(const std::string& region, const std::string& family);
  void put(const TaskDefinition& definition);
  void remove(const std::string& region, const std::string& family, std::int64_t revision);
  // revision 0: the latest active one.
  std::optional<TaskDefinition> find(const std::string& region, const TaskDefinitionName& name);
  struct Row {
    std::string region, family, status;
    std::int64_t revision;
  };
  // All of a region (of one family, when it is not empty), by family and revision.
  std::vector<Row> list(const std::string& region, const std::string& family);
  std::vector<Row> being_deleted();  // DELETE_IN_PROGRESS ones, of all regions

 private:
  store::Statement bump_, put_, remove_, find_, latest_, list_, being_deleted_;
};

// Checks a RegisterTaskDefinition input by ECS's rules and gives the TaskDefinition shape with the
// service's defaults filled in (no ARN, revision, status, times yet). Throws ClientException or
// InvalidParameterException with ECS's texts.
Json checked_task_definition(const Json& input);

// The rules for CPU and memory of a definition and its containers alone. Throws ClientException.
void check_task_sizes(const Json& definition);

// requiresAttributes of a checked definition: what the instance's agent must offer.
Json required_attributes(const Json& definition);

// "256", ".25 vCPU", "1 vCPU" in CPU units; "512", "0.5GB" in MiB. nullopt: not such a text.
std::optional<std::int64_t> parse_cpu(const std::string& text);
std::optional<std::int64_t> parse_memory(const std::string& text);

}  // namespace enibox::ecs

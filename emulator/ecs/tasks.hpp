#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "emulator/ecs/container_instances.hpp"
#include "emulator/ecs/model.hpp"
#include "emulator/store/database.hpp"

namespace enibox::ecs {

// The rows of ecs_tasks and ecs_containers. Loop thread only.
class Tasks {
 public:
  explicit Tasks(store::Database& db);

  void insert(Task& task, const std::vector<Container>& containers);  // gives it its sequence
  // Writes what changes in a task's life. The caller has raised `version` where the API shows it.
  void update(const Task& task);
  void update(const Container& container);

  std::optional<Task> find(const std::string& task_id);
  std::vector<Container> containers(const std::string& task_id);  // in the definition's order
  // The task of a container or pause container.
  std::optional<Task> find_by_docker_id(const std::string& docker_id);
  // Those of the ids that are there, and the containers of them all: one query each.
  std::map<std::string, Task> find(const std::vector<std::string>& task_ids);
  std::map<std::string, std::vector<Container>> containers(
      const std::vector<std::string>& task_ids);
  std::optional<Container> container_by_docker_id(const std::string& docker_id);

  // What ListTasks asks for: those of a cluster, oldest first.
  struct Filter {
    std::string region, cluster, desired_status;
    std::string container_instance_id, family, started_by, launch_type;  // empty: any
    std::int64_t after_sequence = 0;
    std::int64_t limit = 0;
  };
  struct Row {
    std::string id;
    std::int64_t sequence = 0;
  };
  std::vector<Row> list(const Filter& filter);
  std::vector<Task> with_token(const std::string& region, const std::string& cluster,
                               const std::string& client_token);
  std::vector<Task> on_instance(const std::string& container_instance_id);  // not STOPPED ones
  std::vector<Task> on_ec2_instance(const std::string& ec2_instance_id);    // stopped ones, too
  std::vector<Task> unfinished();                                           // of all regions
  bool any_unfinished(const std::string& region, const std::string& cluster);
  std::vector<Task> stopped_before(std::int64_t unix_ms);
  void remove(const std::string& task_id);  // with its containers
  bool uses_definition(const std::string& region, const std::string& family, std::int64_t revision);
  // The addresses of the ecs-eth0 of the tasks that live on an instance.
  std::vector<std::string> bridge_addresses(const std::string& container_instance_id);

  // What instances of one cluster have left, by their ids: one query for them all.
  std::map<std::string, Remaining> remaining(const std::vector<ContainerInstance>& instances);
  Remaining remaining(const ContainerInstance& instance);
  // Tasks of a cluster that are RUNNING, and those on the way there.
  struct Counts {
    std::int64_t running = 0, pending = 0;
  };
  Counts counts(const std::string& region, const std::string& cluster);

 private:
  std::vector<Task> read_all(store::Query rows);

  store::Statement insert_, insert_container_, update_, update_container_, find_, by_pause_,
      find_many_, containers_, containers_many_, container_by_docker_, list_, list_placed_,
      list_family_, list_started_by_, with_token_, on_instance_, on_ec2_instance_, unfinished_,
      any_unfinished_, stopped_before_, remove_, uses_definition_, bridge_addresses_, usage_,
      counts_, next_sequence_;
};

}  // namespace enibox::ecs

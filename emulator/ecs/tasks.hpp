#pragma once
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
  std::optional<Container> container_by_docker_id(const std::string& docker_id);

  // Those of a cluster with that desired status ("" any), oldest first.
  std::vector<Task> list(const std::string& region, const std::string& cluster,
                         const std::string& desired_status);
  std::vector<Task> with_token(const std::string& region, const std::string& cluster,
                               const std::string& client_token);
  std::vector<Task> on_instance(const std::string& container_instance_id);  // not STOPPED ones
  std::vector<Task> on_ec2_instance(const std::string& ec2_instance_id);    // stopped ones, too
  std::vector<Task> unfinished();                                           // of all regions
  // Removes those stopped before that time, and their containers. AWS keeps them about an hour.
  int forget_stopped_before(std::int64_t unix_ms);

  Remaining remaining(const ContainerInstance& instance);
  // Tasks of a cluster that are RUNNING, and those on the way there.
  struct Counts {
    std::int64_t running = 0, pending = 0;
  };
  Counts counts(const std::string& region, const std::string& cluster);

 private:
  std::vector<Task> read_all(store::Query rows);

  store::Statement insert_, insert_container_, update_, update_container_, find_, containers_,
      container_by_docker_, list_, with_token_, on_instance_, on_ec2_instance_, unfinished_,
      forget_, remaining_, counts_, next_sequence_;
};

}  // namespace enibox::ecs

#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "emulator/ecs/model.hpp"
#include "emulator/store/database.hpp"

namespace enibox::ecs {

// The rows of ecs_container_instances. Loop thread only.
class ContainerInstances {
 public:
  explicit ContainerInstances(store::Database& db);

  void insert(const ContainerInstance& instance);
  // Status, agent, version, attributes, and what it registered with.
  void update(const ContainerInstance& instance);
  std::optional<ContainerInstance> find(const std::string& id);
  std::optional<ContainerInstance> find_by_ec2(const std::string& ec2_instance_id);
  // Those not INACTIVE, by time of registration.
  std::vector<ContainerInstance> list(const std::string& region, const std::string& cluster);

  std::int64_t count(const std::string& region, const std::string& cluster);  // not INACTIVE ones

  // The next address of 169.254.172.0/22 for a task's ecs-eth0. As the real ecs-ipam: the one after
  // the last given, round and round, over those in `taken`.
  std::string next_bridge_address(const std::string& id, const std::vector<std::string>& taken);

 private:
  store::Statement insert_, update_, find_, find_by_ec2_, list_, count_, last_host_, set_last_host_;
};

// What a container instance has left, after the tasks on it. In CPU units, MiB and task ENIs.
struct Remaining {
  std::int64_t cpu = 0, memory = 0, enis = 0;
  std::int64_t running_tasks = 0, pending_tasks = 0;
  std::map<std::string, int> groups;  // tasks that live on it, by task group
};

}  // namespace enibox::ecs

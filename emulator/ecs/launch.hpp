#pragma once
#include <string>
#include <vector>

#include "emulator/ecs/ecs.hpp"
#include "emulator/scheduler/placement.hpp"

// What RunTask and StartTask check before anything is placed.
namespace enibox::ecs {

// Everything that a request fixes for each of its tasks.
struct Launch {
  Cluster cluster;
  TaskDefinition definition;
  std::string launch_type = "EC2";
  std::vector<ec2::Subnet> subnets;
  std::vector<std::string> group_ids;
  Json overrides;
  std::string group;
  scheduler::Wanted wanted;
  std::string client_token, request_hash;
};

// In AWS's order: cluster, task definition, launch type, network mode against configuration, public
// address, subnets and groups, overrides, placement. Throws with ECS's texts; changes nothing.
Launch checked_launch(Ecs& ecs, const api::RequestContext& context, const Json& input);

// "cpu" or "memory" at the level of the task, overridden or not; empty: none.
std::string task_size(const Launch& launch, const char* key);
// The override of a container (an empty object when it has none), and a size under it.
const Json& container_override(const Json& overrides, const std::string& name);
std::int64_t sized(const Json& override, const Json& container, const char* key);

}  // namespace enibox::ecs

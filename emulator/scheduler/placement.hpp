#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "emulator/ecs/container_instances.hpp"
#include "emulator/scheduler/query_language.hpp"

// Where a task goes: a function of what is asked and what the container instances have left.
// AWS: "Amazon ECS task placement"; the reasons are those of `failures[]`.
namespace enibox::scheduler {

struct Candidate {
  ecs::ContainerInstance instance;
  ecs::Remaining left;
};

struct Wanted {
  std::int64_t cpu = 0, memory = 0, gpus = 0;
  bool needs_eni = false;
  std::set<std::string> availability_zones;  // of the awsvpc subnets; empty: any
  std::string vpc_id;                        // of the awsvpc subnets; empty: any
  std::vector<std::string> attributes;       // requiresAttributes of the task definition
  std::string group;                         // the task's: for distinctInstance and spread
  bool distinct_instance = false;
  std::vector<ClusterQuery> member_of;
  Json strategy = Json::array();  // placementStrategy, checked
};

// Takes placementConstraints and a placementStrategy in. Both throw InvalidParameterException for
// what ECS would not take.
void add_constraints(Wanted& wanted, const Json& constraints);
void set_strategy(Wanted& wanted, const Json& strategy);

struct Choice {
  std::optional<std::size_t> index;  // into the candidates
  // When none fits: the one that came furthest, and what it lacked ("RESOURCE:ENI").
  std::string closest_instance_id, reason;
};

// Chooses for one task. The caller takes the task's needs off the chosen candidate before the next.
Choice place(const Wanted& wanted, const std::vector<Candidate>& candidates);

// Why this instance cannot take it; empty: it can. (StartTask asks for one instance.)
std::string obstacle(const Wanted& wanted, const Candidate& candidate);

// Takes a placed task's needs off its candidate.
void take(const Wanted& wanted, Candidate& candidate);

}  // namespace enibox::scheduler

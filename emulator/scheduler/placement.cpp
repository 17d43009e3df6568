#include "emulator/scheduler/placement.hpp"

#include <algorithm>
#include <array>

#include "api/error.hpp"
#include "emulator/scheduler/query_language.hpp"

namespace enibox::scheduler {
namespace {

bool has_attribute(const ecs::ContainerInstance& instance, const std::string& name) {
  return std::ranges::any_of(instance.attributes, [&](const Json& attribute) {
    return attribute.value("name", "") == name;
  });
}

bool meets_constraints(const Wanted& wanted, const Candidate& candidate) {
  for (const auto& constraint : wanted.constraints) {
    const std::string type = constraint.value("type", "");
    if (type == "distinctInstance" && candidate.tasks_of_group > 0) return false;
    if (type == "memberOf" &&
        !matches(constraint.value("expression", ""), candidate.instance, candidate.left)) {
      return false;
    }
  }
  return true;
}

// The order in which an instance is tested: how far one came tells which was the closest.
constexpr std::array kOrder{"AGENT",           "ATTRIBUTE",    "LOCATION", "RESOURCE:CPU",
                            "RESOURCE:MEMORY", "RESOURCE:ENI", ""};

std::size_t progress(const std::string& reason) {
  return static_cast<std::size_t>(std::ranges::find(kOrder, reason) - kOrder.begin());
}

// The value a strategy sorts by; the smallest is taken.
std::int64_t spread_value(const std::string& field, const Candidate& candidate,
                          const std::vector<Candidate>& all) {
  const auto key = [&](const Candidate& c) -> std::string {
    if (field == "instanceId" || field == "host") return c.instance.id;
    if (field == "attribute:ecs.availability-zone") return c.instance.availability_zone;
    if (field.rfind("attribute:", 0) == 0) {
      for (const auto& attribute : c.instance.attributes) {
        if (attribute.value("name", "") == field.substr(10)) return attribute.value("value", "");
      }
    }
    return {};
  };
  std::int64_t tasks = 0;
  for (const auto& other : all) {
    if (key(other) == key(candidate)) tasks += other.left.running_tasks + other.left.pending_tasks;
  }
  return tasks;
}

std::int64_t sort_value(const Json& strategy, const Candidate& candidate,
                        const std::vector<Candidate>& all) {
  const std::string type = strategy.value("type", "");
  std::string field = strategy.value("field", "");
  if (type == "spread") return spread_value(field, candidate, all);
  std::ranges::transform(field, field.begin(), [](unsigned char c) { return std::tolower(c); });
  if (type == "binpack") return field == "cpu" ? candidate.left.cpu : candidate.left.memory;
  return 0;  // random: any order is as good
}

}  // namespace

std::string obstacle(const Wanted& wanted, const Candidate& candidate) {
  const auto& instance = candidate.instance;
  if (!instance.agent_connected) return "AGENT";
  for (const auto& name : wanted.attributes) {
    if (!has_attribute(instance, name)) return "ATTRIBUTE";
  }
  if (!wanted.vpc_id.empty() && instance.vpc_id != wanted.vpc_id) return "ATTRIBUTE";
  if (!meets_constraints(wanted, candidate)) return "ATTRIBUTE";
  if (!wanted.availability_zones.empty() &&
      !wanted.availability_zones.contains(instance.availability_zone)) {
    return "LOCATION";
  }
  if (candidate.left.cpu < wanted.cpu) return "RESOURCE:CPU";
  if (candidate.left.memory < wanted.memory) return "RESOURCE:MEMORY";
  if (wanted.needs_eni && candidate.left.enis < 1) return "RESOURCE:ENI";
  return {};
}

Choice place(const Wanted& wanted, const std::vector<Candidate>& candidates) {
  // With no strategy ECS places at random; fewest tasks first keeps that fair and repeatable.
  static const Json kDefault = Json::array({{{"type", "spread"}, {"field", "instanceId"}}});
  const Json& strategies = wanted.strategy.empty() ? kDefault : wanted.strategy;
  Choice choice;
  std::size_t furthest = 0;
  std::vector<std::int64_t> best;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const std::string reason = obstacle(wanted, candidates[i]);
    if (!reason.empty()) {
      if (choice.reason.empty() || progress(reason) > furthest) {
        furthest = progress(reason);
        choice.reason = reason;
        choice.closest_instance_id = candidates[i].instance.id;
      }
      continue;
    }
    std::vector<std::int64_t> values;
    for (const auto& strategy : strategies) {
      values.push_back(sort_value(strategy, candidates[i], candidates));
    }
    if (!choice.index || values < best) {
      choice.index = i;
      best = std::move(values);
    }
  }
  return choice;
}

void take(const Wanted& wanted, Candidate& candidate) {
  candidate.left.cpu -= wanted.cpu;
  candidate.left.memory -= wanted.memory;
  if (wanted.needs_eni) --candidate.left.enis;
  ++candidate.left.pending_tasks;
  ++candidate.tasks_of_group;
}

}  // namespace enibox::scheduler

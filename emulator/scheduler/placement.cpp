#include "emulator/scheduler/placement.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <random>

#include "api/error.hpp"

namespace enibox::scheduler {
namespace {

constexpr std::size_t kMostConstraints = 10, kMostStrategies = 5;

[[noreturn]] void invalid(const std::string& message) {
  throw AwsError("InvalidParameterException", message);
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::optional<std::string> attribute_of(const ecs::ContainerInstance& instance,
                                        const std::string& name) {
  for (const auto& attribute : instance.attributes) {
    if (attribute.value("name", "") == name) return attribute.value("value", "");
  }
  return std::nullopt;
}

int tasks_of_group(const Wanted& wanted, const Candidate& candidate) {
  const auto found = candidate.left.groups.find(wanted.group);
  return found == candidate.left.groups.end() ? 0 : found->second;
}

bool meets_constraints(const Wanted& wanted, const Candidate& candidate) {
  if (wanted.distinct_instance && tasks_of_group(wanted, candidate) > 0) return false;
  return std::ranges::all_of(wanted.member_of, [&](const ClusterQuery& query) {
    return query.matches(candidate.instance, candidate.left);
  });
}

// The order in which an instance is tested: how far one came tells which was the closest.
constexpr std::array kOrder{"AGENT",           "ATTRIBUTE",    "LOCATION",     "RESOURCE:CPU",
                            "RESOURCE:MEMORY", "RESOURCE:GPU", "RESOURCE:ENI", ""};

std::size_t progress(const std::string& reason) {
  return static_cast<std::size_t>(std::ranges::find(kOrder, reason) - kOrder.begin());
}

// What candidates are told apart by in a spread: the instance, or the value of an attribute.
std::string spread_key(const std::string& field, const Candidate& candidate) {
  if (field.rfind("attribute:", 0) != 0) return candidate.instance.id;
  return attribute_of(candidate.instance, field.substr(10)).value_or("");
}

// The values a strategy sorts the candidates by; the smallest is taken. AWS: a spread counts the
// tasks of the same task group.
std::vector<std::int64_t> sort_values(const Wanted& wanted, const Json& strategy,
                                      const std::vector<Candidate>& candidates) {
  const std::string type = strategy.value("type", "");
  const std::string field = strategy.value("field", "");
  std::vector<std::int64_t> values;
  if (type == "spread") {
    std::map<std::string, std::int64_t> tasks;
    for (const auto& c : candidates) tasks[spread_key(field, c)] += tasks_of_group(wanted, c);
    for (const auto& c : candidates) values.push_back(tasks[spread_key(field, c)]);
  } else if (type == "binpack") {
    const bool by_cpu = lower(field) == "cpu";
    for (const auto& c : candidates) values.push_back(by_cpu ? c.left.cpu : c.left.memory);
  } else {
    static std::mt19937 engine(std::random_device{}());
    for (std::size_t i = 0; i < candidates.size(); ++i)
      values.push_back(static_cast<std::int64_t>(engine()));
  }
  return values;
}

// With no strategy ECS places at random; fewest tasks first keeps that fair and repeatable.
std::vector<std::int64_t> busyness(const std::vector<Candidate>& candidates) {
  std::vector<std::int64_t> values;
  for (const auto& c : candidates) {
    values.push_back(c.left.running_tasks + c.left.pending_tasks);
  }
  return values;
}

}  // namespace

void add_constraints(Wanted& wanted, const Json& constraints) {
  if (constraints.size() > kMostConstraints) {
    invalid("placementConstraints can have at most 10 items.");
  }
  for (const auto& constraint : constraints) {
    const std::string type = constraint.value("type", "");
    const std::string expression = constraint.value("expression", "");
    if (type == "distinctInstance") {
      if (!expression.empty()) {
        invalid("An expression cannot be specified for a distinctInstance placement constraint.");
      }
      wanted.distinct_instance = true;
    } else if (type == "memberOf") {
      wanted.member_of.emplace_back(expression);
    } else {
      invalid("Placement constraint type should be one of [distinctInstance,memberOf]");
    }
  }
}

void set_strategy(Wanted& wanted, const Json& strategy) {
  if (strategy.size() > kMostStrategies) invalid("placementStrategy can have at most 5 items.");
  for (const auto& item : strategy) {
    const std::string type = item.value("type", "");
    const std::string field = item.value("field", "");
    if (type == "spread" && field != "instanceId" && field != "host" &&
        (field.rfind("attribute:", 0) != 0 || field.size() == 10)) {
      invalid("Invalid field '" + field +
              "' for the placement strategy spread: it should be instanceId, host or "
              "attribute:NAME.");
    }
    if (type == "binpack" && lower(field) != "cpu" && lower(field) != "memory") {
      invalid("Invalid field '" + field +
              "' for the placement strategy binpack: it should be cpu or memory.");
    }
    if (type != "spread" && type != "binpack" && type != "random") {
      invalid("Placement strategy type should be one of [random,spread,binpack]");
    }
  }
  wanted.strategy = strategy;
}

std::string obstacle(const Wanted& wanted, const Candidate& candidate) {
  const auto& instance = candidate.instance;
  if (!instance.agent_connected) return "AGENT";
  for (const auto& name : wanted.attributes) {
    if (!attribute_of(instance, name)) return "ATTRIBUTE";
  }
  if (!wanted.vpc_id.empty() && instance.vpc_id != wanted.vpc_id) return "ATTRIBUTE";
  if (!meets_constraints(wanted, candidate)) return "ATTRIBUTE";
  if (!wanted.availability_zones.empty() &&
      !wanted.availability_zones.contains(instance.availability_zone)) {
    return "LOCATION";
  }
  if (candidate.left.cpu < wanted.cpu) return "RESOURCE:CPU";
  if (candidate.left.memory < wanted.memory) return "RESOURCE:MEMORY";
  if (wanted.gpus > 0) return "RESOURCE:GPU";  // no instance of Enibox has one
  if (wanted.needs_eni && candidate.left.enis < 1) return "RESOURCE:ENI";
  return {};
}

Choice place(const Wanted& wanted, const std::vector<Candidate>& candidates) {
  Choice choice;
  std::size_t furthest = 0;
  std::vector<std::size_t> fitting;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const std::string reason = obstacle(wanted, candidates[i]);
    if (reason.empty()) {
      fitting.push_back(i);
    } else if (choice.reason.empty() || progress(reason) > furthest) {
      furthest = progress(reason);
      choice.reason = reason;
      choice.closest_instance_id = candidates[i].instance.id;
    }
  }
  if (fitting.empty()) return choice;
  // Strategies apply one after the other: a later one decides among those an earlier one left.
  std::vector<std::vector<std::int64_t>> values;
  for (const auto& strategy : wanted.strategy) {
    values.push_back(sort_values(wanted, strategy, candidates));
  }
  if (values.empty()) values.push_back(busyness(candidates));
  choice.index = *std::ranges::min_element(fitting, [&](std::size_t a, std::size_t b) {
    for (const auto& by : values) {
      if (by[a] != by[b]) return by[a] < by[b];
    }
    return false;
  });
  return choice;
}

void take(const Wanted& wanted, Candidate& candidate) {
  candidate.left.cpu -= wanted.cpu;
  candidate.left.memory -= wanted.memory;
  if (wanted.needs_eni) --candidate.left.enis;
  ++candidate.left.pending_tasks;
  ++candidate.left.groups[wanted.group];
}

}  // namespace enibox::scheduler

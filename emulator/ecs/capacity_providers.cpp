#include "emulator/ecs/capacity_providers.hpp"

#include <algorithm>

#include "api/error.hpp"
#include "emulator/ecs/model.hpp"

namespace enibox::ecs {
namespace {

constexpr std::size_t kMostInStrategy = 20;  // AWS: "Amazon ECS capacity providers"

[[noreturn]] void invalid(const std::string& message) {
  throw AwsError("InvalidParameterException", message);
}

CapacityProvider read(const store::Query& row) {
  return {.region = row.text(0),
          .name = row.text(1),
          .status = row.text(2),
          .update_status = row.text(3),
          .auto_scaling = Json::parse(row.text(4))};
}

CapacityProvider built_in(const std::string& region, const char* name) {
  return {.region = region,
          .name = name,
          .status = status::kActive,
          .update_status = "",
          .auto_scaling = nullptr};
}

constexpr const char* kFargate[] = {"FARGATE", "FARGATE_SPOT"};

}  // namespace

CapacityProviders::CapacityProviders(store::Database& db)
    : put_(db,
           "INSERT OR REPLACE INTO ecs_capacity_providers (region, name, status, update_status, "
           "auto_scaling_json) VALUES (?, ?, ?, ?, ?)"),
      find_(db,
            "SELECT region, name, status, update_status, auto_scaling_json FROM "
            "ecs_capacity_providers WHERE region = ? AND name = ?"),
      list_(db,
            "SELECT region, name, status, update_status, auto_scaling_json FROM "
            "ecs_capacity_providers WHERE region = ? AND status = 'ACTIVE' ORDER BY name") {}

void CapacityProviders::put(const CapacityProvider& p) {
  put_.run(p.region, p.name, p.status, p.update_status, p.auto_scaling.dump());
}

std::optional<CapacityProvider> CapacityProviders::find(const std::string& region,
                                                        const std::string& name) {
  for (const char* fargate : kFargate) {
    if (name == fargate) return built_in(region, fargate);
  }
  auto row = find_.query(region, name);
  if (!row.next()) return std::nullopt;
  return read(row);
}

std::vector<CapacityProvider> CapacityProviders::list(const std::string& region) {
  std::vector<CapacityProvider> found;
  for (const char* fargate : kFargate) found.push_back(built_in(region, fargate));
  auto row = list_.query(region);
  while (row.next()) found.push_back(read(row));
  return found;
}

std::string capacity_provider_name(const std::string& given) {
  if (given.rfind("arn:", 0) != 0) return given;
  const auto slash = given.rfind('/');
  return slash == std::string::npos ? given : given.substr(slash + 1);
}

void check_capacity_provider_strategy(CapacityProviders& providers, const Cluster& cluster,
                                      const Json& strategy) {
  if (strategy.size() > kMostInStrategy) {
    invalid("A capacity provider strategy can contain at most 20 capacity providers.");
  }
  int with_base = 0, fargate = 0;
  for (const auto& item : strategy) {
    const std::string name = capacity_provider_name(item.value("capacityProvider", ""));
    const auto provider = providers.find(cluster.region, name);
    if (!provider || std::ranges::find(cluster.capacity_providers, Json(name)) ==
                         cluster.capacity_providers.end()) {
      invalid(
          "The specified capacity provider strategy cannot contain a capacity provider that is not "
          "associated with the cluster. Associate the capacity provider with the cluster and try "
          "again.");
    }
    fargate += provider->is_fargate() ? 1 : 0;
    with_base += item.value("base", 0) > 0 ? 1 : 0;
  }
  if (fargate != 0 && fargate != static_cast<int>(strategy.size())) {
    invalid(
        "A capacity provider strategy cannot contain a mix of capacity providers using Auto "
        "Scaling groups and Fargate providers. Specify one or the other and try again.");
  }
  if (with_base > 1) {
    invalid(
        "A capacity provider strategy cannot contain more than one capacity provider with a base "
        "value.");
  }
}

}  // namespace enibox::ecs

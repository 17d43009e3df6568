#pragma once
#include <optional>
#include <string>
#include <vector>

#include "api/json.hpp"
#include "emulator/store/database.hpp"

namespace enibox::ecs {

struct CapacityProvider {
  std::string region, name, status, update_status;
  Json auto_scaling;  // autoScalingGroupProvider; null: FARGATE or FARGATE_SPOT

  bool is_fargate() const { return auto_scaling.is_null(); }
};

// The rows of ecs_capacity_providers, and the two that every region has. Loop thread only.
class CapacityProviders {
 public:
  explicit CapacityProviders(store::Database& db);

  void put(const CapacityProvider& provider);  // inserts, or replaces the one of that name
  // By name, deleted ones too.
  std::optional<CapacityProvider> find(const std::string& region, const std::string& name);
  std::vector<CapacityProvider> list(const std::string& region);  // active ones, by name

 private:
  store::Statement put_, find_, list_;
};

// The name out of a capacity provider's name or ARN.
std::string capacity_provider_name(const std::string& given);

struct Cluster;
// Checks a capacity provider strategy against the providers of its cluster, by ECS's rules and with
// its texts (InvalidParameterException).
void check_capacity_provider_strategy(CapacityProviders& providers, const Cluster& cluster,
                                      const Json& strategy);

}  // namespace enibox::ecs

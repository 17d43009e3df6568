#pragma once
#include <optional>
#include <string>
#include <vector>

#include "emulator/ecs/model.hpp"
#include "emulator/store/database.hpp"

namespace enibox::ecs {

// The rows of ecs_clusters. Loop thread only.
class Clusters {
 public:
  explicit Clusters(store::Database& db);

  void put(const Cluster& cluster);  // inserts, or replaces the one of that name
  std::optional<Cluster> find(const std::string& region, const std::string& name);
  // An active one. Throws ClusterNotFoundException.
  Cluster active(const std::string& region, const std::string& name);
  std::vector<Cluster> list(const std::string& region);  // active ones, by name

 private:
  store::Statement put_, find_, list_;
};

// Tags of any ECS resource, by ARN. AWS: at most 50, keys unique, "aws:" reserved.
class Tags {
 public:
  explicit Tags(store::Database& db);

  // `tags` is the API's list [{"key":..., "value":...}]. Throws InvalidParameterException for a bad
  // one; `by_aws` lets the reserved "aws:" keys pass.
  void add(const std::string& arn, const Json& tags, bool by_aws = false);
  void remove(const std::string& arn, const Json& keys);
  void clear(const std::string& arn);
  Json list(const std::string& arn);

 private:
  store::Statement put_, remove_, clear_, list_;
};

}  // namespace enibox::ecs

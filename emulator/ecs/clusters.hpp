#pragma once
#include <optional>
#include <string>
#include <vector>

#include "emulator/ecs/model.hpp"
#include "emulator/store/database.hpp"
#include "emulator/tagging/tagged_resource.hpp"

namespace enibox::ecs {

// An active cluster with nothing set.
Cluster new_cluster(const std::string& region, const std::string& name,
                    const std::string& container_insights);

// The rows of ecs_clusters. Loop thread only.
class Clusters {
 public:
  explicit Clusters(store::Database& db);

  void put(const Cluster& cluster);  // inserts, or replaces the one of that name
  std::optional<Cluster> find(const std::string& region, const std::string& name);
  // An active one. Throws ClusterNotFoundException, for a deleted one in other words.
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
  // Of every resource whose ARN begins with `prefix`, ordered by ARN.
  std::vector<TaggedResource> with_prefix(const std::string& prefix);

 private:
  store::Statement put_, remove_, clear_, list_, with_prefix_;
};

}  // namespace enibox::ecs

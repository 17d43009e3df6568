#include "emulator/ecs/clusters.hpp"

#include <set>

#include "api/error.hpp"

namespace enibox::ecs {
namespace {

Cluster read(const store::Query& row) {
  return {.region = row.text(0),
          .name = row.text(1),
          .status = row.text(2),
          .settings = Json::parse(row.text(3)),
          .configuration = Json::parse(row.text(4)),
          .capacity_providers = Json::parse(row.text(5)),
          .default_strategy = Json::parse(row.text(6)),
          .service_connect = Json::parse(row.text(7))};
}

void check_tag(const std::string& key, const std::string& value, bool by_aws) {
  if (key.empty() || key.size() > 128) {
    throw AwsError("InvalidParameterException",
                   "Tag key must be between 1 and 128 characters in length.");
  }
  if (value.size() > 256) {
    throw AwsError("InvalidParameterException",
                   "Tag value must be no more than 256 characters in length.");
  }
  if (!by_aws && (key.rfind("aws:", 0) == 0 || key.rfind("AWS:", 0) == 0)) {
    throw AwsError("InvalidParameterException",
                   "Invalid tag key: '" + key + "'. The prefix 'aws:' is reserved for AWS use.");
  }
}

}  // namespace

Cluster new_cluster(const std::string& region, const std::string& name,
                    const std::string& container_insights) {
  return {.region = region,
          .name = name,
          .status = status::kActive,
          .settings = Json::array({{{"name", "containerInsights"}, {"value", container_insights}}}),
          .configuration = Json::object(),
          .capacity_providers = Json::array(),
          .default_strategy = Json::array(),
          .service_connect = Json::object()};
}

Clusters::Clusters(store::Database& db)
    : put_(db,
           "INSERT OR REPLACE INTO ecs_clusters (region, name, status, settings_json, "
           "configuration_json, capacity_providers_json, default_strategy_json, "
           "service_connect_json) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
      find_(db,
            "SELECT region, name, status, settings_json, configuration_json, "
            "capacity_providers_json, default_strategy_json, service_connect_json "
            "FROM ecs_clusters WHERE region = ? AND name = ?"),
      list_(db,
            "SELECT region, name, status, settings_json, configuration_json, "
            "capacity_providers_json, default_strategy_json, service_connect_json "
            "FROM ecs_clusters WHERE region = ? AND status = 'ACTIVE' ORDER BY name") {}

void Clusters::put(const Cluster& c) {
  put_.run(c.region, c.name, c.status, c.settings.dump(), c.configuration.dump(),
           c.capacity_providers.dump(), c.default_strategy.dump(), c.service_connect.dump());
}

std::optional<Cluster> Clusters::find(const std::string& region, const std::string& name) {
  auto row = find_.query(region, name);
  if (!row.next()) return std::nullopt;
  return read(row);
}

Cluster Clusters::active(const std::string& region, const std::string& name) {
  auto cluster = find(region, name);
  if (!cluster) throw AwsError("ClusterNotFoundException", "Cluster not found.");
  if (cluster->status != status::kActive) {
    throw AwsError("ClusterNotFoundException", "The referenced cluster was inactive.");
  }
  return std::move(*cluster);
}

std::vector<Cluster> Clusters::list(const std::string& region) {
  std::vector<Cluster> found;
  auto row = list_.query(region);
  while (row.next()) found.push_back(read(row));
  return found;
}

Tags::Tags(store::Database& db)
    : put_(db, "INSERT OR REPLACE INTO ecs_tags (arn, key, value) VALUES (?, ?, ?)"),
      remove_(db, "DELETE FROM ecs_tags WHERE arn = ? AND key = ?"),
      clear_(db, "DELETE FROM ecs_tags WHERE arn = ?"),
      list_(db, "SELECT key, value FROM ecs_tags WHERE arn = ? ORDER BY key"),
      with_prefix_(db,
                   "SELECT arn, key, value FROM ecs_tags WHERE arn >= ?1 AND arn < ?1 || '~' "
                   "ORDER BY arn, key") {}

void Tags::add(const std::string& arn, const Json& tags, bool by_aws) {
  std::set<std::string> keys;
  for (const auto& tag : tags) {
    const std::string key = tag.value("key", "");
    const std::string value = tag.value("value", "");
    check_tag(key, value, by_aws);
    if (!keys.insert(key).second) {
      throw AwsError("InvalidParameterException", "Duplicate tag keys found: " + key);
    }
  }
  for (const auto& tag : list(arn)) keys.insert(tag.at("key").get<std::string>());
  if (keys.size() > 50) {
    throw AwsError("InvalidParameterException",
                   "The number of tags exceeds the limit of 50 for this resource.");
  }
  for (const auto& tag : tags) put_.run(arn, tag.value("key", ""), tag.value("value", ""));
}

// "ecs:cluster" of "arn:aws:ecs:us-east-1:111122223333:cluster/default".
std::vector<TaggedResource> Tags::with_prefix(const std::string& prefix) {
  std::vector<TaggedResource> all;
  auto row = with_prefix_.query(prefix);
  while (row.next()) {
    const auto arn = row.text(0);
    const auto resource = arn.substr(arn.rfind(':', arn.find('/')) + 1);
    add_tag(all, arn, "ecs:" + resource.substr(0, resource.find('/')), {row.text(1), row.text(2)});
  }
  return all;
}

void Tags::remove(const std::string& arn, const Json& keys) {
  for (const auto& key : keys) remove_.run(arn, key.get<std::string>());
}

void Tags::clear(const std::string& arn) { clear_.run(arn); }

Json Tags::list(const std::string& arn) {
  Json tags = Json::array();
  auto row = list_.query(arn);
  while (row.next()) tags.push_back({{"key", row.text(0)}, {"value", row.text(1)}});
  return tags;
}

}  // namespace enibox::ecs

#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

bool includes(const Json& input, const std::string& what) {
  const auto& list = input.value("include", Json::array());
  return std::find(list.begin(), list.end(), Json(what)) != list.end();
}

Json cluster_json(Ecs& ecs, const Cluster& c, const Json& input) {
  const std::string arn = ecs.arns.cluster(c.region, c.name);
  const auto counts = ecs.tasks.counts(c.region, c.name);
  Json json = {{"clusterArn", arn},
               {"clusterName", c.name},
               {"status", c.status},
               {"registeredContainerInstancesCount", ecs.instances.list(c.region, c.name).size()},
               {"runningTasksCount", counts.running},
               {"pendingTasksCount", counts.pending},
               {"activeServicesCount", 0},
               {"statistics", Json::array()},
               {"tags", Json::array()},
               {"settings", Json::array()},
               {"capacityProviders", c.capacity_providers},
               {"defaultCapacityProviderStrategy", c.default_strategy}};
  if (includes(input, "TAGS")) json["tags"] = ecs.tags.list(arn);
  if (includes(input, "SETTINGS")) json["settings"] = c.settings;
  if (includes(input, "CONFIGURATIONS") && !c.configuration.empty()) {
    json["configuration"] = c.configuration;
  }
  if (includes(input, "STATISTICS")) {
    const auto row = [](const char* name, std::int64_t value) {
      return Json{{"name", name}, {"value", std::to_string(value)}};
    };
    json["statistics"] = {row("runningEC2TasksCount", counts.running),
                          row("runningFargateTasksCount", 0),
                          row("pendingEC2TasksCount", counts.pending),
                          row("pendingFargateTasksCount", 0),
                          row("activeEC2ServiceCount", 0),
                          row("activeFargateServiceCount", 0),
                          row("drainingEC2ServiceCount", 0),
                          row("drainingFargateServiceCount", 0)};
  }
  if (!c.service_connect.empty()) json["serviceConnectDefaults"] = c.service_connect;
  return json;
}

// What CreateCluster and UpdateCluster answer: everything the cluster has.
Json whole_cluster(Ecs& ecs, const Cluster& cluster) {
  static const Json kAll = {{"include", {"TAGS", "SETTINGS", "CONFIGURATIONS"}}};
  return {{"cluster", cluster_json(ecs, cluster, kAll)}};
}

void apply_settings(Cluster& cluster, const Json& settings) {
  for (const auto& setting : settings) {
    const std::string name = setting.value("name", "");
    const std::string value = setting.value("value", "");
    if (name != "containerInsights") {
      throw AwsError("InvalidParameterException", "Invalid cluster setting name: " + name);
    }
    if (value != "enabled" && value != "disabled" && value != "enhanced") {
      throw AwsError("InvalidParameterException",
                     "Invalid cluster setting value for containerInsights: " + value);
    }
    cluster.settings = Json::array({{{"name", name}, {"value", value}}});
  }
}

void apply(Cluster& cluster, const Json& input) {
  apply_settings(cluster, input.value("settings", Json::array()));
  if (input.contains("configuration")) cluster.configuration = input["configuration"];
  if (input.contains("capacityProviders")) {
    cluster.capacity_providers = input["capacityProviders"];
  }
  if (input.contains("defaultCapacityProviderStrategy")) {
    cluster.default_strategy = input["defaultCapacityProviderStrategy"];
  }
  if (input.contains("serviceConnectDefaults")) {
    cluster.service_connect = input["serviceConnectDefaults"];
  }
}

Json create_cluster(Ecs& ecs, const RequestContext& context, const Json& input) {
  const std::string name = cluster_name(input.value("clusterName", "default"));
  const auto existing = ecs.clusters.find(context.region, name);
  if (existing && existing->status == status::kActive) {
    return whole_cluster(ecs, *existing);  // idempotent, as on AWS
  }
  Cluster cluster{.region = context.region,
                  .name = name,
                  .status = status::kActive,
                  .settings = Json::array({{{"name", "containerInsights"}, {"value", "disabled"}}}),
                  .configuration = Json::object(),
                  .capacity_providers = Json::array(),
                  .default_strategy = Json::array(),
                  .service_connect = Json::object()};
  apply(cluster, input);
  store::Transaction transaction(ecs.db);
  const std::string arn = ecs.arns.cluster(context.region, name);
  ecs.clusters.put(cluster);
  ecs.tags.clear(arn);
  ecs.tags.add(arn, input.value("tags", Json::array()));
  transaction.commit();
  return whole_cluster(ecs, cluster);
}

Json delete_cluster(Ecs& ecs, const RequestContext& context, const Json& input) {
  auto cluster = ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  if (!ecs.instances.list(cluster.region, cluster.name).empty()) {
    throw AwsError(
        "ClusterContainsContainerInstancesException",
        "The Cluster cannot be deleted while Container Instances are active or draining.");
  }
  for (const auto& task : ecs.tasks.list(cluster.region, cluster.name, "")) {
    if (task.last_status != status::kStopped) {
      throw AwsError("ClusterContainsTasksException",
                     "The Cluster cannot be deleted while Tasks are active.");
    }
  }
  cluster.status = status::kInactive;
  ecs.clusters.put(cluster);
  return whole_cluster(ecs, cluster);
}

Json describe_clusters(Ecs& ecs, const RequestContext& context, const Json& input) {
  Json names = input.value("clusters", Json::array());
  if (names.empty()) names.push_back("default");
  if (names.size() > 100) {
    throw AwsError("InvalidParameterException", "Clusters can have at most 100 items.");
  }
  Json answer = {{"clusters", Json::array()}, {"failures", Json::array()}};
  for (const auto& given : names) {
    const std::string name = cluster_name(given.get<std::string>());
    if (const auto cluster = ecs.clusters.find(context.region, name)) {
      answer["clusters"].push_back(cluster_json(ecs, *cluster, input));
    } else {
      answer["failures"].push_back(failure_json(ecs.arns.cluster(context.region, name), "MISSING"));
    }
  }
  return answer;
}

Json list_clusters(Ecs& ecs, const RequestContext& context, const Json& input) {
  Json arns = Json::array();
  for (const auto& cluster : ecs.clusters.list(context.region)) {
    arns.push_back(ecs.arns.cluster(cluster.region, cluster.name));
  }
  return page_json(input, "clusterArns", std::move(arns));
}

Json update_cluster(Ecs& ecs, const RequestContext& context, const Json& input) {
  auto cluster = ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  apply(cluster, input);
  ecs.clusters.put(cluster);
  return whole_cluster(ecs, cluster);
}

Json put_cluster_capacity_providers(Ecs& ecs, const RequestContext& context, const Json& input) {
  auto cluster = ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  const auto& providers = input.at("capacityProviders");
  for (const auto& item : input.at("defaultCapacityProviderStrategy")) {
    if (std::find(providers.begin(), providers.end(), item.at("capacityProvider")) ==
        providers.end()) {
      throw AwsError("InvalidParameterException",
                     "The specified capacity provider strategy contains a capacity provider that "
                     "is not associated with the cluster.");
    }
  }
  for (const auto& provider : providers) {
    const auto name = provider.get<std::string>();
    if (name != "FARGATE" && name != "FARGATE_SPOT") {
      throw AwsError("InvalidParameterException",
                     "The specified capacity provider '" + name +
                         "' was not found. Specify a valid name or ARN and try again.");
    }
  }
  apply(cluster, input);
  ecs.clusters.put(cluster);
  return whole_cluster(ecs, cluster);
}

}  // namespace

void add_cluster_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "CreateCluster", create_cluster);
  add_operation(service, ecs, "DeleteCluster", delete_cluster);
  add_operation(service, ecs, "DescribeClusters", describe_clusters);
  add_operation(service, ecs, "ListClusters", list_clusters);
  add_operation(service, ecs, "PutClusterCapacityProviders", put_cluster_capacity_providers);
  add_operation(service, ecs, "UpdateCluster", update_cluster);
  add_operation(service, ecs, "UpdateClusterSettings", update_cluster);
}

}  // namespace enibox::ecs

#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

Json cluster_json(Ecs& ecs, const Cluster& c, const Json& input) {
  const std::string arn = ecs.arns.cluster(c.region, c.name);
  const auto counts = ecs.tasks.counts(c.region, c.name);
  Json json = {{"clusterArn", arn},
               {"clusterName", c.name},
               {"status", c.status},
               {"registeredContainerInstancesCount", ecs.instances.count(c.region, c.name)},
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
  if (includes(input, "ATTACHMENTS")) json["attachments"] = Json::array();
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

[[noreturn]] void invalid(const std::string& message) {
  throw AwsError("InvalidParameterException", message);
}

void apply_settings(Cluster& cluster, const Json& settings) {
  for (const auto& setting : settings) {
    const std::string name = setting.value("name", "");
    const std::string value = setting.value("value", "");
    if (name != "containerInsights") invalid("Invalid cluster setting name: " + name);
    if (value != "enabled" && value != "disabled" && value != "enhanced") {
      invalid("Invalid cluster setting value for containerInsights: " + value);
    }
    cluster.settings = Json::array({{{"name", name}, {"value", value}}});
  }
}

// AWS: ExecuteCommandConfiguration. Where sessions are logged is said with OVERRIDE, and only then.
void check_configuration(const Json& configuration) {
  const Json exec = configuration.value("executeCommandConfiguration", Json::object());
  const bool overridden = exec.value("logging", "") == "OVERRIDE";
  const bool has_target = exec.contains("logConfiguration");
  if (overridden && !has_target) {
    invalid("logConfiguration must be specified when the execute command logging is OVERRIDE.");
  }
  if (!overridden && has_target) {
    invalid("logConfiguration can only be specified when the execute command logging is OVERRIDE.");
  }
  const Json target = exec.value("logConfiguration", Json::object());
  if (overridden && !target.contains("cloudWatchLogGroupName") &&
      !target.contains("s3BucketName")) {
    invalid("logConfiguration must name a CloudWatch log group or an S3 bucket.");
  }
}

void apply_capacity_providers(Ecs& ecs, Cluster& cluster, const Json& input) {
  if (input.contains("capacityProviders")) {
    cluster.capacity_providers = Json::array();
    for (const auto& given : input["capacityProviders"]) {
      const std::string name = capacity_provider_name(given);
      const auto provider = ecs.capacity_providers.find(cluster.region, name);
      if (!provider) {
        invalid("The specified capacity provider '" + name +
                "' was not found. Specify a valid capacity provider and try again.");
      }
      if (provider->status != status::kActive) {
        invalid("The specified capacity provider '" + name +
                "' is not in an ACTIVE state. Specify a valid capacity provider and try again.");
      }
      auto& chosen = cluster.capacity_providers;
      if (std::find(chosen.begin(), chosen.end(), Json(name)) == chosen.end()) {
        chosen.push_back(name);
      }
    }
  }
  if (!input.contains("defaultCapacityProviderStrategy")) return;
  cluster.default_strategy = Json::array();
  for (Json item : input["defaultCapacityProviderStrategy"]) {
    item["capacityProvider"] = capacity_provider_name(item.at("capacityProvider"));
    for (const char* number : {"weight", "base"}) {
      if (!item.contains(number)) item[number] = 0;
    }
    cluster.default_strategy.push_back(std::move(item));
  }
  check_capacity_provider_strategy(ecs.capacity_providers, cluster, cluster.default_strategy);
}

void apply(Ecs& ecs, Cluster& cluster, const Json& input) {
  apply_settings(cluster, input.value("settings", Json::array()));
  if (input.contains("configuration")) {
    check_configuration(input["configuration"]);
    cluster.configuration = input["configuration"];
  }
  if (input.contains("serviceConnectDefaults")) {
    cluster.service_connect = input["serviceConnectDefaults"];
  }
  apply_capacity_providers(ecs, cluster, input);
}

// A second CreateCluster is good when it asks for nothing that the first one did not.
void check_same(Ecs& ecs, const Cluster& existing, const Json& input) {
  Cluster wanted = existing;
  apply(ecs, wanted, input);
  if (wanted.settings != existing.settings || wanted.configuration != existing.configuration ||
      wanted.service_connect != existing.service_connect ||
      wanted.capacity_providers != existing.capacity_providers ||
      wanted.default_strategy != existing.default_strategy) {
    invalid(
        "Arguments on this idempotent request are inconsistent with arguments used in previous "
        "request(s).");
  }
}

Json create_cluster(Ecs& ecs, const RequestContext& context, const Json& input) {
  const std::string name = cluster_name(input.value("clusterName", "default"));
  const auto existing = ecs.clusters.find(context.region, name);
  if (existing && existing->status == status::kActive) {
    check_same(ecs, *existing, input);
    return whole_cluster(ecs, *existing);
  }
  Cluster cluster =
      new_cluster(context.region, name, ecs.settings.effective(context, "containerInsights"));
  apply(ecs, cluster, input);
  store::Transaction transaction(ecs.db);
  const std::string arn = ecs.arns.cluster(context.region, name);
  ecs.clusters.put(cluster);
  ecs.tags.clear(arn);
  ecs.tags.add(arn, input.value("tags", Json::array()));
  transaction.commit();
  return whole_cluster(ecs, cluster);
}

Json delete_cluster(Ecs& ecs, const RequestContext& context, const Json& input) {
  auto cluster = active_cluster(ecs, context, input);
  if (ecs.instances.count(cluster.region, cluster.name) != 0) {
    throw AwsError(
        "ClusterContainsContainerInstancesException",
        "The Cluster cannot be deleted while Container Instances are active or draining.");
  }
  if (ecs.tasks.any_unfinished(cluster.region, cluster.name)) {
    throw AwsError("ClusterContainsTasksException",
                   "The Cluster cannot be deleted while Tasks are active.");
  }
  cluster.status = status::kInactive;
  ecs.clusters.put(cluster);
  return whole_cluster(ecs, cluster);
}

Json describe_clusters(Ecs& ecs, const RequestContext& context, const Json& input) {
  Json names = input.value("clusters", Json::array());
  if (names.empty()) names.push_back("default");
  if (names.size() > 100) invalid("Clusters can have at most 100 items.");
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
  std::vector<Listed> arns;
  for (const auto& cluster : ecs.clusters.list(context.region)) {
    arns.push_back({cluster.name, ecs.arns.cluster(cluster.region, cluster.name)});
  }
  return page_json(context, input, "clusterArns", std::move(arns));
}

Json update_cluster(Ecs& ecs, const RequestContext& context, const Json& input) {
  auto cluster = active_cluster(ecs, context, input);
  apply(ecs, cluster, input);
  ecs.clusters.put(cluster);
  return whole_cluster(ecs, cluster);
}

}  // namespace

Cluster active_cluster(Ecs& ecs, const RequestContext& context, const Json& input) {
  return ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
}

void add_cluster_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "CreateCluster", create_cluster);
  add_operation(service, ecs, "DeleteCluster", delete_cluster);
  add_operation(service, ecs, "DescribeClusters", describe_clusters);
  add_operation(service, ecs, "ListClusters", list_clusters);
  add_operation(service, ecs, "PutClusterCapacityProviders", update_cluster);
  add_operation(service, ecs, "UpdateCluster", update_cluster);
  add_operation(service, ecs, "UpdateClusterSettings", update_cluster);
}

}  // namespace enibox::ecs

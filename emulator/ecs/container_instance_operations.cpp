#include <array>
#include <cmath>

#include "emulator/ecs/ecs.hpp"
#include "emulator/ids.hpp"
#include "emulator/scheduler/query_language.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

// What the agent says it can, name only (agent 1.105 under ecs-init). The subset Enibox keeps true.
constexpr std::array kCapabilities{
    "com.amazonaws.ecs.capability.privileged-container",
    "com.amazonaws.ecs.capability.docker-remote-api.1.17",
    "com.amazonaws.ecs.capability.docker-remote-api.1.18",
    "com.amazonaws.ecs.capability.docker-remote-api.1.19",
    "com.amazonaws.ecs.capability.docker-remote-api.1.20",
    "com.amazonaws.ecs.capability.docker-remote-api.1.21",
    "com.amazonaws.ecs.capability.docker-remote-api.1.22",
    "com.amazonaws.ecs.capability.docker-remote-api.1.23",
    "com.amazonaws.ecs.capability.docker-remote-api.1.24",
    "com.amazonaws.ecs.capability.docker-remote-api.1.25",
    "com.amazonaws.ecs.capability.docker-remote-api.1.28",
    "com.amazonaws.ecs.capability.docker-remote-api.1.29",
    "com.amazonaws.ecs.capability.docker-remote-api.1.30",
    "com.amazonaws.ecs.capability.docker-remote-api.1.32",
    "com.amazonaws.ecs.capability.task-iam-role",
    "com.amazonaws.ecs.capability.logging-driver.json-file",
    "com.amazonaws.ecs.capability.logging-driver.awslogs",
    "com.amazonaws.ecs.capability.logging-driver.none",
    "ecs.capability.task-eni",
    "ecs.capability.task-cpu-mem-limit",
    "ecs.capability.execution-role-awslogs",
    "ecs.capability.container-health-check",
    "ecs.capability.container-ordering",
    "ecs.capability.execute-command",
};

Json registered_attributes(const ec2::Instance& instance) {
  Json list = Json::array();
  for (const char* name : kCapabilities) list.push_back({{"name", name}});
  const std::array<std::pair<const char*, std::string>, 9> kValues{
      {{"ecs.ami-id", instance.image_id},
       {"ecs.availability-zone", instance.availability_zone},
       {"ecs.cpu-architecture", "x86_64"},
       {"ecs.os-type", "linux"},
       {"ecs.os-family", "LINUX"},
       {"ecs.vpc-id", instance.vpc_id},
       {"ecs.subnet-id", instance.subnet_id},
       {"ecs.instance-type", instance.instance_type},
       {"ecs.capability.cni-plugin-version", "55b2ae77-2026.01.0"}}};
  for (const auto& [name, value] : kValues) list.push_back({{"name", name}, {"value", value}});
  return list;
}

// MemTotal of the kernel is less than the type's memory. The line fits what was captured on AWS:
// t3.nano 512 -> 459, t3.medium 4096 -> 3884.
std::int64_t registered_memory(std::int64_t type_mib) {
  return type_mib - std::llround(30.3 + 0.0444 * static_cast<double>(type_mib));
}

ContainerInstance referenced(Ecs& ecs, const Cluster& cluster, const std::string& given) {
  const auto found = ecs.instances.find(resource_id("container-instance", given));
  if (!found || found->region != cluster.region || found->cluster != cluster.name ||
      found->status == status::kInactive) {
    throw AwsError("InvalidParameterException", "The referenced container instance was not found.");
  }
  return *found;
}

Json list_container_instances(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster =
      ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  const std::string filter = input.value("filter", "");
  const std::string wanted = input.value("status", "");
  Json arns = Json::array();
  for (const auto& instance : ecs.instances.list(cluster.region, cluster.name)) {
    if (!wanted.empty() && instance.status != wanted) continue;
    if (!filter.empty() && !scheduler::matches(filter, instance, ecs.tasks.remaining(instance))) {
      continue;
    }
    arns.push_back(ecs.arns.container_instance(cluster.region, cluster.name, instance.id));
  }
  return page_json(input, "containerInstanceArns", std::move(arns));
}

bool includes(const Json& input, const char* what) {
  const auto& list = input.value("include", Json::array());
  return std::find(list.begin(), list.end(), Json(what)) != list.end();
}

Json health_json(const ContainerInstance& instance, std::int64_t now_ms) {
  const char* verdict = instance.agent_connected ? "OK" : "INSUFFICIENT_DATA";
  return {{"overallStatus", verdict},
          {"details", Json::array({{{"type", "CONTAINER_RUNTIME"},
                                    {"status", verdict},
                                    {"lastUpdated", aws_seconds(now_ms)},
                                    {"lastStatusChange", aws_seconds(instance.registered_ms)}}})}};
}

// Calls `use` for each container instance named in the input, and lists the unknown ones in
// failures.
template <typename Use>
Json for_each_named(Ecs& ecs, const RequestContext& context, const Json& input, Use use) {
  const auto cluster =
      ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  const auto& given = input.at("containerInstances");
  if (given.empty()) {
    throw AwsError("InvalidParameterException", "Container instance cannot be empty.");
  }
  if (given.size() > 100) {
    throw AwsError("InvalidParameterException", "Container instances can have at most 100 items.");
  }
  Json answer = {{"containerInstances", Json::array()}, {"failures", Json::array()}};
  for (const auto& name : given) {
    const std::string id = resource_id("container-instance", name.get<std::string>());
    auto found = ecs.instances.find(id);
    if (!found || found->region != cluster.region || found->cluster != cluster.name) {
      answer["failures"].push_back(
          failure_json(ecs.arns.container_instance(cluster.region, cluster.name, id), "MISSING"));
      continue;
    }
    answer["containerInstances"].push_back(use(*found));
  }
  return answer;
}

Json describe_container_instances(Ecs& ecs, const RequestContext& context, const Json& input) {
  return for_each_named(ecs, context, input, [&](const ContainerInstance& instance) {
    Json json = container_instance_json(ecs, instance, includes(input, "TAGS"));
    if (includes(input, "CONTAINER_INSTANCE_HEALTH")) {
      json["healthStatus"] = health_json(instance, ecs.clock.now_ms());
    }
    return json;
  });
}

Json update_container_instances_state(Ecs& ecs, const RequestContext& context, const Json& input) {
  const std::string wanted = input.at("status").get<std::string>();
  if (wanted != status::kActive && wanted != status::kDraining) {
    throw AwsError("InvalidParameterException",
                   "Container instance status should be one of [ACTIVE, DRAINING]");
  }
  return for_each_named(ecs, context, input, [&](ContainerInstance& instance) {
    if (instance.status != wanted && instance.status != status::kInactive) {
      instance.status = wanted;
      ++instance.version;
      ecs.instances.update(instance);
    }
    return container_instance_json(ecs, instance, false);
  });
}

Json deregister_container_instance(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster =
      ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  auto instance = referenced(ecs, cluster, input.at("containerInstance").get<std::string>());
  auto tasks = ecs.tasks.on_instance(instance.id);
  if (!tasks.empty() && !input.value("force", false)) {
    throw AwsError("InvalidParameterException", "Found running tasks on the instance.");
  }
  store::Transaction transaction(ecs.db);
  for (auto& task : tasks) {
    stop_task(ecs, task, "TerminationNotice", "Container instance deregistration forced by user");
  }
  instance.status = status::kInactive;
  instance.agent_connected = false;
  ++instance.version;
  ecs.instances.update(instance);
  transaction.commit();
  return {{"containerInstance", container_instance_json(ecs, instance, false)}};
}

Json update_container_agent(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster =
      ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  referenced(ecs, cluster, input.at("containerInstance").get<std::string>());
  throw AwsError("NoUpdateAvailableException",
                 "There is no update available for your container agent.");
}

// --- attributes ----------------------------------------------------------------------------------

ContainerInstance attribute_target(Ecs& ecs, const Cluster& cluster, const Json& attribute) {
  const std::string target = attribute.value("targetId", "");
  if (target.empty()) {
    throw AwsError("InvalidParameterException", "targetId can not be blank.");
  }
  const auto found = ecs.instances.find(resource_id("container-instance", target));
  if (!found || found->cluster != cluster.name || found->region != cluster.region) {
    throw AwsError("TargetNotFoundException", "Target not found.");
  }
  return *found;
}

bool reserved(const std::string& name) {
  return name.rfind("ecs.", 0) == 0 || name.rfind("com.amazonaws.ecs.", 0) == 0;
}

void erase_attribute(Json& attributes, const std::string& name) {
  for (auto it = attributes.begin(); it != attributes.end(); ++it) {
    if (it->value("name", "") == name) {
      attributes.erase(it);
      return;
    }
  }
}

Json change_attributes(Ecs& ecs, const RequestContext& context, const Json& input, bool put) {
  const auto cluster =
      ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  Json changed = Json::array();
  store::Transaction transaction(ecs.db);
  for (const auto& attribute : input.at("attributes")) {
    auto instance = attribute_target(ecs, cluster, attribute);
    const std::string name = attribute.at("name").get<std::string>();
    if (reserved(name)) {
      throw AwsError("InvalidParameterException",
                     "The attribute name " + name + " is reserved for Amazon ECS.");
    }
    erase_attribute(instance.attributes, name);
    if (put) {
      Json row = {{"name", name}};
      if (attribute.contains("value")) row["value"] = attribute["value"];
      instance.attributes.push_back(std::move(row));
      const auto custom =
          std::count_if(instance.attributes.begin(), instance.attributes.end(),
                        [](const Json& item) { return !reserved(item.value("name", "")); });
      if (custom > 10) {
        throw AwsError("AttributeLimitExceededException",
                       "You can apply up to 10 custom attributes for each resource.");
      }
    }
    ++instance.version;
    ecs.instances.update(instance);
    Json shown = attribute;
    shown["targetType"] = "container-instance";
    shown["targetId"] = ecs.arns.container_instance(cluster.region, cluster.name, instance.id);
    changed.push_back(std::move(shown));
  }
  transaction.commit();
  return {{"attributes", std::move(changed)}};
}

Json put_attributes(Ecs& ecs, const RequestContext& context, const Json& input) {
  return change_attributes(ecs, context, input, true);
}
Json delete_attributes(Ecs& ecs, const RequestContext& context, const Json& input) {
  return change_attributes(ecs, context, input, false);
}

Json list_attributes(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster =
      ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  const std::string name = input.value("attributeName", "");
  const std::string value = input.value("attributeValue", "");
  Json found = Json::array();
  for (const auto& instance : ecs.instances.list(cluster.region, cluster.name)) {
    for (const auto& attribute : instance.attributes) {
      if (!name.empty() && attribute.value("name", "") != name) continue;
      if (!value.empty() && attribute.value("value", "") != value) continue;
      Json row = attribute;
      row["targetId"] = ecs.arns.container_instance(cluster.region, cluster.name, instance.id);
      found.push_back(std::move(row));
    }
  }
  return page_json(input, "attributes", std::move(found));
}

}  // namespace

ContainerInstance register_container_instance(Ecs& ecs, const ec2::Instance& instance,
                                              const std::string& cluster) {
  if (auto known = ecs.instances.find_by_ec2(instance.instance_id)) {
    if (!known->agent_connected) {  // it was stopped or rebooted
      known->agent_connected = true;
      ++known->version;
      ecs.instances.update(*known);
    }
    return *known;
  }
  const auto type = ecs.ec2.instance_type(instance.instance_type);
  ContainerInstance row;
  row.id = random_hex(32);
  row.region = instance.region;
  row.cluster = cluster;
  row.ec2_instance_id = instance.instance_id;
  row.status = status::kActive;
  row.registered_ms = ecs.clock.now_ms();
  row.cpu = std::int64_t{type.vcpus} * 1024;
  row.memory = registered_memory(type.memory_mib);
  row.max_enis = type.max_enis;
  row.availability_zone = instance.availability_zone;
  row.vpc_id = instance.vpc_id;
  row.attributes = registered_attributes(instance);
  store::Transaction transaction(ecs.db);
  const auto existing = ecs.clusters.find(instance.region, cluster);
  if (!existing || existing->status != status::kActive) {
    // The agent makes the cluster only when it is "default"; for another one it waits.
    if (cluster != "default") throw AwsError("ClusterNotFoundException", "Cluster not found.");
    ecs.clusters.put(
        {.region = instance.region,
         .name = cluster,
         .status = status::kActive,
         .settings = Json::array({{{"name", "containerInsights"}, {"value", "disabled"}}}),
         .configuration = Json::object(),
         .capacity_providers = Json::array(),
         .default_strategy = Json::array(),
         .service_connect = Json::object()});
  }
  ecs.instances.insert(row);
  transaction.commit();
  return row;
}

void add_container_instance_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "ListContainerInstances", list_container_instances);
  add_operation(service, ecs, "DescribeContainerInstances", describe_container_instances);
  add_operation(service, ecs, "UpdateContainerInstancesState", update_container_instances_state);
  add_operation(service, ecs, "DeregisterContainerInstance", deregister_container_instance);
  add_operation(service, ecs, "UpdateContainerAgent", update_container_agent);
  add_operation(service, ecs, "PutAttributes", put_attributes);
  add_operation(service, ecs, "DeleteAttributes", delete_attributes);
  add_operation(service, ecs, "ListAttributes", list_attributes);
}

}  // namespace enibox::ecs

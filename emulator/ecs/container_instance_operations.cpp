#include "emulator/ecs/ecs.hpp"
#include "emulator/scheduler/query_language.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

[[noreturn]] void invalid(const std::string& message) {
  throw AwsError("InvalidParameterException", message);
}

ContainerInstance referenced(Ecs& ecs, const Cluster& cluster, const std::string& given) {
  const auto found = ecs.instances.find(resource_id("container-instance", given));
  if (!found || found->region != cluster.region || found->cluster != cluster.name ||
      found->status == status::kInactive) {
    invalid("The referenced container instance was not found.");
  }
  return *found;
}

Json list_container_instances(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster = active_cluster(ecs, context, input);
  const std::string filter = input.value("filter", "");
  const std::string wanted = input.value("status", "");
  const auto instances = ecs.instances.list(cluster.region, cluster.name);
  std::optional<scheduler::ClusterQuery> query;
  if (!filter.empty()) query.emplace(filter);
  const auto left = query ? ecs.tasks.remaining(instances) : std::map<std::string, Remaining>{};
  std::vector<Listed> arns;
  for (const auto& instance : instances) {
    if (!wanted.empty() && instance.status != wanted) continue;
    if (query && !query->matches(instance, left.at(instance.id))) continue;
    arns.push_back({api::page_key(instance.registered_ms) + instance.id,
                    ecs.arns.container_instance(cluster.region, cluster.name, instance.id)});
  }
  return page_json(context, input, "containerInstanceArns", std::move(arns));
}

Json health_json(const ContainerInstance& instance, std::int64_t now_ms) {
  const char* verdict = instance.agent_connected ? "OK" : "INSUFFICIENT_DATA";
  return {{"overallStatus", verdict},
          {"details", Json::array({{{"type", "CONTAINER_RUNTIME"},
                                    {"status", verdict},
                                    {"lastUpdated", aws_seconds(now_ms)},
                                    {"lastStatusChange", aws_seconds(instance.registered_ms)}}})}};
}

// The container instances an input names, and failures for those that are not there.
struct Named {
  std::vector<ContainerInstance> instances;
  Json failures = Json::array();
};

Named named(Ecs& ecs, const RequestContext& context, const Json& input, std::size_t most) {
  const auto cluster = active_cluster(ecs, context, input);
  const auto& given = input.at("containerInstances");
  if (given.empty()) invalid("Container instance cannot be empty.");
  if (given.size() > most) {
    invalid("Container instances can have at most " + std::to_string(most) + " items.");
  }
  Named found;
  for (const auto& name : given) {
    const std::string id = resource_id("container-instance", name.get<std::string>());
    auto instance = ecs.instances.find(id);
    if (instance && instance->region == cluster.region && instance->cluster == cluster.name) {
      found.instances.push_back(std::move(*instance));
    } else {
      found.failures.push_back(
          failure_json(ecs.arns.container_instance(cluster.region, cluster.name, id), "MISSING"));
    }
  }
  return found;
}

Json instances_json(Ecs& ecs, const std::vector<ContainerInstance>& instances, bool with_tags) {
  const auto left = ecs.tasks.remaining(instances);
  Json list = Json::array();
  for (const auto& instance : instances) {
    list.push_back(container_instance_json(ecs, instance, left.at(instance.id), with_tags));
  }
  return list;
}

Json describe_container_instances(Ecs& ecs, const RequestContext& context, const Json& input) {
  auto found = named(ecs, context, input, 100);
  Json list = instances_json(ecs, found.instances, includes(input, "TAGS"));
  if (includes(input, "CONTAINER_INSTANCE_HEALTH")) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      list[i]["healthStatus"] = health_json(found.instances[i], ecs.clock.now_ms());
    }
  }
  return {{"containerInstances", std::move(list)}, {"failures", std::move(found.failures)}};
}

Json update_container_instances_state(Ecs& ecs, const RequestContext& context, const Json& input) {
  const std::string wanted = input.at("status").get<std::string>();
  auto found = named(ecs, context, input, 10);
  if (wanted != status::kActive && wanted != status::kDraining) {
    invalid("Container instance status should be one of [ACTIVE, DRAINING]");
  }
  store::Transaction transaction(ecs.db);
  std::vector<ContainerInstance> changed;
  for (auto& instance : found.instances) {
    if (instance.status == status::kInactive) {
      found.failures.push_back(failure_json(
          ecs.arns.container_instance(instance.region, instance.cluster, instance.id), "INACTIVE"));
      continue;
    }
    if (instance.status != wanted) {
      instance.status = wanted;
      ++instance.version;
      ecs.instances.update(instance);
    }
    changed.push_back(std::move(instance));
  }
  transaction.commit();
  return {{"containerInstances", instances_json(ecs, changed, false)},
          {"failures", std::move(found.failures)}};
}

Json deregister_container_instance(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster = active_cluster(ecs, context, input);
  auto instance = referenced(ecs, cluster, input.at("containerInstance").get<std::string>());
  auto tasks = ecs.tasks.on_instance(instance.id);
  if (!tasks.empty() && !input.value("force", false)) {
    invalid("Found running tasks on the instance.");
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
  return {{"containerInstance", instances_json(ecs, {instance}, false).at(0)}};
}

Json update_container_agent(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster = active_cluster(ecs, context, input);
  referenced(ecs, cluster, input.at("containerInstance").get<std::string>());
  throw AwsError("NoUpdateAvailableException",
                 "There is no update available for your container agent.");
}

}  // namespace

void add_container_instance_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "ListContainerInstances", list_container_instances);
  add_operation(service, ecs, "DescribeContainerInstances", describe_container_instances);
  add_operation(service, ecs, "UpdateContainerInstancesState", update_container_instances_state);
  add_operation(service, ecs, "DeregisterContainerInstance", deregister_container_instance);
  add_operation(service, ecs, "UpdateContainerAgent", update_container_agent);
}

}  // namespace enibox::ecs

// How an EC2 instance becomes a container instance: by the agent that Enibox plays when the
// instance boots, or by RegisterContainerInstance with the instance's identity document.
#include <algorithm>
#include <array>
#include <cmath>

#include "emulator/ec2/images.hpp"
#include "emulator/ecs/attributes.hpp"
#include "emulator/ecs/ecs.hpp"
#include "emulator/ids.hpp"

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

Json default_ports() {
  // ECS_RESERVED_PORTS of the agent.
  return {{"PORTS", {"22", "2376", "2375", "51678", "51679"}}, {"PORTS_UDP", Json::array()}};
}

ContainerInstance new_container_instance(Ecs& ecs, const ec2::Instance& instance,
                                         const std::string& cluster) {
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
  row.version_info = {{"agentVersion", ec2::kEcsAgentVersion},
                      {"agentHash", "*a1b2c3d4"},
                      {"dockerVersion", "DockerVersion: " + std::string(ec2::kEcsDockerVersion)}};
  row.ports = default_ports();
  return row;
}

// The EC2 instance a document of the metadata service names; one of ours that is up or boots.
ec2::Instance documented_instance(Ecs& ecs, const RequestContext& context, const Json& input) {
  const Json document =
      Json::parse(input.value("instanceIdentityDocument", ""), nullptr, /*exceptions=*/false);
  if (!document.is_object() || !document.contains("instanceId") ||
      !document["instanceId"].is_string()) {
    throw AwsError("ClientException", "Unable to parse the instance identity document.");
  }
  const std::string id = document["instanceId"];
  try {
    auto instance = ecs.ec2.instance(id);
    if (instance.region == context.region &&
        (instance.state == "running" || instance.state == "pending")) {
      return instance;
    }
  } catch (const AwsError&) {  // no such instance: said below, in ECS's own error
  }
  throw AwsError("ClientException",
                 "The instance identity document does not name a running EC2 instance of this "
                 "region: " +
                     id);
}

// What the agent tells of its instance, over what Enibox knows of it. What the instance offers to
// tasks is Enibox's to say, so attributes of ECS's own name spaces are not taken.
void take_what_is_told(ContainerInstance& row, const Json& input) {
  for (const auto& resource : input.value("totalResources", Json::array())) {
    const std::string name = resource.value("name", "");
    if (name == "CPU") row.cpu = resource.value("integerValue", row.cpu);
    if (name == "MEMORY") row.memory = resource.value("integerValue", row.memory);
    if (name == "PORTS" || name == "PORTS_UDP") {
      row.ports[name] = resource.value("stringSetValue", Json::array());
    }
  }
  if (input.contains("versionInfo")) row.version_info.update(input["versionInfo"]);
  for (const auto& attribute : input.value("attributes", Json::array())) {
    const std::string name = attribute.value("name", "");
    if (is_reserved_attribute(name)) continue;
    put_attribute(row, name, attribute.value("value", ""));
  }
}

Json register_container_instance_operation(Ecs& ecs, const RequestContext& context,
                                           const Json& input) {
  const auto cluster = active_cluster(ecs, context, input);
  const auto instance = documented_instance(ecs, context, input);
  auto known = ecs.instances.find_by_ec2(instance.instance_id);
  if (known && known->cluster != cluster.name) {
    throw AwsError("ClientException", "The EC2 instance " + instance.instance_id +
                                          " is registered into the cluster " + known->cluster +
                                          ".");
  }
  store::Transaction transaction(ecs.db);
  auto row = known ? *known : new_container_instance(ecs, instance, cluster.name);
  take_what_is_told(row, input);
  if (known) {
    row.agent_connected = true;
    ++row.version;
    ecs.instances.update(row);
  } else {
    ecs.instances.insert(row);
  }
  ecs.tags.add(ecs.arns.container_instance(row.region, row.cluster, row.id),
               input.value("tags", Json::array()));
  transaction.commit();
  return {{"containerInstance", container_instance_json(ecs, row, ecs.tasks.remaining(row), true)}};
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
  store::Transaction transaction(ecs.db);
  const auto existing = ecs.clusters.find(instance.region, cluster);
  if (!existing || existing->status != status::kActive) {
    // The agent makes the cluster only when it is "default"; for another one it waits.
    if (cluster != "default") throw AwsError("ClusterNotFoundException", "Cluster not found.");
    const auto settings = ecs.settings.effective(instance.region, "");
    ecs.clusters.put(new_cluster(instance.region, cluster, settings.at("containerInsights")));
  }
  const auto row = new_container_instance(ecs, instance, cluster);
  ecs.instances.insert(row);
  transaction.commit();
  return row;
}

void add_registration_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "RegisterContainerInstance", register_container_instance_operation);
}

}  // namespace enibox::ecs

#include "emulator/ecs/launch.hpp"

#include <algorithm>
#include <set>

namespace enibox::ecs {
namespace {

using api::RequestContext;

[[noreturn]] void invalid(const std::string& message) {
  throw AwsError("InvalidParameterException", message);
}

TaskDefinition runnable_definition(Ecs& ecs, const std::string& region, const Json& input) {
  const auto name = task_definition_name(input.at("taskDefinition").get<std::string>());
  const auto found = ecs.definitions.find(region, name);
  if (!found) throw AwsError("ClientException", "TaskDefinition not found.");
  if (found->status != status::kActive) invalid("TaskDefinition is inactive");
  return *found;
}

// A task of a strategy goes to capacity of its providers: to Fargate, which is not served yet, or
// to the instances of an Auto Scaling group, of which no container instance of Enibox is one.
void refuse_strategy(Ecs& ecs, const Cluster& cluster, const Json& strategy) {
  check_capacity_provider_strategy(ecs.capacity_providers, cluster, strategy);
  const std::string first =
      capacity_provider_name(strategy.at(0).at("capacityProvider").get<std::string>());
  if (ecs.capacity_providers.find(cluster.region, first)->is_fargate()) {
    throw AwsError(
        "NotImplemented",
        "The capacity provider " + first + " is not served by Enibox yet; use --launch-type EC2.",
        501);
  }
  invalid("No Container Instances were found in your capacity provider.");
}

std::string launch_type(Ecs& ecs, const Cluster& cluster, const Json& input,
                        const TaskDefinition& definition) {
  const Json strategy = input.value("capacityProviderStrategy", Json::array());
  if (!strategy.empty() && input.contains("launchType")) {
    invalid("Specify only one of launchType or capacityProviderStrategy.");
  }
  if (!strategy.empty()) refuse_strategy(ecs, cluster, strategy);
  // AWS: without either, the cluster's default strategy is used when it has one. A StartTask names
  // its instances.
  if (!input.contains("launchType") && !input.contains("containerInstances") &&
      !cluster.default_strategy.empty()) {
    refuse_strategy(ecs, cluster, cluster.default_strategy);
  }
  const std::string type = input.value("launchType", "EC2");
  const auto& compatibilities = definition.definition.at("compatibilities");
  if (std::find(compatibilities.begin(), compatibilities.end(), Json(type)) ==
      compatibilities.end()) {
    invalid("Task definition does not support launch_type " + type + ".");
  }
  if (type != "EC2") {
    throw AwsError("NotImplemented", "Launch type " + type + " is not served by Enibox yet.", 501);
  }
  if (input.contains("platformVersion")) {
    invalid("The platform version must be null when specifying an EC2 launch type.");
  }
  return type;
}

// The InvalidSubnetID.NotFound or InvalidGroup.NotFound of EC2, as ECS passes it on.
template <typename Lookup>
auto retrieved(const std::string& what, const std::string& id, Lookup lookup) {
  try {
    return lookup();
  } catch (const AwsError& error) {
    invalid("Error retrieving " + what + " information for [" + id + "]: " + error.message() +
            " (ErrorCode: " + error.code() + ")");
  }
}

// AWS asks this before it looks at the launch type.
void check_network_mode(const TaskDefinition& definition, const Json& input) {
  const bool awsvpc = definition.definition.value("networkMode", "") == "awsvpc";
  const bool configured = input.contains("networkConfiguration") &&
                          input["networkConfiguration"].contains("awsvpcConfiguration");
  if (awsvpc && !configured) {
    invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  if (!awsvpc && configured) {
    invalid(
        "Network Configuration is not valid for the given networkMode of this task "
        "definition.");
  }
}

void resolve_network(Ecs& ecs, const std::string& region, const Json& input, Launch& launch) {
  const std::string mode = launch.definition.definition.value("networkMode", "");
  if (mode != "awsvpc") {
    throw AwsError("NotImplemented",
                   "networkMode " + (mode.empty() ? std::string("bridge") : mode) +
                       " is not served by Enibox yet; use awsvpc.",
                   501);
  }
  const auto& awsvpc = input["networkConfiguration"]["awsvpcConfiguration"];
  if (awsvpc.value("assignPublicIp", "DISABLED") == "ENABLED" && launch.launch_type == "EC2") {
    invalid("Assign public IP is not supported for this launch type.");
  }
  const auto& subnets = awsvpc.value("subnets", Json::array());
  const auto& groups = awsvpc.value("securityGroups", Json::array());
  if (subnets.empty()) invalid("subnets can not be empty.");
  if (subnets.size() > 16) invalid("subnets can have at most 16 items.");
  if (groups.size() > 5) invalid("securityGroups can have at most 5 items.");
  for (const auto& id : subnets) {
    const auto subnet = retrieved("subnet", id.get<std::string>(),
                                  [&] { return ecs.ec2.subnet(region, id.get<std::string>()); });
    if (!launch.subnets.empty() && launch.subnets.front().vpc_id != subnet.vpc_id) {
      invalid("The subnets must all belong to the same VPC.");
    }
    launch.subnets.push_back(subnet);
  }
  const std::string vpc_id = launch.subnets.front().vpc_id;
  for (const auto& id : groups) {
    const auto text = id.get<std::string>();
    const auto owner =
        retrieved("security group", text, [&] { return ecs.ec2.group_vpc(region, text); });
    if (owner != vpc_id) {
      invalid("Security group " + text +
              " does not appear to belong to the same VPC as the input subnets.");
    }
    launch.group_ids.push_back(text);
  }
  if (launch.group_ids.empty()) launch.group_ids.push_back(ecs.ec2.default_group(region, vpc_id));
  launch.wanted.needs_eni = true;
  launch.wanted.vpc_id = vpc_id;
  for (const auto& subnet : launch.subnets) {
    launch.wanted.availability_zones.insert(subnet.availability_zone);
  }
}

// What the overrides make of the definition's sizes is held to the definition's own rules.
void check_overridden_sizes(const Json& overrides, Json definition) {
  for (const char* key : {"cpu", "memory"}) {
    if (overrides.contains(key)) definition[key] = overrides[key];
  }
  for (auto& container : definition["containerDefinitions"]) {
    for (const auto& item : overrides.at("containerOverrides")) {
      if (item.value("name", "") != container.value("name", "")) continue;
      for (const char* key : {"cpu", "memory", "memoryReservation"}) {
        if (item.contains(key)) container[key] = item[key];
      }
    }
  }
  try {
    check_task_sizes(definition);
  } catch (const AwsError& error) {
    invalid(error.message());
  }
}

void check_container_overrides(const Json& listed, const std::set<std::string>& names) {
  std::set<std::string> overridden;
  for (const auto& item : listed) {
    const std::string name = item.value("name", "");
    if (name.empty()) invalid("Container override name should not be null or empty.");
    if (!names.contains(name)) {
      invalid("Override for container named " + name +
              " is not a container in the TaskDefinition.");
    }
    if (!overridden.insert(name).second) {
      invalid("There is more than one override for the container named " + name + ".");
    }
    for (const auto& pair : item.value("environment", Json::array())) {
      if (pair.value("name", "").empty()) {
        invalid("Environment variable names in overrides should not be null or empty.");
      }
    }
  }
}

// The overrides as DescribeTasks shows them: every container is listed by name.
Json checked_overrides(const Json& given, const Json& definition) {
  constexpr std::size_t kMostBytes = 8192;  // AWS: TaskOverride, "8192 characters"
  if (given.dump().size() > kMostBytes) {
    invalid("Container Overrides length must be at most 8192");
  }
  Json overrides = given.is_object() ? given : Json::object();
  Json& listed = overrides["containerOverrides"];
  if (!listed.is_array()) listed = Json::array();
  std::set<std::string> names;
  for (const auto& container : definition.at("containerDefinitions")) {
    names.insert(container.at("name").get<std::string>());
  }
  check_container_overrides(listed, names);
  for (const auto& item : listed) names.erase(item.value("name", ""));
  for (const auto& container : definition.at("containerDefinitions")) {
    const std::string name = container.at("name").get<std::string>();
    if (names.contains(name)) listed.push_back({{"name", name}});
  }
  if (!overrides.contains("inferenceAcceleratorOverrides")) {
    overrides["inferenceAcceleratorOverrides"] = Json::array();
  }
  using Parse = decltype(&parse_cpu);
  for (const auto& [key, parse] :
       {std::pair<const char*, Parse>{"cpu", &parse_cpu}, {"memory", &parse_memory}}) {
    if (!overrides.contains(key)) continue;
    const auto value = parse(overrides[key].get<std::string>());
    if (!value) invalid(std::string("Invalid '") + key + "' setting for task.");
    overrides[key] = std::to_string(*value);
  }
  check_overridden_sizes(overrides, definition);
  return overrides;
}

std::int64_t gpus(const Json& override, const Json& container) {
  const Json required = override.value("resourceRequirements",
                                       container.value("resourceRequirements", Json::array()));
  std::int64_t count = 0;
  for (const auto& item : required) {
    if (item.value("type", "") == "GPU") count += std::atoll(item.value("value", "").c_str());
  }
  return count;
}

void reserve(Launch& launch) {
  const auto cpu = parse_cpu(task_size(launch, "cpu"));
  const auto memory = parse_memory(task_size(launch, "memory"));
  std::int64_t cpu_sum = 0, memory_sum = 0;
  for (const auto& container : launch.definition.definition.at("containerDefinitions")) {
    const auto& override =
        container_override(launch.overrides, container.at("name").get<std::string>());
    cpu_sum += sized(override, container, "cpu");
    const auto reservation = sized(override, container, "memoryReservation");
    memory_sum += reservation ? reservation : sized(override, container, "memory");
    launch.wanted.gpus += gpus(override, container);
    if (override.contains("environmentFiles")) {
      launch.wanted.attributes.emplace_back("ecs.capability.env-files.s3");
    }
  }
  launch.wanted.cpu = cpu.value_or(cpu_sum);
  launch.wanted.memory = memory.value_or(memory_sum);
}

void check_texts(const Json& input) {
  const auto at_most = [&](const char* member, std::size_t most) {
    if (input.value(member, "").size() > most) {
      invalid(std::string(member) + " can have at most " + std::to_string(most) + " characters.");
    }
  };
  at_most("startedBy", 128);
  at_most("group", 255);
  at_most("referenceId", 1024);
  if (input.value("group", "").rfind("service:", 0) == 0) {
    invalid("Invalid namespace for group. The 'service:' prefix is reserved for services.");
  }
  if (input.value("propagateTags", "") == "SERVICE") {
    invalid("The propagateTags value SERVICE is not valid for a task that is not of a service.");
  }
}

// A definition for another processor or system goes to no instance of x86_64 Linux.
void want_platform(const Json& platform, scheduler::Wanted& wanted) {
  if (platform.value("cpuArchitecture", "X86_64") == "ARM64") {
    wanted.member_of.emplace_back("attribute:ecs.cpu-architecture == arm64");
  }
  const std::string family = platform.value("operatingSystemFamily", "LINUX");
  if (family != "LINUX") wanted.member_of.emplace_back("attribute:ecs.os-family == " + family);
}

// A volume that the definition leaves to the launch is an EBS volume, which the container instances
// do not offer.
void check_volumes(const Json& given, const Json& definition, Launch& launch) {
  std::set<std::string> open;
  for (const auto& volume : definition.value("volumes", Json::array())) {
    if (volume.value("configuredAtLaunch", false)) open.insert(volume.value("name", ""));
  }
  for (const auto& item : given) {
    const std::string name = item.value("name", "");
    if (open.erase(name) == 0) {
      invalid("The volume " + name + " is not configured at launch in the task definition.");
    }
    launch.wanted.attributes.emplace_back("ecs.capability.storage.ebs-task-volume-attach");
  }
  if (!open.empty()) {
    invalid("A volume configuration must be provided for the volume " + *open.begin() + ".");
  }
}

}  // namespace

std::string task_size(const Launch& launch, const char* key) {
  return launch.overrides.value(key, launch.definition.definition.value(key, std::string()));
}

const Json& container_override(const Json& overrides, const std::string& name) {
  static const Json kNone = Json::object();
  for (const auto& item : overrides.at("containerOverrides")) {
    if (item.value("name", "") == name) return item;
  }
  return kNone;
}

std::int64_t sized(const Json& override, const Json& container, const char* key) {
  return override.value(key, container.value(key, std::int64_t{0}));
}

Launch checked_launch(Ecs& ecs, const RequestContext& context, const Json& input) {
  check_launch_type(input);
  Launch launch;
  launch.cluster = active_cluster(ecs, context, input);
  launch.definition = runnable_definition(ecs, context.region, input);
  const Json& definition = launch.definition.definition;
  check_network_mode(launch.definition, input);
  launch.launch_type = launch_type(ecs, launch.cluster, input, launch.definition);
  resolve_network(ecs, context.region, input, launch);
  launch.overrides = checked_overrides(input.value("overrides", Json::object()), definition);
  check_texts(input);
  launch.group = input.value("group", "family:" + launch.definition.family);
  if (input.value("enableExecuteCommand", false) && !definition.contains("taskRoleArn") &&
      !launch.overrides.contains("taskRoleArn")) {
    invalid(
        "The task couldn't be started because a valid taskRoleArn is not being used. Specify a "
        "valid task role in your task definition and try again.");
  }
  for (const auto& attribute : definition.at("requiresAttributes")) {
    launch.wanted.attributes.push_back(attribute.at("name").get<std::string>());
  }
  check_volumes(input.value("volumeConfigurations", Json::array()), definition, launch);
  launch.wanted.group = launch.group;
  want_platform(definition.value("runtimePlatform", Json::object()), launch.wanted);
  scheduler::add_constraints(launch.wanted,
                             definition.value("placementConstraints", Json::array()));
  scheduler::add_constraints(launch.wanted, input.value("placementConstraints", Json::array()));
  scheduler::set_strategy(launch.wanted, input.value("placementStrategy", Json::array()));
  reserve(launch);
  launch.client_token = input.value("clientToken", "");
  launch.request_hash = std::to_string(std::hash<std::string>{}(input.dump()));
  return launch;
}

}  // namespace enibox::ecs

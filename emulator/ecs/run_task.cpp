// RunTask and StartTask: from the request to rows. The order of checks is: cluster, task
// definition, network mode against configuration, launch type, public address, subnets and groups,
// instances, placement (whose problems are failures[] in a good answer).
#include <algorithm>
#include <map>
#include <set>

#include "emulator/ecs/ecs.hpp"
#include "emulator/ids.hpp"
#include "emulator/scheduler/placement.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

[[noreturn]] void invalid(const std::string& message) {
  throw AwsError("InvalidParameterException", message);
}

// Everything that a request fixes for each of its tasks.
struct Launch {
  Cluster cluster;
  TaskDefinition definition;
  std::string launch_type = "EC2";
  std::vector<ec2::Subnet> subnets;
  std::vector<std::string> group_ids;
  Json overrides;
  std::string group;
  scheduler::Wanted wanted;
  std::string client_token, request_hash;
};

TaskDefinition runnable_definition(Ecs& ecs, const std::string& region, const Json& input) {
  const auto name = task_definition_name(input.at("taskDefinition").get<std::string>());
  const auto found = ecs.definitions.find(region, name);
  if (!found) throw AwsError("ClientException", "TaskDefinition not found.");
  if (found->status != status::kActive) invalid("TaskDefinition is inactive");
  return *found;
}

std::string launch_type(const Json& input, const TaskDefinition& definition) {
  if (input.contains("launchType") && input.contains("capacityProviderStrategy")) {
    invalid("Specify only one of launchType or capacityProviderStrategy.");
  }
  if (input.contains("capacityProviderStrategy")) {
    throw AwsError("NotImplemented",
                   "capacityProviderStrategy is not served by Enibox yet; use --launch-type EC2.",
                   501);
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

void resolve_network(Ecs& ecs, const std::string& region, const Json& input, Launch& launch) {
  const std::string mode = launch.definition.definition.value("networkMode", "");
  const bool configured = input.contains("networkConfiguration") &&
                          input["networkConfiguration"].contains("awsvpcConfiguration");
  if (mode != "awsvpc") {
    if (configured) {
      invalid(
          "Network Configuration is not valid for the given networkMode of this task "
          "definition.");
    }
    throw AwsError("NotImplemented",
                   "networkMode " + (mode.empty() ? std::string("bridge") : mode) +
                       " is not served by Enibox yet; use awsvpc.",
                   501);
  }
  if (!configured) {
    invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
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

// The overrides as DescribeTasks shows them: every container is listed by name.
Json checked_overrides(const Json& given, const Json& definition) {
  Json overrides = given.is_object() ? given : Json::object();
  Json& listed = overrides["containerOverrides"];
  if (!listed.is_array()) listed = Json::array();
  std::set<std::string> names, overridden;
  for (const auto& container : definition.at("containerDefinitions")) {
    names.insert(container.at("name").get<std::string>());
  }
  for (const auto& item : listed) {
    const std::string name = item.value("name", "");
    if (!names.contains(name)) {
      invalid("Override for container named " + name +
              " is not a container in the TaskDefinition.");
    }
    overridden.insert(name);
  }
  for (const auto& container : definition.at("containerDefinitions")) {
    const std::string name = container.at("name").get<std::string>();
    if (!overridden.contains(name)) listed.push_back({{"name", name}});
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
  return overrides;
}

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
  }
  launch.wanted.cpu = cpu.value_or(cpu_sum);
  launch.wanted.memory = memory.value_or(memory_sum);
}

Launch checked_launch(Ecs& ecs, const RequestContext& context, const Json& input) {
  Launch launch;
  const std::string name = cluster_name(input.value("cluster", ""));
  launch.cluster = ecs.clusters.active(context.region, name);
  launch.definition = runnable_definition(ecs, context.region, input);
  const Json& definition = launch.definition.definition;
  launch.launch_type = launch_type(input, launch.definition);
  resolve_network(ecs, context.region, input, launch);
  launch.overrides = checked_overrides(input.value("overrides", Json::object()), definition);
  launch.group = input.value("group", "family:" + launch.definition.family);
  if (launch.group.rfind("service:", 0) == 0) {
    invalid("Invalid namespace for group. The 'service:' prefix is reserved for services.");
  }
  if (input.value("enableExecuteCommand", false) && !definition.contains("taskRoleArn") &&
      !launch.overrides.contains("taskRoleArn")) {
    invalid(
        "The task couldn't be started because a valid taskRoleArn is not being used. Specify a "
        "valid task role in your task definition and try again.");
  }
  if (input.value("startedBy", "").size() > 128) {
    invalid("startedBy can have at most 128 characters.");
  }
  for (const auto& attribute : definition.at("requiresAttributes")) {
    launch.wanted.attributes.push_back(attribute.at("name").get<std::string>());
  }
  launch.wanted.constraints = definition.value("placementConstraints", Json::array());
  for (const auto& constraint : input.value("placementConstraints", Json::array())) {
    launch.wanted.constraints.push_back(constraint);
  }
  launch.wanted.strategy = input.value("placementStrategy", Json::array());
  reserve(launch);
  launch.client_token = input.value("clientToken", "");
  launch.request_hash = std::to_string(std::hash<std::string>{}(input.dump()));
  return launch;
}

// The tail of a Docker name: the agent writes a 63-bit random number as a signed varint into ten
// zeroed bytes, so it nearly always ends in 00 or 01 (amazon-ecs-agent, utils.RandHex).
std::string docker_name_tail() {
  std::uint64_t number = std::stoull(random_hex(16), nullptr, 16) >> 1;
  number <<= 1;  // zigzag of a positive number
  std::string hex(20, '0');
  constexpr const char* kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < 20; i += 2) {
    const auto byte = static_cast<unsigned>((number & 0x7f) | (number >= 0x80 ? 0x80 : 0));
    hex[i] = kDigits[byte >> 4];
    hex[i + 1] = kDigits[byte & 0xf];
    number >>= 7;
    if (number == 0) break;
  }
  return hex;
}

std::string docker_name(const TaskDefinition& definition, const std::string& container) {
  std::string name;
  for (char c : container) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-') name += c;
  }
  return "ecs-" + definition.family + "-" + std::to_string(definition.revision) + "-" + name + "-" +
         docker_name_tail();
}

std::vector<Container> new_containers(const Launch& launch, const std::string& task_id) {
  std::vector<Container> containers;
  for (const auto& definition : launch.definition.definition.at("containerDefinitions")) {
    Container c;
    c.task_id = task_id;
    c.position = static_cast<std::int64_t>(containers.size());
    c.name = definition.at("name").get<std::string>();
    const auto& override = container_override(launch.overrides, c.name);
    c.arn_id = random_uuid();
    c.image = definition.at("image").get<std::string>();
    c.essential = definition.value("essential", true);
    c.cpu = sized(override, definition, "cpu");
    c.memory = sized(override, definition, "memory");
    c.memory_reservation = sized(override, definition, "memoryReservation");
    c.docker_id = random_hex(64);
    c.docker_name = docker_name(launch.definition, c.name);
    c.last_status = status::kPending;
    containers.push_back(std::move(c));
  }
  return containers;
}

Json managed_tags(const Launch& launch, const Json& input, Ecs& ecs) {
  std::map<std::string, std::string> tags;
  const auto add = [&](const Json& list) {
    for (const auto& tag : list) tags[tag.value("key", "")] = tag.value("value", "");
  };
  if (input.value("propagateTags", "") == "TASK_DEFINITION") {
    add(ecs.tags.list(ecs.arns.task_definition(launch.definition.region, launch.definition.family,
                                               launch.definition.revision)));
  }
  add(input.value("tags", Json::array()));
  Json list = Json::array();
  for (const auto& [key, value] : tags) list.push_back({{"key", key}, {"value", value}});
  return list;
}

// The rows of one task on one instance: task, containers, interface and attachment.
Task create_task(Ecs& ecs, const Launch& launch, const ContainerInstance& instance,
                 const Json& input) {
  Task task;
  task.id = random_hex(32);
  task.region = launch.cluster.region;
  task.cluster = launch.cluster.name;
  task.family = launch.definition.family;
  task.revision = launch.definition.revision;
  task.container_instance_id = instance.id;
  task.ec2_instance_id = instance.ec2_instance_id;
  task.availability_zone = instance.availability_zone;
  task.launch_type = launch.launch_type;
  task.group = launch.group;
  task.started_by = input.value("startedBy", "");
  task.enable_execute_command = input.value("enableExecuteCommand", false);
  task.cpu = task_size(launch, "cpu");
  task.memory = task_size(launch, "memory");
  task.reserved_cpu = launch.wanted.cpu;
  task.reserved_memory = launch.wanted.memory;
  task.overrides = launch.overrides;
  task.client_token = launch.client_token;
  task.request_hash = launch.request_hash;
  task.last_status = status::kProvisioning;
  task.desired_status = status::kRunning;
  task.created_ms = ecs.clock.now_ms();
  task.pause_docker_id = random_hex(64);
  task.pause_docker_name = docker_name(launch.definition, "internalecspause");

  const auto subnet = std::ranges::find_if(launch.subnets, [&](const ec2::Subnet& s) {
    return s.availability_zone == instance.availability_zone;
  });
  task.attachment.id = random_uuid();
  task.attachment.status = "PRECREATED";
  task.attachment.subnet_id = subnet->subnet_id;
  const auto eni = ecs.ec2.create_network_interface(
      {.region = task.region,
       .subnet_id = subnet->subnet_id,
       .address = std::nullopt,
       .group_ids = launch.group_ids,
       .description = ecs.arns.attachment(task.region, task.attachment.id),
       .interface_type = "interface",
       .requester_id = "amazon-ecs"});
  task.attachment.eni_id = eni.eni_id;
  task.attachment.mac = eni.mac;
  task.attachment.private_dns_name = eni.private_dns_name;
  task.attachment.address = eni.address;
  std::vector<std::string> taken;
  for (const auto& other : ecs.tasks.on_instance(instance.id)) {
    taken.push_back(other.bridge_address);
  }
  task.bridge_address = ecs.instances.next_bridge_address(instance.id, taken);

  ecs.tasks.insert(task, new_containers(launch, task.id));
  const std::string arn = ecs.arns.task(task);
  ecs.tags.add(arn, managed_tags(launch, input, ecs));
  if (input.value("enableECSManagedTags", false)) {
    ecs.tags.add(arn, Json::array({{{"key", "aws:ecs:clusterName"}, {"value", task.cluster}}}),
                 true);
  }
  return task;
}

std::vector<scheduler::Candidate> candidates(Ecs& ecs, const Launch& launch) {
  std::vector<scheduler::Candidate> found;
  for (auto& instance : ecs.instances.list(launch.cluster.region, launch.cluster.name)) {
    if (instance.status != status::kActive) continue;
    scheduler::Candidate candidate{
        .instance = std::move(instance), .left = {}, .tasks_of_group = 0};
    candidate.left = ecs.tasks.remaining(candidate.instance);
    for (const auto& task : ecs.tasks.on_instance(candidate.instance.id)) {
      if (task.group == launch.group) ++candidate.tasks_of_group;
    }
    found.push_back(std::move(candidate));
  }
  return found;
}

// The answer to a repeated request: the tasks of the first one. AWS: clientToken idempotency.
std::optional<Json> repeated(Ecs& ecs, const Launch& launch) {
  if (launch.client_token.empty()) return std::nullopt;
  const auto tasks =
      ecs.tasks.with_token(launch.cluster.region, launch.cluster.name, launch.client_token);
  if (tasks.empty()) return std::nullopt;
  Json answer = {{"tasks", Json::array()}, {"failures", Json::array()}};
  Json ids = Json::array();
  for (const auto& task : tasks) {
    ids.push_back(ecs.arns.task(task));
    answer["tasks"].push_back(task_json(ecs, task, true));
  }
  if (tasks.front().request_hash != launch.request_hash) {
    throw AwsError("ConflictException",
                   "The clientToken was used before with different parameters.", 400,
                   {{"resourceIds", std::move(ids)}});
  }
  return answer;
}

}  // namespace

Json run_task(Ecs& ecs, const RequestContext& context, const Json& input) {
  const int count = input.value("count", 1);
  if (count < 1 || count > 10) invalid("Number of tasks must be between 1 and 10.");
  const Launch launch = checked_launch(ecs, context, input);
  if (auto answer = repeated(ecs, launch)) return *answer;
  auto instances = candidates(ecs, launch);
  if (instances.empty()) invalid("No Container Instances were found in your cluster.");

  Json answer = {{"tasks", Json::array()}, {"failures", Json::array()}};
  std::vector<std::string> ids;
  store::Transaction transaction(ecs.db);
  for (int i = 0; i < count; ++i) {
    const auto choice = scheduler::place(launch.wanted, instances);
    if (!choice.index) {
      answer["failures"].push_back(
          failure_json(ecs.arns.container_instance(launch.cluster.region, launch.cluster.name,
                                                   choice.closest_instance_id),
                       choice.reason));
      continue;
    }
    auto& chosen = instances[*choice.index];
    const Task task = create_task(ecs, launch, chosen.instance, input);
    scheduler::take(launch.wanted, chosen);
    answer["tasks"].push_back(task_json(ecs, task, true));
    ids.push_back(task.id);
  }
  transaction.commit();
  for (const auto& id : ids) ecs.task_changed(id);
  return answer;
}

Json start_task(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto& given = input.at("containerInstances");
  if (given.empty()) invalid("Container instances cannot be empty.");
  if (given.size() > 10) invalid("Container instances can have at most 10 items.");
  const Launch launch = checked_launch(ecs, context, input);
  auto instances = candidates(ecs, launch);
  Json answer = {{"tasks", Json::array()}, {"failures", Json::array()}};
  std::vector<std::string> ids;
  store::Transaction transaction(ecs.db);
  for (const auto& name : given) {
    const std::string id = resource_id("container-instance", name.get<std::string>());
    const auto found = std::ranges::find_if(
        instances, [&](const scheduler::Candidate& c) { return c.instance.id == id; });
    std::string reason = "MISSING";
    if (found != instances.end()) {
      reason = scheduler::obstacle(launch.wanted, *found);
    } else if (const auto row = ecs.instances.find(id);
               row && row->cluster == launch.cluster.name && row->region == launch.cluster.region) {
      reason = "INACTIVE";
    }
    if (!reason.empty()) {
      answer["failures"].push_back(failure_json(
          ecs.arns.container_instance(launch.cluster.region, launch.cluster.name, id), reason));
      continue;
    }
    const Task task = create_task(ecs, launch, found->instance, input);
    scheduler::take(launch.wanted, *found);
    answer["tasks"].push_back(task_json(ecs, task, true));
    ids.push_back(task.id);
  }
  transaction.commit();
  for (const auto& id : ids) ecs.task_changed(id);
  return answer;
}

}  // namespace enibox::ecs

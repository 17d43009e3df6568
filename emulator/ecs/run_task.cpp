// RunTask and StartTask: from the checked request to rows. What does not fit is failures[] in a
// good answer.
#include <algorithm>
#include <map>

#include "emulator/ecs/launch.hpp"
#include "emulator/ids.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

[[noreturn]] void invalid(const std::string& message) {
  throw AwsError("InvalidParameterException", message);
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
  task.bridge_address =
      ecs.instances.next_bridge_address(instance.id, ecs.tasks.bridge_addresses(instance.id));

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
  auto instances = ecs.instances.list(launch.cluster.region, launch.cluster.name);
  std::erase_if(instances, [](const auto& i) { return i.status != status::kActive; });
  auto left = ecs.tasks.remaining(instances);
  std::vector<scheduler::Candidate> found;
  for (auto& instance : instances) {
    scheduler::Candidate candidate{.instance = std::move(instance), .left = {}};
    candidate.left = std::move(left.at(candidate.instance.id));
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

// Rows as the API shows them.
#include <map>

#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

void put_time(Json& object, const char* key, std::int64_t unix_ms) {
  if (unix_ms != 0) object[key] = aws_seconds(unix_ms);
}

Json attachment_json(const Attachment& a) {
  Json details = Json::array({{{"name", "subnetId"}, {"value", a.subnet_id}}});
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) details.push_back({{"name", name}, {"value", value}});
  };
  // The interface exists from the start; ECS tells of it once the attachment is more than a plan.
  if (a.status != "PRECREATED") {
    add("networkInterfaceId", a.eni_id);
    add("macAddress", a.mac);
    add("privateDnsName", a.private_dns_name);
    add("privateIPv4Address", a.address);
  }
  return {{"id", a.id},
          {"type", "ElasticNetworkInterface"},
          {"status", a.status},
          {"details", std::move(details)}};
}

Json container_json(Ecs& ecs, const Task& task, const Container& c) {
  Json json = {{"containerArn", ecs.arns.container(task, c)},
               {"taskArn", ecs.arns.task(task)},
               {"name", c.name},
               {"image", c.image},
               {"lastStatus", c.last_status},
               {"networkBindings", Json::array()},
               {"networkInterfaces", Json::array()},
               {"healthStatus", c.health},
               {"cpu", std::to_string(c.cpu)}};
  if (!c.image_digest.empty()) json["imageDigest"] = c.image_digest;
  if (c.started_ms != 0) json["runtimeId"] = c.docker_id;
  if (c.has_exit_code) json["exitCode"] = c.exit_code;
  if (!c.reason.empty()) json["reason"] = c.reason;
  if (c.memory != 0) json["memory"] = std::to_string(c.memory);
  if (c.memory_reservation != 0) json["memoryReservation"] = std::to_string(c.memory_reservation);
  if (task.is_awsvpc() && task.attachment.status != "PRECREATED") {
    json["networkInterfaces"].push_back(
        {{"attachmentId", task.attachment.id}, {"privateIpv4Address", task.attachment.address}});
  }
  if (task.enable_execute_command) {
    Json agent = {{"name", "ExecuteCommandAgent"}, {"lastStatus", c.last_status}};
    put_time(agent, "lastStartedAt", c.started_ms);
    json["managedAgents"] = Json::array({std::move(agent)});
  }
  return json;
}

// Of the essential containers with a health check: the worst one's. AWS: Task.healthStatus.
std::string task_health(const std::vector<Container>& containers) {
  std::string health = "UNKNOWN";
  for (const auto& container : containers) {
    if (!container.essential || container.health == "UNKNOWN") continue;
    if (health != "UNHEALTHY") health = container.health;
  }
  return health;
}

Json integer_resource(const char* name, std::int64_t value) {
  return {{"name", name},
          {"type", "INTEGER"},
          {"doubleValue", 0.0},
          {"longValue", 0},
          {"integerValue", value}};
}

Json port_resource(const char* name, Json ports) {
  return {{"name", name},   {"type", "STRINGSET"}, {"doubleValue", 0.0},
          {"longValue", 0}, {"integerValue", 0},   {"stringSetValue", std::move(ports)}};
}

// Tasks in awsvpc take no ports of the host.
Json resources_json(std::int64_t cpu, std::int64_t memory, const Json& ports) {
  Json list = Json::array({integer_resource("CPU", cpu), integer_resource("MEMORY", memory)});
  for (const auto& [name, taken] : ports.items())
    list.push_back(port_resource(name.c_str(), taken));
  return list;
}

Json bare_task_json(Ecs& ecs, const Task& t, const std::vector<Container>& containers) {
  Json json = {
      {"attachments", Json::array()},
      {"attributes", Json::array({{{"name", "ecs.cpu-architecture"}, {"value", "x86_64"}}})},
      {"availabilityZone", t.availability_zone},
      {"clusterArn", ecs.arns.cluster(t.region, t.cluster)},
      {"containers", Json::array()},
      {"createdAt", aws_seconds(t.created_ms)},
      {"desiredStatus", t.desired_status},
      {"enableExecuteCommand", t.enable_execute_command},
      {"group", t.group},
      {"lastStatus", t.last_status},
      {"launchType", t.launch_type},
      {"overrides", t.overrides},
      {"taskArn", ecs.arns.task(t)},
      {"taskDefinitionArn", ecs.arns.task_definition(t.region, t.family, t.revision)},
      {"version", t.version}};
  if (t.is_awsvpc()) json["attachments"].push_back(attachment_json(t.attachment));
  if (!t.container_instance_id.empty()) {
    json["containerInstanceArn"] =
        ecs.arns.container_instance(t.region, t.cluster, t.container_instance_id);
  }
  for (const auto& container : containers) {
    json["containers"].push_back(container_json(ecs, t, container));
  }
  json["healthStatus"] = task_health(containers);
  if (t.connectivity_ms != 0) json["connectivity"] = "CONNECTED";
  const std::map<const char*, const std::string*> texts{{"cpu", &t.cpu},
                                                        {"memory", &t.memory},
                                                        {"startedBy", &t.started_by},
                                                        {"stopCode", &t.stop_code},
                                                        {"stoppedReason", &t.stopped_reason}};
  for (const auto& [key, value] : texts) {
    if (!value->empty()) json[key] = *value;
  }
  put_time(json, "connectivityAt", t.connectivity_ms);
  put_time(json, "pullStartedAt", t.pull_started_ms);
  put_time(json, "pullStoppedAt", t.pull_stopped_ms);
  put_time(json, "startedAt", t.started_ms);
  put_time(json, "stoppingAt", t.stopping_ms);
  put_time(json, "executionStoppedAt", t.execution_stopped_ms);
  put_time(json, "stoppedAt", t.stopped_ms);
  return json;
}

}  // namespace

Json failure_json(const std::string& arn, const std::string& reason) {
  return {{"arn", arn}, {"reason", reason}};
}

Json task_json(Ecs& ecs, const Task& task, bool with_tags) {
  return tasks_json(ecs, {task}, with_tags).at(0);
}

Json tasks_json(Ecs& ecs, const std::vector<Task>& tasks, bool with_tags) {
  std::vector<std::string> ids;
  for (const auto& task : tasks) ids.push_back(task.id);
  auto containers = ecs.tasks.containers(ids);
  Json list = Json::array();
  for (const auto& task : tasks) {
    Json json = bare_task_json(ecs, task, containers[task.id]);
    json["tags"] = with_tags ? ecs.tags.list(ecs.arns.task(task)) : Json::array();
    list.push_back(std::move(json));
  }
  return list;
}

Json container_instance_json(Ecs& ecs, const ContainerInstance& i, const Remaining& left,
                             bool with_tags) {
  const std::string arn = ecs.arns.container_instance(i.region, i.cluster, i.id);
  return {{"containerInstanceArn", arn},
          {"ec2InstanceId", i.ec2_instance_id},
          {"version", i.version},
          {"versionInfo", i.version_info},
          {"remainingResources", resources_json(left.cpu, left.memory, i.ports)},
          {"registeredResources", resources_json(i.cpu, i.memory, i.ports)},
          {"status", i.status},
          {"agentConnected", i.agent_connected},
          {"runningTasksCount", left.running_tasks},
          {"pendingTasksCount", left.pending_tasks},
          {"attributes", i.attributes},
          {"registeredAt", aws_seconds(i.registered_ms)},
          {"attachments", Json::array()},
          {"tags", with_tags ? ecs.tags.list(arn) : Json::array()}};
}

Json task_definition_json(Ecs& ecs, const TaskDefinition& d) {
  Json json = d.definition;
  json["taskDefinitionArn"] = ecs.arns.task_definition(d.region, d.family, d.revision);
  json["family"] = d.family;
  json["revision"] = d.revision;
  json["status"] = d.status;
  return json;
}

Json page_json(const api::RequestContext& context, const Json& input, const std::string& member,
               std::vector<Listed> rows, const api::PageRules& rules) {
  const auto next = api::take_page(api::page_of(context, input, rules), rows,
                                   [](const Listed& row) { return row.key; });
  Json answer = {{member, Json::array()}};
  for (auto& row : rows) answer[member].push_back(std::move(row.item));
  if (next) answer["nextToken"] = *next;
  return answer;
}

}  // namespace enibox::ecs

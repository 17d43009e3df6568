#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

bool wants_tags(const Json& input) {
  const auto& include = input.value("include", Json::array());
  return std::find(include.begin(), include.end(), Json("TAGS")) != include.end();
}

Task referenced_task(Ecs& ecs, const Cluster& cluster, const std::string& given) {
  const auto task = ecs.tasks.find(resource_id("task", given));
  if (!task || task->region != cluster.region || task->cluster != cluster.name) {
    throw AwsError("InvalidParameterException", "The referenced task was not found.");
  }
  return *task;
}

Json describe_tasks(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster =
      ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  const auto& given = input.at("tasks");
  if (given.empty()) throw AwsError("InvalidParameterException", "Tasks cannot be empty.");
  if (given.size() > 100) {
    throw AwsError("InvalidParameterException", "Tasks can have at most 100 items.");
  }
  Json answer = {{"tasks", Json::array()}, {"failures", Json::array()}};
  for (const auto& name : given) {
    const std::string id = resource_id("task", name.get<std::string>());
    const auto task = ecs.tasks.find(id);
    if (task && task->region == cluster.region && task->cluster == cluster.name) {
      answer["tasks"].push_back(task_json(ecs, *task, wants_tags(input)));
    } else {
      answer["failures"].push_back(
          failure_json(ecs.arns.task(cluster.region, cluster.name, id), "MISSING"));
    }
  }
  return answer;
}

Json list_tasks(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster =
      ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  const auto given = [&](const char* key) { return input.value(key, std::string()); };
  const std::string instance = given("containerInstance");
  const std::string instance_id =
      instance.empty() ? std::string() : resource_id("container-instance", instance);
  if (!given("serviceName").empty()) {
    throw AwsError("ServiceNotFoundException", "Service not found.");
  }
  Json arns = Json::array();
  for (const auto& task : ecs.tasks.list(cluster.region, cluster.name,
                                         input.value("desiredStatus", status::kRunning))) {
    const bool wanted = (instance_id.empty() || task.container_instance_id == instance_id) &&
                        (given("family").empty() || task.family == given("family")) &&
                        (given("startedBy").empty() || task.started_by == given("startedBy")) &&
                        (given("launchType").empty() || task.launch_type == given("launchType"));
    if (wanted) arns.push_back(ecs.arns.task(task));
  }
  return page_json(input, "taskArns", std::move(arns));
}

Json stop_task_operation(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster =
      ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  Task task = referenced_task(ecs, cluster, input.at("task").get<std::string>());
  const std::string reason = input.value("reason", "");
  stop_task(ecs, task, "UserInitiated", reason.empty() ? "Task stopped by user" : reason);
  return {{"task", task_json(ecs, task, false)}};
}

// Task protection is for tasks of services only (AWS: UpdateTaskProtection); a standalone task is
// told so in `failures`.
Json task_protection(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster =
      ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  Json answer = {{"protectedTasks", Json::array()}, {"failures", Json::array()}};
  for (const auto& name : input.value("tasks", Json::array())) {
    const std::string id = resource_id("task", name.get<std::string>());
    const std::string arn = ecs.arns.task(cluster.region, cluster.name, id);
    if (!ecs.tasks.find(id)) {
      answer["failures"].push_back(failure_json(arn, "MISSING"));
      continue;
    }
    Json failure = failure_json(arn, "TASK_NOT_VALID");
    failure["detail"] = "Task protection is only supported for tasks that belong to a service.";
    answer["failures"].push_back(std::move(failure));
  }
  return answer;
}

}  // namespace

void stop_task(Ecs& ecs, Task& task, const std::string& code, const std::string& reason) {
  if (task.desired_status == status::kStopped) return;
  task.desired_status = status::kStopped;
  task.stop_code = code;
  task.stopped_reason = reason;
  task.stopping_ms = ecs.clock.now_ms();
  ++task.version;
  ecs.tasks.update(task);
  ecs.task_changed(task.id);
}

void add_task_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "RunTask", run_task);
  add_operation(service, ecs, "StartTask", start_task);
  add_operation(service, ecs, "StopTask", stop_task_operation);
  add_operation(service, ecs, "DescribeTasks", describe_tasks);
  add_operation(service, ecs, "ListTasks", list_tasks);
  add_operation(service, ecs, "GetTaskProtection", task_protection);
  add_operation(service, ecs, "UpdateTaskProtection", task_protection);
}

}  // namespace enibox::ecs

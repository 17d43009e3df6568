#include <charconv>

#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

Task referenced_task(Ecs& ecs, const Cluster& cluster, const std::string& given) {
  const auto task = ecs.tasks.find(resource_id("task", given));
  if (!task || task->region != cluster.region || task->cluster != cluster.name) {
    throw AwsError("InvalidParameterException", "The referenced task was not found.");
  }
  return *task;
}

// The ids out of the input's list of ids and ARNs.
std::vector<std::string> task_ids(const Json& given) {
  if (given.empty()) throw AwsError("InvalidParameterException", "Tasks cannot be empty.");
  if (given.size() > 100) {
    throw AwsError("InvalidParameterException", "Tasks can have at most 100 items.");
  }
  std::vector<std::string> ids;
  for (const auto& name : given) ids.push_back(resource_id("task", name.get<std::string>()));
  return ids;
}

Json describe_tasks(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster = active_cluster(ecs, context, input);
  const auto ids = task_ids(input.at("tasks"));
  auto found = ecs.tasks.find(ids);
  Json failures = Json::array();
  std::vector<Task> tasks;
  for (const auto& id : ids) {
    const auto task = found.find(id);
    if (task != found.end() && task->second.region == cluster.region &&
        task->second.cluster == cluster.name) {
      tasks.push_back(task->second);
    } else {
      failures.push_back(failure_json(ecs.arns.task(cluster.region, cluster.name, id), "MISSING"));
    }
  }
  return {{"tasks", tasks_json(ecs, tasks, includes(input, "TAGS"))},
          {"failures", std::move(failures)}};
}

Json list_tasks(Ecs& ecs, const RequestContext& context, const Json& input) {
  check_launch_type(input);
  const auto cluster = active_cluster(ecs, context, input);
  const auto given = [&](const char* key) { return input.value(key, std::string()); };
  if (!given("serviceName").empty()) {
    throw AwsError("ServiceNotFoundException", "Service not found.");
  }
  const std::string instance = given("containerInstance");
  const api::Page page = api::page_of(context, input);
  std::int64_t after = 0;
  std::from_chars(page.after.data(), page.after.data() + page.after.size(), after);
  auto rows = ecs.tasks.list(
      {.region = cluster.region,
       .cluster = cluster.name,
       .desired_status = input.value("desiredStatus", status::kRunning),
       .container_instance_id =
           instance.empty() ? std::string() : resource_id("container-instance", instance),
       .family = given("family"),
       .started_by = given("startedBy"),
       .launch_type = given("launchType"),
       .after_sequence = after,
       .limit = static_cast<std::int64_t>(page.limit) + 1});
  const auto next =
      api::cut_page(page, rows, [](const Tasks::Row& row) { return std::to_string(row.sequence); });
  Json answer = {{"taskArns", Json::array()}};
  for (const auto& row : rows) {
    answer["taskArns"].push_back(ecs.arns.task(cluster.region, cluster.name, row.id));
  }
  if (next) answer["nextToken"] = *next;
  return answer;
}

Json stop_task_operation(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster = active_cluster(ecs, context, input);
  Task task = referenced_task(ecs, cluster, input.at("task").get<std::string>());
  const std::string reason = input.value("reason", "");
  if (reason.size() > 1024) {
    throw AwsError("InvalidParameterException", "reason can have at most 1024 characters.");
  }
  stop_task(ecs, task, "UserInitiated", reason.empty() ? "Task stopped by user" : reason);
  return {{"task", task_json(ecs, task, false)}};
}

// AWS: task protection is for tasks of services; a standalone task is a failure TASK_NOT_VALID.
Json protected_tasks(Ecs& ecs, const Cluster& cluster, const Json& given) {
  Json answer = {{"protectedTasks", Json::array()}, {"failures", Json::array()}};
  for (const auto& id : task_ids(given)) {
    const std::string arn = ecs.arns.task(cluster.region, cluster.name, id);
    const auto task = ecs.tasks.find(id);
    if (!task || task->region != cluster.region || task->cluster != cluster.name ||
        task->last_status == status::kStopped) {
      answer["failures"].push_back(failure_json(arn, "MISSING"));
      continue;
    }
    Json failure = failure_json(arn, "TASK_NOT_VALID");
    failure["detail"] = "Task protection is only supported for tasks that belong to a service.";
    answer["failures"].push_back(std::move(failure));
  }
  return answer;
}

// Without ids: the protected tasks of the cluster, of which there are none without services.
Json get_task_protection(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster = active_cluster(ecs, context, input);
  const Json given = input.value("tasks", Json::array());
  if (given.empty()) return {{"protectedTasks", Json::array()}, {"failures", Json::array()}};
  return protected_tasks(ecs, cluster, given);
}

Json update_task_protection(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster = active_cluster(ecs, context, input);
  constexpr int kMostMinutes = 2880;
  const int minutes = input.value("expiresInMinutes", 120);
  if (minutes < 1 || minutes > kMostMinutes) {
    throw AwsError("InvalidParameterException",
                   "expiresInMinutes must be between 1 and 2880 minutes.");
  }
  if (input.at("tasks").size() > 10) {
    throw AwsError("InvalidParameterException", "Tasks can have at most 10 items.");
  }
  return protected_tasks(ecs, cluster, input.at("tasks"));
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
  add_operation(service, ecs, "GetTaskProtection", get_task_protection);
  add_operation(service, ecs, "UpdateTaskProtection", update_task_protection);
}

}  // namespace enibox::ecs

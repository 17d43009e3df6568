#include "emulator/ecs/engine_view.hpp"

#include <map>

#include "emulator/ec2/images.hpp"
#include "emulator/ecs/container_spec.hpp"

namespace enibox::ecs {
namespace {

using engine::EngineContainer;

constexpr std::int64_t kMiB = 1 << 20;

// The labels the agent gives to every container of a task.
std::map<std::string, std::string> labels(Ecs& ecs, const Task& task, const std::string& name) {
  return {{"com.amazonaws.ecs.cluster", task.cluster},
          {"com.amazonaws.ecs.container-name", name},
          {"com.amazonaws.ecs.task-arn", ecs.arns.task(task)},
          {"com.amazonaws.ecs.task-definition-family", task.family},
          {"com.amazonaws.ecs.task-definition-version", std::to_string(task.revision)}};
}

EngineContainer pause_container(Ecs& ecs, const Task& task) {
  EngineContainer pause;
  pause.id = task.pause_docker_id;
  pause.name = task.pause_docker_name;
  pause.image = "amazon/amazon-ecs-pause:0.1.0";
  pause.entry_point = pause.argv = {"/pause"};
  const bool ended = task.last_status == status::kStopped;
  pause.state = ended ? "exited" : "running";
  pause.created_ms = pause.started_ms = task.pull_started_ms;
  pause.finished_ms = task.stopped_ms;
  pause.pid_in_host = ended ? 0 : static_cast<pid_t>(task.pause_pid);
  pause.labels = labels(ecs, task, "~internal~ecs~pause");
  pause.network_mode = "none";
  pause.hostname = task.attachment.private_dns_name;
  pause.extra_hosts = {task.attachment.private_dns_name + ":" + task.attachment.address};
  pause.cgroup_parent = "/ecs/" + task.id;
  pause.in_runtime = false;
  return pause;
}

std::string docker_state(const Container& container) {
  if (container.last_status == status::kRunning) return "running";
  return container.last_status == status::kStopped ? "exited" : "created";
}

std::string docker_health(const Json& effective, const Container& container) {
  if (!effective.contains("healthCheck")) return {};
  if (container.health == "UNKNOWN") return "starting";
  return container.health == "HEALTHY" ? "healthy" : "unhealthy";
}

EngineContainer task_container(Ecs& ecs, const Task& task, const Json& definition,
                               const Container& row) {
  const auto spec = container_spec(task, definition, row);
  const Json effective = effective_container(task, definition, row.name);
  EngineContainer shown;
  shown.id = row.docker_id;
  shown.name = row.docker_name;
  shown.image = row.image;
  shown.image_id = row.image_id;
  shown.entry_point = spec.entry_point.value_or(std::vector<std::string>());
  shown.command = spec.command.value_or(std::vector<std::string>());
  shown.argv = row.argv;
  shown.state = docker_state(row);
  shown.created_ms = row.created_ms;
  shown.started_ms = row.started_ms;
  shown.finished_ms = row.finished_ms;
  shown.exit_code = static_cast<int>(row.exit_code);
  shown.oom_killed = row.reason.rfind("OutOfMemoryError", 0) == 0;
  shown.pid_in_host = shown.state == "running" ? static_cast<pid_t>(row.pid_in_host) : 0;
  shown.stop_signal = static_cast<int>(row.stop_signal);
  shown.health = docker_health(effective, row);
  shown.labels = labels(ecs, task, row.name);
  const auto own_labels = effective.value("dockerLabels", Json::object());
  for (const auto& [key, value] : own_labels.items()) {
    shown.labels[key] = value.get<std::string>();
  }
  shown.network_mode = "container:" + task.pause_docker_id;
  shown.cgroup_parent = "/ecs/" + task.id;
  shown.env = spec.env;
  shown.user = spec.user.value_or("");
  shown.working_directory = spec.working_directory.value_or("");
  shown.tty = spec.tty;
  shown.open_stdin = spec.open_stdin;
  shown.privileged = spec.privileged;
  shown.read_only_root = spec.read_only_root;
  shown.init_process = spec.init_process;
  shown.cpu_shares = spec.cpu_shares;
  shown.memory_bytes = spec.memory_bytes;
  shown.memory_reservation_bytes = spec.memory_reservation_bytes;
  shown.cap_add = spec.cap_add;
  shown.cap_drop = spec.cap_drop;
  shown.ulimits = spec.ulimits;
  shown.sysctls = spec.sysctls;
  shown.mounts = spec.mounts;
  if (const auto target = awslogs_target(task, effective, row)) {
    shown.log_driver = "awslogs";
    shown.log_options = {{"awslogs-group", target->group},
                         {"awslogs-region", target->region},
                         {"awslogs-stream", target->stream}};
  }
  shown.in_runtime = task.last_status != status::kStopped && row.started_ms != 0;
  return shown;
}

EngineContainer agent_container(const ContainerInstance& instance) {
  EngineContainer agent;
  agent.id = instance.id + instance.id;  // 64 hex, the same at each look
  agent.name = "ecs-agent";
  agent.image = "amazon/amazon-ecs-agent:latest";
  agent.entry_point = agent.argv = {"/agent"};
  agent.state = "running";
  agent.health = "healthy";
  agent.created_ms = agent.started_ms = instance.registered_ms;
  agent.network_mode = "host";
  agent.in_runtime = false;
  return agent;
}

engine::EngineImage shown_image(const containers::Image& image) {
  engine::EngineImage shown;
  shown.id = image.id;
  shown.repo_tags = {image.familiar_ref};
  shown.created_ms = image.imported_at_ms;
  shown.size_bytes = image.size_bytes;
  shown.env = image.config.env;
  shown.entry_point = image.config.entry_point;
  shown.command = image.config.command;
  shown.user = image.config.user;
  shown.working_directory = image.config.working_directory;
  shown.labels = image.config.labels;
  return shown;
}

}  // namespace

std::vector<EngineContainer> EngineView::containers_of(const Task& task) {
  if (task.pull_started_ms == 0) return {};  // the agent has not heard of it yet
  std::vector<EngineContainer> shown{pause_container(ecs_, task)};
  const auto definition =
      ecs_.definitions.find(task.region, {.family = task.family, .revision = task.revision});
  for (const auto& row : ecs_.tasks.containers(task.id)) {
    if (row.created_ms == 0 || !definition) continue;
    shown.push_back(task_container(ecs_, task, definition->definition, row));
  }
  return shown;
}

std::vector<EngineContainer> EngineView::containers(const std::string& host_id) {
  std::vector<EngineContainer> shown;
  for (const auto& task : ecs_.tasks.on_ec2_instance(host_id)) {
    for (auto& container : containers_of(task)) shown.push_back(std::move(container));
  }
  if (const auto instance = ecs_.instances.find_by_ec2(host_id)) {
    shown.push_back(agent_container(*instance));
  }
  return shown;
}

std::optional<engine::EngineSource::Found> EngineView::find(const std::string& container_id) {
  const auto task = ecs_.tasks.find_by_docker_id(container_id);
  if (!task) return std::nullopt;
  for (auto& container : containers_of(*task)) {
    if (container.id == container_id) return Found{task->ec2_instance_id, std::move(container)};
  }
  return std::nullopt;
}

void EngineView::images(const std::string&, Done<std::vector<engine::EngineImage>> done) {
  reader_.submit(
      [this] {
        std::vector<engine::EngineImage> shown;
        for (const auto& image : images_.list()) shown.push_back(shown_image(image));
        return shown;
      },
      std::move(done));
}

engine::EngineHost EngineView::host(const std::string& host_id) {
  const auto instance = ecs_.ec2.instance(host_id);
  const auto type = ecs_.ec2.instance_type(instance.instance_type);
  const auto eni = ecs_.ec2.network_interface(instance.primary_eni_id);
  return {.hostname = eni.private_dns_name,
          .cpus = type.vcpus,
          .memory_bytes = type.memory_mib * kMiB,
          .docker_version = std::string(ec2::kEcsDockerVersion)};
}

}  // namespace enibox::ecs

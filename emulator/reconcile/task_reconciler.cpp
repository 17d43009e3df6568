#include "emulator/reconcile/task_reconciler.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>

#include "emulator/containers/image_store.hpp"
#include "emulator/reconcile/host_files.hpp"

namespace enibox::reconcile {
namespace {

namespace status = ecs::status;

bool is_stopped(const ecs::Container& container) {
  return container.last_status == status::kStopped;
}

const Json& container_definition(const Json& task_definition, const std::string& name) {
  for (const auto& container : task_definition.at("containerDefinitions")) {
    if (container.value("name", "") == name) return container;
  }
  throw std::logic_error("container " + name + " is not in its task definition");
}

ecs::Container* find(std::vector<ecs::Container>& containers, const std::string& name) {
  const auto found = std::ranges::find(containers, name, &ecs::Container::name);
  return found == containers.end() ? nullptr : &*found;
}

// What must have begun, ended or be well before a container starts. The volumes of another are
// there once that one has started.
Json start_dependencies(const Json& container) {
  Json all = container.value("dependsOn", Json::array());
  for (const auto& from : container.value("volumesFrom", Json::array())) {
    all.push_back({{"containerName", from.value("sourceContainer", "")}, {"condition", "START"}});
  }
  return all;
}

// AWS: ContainerDefinition.startTimeout, how long others wait for this one; 0: as long as it takes.
std::chrono::milliseconds start_timeout(const Json& container) {
  return std::chrono::seconds(container.value("startTimeout", 0));
}

}  // namespace

// --- what wakes a task -------------------------------------------------------------------------

void TaskReconciler::host_up(const std::string& host_id, const std::string& netns_path) {
  host_netns_[host_id] = netns_path;
  for (const auto& task : p_.ecs.tasks.on_ec2_instance(host_id)) {
    if (task.last_status != status::kStopped) wake(task.id);
  }
}

void TaskReconciler::host_gone(const std::string& host_id, const std::string& reason) {
  host_netns_.erase(host_id);
  for (auto& task : p_.ecs.tasks.unfinished()) {
    if (task.ec2_instance_id != host_id) continue;
    ecs::stop_task(p_.ecs, task, "TerminationNotice", reason);
    // Its processes are gone with the instance: nothing to signal, no exit codes to wait for.
    auto& work = work_[task.id];
    for (auto& container : p_.ecs.tasks.containers(task.id)) {
      work.containers[container.name].kill_timer.reset();
      work.containers[container.name].phase = Phase::kDown;
      if (!is_stopped(container)) finish_container(container, std::nullopt, "");
    }
    wake(task.id);
  }
}

void TaskReconciler::changed(const std::string& task_id) { wake(task_id); }

// Never within what runs now: a step must not find its own view of the rows outdated.
void TaskReconciler::wake(const std::string& task_id) {
  p_.clock.post([this, task_id] { step(task_id); });
}

void TaskReconciler::container_exited(const containers::ContainerExit& exit) {
  auto container = p_.ecs.tasks.container_by_docker_id(exit.container_id);
  if (!container) return pause_exited(exit.container_id);
  if (const auto output = outputs_.find(exit.container_id); output != outputs_.end())
    flush(output->second);
  if (is_stopped(*container)) return;
  auto& work = work_[container->task_id].containers[container->name];
  work.phase = Phase::kDown;
  work.kill_timer.reset();
  finish_container(*container, exit.exit_code,
                   exit.oom_killed ? "OutOfMemoryError: Container killed due to memory usage" : "");
  step(container->task_id);
}

// The pause container is essential, too: without its namespaces the task is none.
void TaskReconciler::pause_exited(const std::string& docker_id) {
  for (auto& task : p_.ecs.tasks.unfinished()) {
    if (task.pause_docker_id != docker_id || task.desired_status == status::kStopped) continue;
    ecs::stop_task(p_.ecs, task, "EssentialContainerExited", "Essential container in task exited");
  }
}

void TaskReconciler::finish_container(ecs::Container& container, std::optional<int> exit_code,
                                      const std::string& reason) {
  health_.forget(container.docker_id);
  container.last_status = status::kStopped;
  container.finished_ms = p_.clock.now_ms();
  if (exit_code) {
    container.has_exit_code = true;
    container.exit_code = *exit_code;
  }
  if (!reason.empty()) container.reason = reason;
  p_.ecs.tasks.update(container);
  auto task = p_.ecs.tasks.find(container.task_id);
  p_.sessions.end_all_of(task->ec2_instance_id, container.docker_id);
  if (container.essential && task->desired_status != status::kStopped) {
    ecs::stop_task(p_.ecs, *task, "EssentialContainerExited", "Essential container in task exited");
  }
  if (container.essential && task->execution_stopped_ms == 0) {
    task->execution_stopped_ms = container.finished_ms;
    p_.ecs.tasks.update(*task);
  }
}

// --- one step ----------------------------------------------------------------------------------

std::optional<TaskReconciler::View> TaskReconciler::view(const std::string& task_id) {
  auto task = p_.ecs.tasks.find(task_id);
  if (!task) return std::nullopt;
  auto definition =
      p_.ecs.definitions.find(task->region, {.family = task->family, .revision = task->revision});
  View seen{.task = std::move(*task),
            .definition = definition ? std::move(definition->definition) : Json::object(),
            .containers = p_.ecs.tasks.containers(task_id)};
  return seen;
}

void TaskReconciler::step(const std::string& task_id) {
  auto seen = view(task_id);
  if (!seen || seen->task.last_status == status::kStopped) {
    work_.erase(task_id);
    return;
  }
  auto& work = work_[task_id];
  if (work.in_flight) return;  // its end takes the next step
  try {
    if (seen->task.desired_status == status::kStopped) {
      step_down(*seen, work);
    } else {
      step_up(*seen, work);
    }
  } catch (const std::exception& error) {
    const auto task = p_.ecs.tasks.find(task_id);
    if (task && task->desired_status == status::kStopped) {
      // A step of the tear-down failed; the next one would fail the same way.
      spdlog::warn("task {}: {}", task_id, error.what());
      torn_down(task_id);
    } else {
      fail(task_id, error.what());
    }
  }
}

void TaskReconciler::step_up(View& seen, Work& work) {
  if (seen.task.last_status == status::kProvisioning) attach_interface(seen);
  if (work.pod == Phase::kNone) {
    // An instance may be registered while it boots; host_up() takes the next step then.
    if (host_netns_.contains(seen.task.ec2_instance_id)) start_pod(seen, work);
  } else if (work.pod == Phase::kUp) {
    start_containers(seen, work);
    note_running(seen.task.id);
  }
}

void TaskReconciler::set_status(ecs::Task& task, const char* next) {
  if (task.last_status == next) return;
  spdlog::info("task {} ({}:{}) {} -> {}{}", task.id, task.family, task.revision, task.last_status,
               next,
               next == std::string(status::kStopped) ? ": " + task.stopped_reason
                                                     : " " + task.attachment.address);
  task.last_status = next;
  ++task.version;
  p_.ecs.tasks.update(task);
}

// PROVISIONING: the interface is attached to the instance; its device follows with the pod.
void TaskReconciler::attach_interface(View& seen) {
  store::Transaction transaction(p_.ecs.db);
  auto& task = seen.task;
  p_.ecs.ec2.attach(task.attachment.eni_id, task.ec2_instance_id);
  task.attachment.status = "ATTACHED";
  task.connectivity_ms = p_.clock.now_ms();
  set_status(task, status::kPending);
  transaction.commit();
}

// --- the pause container and its interfaces ----------------------------------------------------

void TaskReconciler::start_pod(View& seen, Work& work) {
  auto& task = seen.task;
  const auto eni = p_.ecs.ec2.network_interface(task.attachment.eni_id);
  const auto files = host_files(p_.ecs.ec2, eni, task.pause_docker_id.substr(0, 12));
  task.pull_started_ms = p_.clock.now_ms();
  p_.ecs.tasks.update(task);
  work.in_flight = true;
  work.pod = Phase::kStarting;
  const auto memory = ecs::parse_memory(task.memory);
  p_.runtime.start_pod(
      {.pod_id = task.id,
       .host_id = task.ec2_instance_id,
       .container_id = task.pause_docker_id,
       .image = "amazon/amazon-ecs-pause:0.1.0",
       .hostname = files.hostname,
       .etc_hosts = files.etc_hosts,
       .resolv_conf = files.resolv_conf,
       .cpu_units = ecs::parse_cpu(task.cpu).value_or(0),
       .memory_bytes = memory.value_or(0) << 20},
      [this, id = task.id, pause = task.pause_docker_id](Outcome<containers::PodStarted> outcome) {
        auto& work_of_it = work_[id];
        if (!outcome.ok()) {
          work_of_it.in_flight = false;
          work_of_it.pod = Phase::kDown;
          fail(id, outcome.error());
          return;
        }
        tell(pause, "create");
        tell(pause, "start");
        work_of_it.netns_path = outcome.get().netns_path;
        connect_pod(id, outcome.get().netns_path);
      });
}

// The ENI's device and ecs-eth0; containers start only after both, as after the pause container's
// RESOURCES_PROVISIONED in the real agent.
void TaskReconciler::connect_pod(const std::string& task_id, const std::string& netns_path) {
  const auto task = p_.ecs.tasks.find(task_id);
  const auto host = host_netns_.find(task->ec2_instance_id);
  if (host == host_netns_.end()) {  // the instance died in between
    pod_connected(task_id, "the container instance is gone");
    return;
  }
  // In the agent's order, which shows in the numbers of the links: the ENI, then the bridge's veth.
  auto failure = std::make_shared<std::string>();
  p_.devices.put(task->attachment.eni_id,
                 {.netns_path = netns_path, .host_netns_path = host->second},
                 [failure](Outcome<Nothing> outcome) {
                   if (!outcome.ok()) *failure = outcome.error();
                 });
  p_.network.put_task_bridge({.host_netns_path = host->second,
                              .task_netns_path = netns_path,
                              .address = task->bridge_address},
                             [this, task_id, failure](Outcome<Nothing> outcome) {
                               if (failure->empty() && !outcome.ok()) *failure = outcome.error();
                               pod_connected(task_id, *failure);
                             });
}

void TaskReconciler::pod_connected(const std::string& task_id, const std::string& failure) {
  auto& work = work_[task_id];
  work.in_flight = false;
  work.pod = Phase::kUp;
  if (failure.empty()) {
    step(task_id);
  } else {
    fail(task_id,
         "ContainerNetworkingError: container resource provisioning: failed to setup network "
         "namespace: " +
             failure);
  }
}

// --- containers --------------------------------------------------------------------------------

// Whether the container's dependencies let it start now; `never` when they never will.
bool TaskReconciler::ready_to_start(const View& seen, const ecs::Container& container,
                                    bool& never) const {
  const auto& definition = container_definition(seen.definition, container.name);
  for (const auto& dependency : start_dependencies(definition)) {
    const auto on = std::ranges::find(seen.containers, dependency.value("containerName", ""),
                                      &ecs::Container::name);
    if (on == seen.containers.end()) continue;
    const auto patience = start_timeout(container_definition(seen.definition, on->name));
    const bool late = patience.count() > 0 && on->started_ms != 0 &&
                      p_.clock.now_ms() >= on->started_ms + patience.count();
    const std::string condition = dependency.value("condition", "START");
    const bool done = on->last_status == status::kStopped;
    const bool good = done && on->has_exit_code && on->exit_code == 0;
    if (done && !good && condition != "COMPLETE") never = true;
    if (condition == "START" && on->last_status == status::kPending) return false;
    const bool waits = (condition == "COMPLETE" && !done) || (condition == "SUCCESS" && !good) ||
                       (condition == "HEALTHY" && on->health != "HEALTHY");
    if (!waits) continue;
    if (late) never = true;
    return false;
  }
  return true;
}

void TaskReconciler::start_containers(View& seen, Work& work) {
  for (auto& container : seen.containers) {
    if (work.containers[container.name].phase != Phase::kNone || is_stopped(container)) continue;
    bool never = false;
    const bool ready = ready_to_start(seen, container, never);
    if (never) {
      work.containers[container.name].phase = Phase::kDown;
      finish_container(container, std::nullopt,
                       "TaskDependencyError: a container that " + container.name +
                           " depends on did not reach its condition");
      wake(seen.task.id);
      return;
    }
    if (ready) start_container(seen, container, work);
  }
}

void TaskReconciler::start_container(View& seen, ecs::Container& container, Work& work) {
  if (const auto reason = open_log(seen, container); !reason.empty()) {
    work.containers[container.name].phase = Phase::kStarting;
    p_.clock.post([this, id = seen.task.id, name = container.name, reason] {
      container_started(id, name, std::make_exception_ptr(std::runtime_error(reason)));
    });
    return;
  }
  work.containers[container.name].phase = Phase::kStarting;
  container.created_ms = p_.clock.now_ms();
  p_.ecs.tasks.update(container);
  tell(container.docker_id, "create");
  p_.runtime.start_container(ecs::container_spec(seen.task, seen.definition, container),
                             [this, id = seen.task.id, name = container.name](auto outcome) {
                               container_started(id, name, std::move(outcome));
                             });
}

void TaskReconciler::container_started(const std::string& task_id, const std::string& name,
                                       Outcome<containers::ContainerStarted> outcome) {
  auto seen = view(task_id);
  if (!seen) return;
  auto& work = work_[task_id].containers[name];
  auto* container = find(seen->containers, name);
  if (!outcome.ok()) {
    const std::string reason = outcome.error();
    const bool pull = reason.rfind("CannotPull", 0) == 0;
    spdlog::warn("task {} container {}: {}", task_id, name, reason);
    if (pull) spdlog::warn("{}", containers::import_hint(container->image));
    work.phase = Phase::kDown;
    if (seen->task.desired_status != status::kStopped) {
      ecs::stop_task(p_.ecs, seen->task, "TaskFailedToStart",
                     pull ? reason : "Task failed to start");
    }
    finish_container(*container, std::nullopt, reason);
    step(task_id);
    return;
  }
  const auto& started = outcome.get();
  container->pid_in_host = started.pid_in_host;
  container->image_digest = started.image_digest;
  container->image_id = started.image_id;
  container->argv = started.argv;
  container->stop_signal = started.stop_signal;
  container->started_ms = p_.clock.now_ms();
  if (!is_stopped(*container)) {  // it may have ended before this answer came
    work.phase = Phase::kUp;
    container->last_status = status::kRunning;
    watch_health(*seen, *container);
    const auto patience = start_timeout(container_definition(seen->definition, name));
    if (patience.count() > 0) {
      work.start_timer = p_.clock.after(patience, [this, task_id] { wake(task_id); });
    }
  }
  p_.ecs.tasks.update(*container);
  tell(container->docker_id, "start");
  step(task_id);
}

void TaskReconciler::tell(const std::string& docker_id, const std::string& action,
                          const std::map<std::string, std::string>& attributes) {
  p_.told(docker_id, action, attributes);
}

void TaskReconciler::watch_health(const View& seen, const ecs::Container& container) {
  const Json& definition = container_definition(seen.definition, container.name);
  health_.watch(seen.task.ec2_instance_id, container.docker_id,
                definition.value("healthCheck", Json::object()));
}

void TaskReconciler::health_changed(const std::string& docker_id, const std::string& health) {
  auto container = p_.ecs.tasks.container_by_docker_id(docker_id);
  if (!container || is_stopped(*container)) return;
  container->health = health;
  p_.ecs.tasks.update(*container);
  spdlog::info("task {} container {} is {}", container->task_id, container->name, health);
  tell(docker_id, health == "HEALTHY" ? "health_status: healthy" : "health_status: unhealthy");
  wake(container->task_id);  // others may have waited for it
}

// RUNNING once every essential container is. Reads the rows again: a container that cannot start
// has ended the task in this very step.
void TaskReconciler::note_running(const std::string& task_id) {
  auto seen = view(task_id);
  auto& task = seen->task;
  if (task.last_status != status::kPending || task.desired_status == status::kStopped) return;
  for (const auto& container : seen->containers) {
    if (container.essential && container.last_status == status::kPending) return;
  }
  task.pull_stopped_ms = task.pull_started_ms;
  for (const auto& container : seen->containers) {
    task.pull_stopped_ms = std::max(task.pull_stopped_ms, container.created_ms);
  }
  task.started_ms = p_.clock.now_ms();
  set_status(task, status::kRunning);
}

void TaskReconciler::fail(const std::string& task_id, const std::string& reason) {
  spdlog::warn("task {}: {}", task_id, reason);
  auto task = p_.ecs.tasks.find(task_id);
  if (!task) return;
  if (task->desired_status == status::kStopped) return wake(task_id);  // on the way down already
  ecs::stop_task(p_.ecs, *task, "TaskFailedToStart", reason);
}

// --- the way down ------------------------------------------------------------------------------

void TaskReconciler::step_down(View& seen, Work& work) {
  bool any_left = false;
  for (auto& container : seen.containers) {
    auto& its = work.containers[container.name];
    if (its.phase == Phase::kStarting) {
      any_left = true;
      continue;  // its start ends first
    }
    if (its.phase == Phase::kNone) {
      its.phase = Phase::kDown;
      if (!is_stopped(container)) {
        container.last_status = status::kStopped;
        p_.ecs.tasks.update(container);
      }
      continue;
    }
    if (its.phase == Phase::kDown || is_stopped(container)) continue;
    any_left = true;
    if (its.phase == Phase::kUp) stop_container(seen, container, work);
  }
  if (any_left) {
    if (seen.task.last_status == status::kRunning) set_status(seen.task, status::kStopping);
    return;
  }
  tear_down(seen, work);
}

// SIGTERM, then SIGKILL after stopTimeout. A container goes after those that depend on it.
void TaskReconciler::stop_container(const View& seen, ecs::Container& container, Work& work) {
  for (const auto& other : seen.containers) {
    if (is_stopped(other)) continue;
    for (const auto& dependency :
         container_definition(seen.definition, other.name).value("dependsOn", Json::array())) {
      if (dependency.value("containerName", "") == container.name) return;
    }
  }
  auto& its = work.containers[container.name];
  its.phase = Phase::kStopping;
  const auto timeout = ecs::stop_timeout_seconds(
      ecs::effective_container(seen.task, seen.definition, container.name));
  const auto kill = [this, id = container.docker_id](int signal) {
    p_.runtime.signal_container(id, signal, [id](Outcome<Nothing> outcome) {
      if (!outcome.ok()) spdlog::warn("container {}: {}", id.substr(0, 12), outcome.error());
    });
  };
  kill(static_cast<int>(container.stop_signal));
  tell(container.docker_id, "kill", {{"signal", std::to_string(container.stop_signal)}});
  its.kill_timer = p_.clock.after(std::chrono::seconds(timeout), [kill] { kill(SIGKILL); });
}

// DEPROVISIONING: containers' remains, the pause container with its namespace, the interface.
void TaskReconciler::tear_down(View& seen, Work& work) {
  auto& task = seen.task;
  if (task.execution_stopped_ms == 0) task.execution_stopped_ms = p_.clock.now_ms();
  if (task.is_awsvpc()) task.attachment.status = "DETACHING";
  set_status(task, status::kDeprovisioning);
  work.in_flight = true;
  const auto log_failure = [id = task.id](Outcome<Nothing> outcome) {
    if (!outcome.ok()) spdlog::warn("task {}: tear-down: {}", id, outcome.error());
  };
  // A tear-down does not stop at the first failure; the last step tells when all are through.
  auto left = std::make_shared<std::size_t>(seen.containers.size());
  const auto pod_and_interface = [this, id = task.id, eni = task.attachment.eni_id, log_failure] {
    p_.devices.remove(eni, log_failure);
    p_.runtime.stop_pod(id, [this, id, log_failure](Outcome<Nothing> outcome) {
      log_failure(std::move(outcome));
      torn_down(id);
    });
  };
  for (const auto& container : seen.containers) {
    p_.runtime.remove_container(container.docker_id,
                                [this, left, log_failure, pod_and_interface,
                                 id = container.docker_id](Outcome<Nothing> outcome) {
                                  log_failure(std::move(outcome));
                                  tell(id, "destroy");
                                  if (--*left == 0) pod_and_interface();
                                });
  }
}

void TaskReconciler::torn_down(const std::string& task_id) {
  auto seen = view(task_id);
  if (!seen || seen->task.last_status == status::kStopped) return;
  auto& task = seen->task;
  store::Transaction transaction(p_.ecs.db);
  if (task.is_awsvpc()) {
    p_.ecs.ec2.detach(task.attachment.eni_id);
    p_.ecs.ec2.delete_network_interface(task.attachment.eni_id);
    task.attachment.status = "DELETED";
  }
  task.stopped_ms = p_.clock.now_ms();
  set_status(task, status::kStopped);
  transaction.commit();
  tell(task.pause_docker_id, "destroy");
  for (const auto& container : seen->containers) outputs_.erase(container.docker_id);
  work_.erase(task_id);
}

// --- start-up ----------------------------------------------------------------------------------

void TaskReconciler::recover(const containers::Inventory& inventory) {
  for (auto& task : p_.ecs.tasks.unfinished()) {
    const auto pod =
        std::ranges::find(inventory.pods, task.id, &containers::Inventory::Pod::pod_id);
    const bool alive = pod != inventory.pods.end() && pod->alive;
    auto& work = work_[task.id];
    if (alive) {
      // The daemon may have died between the pod and its interfaces: what is there stays.
      work.in_flight = true;
      work.netns_path = pod->started.netns_path;
      connect_pod(task.id, work.netns_path);
    }
    for (auto& container : p_.ecs.tasks.containers(task.id)) {
      const auto found = std::ranges::find(inventory.containers, container.docker_id,
                                           &containers::Inventory::Container::container_id);
      auto& its = work.containers[container.name];
      if (found != inventory.containers.end() && found->running && alive) {
        its.phase = Phase::kUp;
        if (container.last_status == status::kPending) {  // started, but never written down
          container.pid_in_host = found->pid_in_host;
          container.started_ms = p_.clock.now_ms();
          container.last_status = status::kRunning;
          p_.ecs.tasks.update(container);
        }
        if (const auto seen = view(task.id)) watch_health(*seen, container);
      } else if (const bool known = found != inventory.containers.end();
                 !is_stopped(container) && (known || container.last_status == status::kRunning)) {
        its.phase = Phase::kDown;
        finish_container(container, known ? std::optional(found->exit_code) : std::nullopt, "");
      }
    }
    if (!alive && task.last_status == status::kRunning) {
      ecs::stop_task(p_.ecs, task, "TerminationNotice", "The task's processes are gone.");
    }
    wake(task.id);
  }
}

}  // namespace enibox::reconcile

#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "emulator/containers/runtime.hpp"
#include "emulator/ecs/container_spec.hpp"
#include "emulator/ecs/ecs.hpp"
#include "emulator/logs/line_joiner.hpp"
#include "emulator/logs/sink.hpp"
#include "emulator/reconcile/devices.hpp"
#include "emulator/reconcile/health_monitor.hpp"
#include "emulator/vpc/network.hpp"

namespace enibox::reconcile {

// Moves the kernel towards the rows of tasks, one idempotent step at a time, and writes back what
// it observed: PROVISIONING, PENDING, RUNNING and the way back are this loop made visible. A task
// has at most one step in flight, beside the starts of its containers. Loop thread only.
class TaskReconciler {
 public:
  struct Parts {
    ecs::Ecs& ecs;
    Devices& devices;
    vpc::Network& network;
    containers::Runtime& runtime;
    logs::Sink& logs;
    ssm::Sessions& sessions;
    HostCommands& commands;
    Clock& clock;
    // What happened to a container, for `docker events`: "create", "start", "kill", "destroy", ...
    std::function<void(const std::string& docker_id, const std::string& action,
                       const std::map<std::string, std::string>& attributes)>
        told = [](auto&, auto&, auto&) {};
  };
  explicit TaskReconciler(Parts parts)
      : p_(std::move(parts)),
        health_(p_.commands, p_.clock,
                [this](const auto& id, const auto& status) { health_changed(id, status); }) {}

  // A container instance is up: its tasks' second interface hangs on this namespace.
  void host_up(const std::string& host_id, const std::string& netns_path);
  // It is gone, with every task on it; `reason` becomes their stoppedReason.
  void host_gone(const std::string& host_id, const std::string& reason);

  // The task's row wants something else than what is.
  void changed(const std::string& task_id);
  void container_exited(const containers::ContainerExit& exit);
  void logged(const std::string& docker_id, const std::vector<containers::LogLine>& lines);
  // The daemon ends: lines that wait for more are delivered.
  void flush_logs();

  // After a restart of the daemon: takes over what lived on, ends what did not. Hosts first.
  void recover(const containers::Inventory& inventory);

 private:
  enum class Phase { kNone, kStarting, kUp, kStopping, kDown };
  struct ContainerWork {
    Phase phase = Phase::kNone;
    std::unique_ptr<Clock::Timer> kill_timer;
    std::unique_ptr<Clock::Timer> start_timer;  // startTimeout: others wait no longer for it
  };
  // What is known of a task beside its row; made again from the inventory after a restart.
  struct Work {
    bool in_flight = false;
    Phase pod = Phase::kNone;
    std::string netns_path;
    std::map<std::string, ContainerWork> containers;  // by name
  };
  struct View {  // of a task while a step looks at it
    ecs::Task task;
    Json definition;
    std::vector<ecs::Container> containers;
  };

  std::optional<View> view(const std::string& task_id);
  void wake(const std::string& task_id);
  void step(const std::string& task_id);
  void step_up(View& view, Work& work);
  void step_down(View& view, Work& work);

  void attach_interface(View& view);
  void start_pod(View& view, Work& work);
  void connect_pod(const std::string& task_id, const std::string& netns_path);
  void pod_connected(const std::string& task_id, const std::string& failure);
  void pause_exited(const std::string& docker_id);
  void start_containers(View& view, Work& work);
  bool ready_to_start(const View& view, const ecs::Container& container, bool& never) const;
  void start_container(View& view, ecs::Container& container, Work& work);
  void container_started(const std::string& task_id, const std::string& name,
                         Outcome<containers::ContainerStarted> outcome);
  void finish_container(ecs::Container& container, std::optional<int> exit_code,
                        const std::string& reason);
  void watch_health(const View& view, const ecs::Container& container);
  void health_changed(const std::string& docker_id, const std::string& status);
  void note_running(const std::string& task_id);

  void stop_container(const View& view, ecs::Container& container, Work& work);
  void tear_down(View& view, Work& work);
  void torn_down(const std::string& task_id);

  void fail(const std::string& task_id, const std::string& reason);
  void tell(const std::string& docker_id, const std::string& action,
            const std::map<std::string, std::string>& attributes = {});
  void set_status(ecs::Task& task, const char* status);
  std::optional<ecs::LogTarget> log_target(const View& view, const ecs::Container& container);
  std::string open_log(const View& view, const ecs::Container& container);
  struct Output;
  Output* output_of(const std::string& docker_id);
  void append(const Output& output, const std::vector<logs::Event>& events);
  void flush(Output& output);
  void flush_later(const std::string& docker_id);

  Parts p_;
  HealthMonitor health_;
  std::map<std::string, Work> work_;
  std::map<std::string, std::string> host_netns_;  // by instance id
  // Where a container's output goes, and what waits for more lines.
  struct Output {
    std::optional<ecs::LogTarget> target;
    std::unique_ptr<logs::LineJoiner> joiner;
    std::unique_ptr<Clock::Timer> flush_timer;
  };
  std::map<std::string, Output> outputs_;  // by Docker id
};

}  // namespace enibox::reconcile

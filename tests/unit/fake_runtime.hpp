#pragma once
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "emulator/clock.hpp"
#include "emulator/containers/runtime.hpp"

namespace enibox::containers {

// Containers in memory. Answers come through the clock's post(), as from a worker. It keeps what
// runs, can fail the n-th call, and lets a test end a process:
//
//   runtime.fail_call(2, "no room");   // the second call from now ends with that error
//   runtime.exit(container_id, 7);
class FakeRuntime final : public Runtime {
 public:
  explicit FakeRuntime(Clock& clock) : clock_(clock) {}

  struct Container {
    ContainerSpec spec;
    bool running = true;
    std::vector<int> signals;
  };
  std::map<std::string, HostSpec> hosts;
  std::set<std::string> disks;  // of hosts that are or were there
  std::map<std::string, PodSpec> pods;
  std::map<std::string, Container> containers;
  std::map<std::uint64_t, ExecSpec> execs;
  std::map<std::string, std::vector<LogLine>> logs;
  std::set<std::string> images{"nginx:alpine", "busybox"};
  std::set<int> deadly_signals{2, 3, 9, 15};  // those a container ends on
  std::vector<std::string> calls;             // "start_pod TASK", in order

  void fail_call(int nth, std::string why = "the fake runtime was told to fail") {
    fail_in_ = nth;
    why_ = std::move(why);
  }
  void exit(const std::string& container_id, int code, bool oom = false) {
    containers.at(container_id).running = false;
    events_.container_exited({container_id, code, oom});
  }
  void kill_host(const std::string& host_id) {
    forget_host(host_id);
    events_.host_died(host_id);
  }
  void log(const std::string& container_id, std::vector<LogLine> lines) {
    auto& kept = logs[container_id];
    kept.insert(kept.end(), lines.begin(), lines.end());
    events_.logged(container_id, std::move(lines));
  }

  void listen(Events events) override { events_ = std::move(events); }

  void start_host(HostSpec spec, Done<HostStarted> done) override {
    call("start_host " + spec.host_id, std::move(done), [this, spec] {
      hosts[spec.host_id] = spec;
      disks.insert(spec.host_id);
      return HostStarted{100, "/fake/netns/" + spec.host_id, "/fake/run/" + spec.host_id};
    });
  }
  void stop_host(std::string host_id, Done<Nothing> done) override {
    call("stop_host " + host_id, std::move(done), [this, host_id] {
      forget_host(host_id);
      return Nothing{};
    });
  }
  void remove_host(std::string host_id, Done<Nothing> done) override {
    call("remove_host " + host_id, std::move(done), [this, host_id] {
      forget_host(host_id);
      disks.erase(host_id);
      return Nothing{};
    });
  }
  bool has_disk(const std::string& host_id) const override { return disks.contains(host_id); }
  void start_pod(PodSpec spec, Done<PodStarted> done) override {
    call("start_pod " + spec.pod_id, std::move(done), [this, spec] {
      if (!hosts.contains(spec.host_id)) throw std::runtime_error("no host " + spec.host_id);
      pods[spec.pod_id] = spec;
      return PodStarted{200, "/fake/netns/" + spec.pod_id};
    });
  }
  void stop_pod(std::string pod_id, Done<Nothing> done) override {
    call("stop_pod " + pod_id, std::move(done), [this, pod_id] {
      pods.erase(pod_id);
      return Nothing{};
    });
  }
  void start_container(ContainerSpec spec, Done<ContainerStarted> done) override {
    call("start_container " + spec.name, std::move(done), [this, spec] {
      if (!images.contains(spec.image)) {
        throw ImageNotFound("CannotPullContainerError: no image " + spec.image);
      }
      if (!pods.contains(spec.pod_id)) throw std::runtime_error("no pod " + spec.pod_id);
      containers[spec.container_id] = {.spec = spec, .running = true, .signals = {}};
      return ContainerStarted{.pid_in_host = 300,
                              .image_digest = "sha256:d",
                              .image_id = "sha256:i",
                              .argv = spec.command.value_or(std::vector<std::string>{"sh"})};
    });
  }
  void signal_container(std::string container_id, int signal, Done<Nothing> done) override {
    call("signal " + std::to_string(signal), std::move(done), [this, container_id, signal] {
      const auto found = containers.find(container_id);
      if (found == containers.end() || !found->second.running) return Nothing{};
      found->second.signals.push_back(signal);
      if (deadly_signals.contains(signal)) {
        clock_.post([this, container_id, signal] {
          if (containers.at(container_id).running) exit(container_id, 128 + signal);
        });
      }
      return Nothing{};
    });
  }
  void remove_container(std::string container_id, Done<Nothing> done) override {
    call("remove_container", std::move(done), [this, container_id] {
      containers.erase(container_id);
      return Nothing{};
    });
  }
  void usage(std::string container_id, Done<Usage> done) override {
    call("usage", std::move(done), [this, container_id] {
      if (!containers.contains(container_id)) throw std::runtime_error("no such container");
      return Usage{1'000'000, 2 << 20, 512 << 20, 3};
    });
  }
  void processes(std::string container_id,
                 Done<std::vector<std::vector<std::string>>> done) override {
    using Rows = std::vector<std::vector<std::string>>;
    call("processes", std::move(done), [this, container_id] {
      if (!containers.contains(container_id)) throw std::runtime_error("no such container");
      return Rows{{"root", "300", "1", "0", "12:00", "?", "00:00:00", "nginx"}};
    });
  }
  void exec(ExecSpec spec, Done<ExecStarted> done) override {
    call("exec " + spec.argv.front(), std::move(done), [this, spec] {
      const auto id = ++last_exec_;
      execs[id] = spec;
      ExecStarted started;
      started.exec_id = id;
      started.pid_in_host = 400;
      if (on_exec) on_exec(started);
      return started;
    });
  }
  // Lets a test fill in the descriptors of a started exec.
  std::function<void(ExecStarted&)> on_exec;
  // Pipes for every exec from now on; `far_ends` has their process' ends: in, out, err of each.
  void give_pipes() {
    on_exec = [this](ExecStarted& started) {
      for (auto* end : {&started.in, &started.out, &started.err}) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
        const bool input = end == &started.in;
        end->reset(ends[input ? 1 : 0]);
        far_ends.emplace_back(ends[input ? 0 : 1]);
      }
    };
  }
  std::vector<netns::UniqueFd> far_ends;
  void end_exec(std::uint64_t exec_id, int code) { events_.exec_exited(exec_id, code); }
  void signal_exec(std::uint64_t exec_id, int signal) override {
    calls.push_back("signal_exec " + std::to_string(exec_id) + " " + std::to_string(signal));
  }
  void open_socket(std::string host_id, std::string container_id, int family, int type,
                   Done<netns::UniqueFd> done) override {
    call("open_socket " + host_id + " " + container_id, std::move(done),
         [family, type] { return netns::UniqueFd(::socket(family, type | SOCK_CLOEXEC, 0)); });
  }
  void read_log(std::string container_id, int tail, Done<std::vector<LogLine>> done) override {
    call("read_log", std::move(done), [this, container_id, tail] {
      auto lines = logs[container_id];
      if (tail >= 0 && lines.size() > static_cast<std::size_t>(tail)) {
        lines.erase(lines.begin(), lines.end() - tail);
      }
      return lines;
    });
  }
  void inventory(Done<Inventory> done) override {
    call("inventory", std::move(done), [this] {
      Inventory found;
      for (const auto& [id, spec] : hosts) {
        found.hosts.push_back({id, {100, "/fake/netns/" + id, "/fake/run/" + id}, true});
      }
      for (const auto& [id, spec] : pods) {
        found.pods.push_back({id, {200, "/fake/netns/" + id}, true});
      }
      for (const auto& [id, container] : containers) {
        found.containers.push_back({id, 300, container.running, 0});
      }
      return found;
    });
  }

 private:
  void forget_host(const std::string& host_id) {
    hosts.erase(host_id);
    std::erase_if(pods, [&](const auto& pod) { return pod.second.host_id == host_id; });
    for (auto& [id, container] : containers) {
      if (container.spec.host_id == host_id) container.running = false;
    }
  }
  template <typename T, typename Work>
  void call(std::string name, Done<T> done, Work work) {
    calls.push_back(std::move(name));
    const bool fails = fail_in_ > 0 && --fail_in_ == 0;
    // Shared because std::function wants what it holds to be copyable; an exec's result is not.
    auto outcome = std::make_shared<Outcome<T>>(std::make_exception_ptr(std::runtime_error(why_)));
    if (!fails) {
      try {
        *outcome = Outcome<T>(work());
      } catch (...) {
        *outcome = Outcome<T>(std::current_exception());
      }
    }
    clock_.post([done = std::move(done), outcome] {
      if (done) done(std::move(*outcome));
    });
  }

  Clock& clock_;
  Events events_;
  int fail_in_ = 0;
  std::string why_;
  std::uint64_t last_exec_ = 0;
};

}  // namespace enibox::containers

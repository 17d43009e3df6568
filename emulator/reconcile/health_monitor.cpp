#include "emulator/reconcile/health_monitor.hpp"

namespace enibox::reconcile {
namespace {

// ["CMD-SHELL", "curl -f localhost"] runs a shell, ["CMD", ...] the words; a bare list counts as
// CMD.
std::vector<std::string> probe_argv(const Json& check) {
  auto words = check.value("command", std::vector<std::string>());
  if (words.empty() || words.front() == "NONE") return {};
  if (words.front() == "CMD-SHELL") {
    if (words.size() < 2) return {};
    return {"/bin/sh", "-c", words[1]};
  }
  if (words.front() == "CMD") words.erase(words.begin());
  return words;
}

}  // namespace

void HealthMonitor::watch(const std::string& host_id, const std::string& docker_id,
                          const Json& check) {
  auto argv = probe_argv(check);
  if (argv.empty()) return;
  auto& watched = watched_[docker_id];
  watched.host_id = host_id;
  watched.docker_id = docker_id;
  watched.argv = std::move(argv);
  // The defaults of ECS.
  watched.interval = std::chrono::seconds(check.value("interval", 30));
  watched.timeout = std::chrono::seconds(check.value("timeout", 5));
  watched.retries = check.value("retries", 3);
  watched.counts_from_ms = clock_.now_ms() + std::int64_t{check.value("startPeriod", 0)} * 1000;
  later(watched);
}

void HealthMonitor::later(Watched& watched) {
  watched.timer = clock_.after(watched.interval, [this, id = watched.docker_id] { probe(id); });
}

void HealthMonitor::probe(const std::string& docker_id) {
  const auto found = watched_.find(docker_id);
  if (found == watched_.end()) return;
  containers::ExecSpec spec{.host_id = found->second.host_id,
                            .container_id = docker_id,
                            .argv = found->second.argv,
                            .env = {},
                            .user = std::nullopt,
                            .working_directory = std::nullopt};
  commands_.run(
      std::move(spec), "",
      [this, docker_id](Outcome<HostCommands::Result> outcome) {
        judge(docker_id, outcome.ok() && !outcome.get().timed_out && outcome.get().exit_code == 0);
      },
      found->second.timeout);
}

void HealthMonitor::judge(const std::string& docker_id, bool good) {
  const auto found = watched_.find(docker_id);
  if (found == watched_.end()) return;
  auto& watched = found->second;
  if (good) {
    watched.failures = 0;
  } else if (clock_.now_ms() >= watched.counts_from_ms) {
    ++watched.failures;
  }
  std::string status = watched.status;
  if (good) status = "HEALTHY";
  if (watched.failures >= watched.retries) status = "UNHEALTHY";
  later(watched);
  if (status == watched.status) return;
  watched.status = status;
  report_(docker_id, status);
}

}  // namespace enibox::reconcile

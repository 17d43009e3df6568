#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "api/json.hpp"
#include "emulator/clock.hpp"
#include "emulator/reconcile/host_command.hpp"

namespace enibox::reconcile {

// Container health checks as Docker carries them out (ECS: HealthCheck). The first probe comes one
// interval after the start; failures within startPeriod do not count; `retries` failures in a row
// are UNHEALTHY, one success is HEALTHY. Loop thread only.
class HealthMonitor {
 public:
  using Report = std::function<void(const std::string& docker_id, const std::string& status)>;
  HealthMonitor(HostCommands& commands, Clock& clock, Report report)
      : commands_(commands), clock_(clock), report_(std::move(report)) {}

  // `check` is the task definition's healthCheck; one without a command, or with NONE, is nothing.
  void watch(const std::string& host_id, const std::string& docker_id, const Json& check);
  void forget(const std::string& docker_id) { watched_.erase(docker_id); }

 private:
  struct Watched {
    std::string host_id, docker_id;
    std::vector<std::string> argv;
    std::chrono::milliseconds interval, timeout;
    int retries = 3;
    std::int64_t counts_from_ms = 0;
    int failures = 0;
    std::string status = "UNKNOWN";
    std::unique_ptr<Clock::Timer> timer;
  };
  void later(Watched& watched);
  void probe(const std::string& docker_id);
  void judge(const std::string& docker_id, bool good);

  HostCommands& commands_;
  Clock& clock_;
  Report report_;
  std::map<std::string, Watched> watched_;  // by Docker id
};

}  // namespace enibox::reconcile

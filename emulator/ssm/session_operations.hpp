#pragma once
#include <string>
#include <vector>

#include "api/wire/service.hpp"
#include "emulator/ssm/session_manager.hpp"

namespace enibox::ssm {

// Where a session's target is: the daemon's knowledge of instances and tasks. Loop thread only.
class Targets {
 public:
  struct Place {
    std::string host_id;
    std::string container_id;        // empty: the instance itself
    std::string user;                // empty: root
    std::vector<std::string> shell;  // of a session without a command
  };
  virtual ~Targets() = default;
  // `target`: "i-..." or "ecs:<cluster>_<task id>_<runtime id>" (a cluster's name may hold "_").
  // Throws AwsError TargetNotConnected "i-... is not connected." when nothing runs there.
  virtual Place resolve(const std::string& region, const std::string& target) = 0;
};

// "ecs:<cluster>_<task>_<runtime id>" taken apart from the right; false for anything else.
struct EcsTarget {
  std::string cluster, task_id, runtime_id;
};
bool parse_ecs_target(const std::string& target, EcsTarget& parts);

[[noreturn]] void throw_not_connected(const std::string& target);

// StartSession, ResumeSession, TerminateSession, DescribeSessions, GetConnectionStatus.
void add_session_operations(api::Service& ssm, SessionManager& sessions, Targets& targets);

}  // namespace enibox::ssm

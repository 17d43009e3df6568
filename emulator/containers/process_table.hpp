#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

// The processes of a container instance, read from the daemon's /proc. The instance has a pid
// namespace below the daemon's, so a process has a number in each: NSpid of /proc/PID/status.
namespace enibox::containers {

// The number of a process in the pid namespace `levels` below ours; nothing when it is not so deep
// or gone.
std::optional<pid_t> pid_inside(pid_t pid, std::size_t levels = 1);

// The process that has this number in the pid namespace of `init`, a child namespace of ours.
std::optional<pid_t> find_in_namespace_of(pid_t init, pid_t pid_in_host);

// All processes in the pid namespace of this process, as our numbers.
std::vector<pid_t> processes_beside(pid_t pid);

// Processes in the pid namespace of `init` or one below whose parent is outside of it: `init`
// itself and what a daemon put in (pause processes, exec sessions). Our numbers.
std::vector<pid_t> put_into_namespace_of(pid_t init);

// Rows of `docker top` (UID PID PPID C STIME TTY TIME CMD), numbers as the host counts.
std::vector<std::vector<std::string>> process_rows(const std::vector<pid_t>& pids);

}  // namespace enibox::containers

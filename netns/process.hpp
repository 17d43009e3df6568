#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "netns/handle.hpp"

// Naming a process so that the name outlives it: a pid alone is reused, a pid with its start time
// and the boot it started in is not. Any thread.
namespace enibox::netns {

struct ProcessIdentity {
  pid_t pid = 0;                    // as this process's pid namespace sees it
  std::uint64_t start_time = 0;     // field 22 of /proc/PID/stat: clock ticks since boot
  std::string boot_id;              // /proc/sys/kernel/random/boot_id
  std::uint64_t pid_namespace = 0;  // inode of the pid namespace that `pid` is counted in
  bool operator==(const ProcessIdentity&) const = default;
};

// Nothing when there is no such process, or when it is dead and only waits to be reaped.
std::optional<ProcessIdentity> identify_process(pid_t pid);

// A pidfd of exactly that process; empty when it has ended, whoever has its number now.
UniqueFd open_process(const ProcessIdentity& identity);

inline bool is_alive(const ProcessIdentity& identity) {
  return static_cast<bool>(open_process(identity));
}

// Sends a signal through a pidfd; a process that has ended is fine. Throws std::system_error.
void signal_process(int pidfd, int signal);

// Waits until the process has ended; false when it still runs after `timeout`.
bool wait_for_end(int pidfd, std::chrono::milliseconds timeout);

// The text of a small file (of /proc, /sys); nothing when it cannot be read.
std::optional<std::string> read_small_file(const std::string& path);

}  // namespace enibox::netns

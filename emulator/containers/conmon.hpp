#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "emulator/containers/runtime_context.hpp"

// Creating a container through conmon, which then holds its output, terminal and exit code: inside
// the host's namespaces, so that pids and paths are the host's. conmon(8).
namespace enibox::containers {

struct ConmonOptions {
  std::string id, name;
  bool tty = false;
  bool open_stdin = false;
  bool rootless = false;                                // no cgroups, no keyrings
  std::uint64_t log_size_max = std::uint64_t{1} << 30;  // then conmon begins the file again
};

// The command line; bundle and log file are named by the host's layout.
std::vector<std::string> conmon_argv(const Host& host, const ConmonOptions& options);

// Runs `runc create` under conmon on the bundle in the host's layout, its root file system attached
// from `root_mount`. Gives the container's first process as the host counts. Blocks. Throws
// std::runtime_error with runc's text; no process is left then.
pid_t create_container(const Host& host, const ConmonOptions& options, int root_mount,
                       std::chrono::milliseconds timeout = std::chrono::seconds(30));

// Lets a created container go: what `runc start` does, without another runc. `container` is its
// first process. Throws when it does not take off.
void start_created(const Host& host, const std::string& id, const NamedProcess& container,
                   std::chrono::milliseconds timeout = std::chrono::seconds(10));

// Kills what its pid files name: of a container that never came up, while its host lives.
void kill_leftovers(const Host& host, const std::string& id);

// Made, but never let go: its first process still waits for start_created().
bool is_only_created(const Host& host, const std::string& id);

// The text of the last error in a log that runc wrote (`--log-format json`); empty when none.
std::string runc_error(const std::string& log_text);

// Docker's words around it: "failed to create shim task: OCI runtime create failed: ...: unknown".
std::string docker_start_error(const std::string& runc_text);

}  // namespace enibox::containers

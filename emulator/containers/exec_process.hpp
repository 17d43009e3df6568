#pragma once
#include "emulator/containers/runtime.hpp"
#include "emulator/containers/runtime_context.hpp"

// Commands in a running container or on a host. Calls block: on the pool.
namespace enibox::containers {

struct StartedExec {
  netns::Process process;  // ours to reap; its exit code is the command's
  pid_t group = 0;         // the command's process group, as the daemon counts
  ExecStarted answer;      // without its id
};

// `runc exec`, which knows the container's capabilities, filter and groups. Throws
// std::runtime_error with Docker's text when the command cannot be run. `exec_id` names its files.
StartedExec exec_in_container(const Container& container, const ExecSpec& spec,
                              std::uint64_t exec_id);

// A command of the instance itself, on a terminal of its own devpts, with the environment of a
// login. Without argv: the user's shell.
StartedExec exec_on_host(const Host& host, const ExecSpec& spec);

}  // namespace enibox::containers

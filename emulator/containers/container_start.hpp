#pragma once
#include <memory>

#include "emulator/containers/runtime.hpp"
#include "emulator/containers/runtime_context.hpp"

// A container from its specification to a running process, and back. Calls block: on the pool.
namespace enibox::containers {

struct StartedContainer {
  std::shared_ptr<const Container> container;
  ContainerStarted answer;
};

// All or nothing. Throws ImageNotFound, or std::runtime_error with the reason as ECS shows it
// ("CannotStartContainerError: ...").
StartedContainer start_container(const RuntimeContext& context,
                                 const std::shared_ptr<const Pod>& pod, const ContainerSpec& spec);
// Root file system, bundle, group, log of a container that has ended or never quite began.
void clean_up_container(const Host& host, const std::string& pod_id, const std::string& id);

// The same for one that a daemon was making when it died, with its processes.
void clean_up_half_made(const Host& host, const std::string& id);

// Nothing for one that never started.
std::shared_ptr<const Container> recall_container(std::shared_ptr<const Host> host,
                                                  const std::string& id);

// What conmon wrote when the container ended; nothing as long as it has not.
std::optional<int> exit_code_of(const Host& host, const std::string& id);
bool was_oom_killed(const Container& container, int exit_code);

}  // namespace enibox::containers

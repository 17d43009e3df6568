#pragma once
#include <optional>
#include <string>

#include "emulator/containers/runtime.hpp"
#include "emulator/ecs/model.hpp"

// From a task definition to what the runtime is told: pure functions.
namespace enibox::ecs {

// The definition of one container, with the task's overrides laid over it (environment by name,
// command, cpu, memory, memoryReservation).
Json effective_container(const Task& task, const Json& task_definition, const std::string& name);

containers::ContainerSpec container_spec(const Task& task, const Json& task_definition,
                                         const Container& container);

// Where a container's awslogs output goes.
struct LogTarget {
  std::string region, group, stream;
  bool create_group = false;
  std::string multiline_pattern, datetime_format;  // of the lines that begin an event; empty: every
};
// nullopt: another log driver, or none. The stream is prefix/container/task id, without a prefix
// the Docker id (AWS: awslogs-stream-prefix).
std::optional<LogTarget> awslogs_target(const Task& task, const Json& effective,
                                        const Container& container);

// Seconds between SIGTERM and SIGKILL. AWS: stopTimeout, else ECS_CONTAINER_STOP_TIMEOUT's 30.
int stop_timeout_seconds(const Json& effective);

}  // namespace enibox::ecs

#pragma once
#include <memory>

#include "emulator/containers/runtime.hpp"
#include "emulator/containers/runtime_context.hpp"

// A task's pause process. Calls block: on the pool.
namespace enibox::containers {

// All or nothing: cloned straight into its namespaces below the host's pid namespace, on the pause
// image's root. Throws ImageNotFound, std::system_error.
std::shared_ptr<const Pod> start_pod(const RuntimeContext& context,
                                     std::shared_ptr<const Host> host, const PodSpec& spec);
// Puts the pause process into the task's control group. Apart from the start, which it would slow
// down by a grace period of the kernel (20 ms on version 1); a no-op on version 2.
void join_task_group(const Pod& pod);
// Kills the pause process and removes what belongs to the task; the caller reaps.
void end_pod(const RuntimeContext& context, const Pod& pod);
void clean_up_pod(const RuntimeContext& context, const Host& host, const std::string& pod_id);

std::shared_ptr<const Pod> recall_pod(std::shared_ptr<const Host> host, const std::string& pod_id);

// CFS quota in microseconds of a 100 ms period for ECS CPU units: 1024 are one vCPU.
std::int64_t cfs_quota_us(std::int64_t cpu_units);

}  // namespace enibox::containers

#pragma once
#include <memory>

#include "emulator/containers/runtime.hpp"
#include "emulator/containers/runtime_context.hpp"

// A container instance as a process and its namespaces. Calls block: on the pool, not on the loop.
namespace enibox::containers {

// All or nothing; a disk that was there before stays as it is. Throws ImageNotFound,
// std::system_error.
std::shared_ptr<const Host> start_host(const RuntimeContext& context, const HostSpec& spec);
// Kills its init (and so everything in it) and waits for the end of it all. The caller reaps the
// pause processes meanwhile: netns/spawn.hpp.
void end_host(const Host& host);
// What is left of a host that has ended or never quite began, but for its disk: mounts, groups,
// files.
void clean_up_host(const RuntimeContext& context, const std::string& host_id);

bool has_disk(const RuntimeContext& context, const std::string& host_id);
void remove_disk(const RuntimeContext& context, const std::string& host_id);

// The record of a host that a daemon before this one started; null when there is none.
std::shared_ptr<const Host> recall_host(const RuntimeContext& context, const std::string& host_id);

// Whether a mount of sysfs is allowed in a network namespace of our own: the kernel says no where
// the machine's /sys is partly hidden (mount_namespaces(7)). Costs some milliseconds.
bool may_mount_sysfs();

}  // namespace enibox::containers

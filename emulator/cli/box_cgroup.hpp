#pragma once
#include <string>

#include "netns/cgroup.hpp"
#include "netns/process.hpp"

// A box's control group, the one thing of it that is on the host. Init and daemon are in the leaf
// "box" of it; what the daemon starts gets groups beside that leaf. Host side, single-threaded.
namespace enibox::cli {

// What has to be remembered to find the group again from another group: the text of
// /proc/self/cgroup of the process that starts the box.
std::string cgroup_origin();

// Named after init. Makes nothing. "None" where nothing is writable.
netns::Cgroup box_cgroup(const netns::ProcessIdentity& init, const std::string& origin);

// Makes the group and its leaf; "none": does nothing. Throws std::system_error.
void make_box_cgroup(const netns::Cgroup& group);

// Moves a process into the leaf; "none": does nothing. Throws std::system_error.
void join_box_cgroup(const netns::Cgroup& group, pid_t pid);

// Removes groups of dead boxes beside this process's.
void sweep_box_cgroups();

}  // namespace enibox::cli

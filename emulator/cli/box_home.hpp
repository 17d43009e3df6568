#pragma once
#include <string>
#include <string_view>

#include "netns/box.hpp"

// What a box has outside itself, on the host: its name, and a state directory when the kernel's
// tmpfs is no good for overlays. Called in the porter and in `enibox stop`, single-threaded.
namespace enibox::cli {

// "enibox-4026531836-123-4567": pid namespace, pid and start time of its init. Names its control
// group and its state directory, so that a later start can tell whether the owner still lives. Of a
// porter it names the owner of an uplink.
std::string box_name(const netns::ProcessIdentity& init);

// False for names of living boxes, for names that box_name() does not make, and for boxes of
// other pid namespaces, about which nothing can be known from here.
bool is_name_of_dead_box(std::string_view name);

// The fallback of an ephemeral box: below /var/tmp, on a disk. Throws std::system_error.
std::string make_state_directory(const netns::ProcessIdentity& init);

// Also files that belong to mapped ids, which only a user namespace with the same map may remove.
// What is not there is fine; what cannot be removed is left.
void remove_tree(const std::string& path);

// Removes the state directories of this user's dead boxes.
void sweep_state_directories();

// Takes away what dead porters' --uplink has left in this network, if this process may.
void sweep_host_network();

}  // namespace enibox::cli

#pragma once
#include <string>

#include "netns/box.hpp"

namespace enibox::netns {

struct GuestPlace {
  BoxRecord box;
  std::string netns_path;   // a namespace's file, as the box sees it
  std::string resolv_conf;  // the text that stands in /etc/resolv.conf
};

// Moves the calling process, which has one thread, to where a command of the host runs with an
// interface of a box: the box's user namespace (the kernel gives the network namespace to nobody
// else), the network namespace, and a mount namespace of its own that shows the host's files, with
// another /etc/resolv.conf. Processes, terminal and directory stay the host's. Throws
// std::system_error naming the step.
void enter_guest(const GuestPlace& place);

}  // namespace enibox::netns

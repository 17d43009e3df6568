#pragma once
#include "netns/box.hpp"

// The inside of a box's first process. Only box.cpp starts it.
namespace enibox::netns {

// One datagram each way on the control socket, then only its end of file matters.
struct InitReport {
  int error = 0;  // errno of the step that failed; 0: the box is ready
  bool scratch_mounted = false;
  char step[240] = {};
};

// Runs as process 1 of the new namespaces: waits for the byte that says "your ids are mapped",
// sets up the mounts, reports, closes every descriptor but `control`, and then reaps orphans until
// the end. Never returns.
[[noreturn]] void run_box_init(int control, const BoxOptions& options);

}  // namespace enibox::netns

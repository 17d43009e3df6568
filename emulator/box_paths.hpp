#pragma once
#include <string>

namespace enibox {

// Where things are, as the daemon inside the box sees it. Absolute paths.
struct BoxPaths {
  // The box's private tmpfs: netns/ (bind-mounted namespace files), hosts/ID/ (sockets, bundles).
  // Gone with the box.
  std::string run_dir;
  // Overlay uppers, volumes, logs: on a filesystem that overlayfs takes for an upper directory.
  // With a data dir it lies in there; otherwise it is gone with the daemon.
  std::string state_dir;
  // The image store, shared by all daemons of a user.
  std::string image_store;
};

}  // namespace enibox

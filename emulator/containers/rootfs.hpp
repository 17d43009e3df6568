#pragma once
#include <string>
#include <vector>

#include "netns/handle.hpp"

// A container's root filesystem: an overlay of an image's layers, made as a detached mount, so that
// it can be attached in any mount namespace of the same user namespace with move_mount(2).
namespace enibox::containers {

struct RootfsSpec {
  std::vector<std::string> layers;  // directories, the top one first: Image::layer_dirs
  std::string upper;                // a directory that takes the writes; made when missing
  std::string work;  // overlayfs's own scratch directory on upper's filesystem; made when missing
};

// Always mounts with `userxattr` (opaque directories are user.overlay.opaque), so that root and an
// ordinary user read the same layers alike. The caller needs CAP_SYS_ADMIN in the user namespace
// that owns its mount namespace. Any thread; no state is kept. Throws std::system_error.
//
//   auto root = containers::mount_root({image.layer_dirs, dir + "/upper", dir + "/work"});
//   move_mount(root.get(), "", AT_FDCWD, "/path/in/the/instance", MOVE_MOUNT_F_EMPTY_PATH);
netns::UniqueFd mount_root(const RootfsSpec& spec);

// The two ways to it, for tests; mount_root picks by what the kernel knows.
// fsconfig's lowerdir+ appends one layer at a time, since Linux 6.5.
netns::UniqueFd mount_root_layer_by_layer(const RootfsSpec& spec);
// mount(2) with one option string, bounded by a page, on `work` itself for an instant.
netns::UniqueFd mount_root_by_option_string(const RootfsSpec& spec);

}  // namespace enibox::containers

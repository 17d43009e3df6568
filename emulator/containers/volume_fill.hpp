#pragma once
#include <string>

namespace enibox::containers {

// As dockerd does with a volume that is mounted for the first time: an empty one takes what the
// image has at the mount point, and that directory's owner and mode. `root` is the container's root
// file system; its links lead nowhere out of it. Nothing happens when the volume holds something or
// the image has no directory there. Blocks. Throws std::system_error.
void fill_volume(int root, const std::string& mount_point, const std::string& volume);

}  // namespace enibox::containers

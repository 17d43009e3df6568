#pragma once
#include <functional>
#include <string>

#include "netns/handle.hpp"

namespace enibox::netns {

// Runs `work` on a throwaway thread that has entered a mount namespace (a /proc/PID/ns/mnt) and
// rethrows what it throws. Paths are that namespace's root's there. Any thread.
void in_mount_namespace(int mount_namespace_fd, const std::function<void()>& work);

// Gives a namespace (a /proc/PID/ns/... link) a file of its own, by a bind mount: it lives while
// that is there. An old mount on the file is replaced. Throws std::system_error.
void bind_namespace(const std::string& namespace_link, const std::string& file);
// Unmounts and unlinks it; fine when it is gone.
void unbind_namespace(const std::string& file);

}  // namespace enibox::netns

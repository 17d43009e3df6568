#include "netns/mount_namespace.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <exception>
#include <thread>

namespace enibox::netns {

void in_mount_namespace(int mount_namespace_fd, const std::function<void()>& work) {
  std::exception_ptr error;
  std::thread([&] {
    try {
      // A thread that shares its root and working directory with others may not change them.
      if (::unshare(CLONE_FS) != 0) throw_errno("unshare a thread's root directory");
      if (::setns(mount_namespace_fd, CLONE_NEWNS) != 0) throw_errno("enter a mount namespace");
      work();
    } catch (...) {
      error = std::current_exception();
    }
  }).join();
  if (error) std::rethrow_exception(error);
}

void bind_namespace(const std::string& namespace_link, const std::string& file) {
  unbind_namespace(file);
  const UniqueFd point(::open(file.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0444));
  if (!point) throw_errno("make " + file);
  if (::mount(namespace_link.c_str(), file.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    const int error = errno;
    ::unlink(file.c_str());
    errno = error;
    throw_errno("bind " + namespace_link + " to " + file);
  }
}

void unbind_namespace(const std::string& file) {
  ::umount2(file.c_str(), MNT_DETACH);
  ::unlink(file.c_str());
}

}  // namespace enibox::netns

#include "netns/guest.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "netns/handle.hpp"

namespace enibox::netns {
namespace {

constexpr const char* kResolvConf = "/etc/resolv.conf";

UniqueFd open_or_throw(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_errno("open " + path);
  return fd;
}

UniqueFd open_namespace(const std::string& path) {
  UniqueFd fd = open_or_throw(path);
  struct statfs info {};
  if (::fstatfs(fd.get(), &info) != 0) throw_errno("look at " + path);
  if (info.f_type == NSFS_MAGIC) return fd;
  throw std::system_error(ENOENT, std::generic_category(), path + " is no namespace");
}

void write_all(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto n = ::write(fd, text.data() + at, text.size() - at);
    if (n < 0) throw_errno("write resolv.conf");
    at += static_cast<std::size_t>(n);
  }
}

// The file is unlinked as soon as it is mounted: the mount alone keeps it.
void mount_resolv_conf(const std::string& text) {
  const Handle<char, ::free> target(::realpath(kResolvConf, nullptr));
  if (!target) return;  // a host without one asks nobody
  std::string file = "/tmp/enibox-resolv-XXXXXX";
  const UniqueFd fd(::mkostemp(file.data(), O_CLOEXEC));
  if (!fd) throw_errno("make " + file);
  int error = 0;
  try {
    write_all(fd.get(), text);
    ::fchmod(fd.get(), 0644);
    if (::mount(file.c_str(), target.get(), nullptr, MS_BIND, nullptr) != 0) error = errno;
  } catch (...) {
    ::unlink(file.c_str());
    throw;
  }
  ::unlink(file.c_str());
  if (error == 0) return;
  errno = error;
  throw_errno(std::string("mount ") + kResolvConf);
}

}  // namespace

void enter_guest(const GuestPlace& place) {
  const std::string init = "/proc/" + std::to_string(place.box.init.pid);
  const UniqueFd network = open_namespace(init + "/root" + place.netns_path);
  if (place.box.user_namespace) {
    const UniqueFd user = open_namespace(init + "/ns/user");
    if (::setns(user.get(), CLONE_NEWUSER) != 0) throw_errno("enter the box's user namespace");
  }
  if (::setns(network.get(), CLONE_NEWNET) != 0) throw_errno("enter the network namespace");
  if (::unshare(CLONE_NEWNS) != 0) throw_errno("make a mount namespace");
  // What the host mounts later is seen here, and nothing the other way round.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0)
    throw_errno("make mounts slaves");
  mount_resolv_conf(place.resolv_conf);
}

}  // namespace enibox::netns

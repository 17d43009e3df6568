#include "netns/namespace.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <exception>
#include <thread>

namespace enibox::netns {
namespace {

// /proc/self names the main thread's namespace, whichever thread asks.
constexpr const char* kOwnNamespace = "/proc/thread-self/ns/net";

// The thread ends with the work, so nobody can be left in the wrong namespace.
void on_throwaway_thread(const std::function<void()>& work) {
  std::exception_ptr error;
  std::thread thread([&] {
    try {
      work();
    } catch (...) {
      error = std::current_exception();
    }
  });
  thread.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace

Namespace Namespace::create(const std::string& path) {
  if (exists(path)) {
    errno = EEXIST;
    throw_errno("create namespace " + path);
  }
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0444));
  if (!file) throw_errno("create namespace file " + path);
  try {
    on_throwaway_thread([&] {
      if (::unshare(CLONE_NEWNET) != 0) throw_errno("unshare network namespace");
      if (::mount(kOwnNamespace, path.c_str(), nullptr, MS_BIND, nullptr) != 0)
        throw_errno("bind network namespace to " + path);
    });
  } catch (...) {
    ::unlink(path.c_str());
    throw;
  }
  return open(path);
}

Namespace Namespace::open(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_errno("open namespace " + path);
  struct statfs info {};
  if (::fstatfs(fd.get(), &info) != 0) throw_errno("stat namespace " + path);
  if (info.f_type != NSFS_MAGIC) {
    errno = ENOENT;
    throw_errno("open namespace " + path + " (not a namespace file)");
  }
  return Namespace(std::move(fd));
}

Namespace Namespace::current() { return open(kOwnNamespace); }

bool Namespace::exists(const std::string& path) {
  struct statfs info {};
  return ::statfs(path.c_str(), &info) == 0 && info.f_type == NSFS_MAGIC;
}

bool Namespace::remove(const std::string& path) {
  const bool mounted = exists(path);
  if (mounted && ::umount2(path.c_str(), MNT_DETACH) != 0) throw_errno("unmount " + path);
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return mounted;
    throw_errno("unlink " + path);
  }
  return mounted;
}

void Namespace::run(const std::function<void()>& work) const {
  on_throwaway_thread([&] {
    if (::setns(fd(), CLONE_NEWNET) != 0) throw_errno("enter network namespace");
    work();
  });
}

}  // namespace enibox::netns

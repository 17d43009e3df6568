#include "netns/child_steps.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <stdexcept>

namespace enibox::netns {

using Kind = ChildSteps::Kind;
using Step = ChildSteps::Step;

ChildSteps& ChildSteps::add(Step step) {
  step.only_after_failure = std::exchange(next_is_alternative_, false);
  steps_.push_back(std::move(step));
  return *this;
}

ChildSteps& ChildSteps::enter(int namespace_fd, int type) {
  return add({.kind = Kind::kEnter, .fd = namespace_fd, .flags = static_cast<unsigned long>(type)});
}
ChildSteps& ChildSteps::unshare(int flags) {
  return add({.kind = Kind::kUnshare, .flags = static_cast<unsigned long>(flags)});
}
ChildSteps& ChildSteps::hostname(std::string name) {
  return add({.kind = Kind::kHostname, .a = std::move(name)});
}
ChildSteps& ChildSteps::join_cgroup(std::string procs_file) {
  return write(std::move(procs_file), "0");
}
ChildSteps& ChildSteps::mount(std::string source, std::string target, std::string type,
                              unsigned long flags, std::string data) {
  return add({.kind = Kind::kMount,
              .flags = flags,
              .a = std::move(source),
              .b = std::move(target),
              .c = std::move(type),
              .d = std::move(data)});
}
ChildSteps& ChildSteps::unmount(std::string target, int flags) {
  return add(
      {.kind = Kind::kUnmount, .flags = static_cast<unsigned long>(flags), .a = std::move(target)});
}
ChildSteps& ChildSteps::attach(int mount_fd, std::string target) {
  return add({.kind = Kind::kAttach, .fd = mount_fd, .a = std::move(target)});
}
ChildSteps& ChildSteps::make_directory(std::string path, mode_t mode) {
  return add({.kind = Kind::kMakeDirectory, .flags = mode, .a = std::move(path)});
}
ChildSteps& ChildSteps::make_file(std::string path, mode_t mode) {
  return add({.kind = Kind::kMakeFile, .flags = mode, .a = std::move(path)});
}
ChildSteps& ChildSteps::remove(std::string path) {
  return add({.kind = Kind::kRemove, .a = std::move(path)});
}
ChildSteps& ChildSteps::link(std::string target, std::string path) {
  return add({.kind = Kind::kLink, .a = std::move(target), .b = std::move(path)});
}
ChildSteps& ChildSteps::write(std::string path, std::string text) {
  return add({.kind = Kind::kWrite, .a = std::move(path), .b = std::move(text)});
}
ChildSteps& ChildSteps::change_directory(std::string path) {
  return add({.kind = Kind::kChangeDirectory, .a = std::move(path)});
}
ChildSteps& ChildSteps::pivot(std::string new_root) {
  return add({.kind = Kind::kPivot, .a = std::move(new_root)});
}
ChildSteps& ChildSteps::mask(mode_t umask) { return add({.kind = Kind::kMask, .flags = umask}); }
ChildSteps& ChildSteps::new_session() { return add({.kind = Kind::kNewSession}); }
ChildSteps& ChildSteps::controlling_terminal(int fd) {
  return add({.kind = Kind::kControllingTerminal, .fd = fd});
}
ChildSteps& ChildSteps::identity(uid_t uid, gid_t gid, std::vector<gid_t> supplementary) {
  return add(
      {.kind = Kind::kIdentity, .soft = uid, .hard = gid, .groups = std::move(supplementary)});
}
ChildSteps& ChildSteps::limit(int resource, rlim_t soft, rlim_t hard) {
  return add({.kind = Kind::kLimit, .fd = resource, .soft = soft, .hard = hard});
}
ChildSteps& ChildSteps::die_with_thread(int signal) {
  return add({.kind = Kind::kDieWithThread, .flags = static_cast<unsigned long>(signal)});
}

ChildSteps& ChildSteps::may_fail() {
  if (steps_.empty()) throw std::logic_error("may_fail() before the first step");
  steps_.back().may_fail = true;
  return *this;
}
ChildSteps& ChildSteps::otherwise() {
  may_fail();
  next_is_alternative_ = true;
  return *this;
}

std::string Step::describe() const {
  switch (kind) {
    case Kind::kEnter:
      return "enter a namespace";
    case Kind::kUnshare:
      return "unshare";
    case Kind::kHostname:
      return "set the host name";
    case Kind::kWrite:
      return "write " + a;
    case Kind::kMount:
      return "mount " + (c.empty() ? a : c) + " on " + b;
    case Kind::kUnmount:
      return "unmount " + a;
    case Kind::kAttach:
      return "attach a mount on " + a;
    case Kind::kMakeDirectory:
      return "make directory " + a;
    case Kind::kMakeFile:
      return "make file " + a;
    case Kind::kRemove:
      return "remove " + a;
    case Kind::kLink:
      return "link " + b;
    case Kind::kChangeDirectory:
      return "change directory to " + a;
    case Kind::kPivot:
      return "make " + a + " the root";
    case Kind::kMask:
      return "set the file mode mask";
    case Kind::kNewSession:
      return "start a session";
    case Kind::kControllingTerminal:
      return "take the terminal";
    case Kind::kIdentity:
      return "become user " + std::to_string(soft);
    case Kind::kLimit:
      return "set resource limit " + std::to_string(fd);
    case Kind::kDieWithThread:
      return "set the death signal";
  }
  return "step";
}

namespace {

const char* text_or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

bool write_text(const Step& step) {
  const int fd = ::open(step.a.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written =
      ::write(fd, step.b.data(), step.b.size()) == static_cast<ssize_t>(step.b.size());
  const int error = errno;
  ::close(fd);
  errno = error;
  return written;
}

bool make_file(const Step& step) {
  const int fd = ::open(step.a.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                        static_cast<mode_t>(step.flags));
  if (fd < 0) return false;
  return ::close(fd) == 0;
}

bool pivot(const Step& step) {
  // pivot_root(2): with the new root as working directory, "." puts the old one over the new one,
  // and the unmount takes it away again. No directory for the old root is needed.
  if (::chdir(step.a.c_str()) != 0) return false;
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return false;
  if (::umount2(".", MNT_DETACH) != 0) return false;
  return ::chdir("/") == 0;
}

bool become(const Step& step) {
  // The raw calls: glibc's setuid and friends make every thread do it, and the child's idea of its
  // threads is the parent's. An ordinary user's namespace may forbid setgroups(2).
  const auto gid = static_cast<gid_t>(step.hard);
  const auto uid = static_cast<uid_t>(step.soft);
  if (::syscall(SYS_setgroups, step.groups.size(), step.groups.data()) != 0 &&
      !(errno == EPERM && step.groups.empty()))
    return false;
  if (::syscall(SYS_setresgid, gid, gid, gid) != 0) return false;
  return ::syscall(SYS_setresuid, uid, uid, uid) == 0;
}

bool limit(const Step& step) {
  const rlimit value{step.soft, step.hard};
  return ::setrlimit(static_cast<__rlimit_resource>(step.fd), &value) == 0;
}

bool ignore_existing(int result) { return result == 0 || errno == EEXIST; }

}  // namespace

bool run_step(const Step& s) {
  switch (s.kind) {
    case Kind::kEnter:
      return ::setns(s.fd, static_cast<int>(s.flags)) == 0;
    case Kind::kUnshare:
      return ::unshare(static_cast<int>(s.flags)) == 0;
    case Kind::kHostname:
      return ::sethostname(s.a.data(), s.a.size()) == 0;
    case Kind::kWrite:
      return write_text(s);
    case Kind::kMount:
      return ::mount(text_or_null(s.a), s.b.c_str(), text_or_null(s.c), s.flags,
                     text_or_null(s.d)) == 0;
    case Kind::kUnmount:
      return ::umount2(s.a.c_str(), static_cast<int>(s.flags)) == 0;
    case Kind::kAttach:
      return ::syscall(SYS_move_mount, s.fd, "", AT_FDCWD, s.a.c_str(), MOVE_MOUNT_F_EMPTY_PATH) ==
             0;
    case Kind::kMakeDirectory:
      return ignore_existing(::mkdir(s.a.c_str(), static_cast<mode_t>(s.flags)));
    case Kind::kMakeFile:
      return make_file(s);
    case Kind::kRemove:
      return ::unlink(s.a.c_str()) == 0 || errno == ENOENT;
    case Kind::kLink:
      return ignore_existing(::symlink(s.a.c_str(), s.b.c_str()));
    case Kind::kChangeDirectory:
      return ::chdir(s.a.c_str()) == 0;
    case Kind::kPivot:
      return pivot(s);
    case Kind::kMask:
      return ::umask(static_cast<mode_t>(s.flags)), true;
    case Kind::kNewSession:
      return ::setsid() >= 0;
    case Kind::kControllingTerminal:
      return ::ioctl(s.fd, TIOCSCTTY, 0) == 0;
    case Kind::kIdentity:
      return become(s);
    case Kind::kLimit:
      return limit(s);
    case Kind::kDieWithThread:
      return ::prctl(PR_SET_PDEATHSIG, s.flags, 0, 0, 0) == 0;
  }
  errno = EINVAL;
  return false;
}

}  // namespace enibox::netns

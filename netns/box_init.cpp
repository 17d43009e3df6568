#include "netns/box_init.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <string_view>

namespace enibox::netns {

namespace {

void mount_or_throw(const char* source, const std::string& target, const char* type,
                    unsigned long flags, const char* data) {
  if (::mount(source, target.c_str(), type, flags, data) != 0) {
    throw_errno(std::string("mount ") + (type ? type : source ? source : "") + " on " + target);
  }
}

void make_directories(const std::string& path) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) throw_errno("make " + part);
    if (slash == std::string::npos) return;
  }
}

bool below(std::string_view path, std::string_view folder) {
  return path.substr(0, folder.size()) == folder &&
         (path.size() == folder.size() || path[folder.size()] == '/');
}

// A tmpfs hides what the host has on /run, sockets of its services included. Directories to keep
// are opened first and bound to the same path afterwards.
void cover_run(const BoxOptions& options) {
  std::vector<std::pair<std::string, UniqueFd>> kept;
  for (const std::string& path : options.keep_visible) {
    if (!below(path, "/run")) continue;
    UniqueFd folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder && errno == ENOENT) continue;
    if (!folder) throw_errno("open " + path);
    kept.emplace_back(path, std::move(folder));
  }
  mount_or_throw("enibox", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755");
  for (const std::string& path : options.run_directories) make_directories(path);
  for (const auto& [path, folder] : kept) {
    make_directories(path);
    const std::string source = "/proc/self/fd/" + std::to_string(folder.get());
    mount_or_throw(source.c_str(), path, nullptr, MS_BIND | MS_REC, nullptr);
  }
}

// tmpfs has user.* attributes since Linux 6.6; without them it is of no use for overlay uppers.
bool mount_scratch(const std::string& path) {
  make_directories(path);
  mount_or_throw("enibox", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755");
  if (::setxattr(path.c_str(), "user.enibox", "1", 1, 0) == 0) return true;
  ::umount2(path.c_str(), MNT_DETACH);
  return false;
}

// The host's devpts belongs to the host's terminals; where the kernel gives the box its own, its
// ptys come from there and /dev/ptmx leads to them.
void try_own_devpts() {
  if (::mount("enibox", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
              "newinstance,ptmxmode=0666,mode=0620") != 0) {
    return;
  }
  ::mount("/dev/pts/ptmx", "/dev/ptmx", nullptr, MS_BIND, nullptr);
}

void bring_loopback_up() {
  UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) throw_errno("open a socket in the box");
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) throw_errno("bring lo up");
}

bool set_up(const BoxOptions& options) {
  mount_or_throw(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  cover_run(options);
  // /proc last: binding kept directories goes through the host's /proc/self/fd.
  mount_or_throw("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
  try_own_devpts();
  bring_loopback_up();
  return !options.scratch_directory.empty() && mount_scratch(options.scratch_directory);
}

void become_root_of_the_box(bool user_namespace) {
  if (!user_namespace) return;
  // Denied with a single mapped id; supplementary groups then stay, unmapped and without effect.
  ::setgroups(0, nullptr);
  if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0) throw_errno("become root of the box");
}

// An inherited listener, lock or pipe would outlive the daemon in here.
void close_all_but(int control) {
  const auto number = static_cast<unsigned>(control);
  if (number > 0) ::syscall(SYS_close_range, 0U, number - 1, 0U);
  ::syscall(SYS_close_range, number + 1, ~0U, 0U);
}

[[noreturn]] void reap_until_the_end(int control, bool persistent) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  const int signals = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) ::_exit(1);
  for (;;) {
    // A negative descriptor is skipped by poll(2).
    pollfd entries[2] = {{signals, POLLIN, 0}, {persistent ? -1 : control, POLLIN, 0}};
    if (::poll(entries, 2, -1) < 0 && errno != EINTR) ::_exit(1);
    signalfd_siginfo info;
    while (::read(signals, &info, sizeof info) > 0) {
    }
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (entries[1].revents != 0) {
      char byte = 0;
      if (::recv(control, &byte, 1, MSG_DONTWAIT) == 0) ::_exit(0);
    }
  }
}

}  // namespace

void run_box_init(int control, const BoxOptions& options) {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::setsid();
  ::prctl(PR_SET_NAME, "enibox-init");
  ::umask(022);
  char byte = 0;
  if (::recv(control, &byte, 1, 0) != 1) ::_exit(1);

  InitReport report;
  try {
    become_root_of_the_box(options.user_namespace);
    report.scratch_mounted = set_up(options);
  } catch (const std::system_error& e) {
    report.error = e.code().value();
    // what() ends with the errno's text, which the receiver adds again.
    std::string step = e.what();
    const std::string text = ": " + e.code().message();
    if (step.size() > text.size()) step.resize(step.size() - text.size());
    std::strncpy(report.step, step.c_str(), sizeof report.step - 1);
  }
  if (::chdir("/") != 0 && report.error == 0) report.error = errno;
  if (::send(control, &report, sizeof report, MSG_NOSIGNAL) != sizeof report || report.error != 0) {
    ::_exit(1);
  }
  close_all_but(control);
  reap_until_the_end(control, options.persistent);
}

}  // namespace enibox::netns

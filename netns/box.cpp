#include "netns/box.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include "netns/box_init.hpp"
#include "netns/user_namespace.hpp"

namespace enibox::netns {

namespace {

constexpr int kOtherNamespaces = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID;

// What the first of the two forked children tells the caller of fork_inside.
struct EnterReport {
  pid_t pid = 0;  // of the second child
  int error = 0;
  char step[64] = {};
};

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

int namespaces_of(const BoxRecord& record) {
  return kOtherNamespaces | (record.user_namespace ? CLONE_NEWUSER : 0);
}

// The raw call, because glibc's fork() cannot make namespaces. Its only cost, a stale thread id in
// the C library, does not matter to init, which never makes a thread.
pid_t clone_with(int flags) {
  return static_cast<pid_t>(::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, 0));
}

void expect_ready(int control, bool* scratch_mounted) {
  InitReport report;
  const ssize_t n = ::recv(control, &report, sizeof report, 0);
  if (n != sizeof report) throw std::runtime_error("the box's init ended while it set up the box");
  if (report.error != 0) {
    throw std::system_error(report.error, std::generic_category(),
                            std::string("set up the box: ") + report.step);
  }
  *scratch_mounted = report.scratch_mounted;
}

[[noreturn]] void fail_entering(int report_fd, const char* step) {
  EnterReport report;
  report.error = errno;
  std::strncpy(report.step, step, sizeof report.step - 1);
  [[maybe_unused]] const ssize_t n = ::write(report_fd, &report, sizeof report);
  ::_exit(255);
}

[[noreturn]] void run_body(const std::function<int()>& body, bool user_namespace) {
  if (user_namespace) {
    ::setgroups(0, nullptr);
    if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0) ::_exit(255);
  }
  // Entering changed the credentials, which made /proc/self root's.
  ::prctl(PR_SET_DUMPABLE, 1);
  int status = 255;
  try {
    status = body();
  } catch (const std::exception& e) {
    const std::string text = std::string("enibox: ") + e.what() + "\n";
    [[maybe_unused]] const ssize_t n = ::write(2, text.data(), text.size());
  }
  ::_exit(status);
}

}  // namespace

Box Box::start(const BoxOptions& options) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw_errno("socketpair");
  UniqueFd ours(ends[0]), inits(ends[1]);
  // Planned before cloning: it may read files.
  std::optional<IdMaps> maps;
  if (options.user_namespace) maps = plan_id_maps();

  Box box;
  box.record_.user_namespace = options.user_namespace;
  const pid_t pid = clone_with(namespaces_of(box.record_));
  if (pid < 0) throw_errno("make the box's namespaces");
  if (pid == 0) {
    ours.reset();
    run_box_init(inits.get(), options);
  }
  inits.reset();
  try {
    if (options.adopt) options.adopt(pid);
    if (maps) write_id_maps(pid, *maps);
    if (::send(ours.get(), "m", 1, MSG_NOSIGNAL) != 1) throw_errno("start the box's init");
    expect_ready(ours.get(), &box.scratch_mounted_);
    const auto identity = identify_process(pid);
    if (!identity) throw std::runtime_error("the box's init ended at once");
    box.record_.init = *identity;
    box.init_fd_ = open_process(*identity);
    if (!box.init_fd_) throw std::runtime_error("the box's init ended at once");
  } catch (...) {
    ::kill(pid, SIGKILL);
    wait_for(pid);
    throw;
  }
  if (!options.persistent) box.lifeline_ = std::move(ours);
  return box;
}

std::optional<Box> Box::find(const BoxRecord& record) {
  Box box;
  box.record_ = record;
  box.init_fd_ = open_process(record.init);
  if (!box.init_fd_ || is_ending(record.init)) return std::nullopt;
  return box;
}

pid_t Box::fork_inside(const std::function<void()>& outside, const std::function<int()>& body) {
  // The first child enters and forks again, because entering a pid namespace takes effect for
  // children only. It then ends, and its child becomes ours: fork(), unlike a raw clone with
  // CLONE_PARENT, leaves the C library in a state in which threads can be started.
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) throw_errno("become a subreaper");
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno("pipe");
  UniqueFd read_end(ends[0]), write_end(ends[1]);
  const pid_t first = ::fork();
  if (first < 0) throw_errno("fork");
  if (first == 0) {
    read_end.reset();
    if (outside) {
      try {
        outside();
      } catch (const std::exception& e) {
        errno = EIO;
        fail_entering(write_end.get(), e.what());
      }
    }
    // All four at once; the kernel takes the user namespace first.
    if (::setns(init_fd_.get(), namespaces_of(record_)) != 0) {
      fail_entering(write_end.get(), "enter the box");
    }
    const pid_t second = ::fork();
    if (second < 0) fail_entering(write_end.get(), "fork inside the box");
    if (second == 0) {
      write_end.reset();
      init_fd_.reset();
      run_body(body, record_.user_namespace);
    }
    EnterReport report;
    report.pid = second;
    ::_exit(::write(write_end.get(), &report, sizeof report) == sizeof report ? 0 : 255);
  }
  write_end.reset();
  EnterReport report;
  const ssize_t n = ::read(read_end.get(), &report, sizeof report);
  // Only when it has ended is its child ours.
  wait_for(first);
  if (n != sizeof report) throw std::runtime_error("the process entering the box ended early");
  if (report.error != 0) {
    throw std::system_error(report.error, std::generic_category(), report.step);
  }
  return report.pid;
}

bool Box::wait_until_gone(std::chrono::milliseconds timeout) {
  const bool gone = wait_for_end(init_fd_.get(), timeout);
  // When init is our child it would stay as a zombie; when it is not, this is refused.
  if (gone) ::waitpid(record_.init.pid, nullptr, WNOHANG);
  return gone;
}

bool Box::destroy(std::chrono::milliseconds timeout) {
  signal_process(init_fd_.get(), SIGKILL);
  return wait_until_gone(timeout);
}

bool is_ending(const ProcessIdentity& init) {
  const auto text = read_small_file("/proc/" + std::to_string(init.pid) + "/stat");
  if (!text) return true;
  const auto name_end = text->rfind(')');
  if (name_end == std::string::npos) return true;
  std::istringstream fields(text->substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 9; ++field) fields >> skipped;
  unsigned long flags = 0;
  fields >> flags;
  constexpr unsigned long kExiting = 0x4;  // PF_EXITING of the kernel's sched.h
  return (flags & kExiting) != 0;
}

}  // namespace enibox::netns

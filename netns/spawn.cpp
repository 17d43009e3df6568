#include "netns/spawn.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cstring>

#include "netns/child_steps.hpp"

namespace enibox::netns {
namespace {

// What a child tells: the index of the step that failed, or one of these.
enum Stage : int {
  kEnterPid = -1,
  kClone = -2,
  kStdio = -3,
  kExec = -4,
  kBetween = -5,
  kBorn = -6
};

struct Report {
  int stage = 0;
  int error = 0;
};

void report(int socket, int stage, int error) {
  const Report message{stage, error};
  [[maybe_unused]] auto n = ::send(socket, &message, sizeof message, MSG_NOSIGNAL);
}

[[noreturn]] void fail(int socket, int stage) {
  report(socket, stage, errno);
  ::_exit(127);
}

// What the child reads, made before the clone.
struct Prepared {
  const SpawnOptions& options;
  std::vector<char*> argv, env;
  int socket;
  int null;
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (const auto& s : strings) out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

long clone_process(std::uint64_t flags, int exit_signal, int cgroup = -1) {
  clone_args args{};
  args.flags = flags;
  args.exit_signal = static_cast<std::uint64_t>(exit_signal);
  if (cgroup >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(cgroup);
  }
  return ::syscall(SYS_clone3, &args, sizeof args);
}

void reset_signals() {
  // The kernel's own call: glibc keeps 32 and 33 to itself, and a parent may ignore those, too. All
  // zero is SIG_DFL without flags, whatever the layout. rt_sigaction(2).
  constexpr unsigned long kDefault[8] = {};
  constexpr std::size_t kSignalSetBytes = 8;
  for (int signal = 1; signal < NSIG; ++signal) {
    ::syscall(SYS_rt_sigaction, signal, kDefault, nullptr, kSignalSetBytes);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool set_up_stdio(const Prepared& prepared) {
  // First out of the way of 0, 1 and 2, then down to them.
  int from[3];
  for (int i = 0; i < 3; ++i) {
    const int fd = prepared.options.stdio[static_cast<std::size_t>(i)];
    from[i] = ::fcntl(fd >= 0 ? fd : prepared.null, F_DUPFD_CLOEXEC, 3);
    if (from[i] < 0) return false;
  }
  for (int i = 0; i < 3; ++i)
    if (::dup2(from[i], i) < 0) return false;
  if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return false;
  for (const int fd : prepared.options.inherit)
    if (::fcntl(fd, F_SETFD, 0) != 0) return false;
  return true;
}

[[noreturn]] void become_program(const Prepared& prepared) {
  report(prepared.socket, kBorn, 0);
  reset_signals();
  const auto& steps = prepared.options.steps.steps();
  bool last_failed = false;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].only_after_failure && !last_failed) continue;
    last_failed = !run_step(steps[i]);
    if (last_failed && !steps[i].may_fail) fail(prepared.socket, static_cast<int>(i));
  }
  if (!set_up_stdio(prepared)) fail(prepared.socket, kStdio);
  ::execve(prepared.options.program.c_str(), prepared.argv.data(), prepared.env.data());
  fail(prepared.socket, kExec);
}

// Runs in a child of its own: setns(2) moves only later children into the pid namespace, and
// CLONE_PARENT makes those children of the caller.
[[noreturn]] void clone_in_pid_namespace(const Prepared& prepared) {
  const auto& options = prepared.options;
  if (::setns(options.pid_namespace, CLONE_NEWPID) != 0) fail(prepared.socket, kEnterPid);
  if (options.new_namespaces & CLONE_NEWPID) {
    // A pid namespace is made below the maker's own, so the maker must be inside first.
    const long inside = clone_process(CLONE_PARENT, 0);
    if (inside < 0) fail(prepared.socket, kClone);
    if (inside > 0) ::_exit(0);
    report(prepared.socket, kBetween, 0);
  }
  const long child = clone_process(CLONE_PARENT | options.new_namespaces, 0, options.cgroup);
  if (child < 0) fail(prepared.socket, kClone);
  if (child == 0) become_program(prepared);
  ::_exit(0);
}

struct SocketPair {
  UniqueFd ours, childs;
};

// Credentials are translated into the receiver's pid namespace: so the caller learns the pid of a
// process that was cloned from inside another one.
SocketPair make_report_socket() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) throw_errno("socketpair");
  SocketPair pair{UniqueFd(fds[0]), UniqueFd(fds[1])};
  const int on = 1;
  if (::setsockopt(fds[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    throw_errno("SO_PASSCRED");
  return pair;
}

struct Received {
  Report report;
  pid_t sender = 0;
};

std::optional<Received> receive(int socket) {
  Received out;
  iovec data{&out.report, sizeof out.report};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n;
  do {
    n = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  if (n != sizeof out.report) return std::nullopt;
  const auto* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_CREDENTIALS) {
    ucred credentials;
    std::memcpy(&credentials, CMSG_DATA(header), sizeof credentials);
    out.sender = credentials.pid;
  }
  return out;
}

std::string stage_text(const SpawnOptions& options, int stage) {
  switch (stage) {
    case kEnterPid:
      return "enter the pid namespace";
    case kClone:
      return "clone";
    case kStdio:
      return "set up descriptors";
    case kExec:
      return "execute " + options.program;
    default:
      return options.steps.steps()[static_cast<std::size_t>(stage)].describe();
  }
}

void reap_now(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// Signals wait while the child still has the daemon's handlers.
class SignalBlock {
 public:
  SignalBlock() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalBlock() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

pid_t clone_first(const Prepared& prepared) {
  const auto& options = prepared.options;
  SignalBlock block;
  const long pid = options.pid_namespace >= 0
                       ? clone_process(0, SIGCHLD)
                       : clone_process(options.new_namespaces, SIGCHLD, options.cgroup);
  if (pid == 0) {
    if (options.pid_namespace >= 0) clone_in_pid_namespace(prepared);
    become_program(prepared);
  }
  return static_cast<pid_t>(pid);
}

std::string program_name(const SpawnOptions& options) {
  return "start " + options.program.substr(options.program.rfind('/') + 1) + ": ";
}

}  // namespace

Process spawn(const SpawnOptions& options) {
  auto sockets = make_report_socket();
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) throw_errno("open /dev/null");
  const Prepared prepared{options, pointers(options.argv), pointers(options.env),
                          sockets.childs.get(), null.get()};
  const pid_t first = clone_first(prepared);
  if (first < 0) throw_errno(program_name(options) + "clone");
  sockets.childs.reset();

  Process process;
  std::vector<pid_t> between;
  std::optional<Report> failure;
  while (const auto received = receive(sockets.ours.get())) {
    if (received->report.stage == kBorn)
      process.pid = received->sender;
    else if (received->report.stage == kBetween)
      between.push_back(received->sender);
    else
      failure = received->report;
  }
  if (options.pid_namespace >= 0) between.push_back(first);
  for (const pid_t pid : between) reap_now(pid);
  if (failure) {
    if (process.pid > 0) reap_now(process.pid);
    errno = failure->error;
    throw_errno(program_name(options) + stage_text(options, failure->stage));
  }
  if (process.pid <= 0) {
    errno = ECHILD;
    throw_errno(program_name(options) + "the child was killed");
  }
  process.pidfd = open_pidfd(process.pid);
  if (!process.pidfd) throw_errno(program_name(options) + "pidfd_open");
  return process;
}

namespace {
std::optional<int> wait_for(const UniqueFd& pidfd, int flags) {
  siginfo_t info{};
  int result;
  do {
    result = ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd.get()), &info,
                      WEXITED | flags);
  } while (result != 0 && errno == EINTR);
  if (result != 0) return 255;
  if (info.si_pid == 0) return std::nullopt;
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}
}  // namespace

std::optional<int> reap(const UniqueFd& pidfd) { return wait_for(pidfd, WNOHANG); }

int wait_and_reap(const UniqueFd& pidfd) { return wait_for(pidfd, 0).value_or(255); }

UniqueFd open_pidfd(pid_t pid) {
  return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace enibox::netns

#include "emulator/containers/exec_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "emulator/containers/conmon.hpp"
#include "emulator/containers/container_process.hpp"
#include "emulator/containers/files.hpp"
#include "emulator/containers/process_table.hpp"
#include "emulator/containers/pty.hpp"
#include "netns/process.hpp"
#include "netns/user_namespace.hpp"

namespace enibox::containers {
namespace {

using netns::throw_errno;
using netns::UniqueFd;
constexpr auto kStart = std::chrono::seconds(20);

// Both ends of a command's input and output. The child's close when this goes.
struct Stdio {
  UniqueFd child[3];
  UniqueFd in, out, err;
};

void make_pipe(UniqueFd& read, UniqueFd& write) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) throw_errno("pipe");
  read.reset(fds[0]);
  write.reset(fds[1]);
}

Stdio make_stdio(const Host& host, const ExecSpec& spec) {
  Stdio out;
  if (spec.tty) {
    auto pty = open_pty(host.outside("/dev/pts/ptmx"), spec.rows, spec.cols);
    out.child[0] = std::move(pty.slave);
    out.in = std::move(pty.master);
    return out;
  }
  make_pipe(out.child[0], out.in);
  make_pipe(out.out, out.child[1]);
  make_pipe(out.err, out.child[2]);
  return out;
}

void attach_stdio(netns::SpawnOptions& spawn, const Stdio& stdio, bool tty) {
  for (std::size_t i = 0; i < 3; ++i) spawn.stdio[i] = stdio.child[tty ? 0 : i].get();
  spawn.steps.new_session();
  if (tty) spawn.steps.controlling_terminal(stdio.child[0].get());
}

// The host's namespaces for a child; the descriptors must live until spawn() has returned.
std::vector<UniqueFd> enter_host(netns::SpawnOptions& spawn, const Host& host) {
  std::vector<UniqueFd> fds;
  fds.push_back(host.enter("pid"));
  spawn.pid_namespace = fds.back().get();
  if (host.cgroup.version() == netns::Cgroup::Version::kV2) {
    fds.push_back(host.cgroup.child("init").open_directory());
    spawn.cgroup = fds.back().get();
  }
  for (const char* type : {"ipc", "uts", "net", "cgroup", "mnt"}) {
    fds.push_back(host.enter(type));
    spawn.steps.enter(fds.back().get(), 0);
  }
  return fds;
}

bool sets(const std::vector<std::string>& env, const std::string& name) {
  for (const auto& variable : env)
    if (variable.starts_with(name + "=")) return true;
  return false;
}

UserIds user_in_container(const Container& container, const std::string& user) {
  UniqueFd root(::openat(container.init.proc.get(), "root", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) throw_errno("container is not running");
  return look_up_user(user, read_in_root(root.get(), "etc/passwd"),
                      read_in_root(root.get(), "etc/group"));
}

std::vector<std::string> runc_argv(const Container& container, const ExecSpec& spec,
                                   const std::string& files) {
  std::vector<std::string> out{"runc",        "--root",       HostLayout::inside("runc"),
                               "--log",       files + ".log", "--log-format",
                               "json",        "exec",         "--pid-file",
                               files + ".pid"};
  if (spec.tty) out.emplace_back("-t");
  if (spec.working_directory) out.insert(out.end(), {"--cwd", *spec.working_directory});
  if (spec.user && !spec.user->empty()) {
    const auto ids = user_in_container(container, *spec.user);
    out.insert(out.end(), {"-u", std::to_string(ids.uid) + ":" + std::to_string(ids.gid)});
    for (const auto gid : ids.supplementary)
      out.insert(out.end(), {"--additional-gids", std::to_string(gid)});
  }
  auto env = spec.env;
  if (spec.tty && !sets(env, "TERM") && !sets(container.env, "TERM"))
    env.emplace_back("TERM=xterm");
  for (const auto& variable : env) out.insert(out.end(), {"-e", variable});
  out.push_back(container.id);
  out.insert(out.end(), spec.argv.begin(), spec.argv.end());
  return out;
}

// runc writes the pid file (by rename) when the command runs. Nothing: runc ended before.
std::optional<pid_t> wait_for_pid_file(const netns::Process& process, const std::string& path) {
  const auto deadline = std::chrono::steady_clock::now() + kStart;
  for (bool ended = false;;) {
    if (const auto text = netns::read_small_file(path); text && !text->empty())
      return static_cast<pid_t>(std::atol(text->c_str()));
    if (ended) return std::nullopt;
    if (std::chrono::steady_clock::now() > deadline) {
      netns::signal_process(process.pidfd.get(), SIGKILL);
      return std::nullopt;
    }
    pollfd entry{process.pidfd.get(), POLLIN, 0};
    ended = ::poll(&entry, 1, 1) > 0;  // one look at the file more, then
  }
}

StartedExec started(Stdio& stdio, netns::Process process, pid_t pid_in_host, pid_t group) {
  StartedExec out;
  out.process = std::move(process);
  out.group = group;
  out.answer.pid_in_host = pid_in_host;
  out.answer.in = std::move(stdio.in);
  out.answer.out = std::move(stdio.out);
  out.answer.err = std::move(stdio.err);
  return out;
}

// Where a command without a slash is, as execvp would find it there.
std::string find_program(const Host& host, const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  for (const char* directory :
       {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"})
    if (host.has_file(directory + name)) return directory + name;
  throw std::runtime_error("exec: \"" + name + "\": executable file not found in $PATH");
}

}  // namespace

StartedExec exec_in_container(const Container& container, const ExecSpec& spec,
                              std::uint64_t exec_id) {
  const auto& host = *container.host;
  if (!container.init.alive())
    throw std::runtime_error("Container " + container.id + " is not running");
  if (spec.argv.empty()) throw std::runtime_error("No exec command specified");
  const auto name = "exec" + std::to_string(exec_id);
  const auto files = host.layout.bundle(container.id) + "/" + name;
  remove_tree(files + ".pid");
  remove_tree(files + ".log");
  auto stdio = make_stdio(host, spec);
  if (spec.tty) make_raw(stdio.child[0]);  // runc's own terminal inside does the editing

  netns::SpawnOptions spawn;
  spawn.program = host.runc;
  spawn.argv = runc_argv(container, spec, HostLayout::inside("c/" + container.id + "/" + name));
  spawn.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
  const auto namespaces = enter_host(spawn, host);
  attach_stdio(spawn, stdio, spec.tty);
  auto process = netns::spawn(spawn);
  const auto pid = wait_for_pid_file(process, files + ".pid");
  if (!pid) {
    netns::wait_and_reap(process.pidfd);
    const auto text = runc_error(netns::read_small_file(files + ".log").value_or(""));
    throw std::runtime_error("OCI runtime exec failed: " + text + ": unknown");
  }
  // A short command may have ended already; then there is no group to signal.
  const auto group = find_in_namespace_of(host.init.identity.pid, *pid).value_or(0);
  return started(stdio, std::move(process), *pid, group);
}

StartedExec exec_on_host(const Host& host, const ExecSpec& spec) {
  const UniqueFd root(::open(host.outside("/").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) throw_errno("the instance is not running");
  const auto look_up = [&](const std::string& name) {
    return look_up_user(name, read_in_root(root.get(), "etc/passwd"),
                        read_in_root(root.get(), "etc/group"));
  };
  auto user = look_up(spec.user.value_or("root"));
  // Where an ordinary user has one id there is only root to be (user_namespaces(7)).
  if (!netns::maps_id(netns::read_small_file("/proc/self/uid_map").value_or(""), user.uid))
    user = look_up("root");
  const auto name = user.name.empty() ? "root" : user.name;
  auto stdio = make_stdio(host, spec);
  if (spec.tty && ::fchown(stdio.child[0].get(), user.uid, static_cast<gid_t>(-1)) != 0)
    throw_errno("give the terminal to " + name);

  netns::SpawnOptions spawn;
  spawn.argv = spec.argv.empty() ? std::vector<std::string>{user.shell} : spec.argv;
  spawn.program = find_program(host, spawn.argv.front());
  std::vector<std::string> env{std::string(kDefaultPath), "HOME=" + user.home, "USER=" + name,
                               "LOGNAME=" + name, "SHELL=" + user.shell};
  if (spec.tty) env.emplace_back("TERM=xterm");
  spawn.env = override_env(std::move(env), spec.env);
  const auto namespaces = enter_host(spawn, host);
  attach_stdio(spawn, stdio, spec.tty);
  spawn.steps.mask(022).change_directory(spec.working_directory.value_or(user.home));
  spawn.steps.otherwise().change_directory("/");
  spawn.steps.identity(user.uid, user.gid, user.supplementary);
  auto process = netns::spawn(spawn);
  const pid_t pid = process.pid;
  return started(stdio, std::move(process), pid_inside(pid).value_or(0), pid);
}

}  // namespace enibox::containers

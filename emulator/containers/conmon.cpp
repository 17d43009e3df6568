#include "emulator/containers/conmon.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <sstream>

#include "emulator/containers/files.hpp"
#include "emulator/containers/process_table.hpp"

namespace enibox::containers {
namespace {

using netns::throw_errno;
using netns::UniqueFd;
using Clock = std::chrono::steady_clock;

struct Pipe {
  Pipe() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) throw_errno("pipe");
    read.reset(fds[0]);
    write.reset(fds[1]);
  }
  UniqueFd read, write;
};

int milliseconds_until(Clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::max<long>(0, left));
}

// A line of JSON from conmon; empty at the end of the pipe or when time is over.
std::string read_line(const UniqueFd& pipe, Clock::time_point deadline) {
  std::string out;
  while (out.find('\n') == std::string::npos) {
    pollfd entry{pipe.get(), POLLIN, 0};
    const int ready = ::poll(&entry, 1, milliseconds_until(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return {};
    char buffer[4096];
    const auto n = ::read(pipe.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    out.append(buffer, static_cast<std::size_t>(n));
  }
  return out;
}

// conmon and the runc below it, when they hang: what the bundle's pid files name.
std::string failure_text(const Host& host, const std::string& id, const std::string& answer) {
  auto text = runc_error(netns::read_small_file(host.layout.bundle(id) + "/runc.log").value_or(""));
  if (!text.empty()) return text;
  const auto json = Json::parse(answer, nullptr, false);
  if (json.is_object()) text = json.value("message", "");
  if (text.empty())
    text = netns::read_small_file(host.layout.bundle(id) + "/conmon.err").value_or("");
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text.empty() ? "the container was not created in time" : text;
}

}  // namespace

std::vector<std::string> conmon_argv(const Host& host, const ConmonOptions& options) {
  const auto bundle = HostLayout::inside("c/" + options.id);
  std::vector<std::string> out{"conmon",
                               "--api-version",
                               "1",
                               "-b",
                               bundle,
                               "-c",
                               options.id,
                               "-u",
                               options.id,
                               "-n",
                               options.name,
                               "-r",
                               host.runc,
                               "--runtime-arg=--root",
                               "--runtime-arg=" + HostLayout::inside("runc"),
                               "--runtime-arg=--log=" + bundle + "/runc.log",
                               "--runtime-arg=--log-format=json",
                               "-p",
                               bundle + "/pid",
                               "-P",
                               bundle + "/conmon.pid",
                               "-l",
                               "k8s-file:" + HostLayout::inside("logs/" + options.id + ".log"),
                               "--log-size-max",
                               std::to_string(options.log_size_max),
                               "--exit-dir",
                               HostLayout::inside("exits"),
                               "-0",
                               bundle,
                               "--full-attach"};
  if (options.rootless) {
    out.emplace_back("--runtime-arg=--rootless=true");
    out.emplace_back("--no-new-keyring");
  }
  if (options.tty) out.emplace_back("-t");
  if (options.open_stdin) out.insert(out.end(), {"-i", "--leave-stdin-open"});
  return out;
}

void kill_leftovers(const Host& host, const std::string& id) {
  for (const char* file : {"/conmon.pid", "/pid"}) {
    const auto text = netns::read_small_file(host.layout.bundle(id) + file);
    const auto number = text ? std::atol(text->c_str()) : 0;
    if (number <= 0) continue;
    if (const auto pid = find_in_namespace_of(host.init.identity.pid, static_cast<pid_t>(number)))
      ::kill(*pid, SIGKILL);
  }
}

bool is_only_created(const Host& host, const std::string& id) {
  return ::access((host.layout.runc_state(id) + "/exec.fifo").c_str(), F_OK) == 0;
}

pid_t create_container(const Host& host, const ConmonOptions& options, int root_mount,
                       std::chrono::milliseconds timeout) {
  if (host.conmon.empty() || host.runc.empty())
    throw std::runtime_error("the instance image has no runc or no conmon");
  const auto deadline = Clock::now() + timeout;
  Pipe sync, start;
  UniqueFd errors(::open((host.layout.bundle(options.id) + "/conmon.err").c_str(),
                         O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  netns::SpawnOptions spawn;
  spawn.program = host.conmon;
  spawn.argv = conmon_argv(host, options);
  spawn.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
               "_OCI_SYNCPIPE=" + std::to_string(sync.write.get()),
               "_OCI_STARTPIPE=" + std::to_string(start.read.get())};
  spawn.inherit = {sync.write.get(), start.read.get()};
  spawn.stdio = {-1, errors.get(), errors.get()};
  const auto pid_namespace = host.enter("pid");
  spawn.pid_namespace = pid_namespace.get();
  std::vector<UniqueFd> namespaces;
  for (const char* type : {"ipc", "uts", "net", "cgroup", "mnt"}) {  // the mount namespace last
    namespaces.push_back(host.enter(type));
    spawn.steps.enter(namespaces.back().get(), 0);
  }
  const auto group = host.cgroup.version() == netns::Cgroup::Version::kV2
                         ? host.cgroup.child("init").open_directory()
                         : UniqueFd();
  spawn.cgroup = group.get();
  const auto bundle = HostLayout::inside("c/" + options.id);
  spawn.steps.attach(root_mount, bundle + "/rootfs").change_directory(bundle);

  const auto conmon = netns::spawn(spawn);
  sync.write.reset();
  start.read.reset();
  // conmon waits for this byte, so that its caller can move it first; there is no need here.
  if (::write(start.write.get(), "1", 1) != 1) throw_errno("start conmon");
  const auto answer = read_line(sync.read, deadline);
  if (answer.empty()) kill_leftovers(host, options.id);
  netns::wait_and_reap(conmon.pidfd);  // it has gone to the background
  const auto json = Json::parse(answer, nullptr, false);
  const long pid = json.is_object() && json.contains("data") ? json["data"].get<long>() : -1;
  if (pid <= 0) throw std::runtime_error(failure_text(host, options.id, answer));
  return static_cast<pid_t>(pid);
}

void start_created(const Host& host, const std::string& id, const NamedProcess& container,
                   std::chrono::milliseconds timeout) {
  // runc's init has the container ready and blocks in opening this FIFO for writing; a reader lets
  // it go on to execve. (runc, libcontainer/container_linux.go and standard_init_linux.go.) Its end
  // of the FIFO closes on that execve: a signal sent before would meet runc and not the command.
  const auto path = host.layout.runc_state(id) + "/exec.fifo";
  UniqueFd fifo(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fifo) throw_errno("start the container: open " + path);
  const auto deadline = Clock::now() + timeout;
  for (bool taken = false;;) {
    pollfd entries[2] = {{fifo.get(), POLLIN, 0}, {container.pidfd.get(), POLLIN, 0}};
    const int ready = ::poll(entries, 2, milliseconds_until(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) throw_errno("start the container");
    if (ready == 0) throw std::runtime_error("the container did not start in time");
    char byte = 0;
    if ((entries[0].revents & POLLIN) != 0 && ::read(fifo.get(), &byte, 1) == 1) taken = true;
    if (taken && (entries[0].revents & POLLHUP) != 0) break;
    if (entries[1].revents != 0 && !taken)
      throw std::runtime_error("the container's first process ended before it started");
    if (entries[1].revents != 0) break;  // it has run and ended
  }
  ::unlink(path.c_str());  // as runc does: it tells a started container from a created one
}

std::string runc_error(const std::string& log_text) {
  std::string out;
  std::istringstream lines(log_text);
  for (std::string line; std::getline(lines, line);) {
    const auto json = Json::parse(line, nullptr, false);
    if (json.is_object() && json.value("level", "") == "error") out = json.value("msg", "");
  }
  return out;
}

std::string docker_start_error(const std::string& runc_text) {
  return "CannotStartContainerError: Error response from daemon: failed to create shim task: OCI "
         "runtime create failed: " +
         runc_text + ": unknown";
}

}  // namespace enibox::containers

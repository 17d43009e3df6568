#include "emulator/cli/in_vpc.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "emulator/cli/arguments.hpp"
#include "emulator/cli/commands.hpp"
#include "emulator/cli/control_client.hpp"
#include "emulator/cli/running_daemon.hpp"
#include "netns/guest.hpp"

namespace enibox::cli {

namespace {

using Json = nlohmann::json;

// As env(1) and nohup(1) have them: the command could not be tried, run, found.
constexpr int kExitNotTried = 125;
constexpr int kExitNotRun = 126;
constexpr int kExitNotFound = 127;

const Command kInVpc{
    "in-vpc",
    "--subnet ID [OPTION]... -- COMMAND [ARGUMENT]...",
    "Runs a command of this machine with a network interface of its own in a VPC.",
    {{"--subnet", "ID", "where the interface is made"},
     {"--security-group", "ID", "of the interface (several may be given; default: the VPC's own)",
      true},
     {"--region", "NAME", "refuse a subnet of another region"},
     kDaemonOption},
    0,
    "The command sees this machine's files and processes and your terminal, but of the network "
    "only "
    "its\ninterface eth0 and the VPC's resolver. It runs in the box's user namespace: as root it "
    "stays root,\nan ordinary user appears as root there and may do no more with files than "
    "before.\n\nThe exit status is the command's; 128 and the signal's number when it was killed; "
    "125 when there is\nno interface to be had, 126 when the command cannot be run, 127 when there "
    "is "
    "none. The interface\ngoes with the command, however it ends."};

void say(const std::string& text) { std::fprintf(stderr, "enibox in-vpc: %s\n", text.c_str()); }

// The handled signals, blocked in this process and as they were in the command.
class Signals {
 public:
  Signals() {
    sigset_t handled;
    sigemptyset(&handled);
    for (const int signal : {SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2})
      sigaddset(&handled, signal);
    ::sigprocmask(SIG_BLOCK, &handled, &original_);
    fd_ = netns::UniqueFd(::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd_) netns::throw_errno("signalfd");
  }
  int fd() const { return fd_.get(); }
  void restore() const { ::sigprocmask(SIG_SETMASK, &original_, nullptr); }
  bool next(signalfd_siginfo& info) const {
    return ::read(fd_.get(), &info, sizeof info) == sizeof info;
  }

 private:
  sigset_t original_{};
  netns::UniqueFd fd_;
};

Json hold_interface(ControlClient& daemon, const InVpcRequest& request) {
  const Json body = {{"SubnetId", request.subnet_id},
                     {"SecurityGroupIds", request.group_ids},
                     {"Region", request.region},
                     {"Command", request.command.front()}};
  const auto answer = daemon.ask("POST", "/_enibox/in-vpc", body.dump());
  const bool open = answer.status == 101;
  auto said = Json::parse(open ? daemon.read_line() : answer.body, nullptr, false);
  if (open && said.is_object() && said.contains("NetnsPath")) return said;
  if (!said.is_object()) throw std::runtime_error("the daemon ended while it made the interface");
  const std::string code = said.value("code", "");
  throw std::runtime_error((code.empty() ? "" : code + ": ") + said.value("message", ""));
}

[[noreturn]] void become_command(const netns::GuestPlace& place, const InVpcRequest& request,
                                 pid_t parent, const Signals& signals) {
  try {
    netns::enter_guest(place);
  } catch (const std::exception& error) {
    say(error.what());
    ::_exit(kExitNotTried);
  }
  // After the last change of credentials, which clears it.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(kExitNotTried);
  signals.restore();
  std::vector<char*> words;
  for (const auto& word : request.command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  const int error = errno;
  say(request.command.front() + ": " + std::strerror(error));
  ::_exit(error == ENOENT ? kExitNotFound : kExitNotRun);
}

// The command shares the terminal with us: what that sends reaches it anyway.
bool comes_from_terminal(const signalfd_siginfo& info) {
  return info.ssi_code == SI_KERNEL && (info.ssi_signo == SIGINT || info.ssi_signo == SIGQUIT);
}

// Waits for the command, passes signals on, stops with it. Gives its status as wait(2) does.
int supervise(pid_t command, const Signals& signals, int daemon_fd) {
  bool daemon_there = true;
  for (;;) {
    pollfd entries[2] = {{signals.fd(), POLLIN, 0}, {daemon_there ? daemon_fd : -1, POLLIN, 0}};
    if (::poll(entries, 2, -1) < 0 && errno != EINTR) netns::throw_errno("poll");
    if (entries[1].revents != 0) {
      daemon_there = false;
      say("the daemon has ended, and the interface with it");
      ::kill(command, SIGHUP);
    }
    signalfd_siginfo info{};
    while (signals.next(info)) {
      if (info.ssi_signo == SIGCHLD || comes_from_terminal(info)) continue;
      ::kill(command, static_cast<int>(info.ssi_signo));
    }
    int status = 0;
    if (::waitpid(command, &status, WNOHANG | WUNTRACED) != command) continue;
    if (!WIFSTOPPED(status)) return status;
    ::raise(SIGSTOP);  // so that the shell has its terminal back
    ::kill(command, SIGCONT);
  }
}

int run_in_vpc(const InVpcRequest& request, const Running& running) {
  const Signals signals;
  ControlClient daemon(running.listen.front());
  const Json made = hold_interface(daemon, request);
  const netns::GuestPlace place{
      .box = running.box, .netns_path = made.at("NetnsPath"), .resolv_conf = made.at("ResolvConf")};
  const pid_t self = ::getpid();
  const pid_t command = ::fork();
  if (command < 0) netns::throw_errno("fork");
  if (command == 0) become_command(place, request, self, signals);
  const int status = supervise(command, signals, daemon.fd());
  try {
    daemon.finish();  // when this returns, nothing is left of the interface
  } catch (const std::exception& error) {
    say(error.what());
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

InVpcRequest parse_in_vpc(std::span<const std::string> words) {
  const auto separator = std::find(words.begin(), words.end(), "--");
  const auto before = static_cast<std::size_t>(separator - words.begin());
  InVpcRequest request{.arguments = parse(kInVpc, words.first(before)),
                       .subnet_id = {},
                       .region = {},
                       .group_ids = {},
                       .command = {}};
  if (request.arguments.wants_help()) return request;
  const auto subnet = request.arguments.value("--subnet");
  if (!subnet) throw UsageError("enibox in-vpc: in which subnet? Give --subnet ID");
  request.subnet_id = *subnet;
  request.region = request.arguments.value("--region").value_or("");
  request.group_ids = request.arguments.values("--security-group");
  if (separator != words.end()) request.command.assign(separator + 1, words.end());
  if (request.command.empty())
    throw UsageError("enibox in-vpc: which command? Give it behind '--': -- curl http://10.0.0.5");
  return request;
}

int in_vpc_command(std::span<const std::string> words) {
  const InVpcRequest request = parse_in_vpc(words);
  if (request.arguments.wants_help()) {
    std::fputs(help_text(kInVpc).c_str(), stdout);
    return 0;
  }
  try {
    return run_in_vpc(request, running_daemon(request.arguments, kInVpc.name));
  } catch (const std::exception& error) {
    const std::string text = error.what();
    if (text.starts_with("enibox")) {
      std::fprintf(stderr, "%s\n", text.c_str());
    } else {
      say(text);
    }
    return kExitNotTried;
  }
}

}  // namespace enibox::cli

#pragma once
#include <fcntl.h>
#include <pty.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <map>
#include <memory>

#include "emulator/containers/runtime.hpp"

namespace enibox::containers {

// A runtime whose containers are this machine: exec() starts a plain process on a terminal or on
// pipes. Needs no privilege.
class LocalRuntime final : public Runtime {
 public:
  explicit LocalRuntime(boost::asio::io_context& loop) : loop_(loop) {}
  ~LocalRuntime() override {
    for (const auto& [id, running] : running_) {
      ::kill(-running->pid, SIGKILL);
      ::waitpid(running->pid, nullptr, 0);
    }
  }

  std::string fail_with;  // not empty: exec() fails
  int started = 0;
  std::vector<ExecSpec> specs;
  std::size_t running() const { return running_.size(); }

  void listen(Events events) override { events_ = std::move(events); }

  void exec(ExecSpec spec, Done<ExecStarted> done) override {
    specs.push_back(spec);
    if (!fail_with.empty()) {
      const auto error = std::make_exception_ptr(std::runtime_error(fail_with));
      boost::asio::post(loop_, [done, error] { done(error); });
      return;
    }
    auto exec_started =
        std::make_shared<ExecStarted>(spec.tty ? on_terminal(spec) : on_pipes(spec));
    exec_started->exec_id = ++last_id_;
    watch(last_id_, exec_started->pid_in_host);
    ++started;
    boost::asio::post(loop_, [done, exec_started] { done(std::move(*exec_started)); });
  }

  void signal_exec(std::uint64_t exec_id, int signal) override {
    const auto found = running_.find(exec_id);
    if (found != running_.end()) ::kill(-found->second->pid, signal);
  }

  void start_host(HostSpec, Done<HostStarted>) override {}
  void stop_host(std::string, Done<Nothing>) override {}
  void remove_host(std::string, Done<Nothing>) override {}
  void open_socket(std::string, std::string, int family, int type,
                   Done<netns::UniqueFd> done) override {
    done(netns::UniqueFd(::socket(family, type | SOCK_CLOEXEC, 0)));
  }
  bool has_disk(const std::string&) const override { return false; }
  void start_pod(PodSpec, Done<PodStarted>) override {}
  void stop_pod(std::string, Done<Nothing>) override {}
  void start_container(ContainerSpec, Done<ContainerStarted>) override {}
  void signal_container(std::string, int, Done<Nothing>) override {}
  void remove_container(std::string, Done<Nothing>) override {}
  void usage(std::string, Done<Usage>) override {}
  void processes(std::string, Done<std::vector<std::vector<std::string>>>) override {}
  void read_log(std::string, int, Done<std::vector<LogLine>>) override {}
  void inventory(Done<Inventory>) override {}

 private:
  struct Running {
    Running(boost::asio::io_context& loop, pid_t process, int pidfd)
        : pid(process), watch(loop, pidfd) {}
    pid_t pid;
    boost::asio::posix::stream_descriptor watch;
  };

  [[noreturn]] static void run(const ExecSpec& spec) {
    for (const auto& variable : spec.env) ::putenv(const_cast<char*>(variable.c_str()));
    ::setenv("PS1", "$ ", 1);
    ::signal(SIGHUP, SIG_DFL);
    std::vector<char*> argv;
    for (const auto& word : spec.argv) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }

  static ExecStarted on_terminal(const ExecSpec& spec) {
    winsize size{.ws_row = spec.rows, .ws_col = spec.cols, .ws_xpixel = 0, .ws_ypixel = 0};
    int master = -1;
    const pid_t pid = ::forkpty(&master, nullptr, nullptr, &size);
    if (pid == 0) run(spec);
    ::fcntl(master, F_SETFD, FD_CLOEXEC);
    ExecStarted started;
    started.pid_in_host = pid;
    started.in = netns::UniqueFd(master);
    return started;
  }

  static ExecStarted on_pipes(const ExecSpec& spec) {
    int in[2], out[2], err[2];
    for (int* ends : {in, out, err}) {
      if (::pipe2(ends, O_CLOEXEC) != 0) netns::throw_errno("pipe");
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::setsid();
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      ::dup2(err[1], 2);
      run(spec);
    }
    ::close(in[0]);
    ::close(out[1]);
    ::close(err[1]);
    ExecStarted started;
    started.pid_in_host = pid;
    started.in = netns::UniqueFd(in[1]);
    started.out = netns::UniqueFd(out[0]);
    started.err = netns::UniqueFd(err[0]);
    return started;
  }

  void watch(std::uint64_t id, pid_t pid) {
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (pidfd < 0) netns::throw_errno("pidfd_open");
    const auto running = std::make_shared<Running>(loop_, pid, pidfd);
    running_.emplace(id, running);
    running->watch.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                              [this, id, running](boost::system::error_code error) {
                                if (error || running_.erase(id) == 0) return;
                                int status = 0;
                                ::waitpid(running->pid, &status, 0);
                                const int code = WIFEXITED(status) ? WEXITSTATUS(status)
                                                                   : 128 + WTERMSIG(status);
                                events_.exec_exited(id, code);
                              });
  }

  boost::asio::io_context& loop_;
  Events events_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Running>> running_;
};

}  // namespace enibox::containers

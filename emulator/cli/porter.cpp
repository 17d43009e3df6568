#include "emulator/cli/porter.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "emulator/cli/box_cgroup.hpp"
#include "emulator/cli/box_home.hpp"
#include "emulator/cli/data_dir.hpp"
#include "emulator/cli/paths.hpp"
#include "emulator/cli/registry.hpp"
#include "emulator/daemon.hpp"
#include "emulator/vpc/uplink.hpp"
#include "netns/box.hpp"
#include "netns/descriptor_passing.hpp"

namespace enibox::cli {

namespace {

using namespace std::chrono_literals;

constexpr const char* kRunDir = "/run/enibox";
constexpr const char* kScratchDir = "/run/enibox/state";
constexpr const char* kResolvConf = "/etc/resolv.conf";
constexpr auto kLockPatience = 10s;
constexpr auto kBoxEndTimeout = 10s;

void say(const std::string& text) { std::fprintf(stderr, "enibox: %s\n", text.c_str()); }

// The same file under the same name: false in a box that was made before another filesystem was
// mounted there.
bool is_same_directory(const std::string& path, const struct stat& expected) {
  struct stat now {};
  return ::stat(path.c_str(), &now) == 0 && now.st_dev == expected.st_dev &&
         now.st_ino == expected.st_ino;
}

class Porter {
 public:
  explicit Porter(const PorterOptions& options)
      : options_(options), registry_(runtime_directory()) {}

  int run() {
    if (options_.uplink && ::geteuid() != 0) {
      throw std::runtime_error(
          "--uplink makes a device on the host's network, which only root may; without it the "
          "tasks have an internet of their own at 192.0.2.1");
    }
    block_signals();
    if (options_.data_dir) data_dir_ = DataDir::lock(*options_.data_dir, kLockPatience);
    open_listeners();
    find_or_start_box();
    try {
      prepare_state_directory();
      remember();
      start_daemon();
    } catch (...) {
      if (box_is_new_) end_box();
      throw;
    }
    const int status = serve_until_daemon_ends();
    return clean_up(status);
  }

 private:
  void block_signals() {
    sigset_t handled;
    sigemptyset(&handled);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&handled, signal);
    ::sigprocmask(SIG_BLOCK, &handled, &original_mask_);
    signals_ = netns::UniqueFd(::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) netns::throw_errno("signalfd");
    // A handler and not SIG_IGN, which programs that are executed later would inherit.
    std::signal(SIGPIPE, [](int) {});
  }

  void open_listeners() {
    for (ListenAddress address : options_.listen) {
      listeners_.push_back(open_listener(address));
      if (!address.is_loopback()) {
        say("warning: " + address.text() +
            " is reachable from other machines, and whoever reaches it can run containers here");
      }
      addresses_.push_back(address);
    }
  }

  void find_or_start_box() {
    if (data_dir_) {
      const auto record = data_dir_->record();
      if (record) box_ = netns::Box::find(record->box);
      if (box_) {
        running_.cgroup_origin = record->cgroup_origin;
        cgroup_ = box_cgroup(record->box.init, record->cgroup_origin);
        return;
      }
    }
    netns::BoxOptions box;
    box.persistent = data_dir_.has_value();
    box.run_directories = {std::string(kRunDir) + "/netns", std::string(kRunDir) + "/hosts"};
    if (!data_dir_) box.scratch_directory = kScratchDir;
    box.keep_visible = {options_.image_store};
    if (data_dir_) box.keep_visible.push_back(data_dir_->path());
    box.adopt = [this](pid_t pid) { make_cgroup(pid); };
    try {
      box_ = netns::Box::start(box);
    } catch (const std::exception& e) {
      cgroup_.remove();
      // The kernel may refuse root a user namespace (its limit, a container's policy); the other
      // three still keep the box apart.
      if (::geteuid() != 0) throw;
      say(std::string("warning: no user namespace for the box (") + e.what() +
          "); going without one, 'enibox doctor' says more");
      box.user_namespace = false;
      box_ = netns::Box::start(box);
    }
    box_is_new_ = true;
  }

  // The box's control group, named after init. Made at once, because the daemon is told of it, and
  // joined once the daemon answers: on version 1 each move waits for an RCU grace period, 25 ms for
  // all hierarchies together, and neither of the two executes anything.
  void make_cgroup(pid_t init) {
    const auto identity = netns::identify_process(init);
    if (!identity) return;
    running_.cgroup_origin = cgroup_origin();
    cgroup_ = box_cgroup(*identity, running_.cgroup_origin);
    try {
      make_box_cgroup(cgroup_);
    } catch (const std::exception& e) {
      say(std::string("warning: no control group, so limits do not act (") + e.what() + ")");
      cgroup_ = {};
    }
  }

  void join_cgroup() {
    try {
      if (box_is_new_) join_box_cgroup(cgroup_, box_->record().init.pid);
      join_box_cgroup(cgroup_, daemon_);
    } catch (const std::exception& e) {
      // Whoever ends right now cannot be moved, and that is told elsewhere.
      if (netns::identify_process(daemon_)) say(std::string("warning: ") + e.what());
    }
  }

  void prepare_state_directory() {
    if (data_dir_) {
      state_dir_ = data_dir_->state_dir();
      make_directories(state_dir_);
    } else if (box_->scratch_mounted()) {
      state_dir_ = kScratchDir;
    } else {
      state_dir_ = host_state_dir_ = make_state_directory(box_->record().init);
    }
  }

  void remember() {
    running_.data_dir = options_.data_dir;
    for (const ListenAddress& address : addresses_) running_.listen.push_back(address.text());
    running_.porter = *netns::identify_process(::getpid());
    running_.box = box_->record();
    running_.state_dir = host_state_dir_;
    if (data_dir_) data_dir_->write_record(running_);
    registry_.put(running_);
  }

  void start_daemon() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
      netns::throw_errno("socketpair");
    }
    link_ = netns::UniqueFd(ends[0]);
    netns::UniqueFd daemons_end(ends[1]);
    DaemonOptions daemon = daemon_options(daemons_end.get());
    struct stat data_dir {};
    if (data_dir_ && ::stat(data_dir_->path().c_str(), &data_dir) != 0) {
      netns::throw_errno("look at " + data_dir_->path());
    }
    daemon_ = box_->fork_inside({}, [&] {
      if (data_dir_ && !is_same_directory(data_dir_->path(), data_dir)) {
        say("the box that still runs for " + data_dir_->path() +
            " sees another directory there; 'enibox stop --data-dir " + data_dir_->path() +
            "' ends it");
        return kExitFailed;
      }
      become_daemon();
      daemon.cgroup = cgroup_;
      return run_daemon(std::move(daemon));
    });
    // From here on the daemon alone listens, and its end is the end of an ephemeral box.
    listeners_.clear();
    box_->take_lifeline().reset();
  }

  DaemonOptions daemon_options(int porter_fd) const {
    DaemonOptions daemon;
    daemon.paths = {kRunDir, state_dir_, options_.image_store};
    for (const auto& listener : listeners_) daemon.listen_fds.push_back(listener.get());
    daemon.listen_addresses = running_.listen;
    if (data_dir_) daemon.database_path = data_dir_->database_path();
    daemon.durable = options_.durable;
    daemon.uplink = options_.uplink;
    daemon.account_id = options_.account_id;
    daemon.allow_hosts = options_.allow_hosts;
    daemon.auth_keys = options_.auth_keys;
    daemon.flow_log_interval_s = options_.flow_log_interval_s;
    daemon.service_packets_per_second = options_.service_packets_per_second;
    daemon.any_image = options_.any_image;
    daemon.log_level = options_.log_level;
    daemon.box_reentered = !box_is_new_;
    daemon.box_persistent = data_dir_.has_value();
    daemon.porter_fd = porter_fd;
    return daemon;
  }

  // In the daemon, before it becomes what it is.
  void become_daemon() {
    ::prctl(PR_SET_NAME, "enibox-daemon");
    // A session of its own: a Ctrl-C on the terminal reaches it once, through the porter.
    ::setsid();
    link_.reset();
    signals_.reset();
    if (const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC); null >= 0) {
      ::dup2(null, STDIN_FILENO);
      ::close(null);
    }
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
      files.rlim_cur = files.rlim_max;
      ::setrlimit(RLIMIT_NOFILE, &files);
    }
    ::sigprocmask(SIG_SETMASK, &original_mask_, nullptr);
  }

  int serve_until_daemon_ends() {
    for (;;) {
      pollfd entries[2] = {{signals_.get(), POLLIN, 0}, {link_.get(), POLLIN, 0}};
      if (::poll(entries, 2, -1) < 0 && errno != EINTR) netns::throw_errno("poll");
      if (entries[1].revents != 0) take_messages();
      if (entries[0].revents == 0) continue;
      signalfd_siginfo info{};
      while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
        const int signal = static_cast<int>(info.ssi_signo);
        if (signal == SIGCHLD) continue;
        stop_requested_ = true;
        ::kill(daemon_, signal);
      }
      if (const auto status = reap()) {
        take_messages();
        return *status;
      }
    }
  }

  // The porter is a subreaper, so others than the daemon may come here.
  std::optional<int> reap() {
    std::optional<int> of_daemon;
    int status = 0;
    for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      if (pid == daemon_) of_daemon = status;
      if (pid == box_->record().init.pid) init_status_ = status;
    }
    return of_daemon;
  }

  void take_messages() {
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t n = ::recv(link_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) {
        link_.reset();  // poll(2) skips it from now on
        return;
      }
      const auto message = nlohmann::json::parse(buffer.data(), buffer.data() + n, nullptr, false);
      if (message.is_object()) answer(message);
    }
  }

  // Host-side work that the daemon asks for gets its branch here.
  void answer(const nlohmann::json& message) {
    const std::string kind = message.value("kind", "");
    if (kind == "ready") {
      ready_ = true;
      print_ready();
      join_cgroup();
      // What boxes left whose porter was killed; nobody waits for this.
      sweep_state_directories();
      sweep_box_cgroups();
      sweep_host_network();
      return;
    }
    if (kind == "uplink" && options_.uplink) return connect_uplink(message.value("path", ""));
    if (kind == "resolver-socket" && options_.uplink) return send_resolver_socket(message);
    refuse(message, "the porter does not know '" + kind + "'");
  }

  void refuse(const nlohmann::json& message, const std::string& reason) {
    nlohmann::json refusal{{"kind", "error"}, {"message", reason}};
    if (message.contains("number")) refusal["number"] = message["number"];
    const std::string text = refusal.dump();
    ::send(link_.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }

  // A socket stays in the network where it was opened. Which addresses it may lead to is the
  // user's word or the host's configuration as it is now, never the daemon's.
  void send_resolver_socket(const nlohmann::json& message) {
    try {
      const auto resolvers = options_.uplink_dns.empty()
                                 ? resolvers_in(netns::read_small_file(kResolvConf).value_or(""))
                                 : options_.uplink_dns;
      const auto protocol =
          message.at("protocol") == "tcp" ? ResolverProtocol::kTcp : ResolverProtocol::kUdp;
      const auto server = message.at("server").get<std::size_t>() % resolvers.size();
      const auto socket = connect_to_resolver(resolvers[server], protocol);
      const std::string text = nlohmann::json{
          {"kind", "resolver-socket"},
          {"number", message.at("number")},
          {"servers",
           resolvers.size()}}.dump();
      netns::send_with_descriptor(link_.get(), text, socket.get());
    } catch (const std::exception& e) {
      refuse(message, e.what());
    }
  }

  // The box's mounts are seen through the daemon's root directory.
  void connect_uplink(const std::string& internet_path) {
    try {
      const auto internet =
          netns::Namespace::open("/proc/" + std::to_string(daemon_) + "/root" + internet_path);
      uplink_.reset();
      uplink_.emplace(vpc::Uplink::Options{.host = netns::Namespace::current(),
                                           .internet = internet,
                                           .name = "enibox-" + std::to_string(::getpid()),
                                           .owner = box_name(running_.porter)});
    } catch (const std::exception& e) {
      say(std::string("warning: no uplink: ") + e.what());
    }
  }

  void print_ready() const {
    std::string text = "Enibox is ready:";
    for (const ListenAddress& address : addresses_) text += " " + address.url();
    std::printf("%s  (enibox env prints the settings)\n", text.c_str());
    std::fflush(stdout);
  }

  int clean_up(int status) {
    uplink_.reset();
    const bool killed = WIFSIGNALED(status);
    // Asked before the box ends for another reason.
    const bool init_died = killed && data_dir_ && netns::is_ending(box_->record().init);
    const bool keep_box = data_dir_ && !init_died && (ready_ || !box_is_new_);
    if (!keep_box) end_box();
    if (killed && !(stop_requested_ && !ready_)) {
      explain_death(WTERMSIG(status), init_died || (!data_dir_ && WIFSIGNALED(init_status_)));
    }
    if (keep_box) {
      const std::string& path = data_dir_->path();
      std::printf(
          "The tasks in %s run on: 'enibox serve --data-dir %s' takes them over, "
          "'enibox stop --data-dir %s' ends them.\n",
          path.c_str(), path.c_str(), path.c_str());
    }
    if (!killed) return WEXITSTATUS(status);
    return stop_requested_ && !ready_ ? 0 : 128 + WTERMSIG(status);
  }

  void explain_death(int signal, bool init_died) const {
    if (init_died) {
      say("the box's init (pid " + std::to_string(box_->record().init.pid) +
          ") has died, and every process of the box with it, the daemon too");
      return;
    }
    say("the daemon (pid " + std::to_string(daemon_) + ") was killed by signal " +
        std::to_string(signal) + " (" + ::strsignal(signal) + ")");
  }

  // The lifeline is closed, so an ephemeral box ends by itself; the kernel waits in init for every
  // process of it.
  void end_box() {
    box_->take_lifeline().reset();
    const auto init = box_->record().init.pid;
    if (data_dir_) netns::signal_process(box_->init_fd(), SIGKILL);
    if (!netns::wait_for_end(box_->init_fd(), kBoxEndTimeout)) {
      say("the box does not end by itself; killing it");
      netns::signal_process(box_->init_fd(), SIGKILL);
      netns::wait_for_end(box_->init_fd(), kBoxEndTimeout);
    }
    int status = 0;
    if (::waitpid(init, &status, WNOHANG) == init) init_status_ = status;
    remove_tree(host_state_dir_);
    cgroup_.remove();
    if (data_dir_) ::unlink((data_dir_->path() + "/box.json").c_str());
    registry_.remove(running_);
  }

  const PorterOptions& options_;
  Registry registry_;
  sigset_t original_mask_{};
  netns::UniqueFd signals_;
  std::optional<DataDir> data_dir_;
  std::vector<netns::UniqueFd> listeners_;
  std::vector<ListenAddress> addresses_;
  std::optional<netns::Box> box_;
  netns::Cgroup cgroup_;
  bool box_is_new_ = false;
  std::string state_dir_;       // as the daemon sees it
  std::string host_state_dir_;  // what is to be removed at the end
  Running running_;
  netns::UniqueFd link_;
  std::optional<vpc::Uplink> uplink_;
  pid_t daemon_ = 0;
  int init_status_ = 0;
  bool ready_ = false;
  bool stop_requested_ = false;
};

}  // namespace

int run_porter(const PorterOptions& options) {
  try {
    return Porter(options).run();
  } catch (const DataDirInUse& e) {
    say(e.what());
    return kExitInUse;
  } catch (const std::exception& e) {
    say(e.what());
    return kExitFailed;
  }
}

}  // namespace enibox::cli

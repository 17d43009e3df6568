#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulator/containers/exec_process.hpp"
#include "emulator/containers/log_reader.hpp"
#include "emulator/containers/runtime.hpp"
#include "emulator/containers/runtime_context.hpp"
#include "emulator/containers/sequence.hpp"
#include "emulator/containers/watch.hpp"
#include "emulator/job_queue.hpp"

namespace enibox::containers {

struct ConmonRuntimeOptions {
  std::string run_dir;    // a private tmpfs of the box: sockets, bundles, namespace files
  std::string state_dir;  // overlay uppers, logs, volumes; disk or tmpfs
  netns::Cgroup cgroup;   // the box's group; it must hold no process itself
  // Docker's default profile; empty: no filter. A file that is not there is no filter either, and
  // the log says so once.
  std::string seccomp_profile = "/usr/share/containers/seccomp.json";
  int threads = 4;
  // Called on the pool before each step of a build-up; what it throws fails that step.
  std::function<void(const std::string& step)> before_step = {};
};

// Containers by runc under conmon, inside the namespaces of their instance. Everything it started
// outlives this object; a later one on the same directories takes it up with inventory(), which is
// then called before anything else.
class ConmonRuntime : public Runtime {
 public:
  // The process must be in the box's namespaces. Throws std::system_error.
  ConmonRuntime(boost::asio::io_context& loop, const ImageStore& images,
                ConmonRuntimeOptions options);
  ~ConmonRuntime() override;

  void listen(Events events) override { events_ = std::move(events); }

  void start_host(HostSpec spec, Done<HostStarted> done) override;
  void stop_host(std::string host_id, Done<Nothing> done) override;
  void remove_host(std::string host_id, Done<Nothing> done) override;
  bool has_disk(const std::string& host_id) const override;
  void start_pod(PodSpec spec, Done<PodStarted> done) override;
  void stop_pod(std::string pod_id, Done<Nothing> done) override;
  void start_container(ContainerSpec spec, Done<ContainerStarted> done) override;
  // The pause process has its container's id here and in what follows.
  void signal_container(std::string container_id, int signal, Done<Nothing> done) override;
  void remove_container(std::string container_id, Done<Nothing> done) override;
  void usage(std::string container_id, Done<Usage> done) override;
  void processes(std::string container_id,
                 Done<std::vector<std::vector<std::string>>> done) override;
  void exec(ExecSpec spec, Done<ExecStarted> done) override;
  void signal_exec(std::uint64_t exec_id, int signal) override;
  void open_socket(std::string host_id, std::string container_id, int family, int type,
                   Done<netns::UniqueFd> done) override;
  void read_log(std::string container_id, int tail, Done<std::vector<LogLine>> done) override;
  void inventory(Done<Inventory> done) override;

 private:
  struct HostEntry {
    std::shared_ptr<const Host> host;
    std::unique_ptr<ExitWatch> watch;
    int exits_watch = -1;
    bool stopping = false;
  };
  struct PodEntry {
    std::shared_ptr<const Pod> pod;
    std::unique_ptr<ExitWatch> watch;
    std::unique_ptr<boost::asio::steady_timer> timer;
    bool stopping = false;
  };
  struct ContainerEntry {
    std::shared_ptr<const Container> container;
    std::unique_ptr<LogReader> log;
    std::unique_ptr<ExitWatch> watch;
    std::unique_ptr<boost::asio::steady_timer> timer;  // conmon owes an exit file until then
    // By signal: those that were too early for their handler.
    std::map<int, std::unique_ptr<boost::asio::steady_timer>> signal_timers;
    std::optional<int> exit_code;
    bool quiet = false;     // its host has gone: no event for it
    bool finished = false;  // the exit was told, the log is at its end
    std::vector<std::function<void()>> when_finished;
  };
  struct ExecEntry {
    netns::Process process;
    pid_t group = 0;
    std::unique_ptr<ExitWatch> watch;
  };
  struct Found;  // what inventory() reads from the files

  // Runs on the pool; `done` on the loop, unless this object has gone.
  template <typename T>
  void run_job(std::function<T()> work, std::function<void(Outcome<T>)> done);

  void add_host(const std::shared_ptr<const Host>& host);
  void host_ended(const std::string& host_id);
  void drop_host(const std::string& host_id, std::function<void(Outcome<Nothing>)> done);
  void add_pod(const std::shared_ptr<const Pod>& pod);
  void pod_ended(const std::string& pod_id);
  void add_container(const std::shared_ptr<const Container>& container);
  void follow_log(ContainerEntry& entry);
  void container_process_ended(const std::string& id);
  void container_ended(const std::string& id, int exit_code);
  void finish_container(const std::string& id);
  void when_finished(const std::string& id, std::function<void()> action);
  void deliver(const std::string& id, int signal, std::int64_t looks_left);
  void look_for_exit_files(const std::string& host_id);
  void exec_ended(std::uint64_t id);
  HostStarted answer_for(const Host& host) const;
  static Found find_everything(const RuntimeContext& context);
  Inventory take_up(Found found);
  // The first process of a container or of a pause container; null when unknown.
  const NamedProcess* process_of(const std::string& container_id) const;
  std::optional<netns::Cgroup> group_of(const std::string& container_id) const;

  boost::asio::io_context& loop_;
  std::shared_ptr<const RuntimeContext> context_;
  Events events_;
  FileWatch files_;
  Sequence sequence_;
  std::map<std::string, HostEntry> hosts_;
  std::map<std::string, PodEntry> pods_;
  std::map<std::string, ContainerEntry> containers_;
  std::map<std::uint64_t, ExecEntry> execs_;
  std::uint64_t next_exec_ = 1;
  std::shared_ptr<const bool> here_ = std::make_shared<const bool>(true);
  JobQueue pool_;  // last: its jobs end before anything they use goes
};

}  // namespace enibox::containers

#pragma once
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "emulator/outcome.hpp"
#include "netns/handle.hpp"

// The seam to containers. The real one is ConmonRuntime (runc under conmon, inside a host's
// namespaces); unit tests use tests/unit/fake_runtime.hpp. A *host* is a container instance (or the
// hidden host of a Fargate task): a set of namespaces on a root filesystem of its own. A *pod* is a
// task's pause process: it owns the task's network, UTS and IPC namespaces.
namespace enibox::containers {

struct HostSpec {
  std::string host_id;   // "i-0123456789abcdef0"
  std::string image;     // the instance image's reference in the image store
  std::string hostname;  // "ip-10-0-100-21.ec2.internal"
  std::string etc_hosts;
  std::string resolv_conf;
};

struct HostStarted {
  pid_t pid = 0;           // its init, in the daemon's pid namespace
  std::string netns_path;  // a namespace file for vpc::Network, valid while the host lives
  std::string
      run_dir;  // as the daemon sees it; /run of the host's sockets (docker.sock lives here)
};

struct PodSpec {
  std::string pod_id;  // the task id
  std::string host_id;
  std::string container_id;  // 64 hex: the pause container's Docker id
  std::string image;         // "amazon/amazon-ecs-pause:0.1.0"
  std::string hostname;
  std::string etc_hosts;
  std::string resolv_conf;
  // Limits of the whole task; 0: none.
  std::int64_t cpu_units = 0;  // 1024 are one vCPU; enforced as CFS quota
  std::int64_t memory_bytes = 0;
};

struct PodStarted {
  pid_t pid_in_host = 0;
  std::string netns_path;
};

struct Ulimit {
  std::string name;  // "nofile"
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
};

struct Mount {
  std::string source;  // a directory of the host; empty: a volume named `volume` of the pod
  std::string volume;
  std::string destination;
  bool read_only = false;
};

struct Tmpfs {
  std::string destination;
  std::int64_t size_bytes = 0;
  std::vector<std::string> options;  // "rw", "noexec", "mode=1777": over Docker's own
};

struct Device {
  std::string host_path, destination;
  std::string access = "rwm";  // read, write, mknod: as in a device control group
};

// What the task definition says over what the image says; absent means the image's.
struct ContainerSpec {
  std::string container_id;  // 64 hex
  std::string name;          // the ECS container name
  std::string pod_id;
  std::string host_id;
  std::string image;  // as the task definition names it: "nginx:alpine"
  std::optional<std::vector<std::string>> entry_point;
  std::optional<std::vector<std::string>> command;
  std::vector<std::string> env;  // "A=1"
  std::optional<std::string> working_directory;
  std::optional<std::string> user;
  std::int64_t cpu_shares = 2;
  std::int64_t memory_bytes = 0;  // hard limit; 0: none
  std::int64_t memory_reservation_bytes = 0;
  std::vector<Ulimit> ulimits;
  std::vector<std::string> cap_add, cap_drop;
  std::map<std::string, std::string> sysctls;
  std::vector<Mount> mounts;
  std::vector<Tmpfs> tmpfs;
  std::vector<Device> devices;
  std::optional<std::int64_t> swap_bytes;  // beside the memory limit; only with one
  std::optional<int> swappiness;
  std::vector<std::string> security_options;  // as of `docker run --security-opt`
  bool privileged = false;
  bool read_only_root = false;
  bool init_process = false;  // docker --init: tini is pid 1
  bool tty = false;
  bool open_stdin = false;
  std::int64_t shm_bytes = 64 << 20;
};

struct ContainerStarted {
  pid_t pid_in_host = 0;     // what `docker inspect` reports: a pid of the host's pid namespace
  std::string image_digest;  // "sha256:..." of the manifest (imageDigest in DescribeTasks)
  std::string image_id;      // "sha256:..." of the config
  std::vector<std::string> argv;  // what runs: `docker ps` shows it
  int stop_signal = 15;           // the image's StopSignal (nginx: SIGQUIT), else SIGTERM
};

struct ContainerExit {
  std::string container_id;
  int exit_code = 0;
  bool oom_killed = false;
};

struct LogLine {
  std::int64_t timestamp_ms = 0;
  bool from_stderr = false;
  std::string text;  // without the line end
};

// A command in a running container or on a host itself.
struct ExecSpec {
  std::string host_id;
  std::string container_id;  // empty: on the host
  std::vector<std::string> argv;
  std::vector<std::string> env;  // beside the container's own
  std::optional<std::string> user;
  std::optional<std::string> working_directory;
  bool tty = true;
  std::uint16_t rows = 24, cols = 80;
};

// A started exec. With a tty `in` is the pty's master and `out`, `err` are empty; the owner may use
// TIOCSWINSZ on it. Without one they are the ends of pipes.
struct ExecStarted {
  std::uint64_t exec_id = 0;
  pid_t pid_in_host = 0;
  netns::UniqueFd in, out, err;
};

// What is there after the daemon started again on a box that lived on.
struct Inventory {
  struct Host {
    std::string host_id;
    HostStarted started;
    bool alive = false;
  };
  struct Pod {
    std::string pod_id;
    PodStarted started;
    bool alive = false;
  };
  struct Container {
    std::string container_id;
    pid_t pid_in_host = 0;
    bool running = false;
    int exit_code = 0;
  };
  std::vector<Host> hosts;
  std::vector<Pod> pods;
  std::vector<Container> containers;
};

struct Usage {  // of one container, from its control group
  std::uint64_t cpu_usage_ns = 0;
  std::uint64_t memory_bytes = 0, memory_limit_bytes = 0;
  std::uint64_t pids = 0;
};

// Thrown (through Outcome) when an image is not in the store: what() is the
// CannotPullContainerError text the task stops with.
class ImageNotFound : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// All calls on the loop thread; work runs on a bounded pool; callbacks come on the loop thread.
// Removing what is not there succeeds. Errors are std::system_error or std::runtime_error whose
// text is fit for a container's `reason`.
class Runtime {
 public:
  struct Events {
    std::function<void(ContainerExit)> container_exited;
    std::function<void(std::string host_id)> host_died;
    // In order; a line is delivered once, also over restarts of the daemon, as far as was
    // confirmed.
    std::function<void(std::string container_id, std::vector<LogLine>)> logged;
    std::function<void(std::uint64_t exec_id, int exit_code)> exec_exited;
  };
  virtual ~Runtime() = default;
  virtual void listen(Events events) = 0;

  // A host that was there before comes up on the disk it had then.
  virtual void start_host(HostSpec spec, Done<HostStarted> done) = 0;
  // Ends its processes, pods and containers; its disk stays.
  virtual void stop_host(std::string host_id, Done<Nothing> done) = 0;
  virtual void remove_host(std::string host_id, Done<Nothing> done) = 0;  // its disk, too
  virtual bool has_disk(const std::string& host_id) const = 0;

  virtual void start_pod(PodSpec spec, Done<PodStarted> done) = 0;
  virtual void stop_pod(std::string pod_id, Done<Nothing> done) = 0;

  virtual void start_container(ContainerSpec spec, Done<ContainerStarted> done) = 0;
  // A signal that the process would lose, since it has just begun and not come up to its handler,
  // waits for that up to two seconds.
  virtual void signal_container(std::string container_id, int signal, Done<Nothing> done) = 0;
  // Frees the root filesystem, bundle and control group of a stopped container (kills a running
  // one).
  virtual void remove_container(std::string container_id, Done<Nothing> done) = 0;
  virtual void usage(std::string container_id, Done<Usage> done) = 0;
  // Processes of a container as rows of `docker top` (UID PID PPID C STIME TTY TIME CMD).
  virtual void processes(std::string container_id,
                         Done<std::vector<std::vector<std::string>>> done) = 0;

  virtual void exec(ExecSpec spec, Done<ExecStarted> done) = 0;
  virtual void signal_exec(std::uint64_t exec_id, int signal) = 0;  // to the process group

  // A socket of that family (AF_INET, AF_INET6) and type (SOCK_STREAM, SOCK_DGRAM) in the network
  // namespace of a container, or of the host itself (container_id empty).
  virtual void open_socket(std::string host_id, std::string container_id, int family, int type,
                           Done<netns::UniqueFd> done) = 0;

  // The last lines of a container's output, for `docker logs`; tail < 0: all that is kept.
  virtual void read_log(std::string container_id, int tail, Done<std::vector<LogLine>> done) = 0;

  virtual void inventory(Done<Inventory> done) = 0;
};

}  // namespace enibox::containers

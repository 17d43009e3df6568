#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "emulator/containers/runtime.hpp"

// What the Docker Engine API of a container instance shows: a view over the rows of ECS, made anew
// for each request. Times are Unix milliseconds, 0 means "not yet".
namespace enibox::engine {

struct EngineContainer {
  std::string id;        // 64 hex
  std::string name;      // "ecs-web-1-nginx-e292d586b6f9dade4a00", without a slash
  std::string image;     // as the task definition names it: "nginx:alpine"
  std::string image_id;  // "sha256:..."; may be empty
  // Where the command comes from: the task definition, else the image. `argv` is what runs.
  std::vector<std::string> entry_point, command, argv;

  std::string state;  // "created", "running", "exited"
  std::int64_t created_ms = 0, started_ms = 0, finished_ms = 0;
  int exit_code = 0;
  bool oom_killed = false;
  std::string error;
  pid_t pid_in_host = 0;
  int stop_signal = 15;
  std::string health;  // "", "starting", "healthy", "unhealthy"

  std::map<std::string, std::string> labels;
  std::string network_mode = "none";     // "container:<pause id>", "none", "host"
  std::string hostname;                  // Config.Hostname; empty when the pause's is inherited
  std::vector<std::string> extra_hosts;  // "ip-10-0-1-5.ec2.internal:10.0.1.5"
  std::string cgroup_parent;             // "/ecs/<task id>"
  std::string ipc_mode = "private", pid_mode;

  std::vector<std::string> env;  // "A=1"
  std::string user, working_directory;
  bool tty = false, open_stdin = false;
  bool privileged = false, read_only_root = false, init_process = false;
  std::int64_t cpu_shares = 0, memory_bytes = 0, memory_reservation_bytes = 0;
  std::vector<std::string> cap_add, cap_drop;
  std::vector<containers::Ulimit> ulimits;
  std::map<std::string, std::string> sysctls;
  std::vector<containers::Mount> mounts;
  std::string log_driver = "json-file";
  std::map<std::string, std::string> log_options;

  // False for what the runtime does not know by this id (the pause process, the agent): it is shown
  // and nothing can be run in it.
  bool in_runtime = true;
};

struct EngineImage {
  std::string id;                      // "sha256:..." of the configuration
  std::vector<std::string> repo_tags;  // "nginx:alpine"
  std::vector<std::string> repo_digests;
  std::int64_t created_ms = 0, size_bytes = 0;
  std::vector<std::string> env, entry_point, command;
  std::string user, working_directory;
  std::map<std::string, std::string> labels;
};

struct EngineHost {
  std::string hostname;  // "ip-10-0-100-21.ec2.internal"
  int cpus = 2;
  std::int64_t memory_bytes = 0;
  std::string docker_version = "25.0.8";  // what the container instance's versionInfo says
};

// Loop thread only.
class EngineSource {
 public:
  virtual ~EngineSource() = default;
  // Every container of the host, stopped ones too, in any order.
  virtual std::vector<EngineContainer> containers(const std::string& host_id) = 0;
  // One of any host; nothing when none has it.
  struct Found {
    std::string host_id;
    EngineContainer container;
  };
  virtual std::optional<Found> find(const std::string& container_id) = 0;
  // The image store is read elsewhere; the answer comes later, on the loop thread.
  virtual void images(const std::string& host_id, Done<std::vector<EngineImage>> done) = 0;
  virtual EngineHost host(const std::string& host_id) = 0;
};

}  // namespace enibox::engine

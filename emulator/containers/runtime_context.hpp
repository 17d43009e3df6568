#pragma once
#include <functional>
#include <future>
#include <memory>
#include <string>

#include "api/json.hpp"
#include "emulator/containers/host_layout.hpp"
#include "emulator/containers/image_store.hpp"
#include "netns/cgroup.hpp"
#include "netns/process.hpp"
#include "netns/spawn.hpp"

namespace enibox::containers {

// What every job of the runtime reads and none changes.
struct RuntimeContext {
  std::string run_dir;    // a private tmpfs: netns/, hosts/
  std::string state_dir;  // overlay uppers, logs, volumes
  const ImageStore* images = nullptr;
  netns::Cgroup cgroup;  // the box's; `none` runs without limits
  bool maps_tty_group = true;
  std::function<void(const std::string& step)> before_step;
  // Told before each step of a build-up; a test throws there.
  void step(const std::string& name) const {
    if (before_step) before_step(name);
  }

  // Dear to find out (a file to parse, a namespace to try), so the daemon does not wait for it at
  // its start: whoever asks first does the work, on the pool.
  struct Abilities {
    Json seccomp_profile;  // in Docker's format; null: containers run without a filter
    bool may_mount_sysfs = true;
  };
  std::shared_future<Abilities> found_out;
  // Blocks. For any thread.
  const Abilities& abilities() const { return found_out.get(); }

  HostLayout layout(const std::string& host_id) const {
    return {run_dir + "/hosts/" + host_id, state_dir + "/hosts/" + host_id};
  }
  // Plain names: a host's id is "i-0123456789abcdef0", a pod's 32 hex digits.
  std::string netns_file(const std::string& id) const { return run_dir + "/netns/" + id; }
};

// A process that may be ours to reap or, after a restart of the daemon, somebody else's.
struct NamedProcess {
  netns::ProcessIdentity identity;
  netns::UniqueFd pidfd;
  netns::UniqueFd proc;  // its /proc directory: no other process can take its place

  bool alive() const;
  void kill(int signal) const;  // fine when it has ended
  // "ns/mnt" and so on. Throws std::system_error when the process is gone.
  netns::UniqueFd open(const std::string& below) const;
};
NamedProcess name_process(pid_t pid);  // throws std::system_error when it is gone
// The process a record names; without descriptors when that one has ended.
NamedProcess find_process(const netns::ProcessIdentity& identity);

// A running container instance. Shared by the jobs that work in it.
struct Host {
  std::string id;
  HostLayout layout;
  NamedProcess init;
  netns::Cgroup cgroup;
  std::string hostname;
  bool has_cgroups = false;        // mounted inside, so that runc can use them
  std::string runc, conmon, tini;  // paths inside; tini may be empty

  netns::UniqueFd enter(const char* ns) const { return init.open(std::string("ns/") + ns); }
  // A path of the host as the daemon can open it.
  std::string outside(const std::string& path) const {
    return "/proc/" + std::to_string(init.identity.pid) + "/root" + path;
  }
  bool has_file(const std::string& path) const;
};

// A task's pause process.
struct Pod {
  std::string id, container_id;
  std::shared_ptr<const Host> host;
  NamedProcess pause;
  pid_t pid_in_host = 0;
  std::string hostname;
  netns::Cgroup cgroup;
};

struct Container {
  std::string id, image_digest, image_id;
  std::shared_ptr<const Host> host;
  std::string pod_id;
  NamedProcess init;
  pid_t pid_in_host = 0;
  std::vector<std::string> env;  // an exec begins with it
  netns::Cgroup cgroup;
  bool tty = false;
};

}  // namespace enibox::containers

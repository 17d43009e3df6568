#pragma once
#include <sys/types.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/json.hpp"
#include "emulator/containers/container_process.hpp"
#include "emulator/containers/runtime.hpp"

// A bundle's config.json, as dockerd writes it. OCI runtime-spec 1.0.2. Pure.
namespace enibox::containers {

struct OciMount {
  std::string source, destination;
  bool read_only = false;
};

struct OciDevice {
  std::string source, destination, access;
  bool is_block = false;
  dev_t number = 0;
};

struct OciInput {
  std::vector<std::string> argv, env;
  std::string working_directory = "/";
  UserIds user;
  bool tty = false;
  std::set<std::string> capabilities;
  std::vector<Ulimit> ulimits;
  std::string pod_pid;       // of the pause process, in the host: whose namespaces are joined
  std::string cgroups_path;  // "/ecs/TASK/CONTAINER"
  std::vector<OciMount> binds;
  std::vector<Tmpfs> tmpfs;
  std::vector<OciDevice> devices;
  std::map<std::string, std::string> sysctls;
  std::int64_t cpu_shares = 0, memory_bytes = 0, memory_reservation_bytes = 0;
  std::optional<std::int64_t> swap_bytes;
  std::optional<int> swappiness;
  std::int64_t shm_bytes = 64 << 20;
  bool read_only_root = false;
  bool privileged = false;
  bool no_new_privileges = false;
  Json seccomp;  // null: none

  // What this box can do.
  bool has_cgroups = true;
  bool cgroups_v2 = false;
  bool maps_tty_group = true;  // gid 5 exists in the box's user namespace
  bool may_mount_sysfs = true;
};

Json oci_config(const OciInput& input);

// The options of a tmpfs: Docker's, then those given, of which the last of two that contradict each
// other holds. Throws std::runtime_error with Docker's text for one that it does not take.
std::vector<std::string> tmpfs_options(const Tmpfs& tmpfs);

// An rlimit as the kernel lets us set it: not above our own hard limit. `name`: "nofile".
// Nothing for an unknown name.
std::optional<Json> oci_rlimit(const Ulimit& limit);

}  // namespace enibox::containers

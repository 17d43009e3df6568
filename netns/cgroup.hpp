#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "netns/handle.hpp"

// Control groups behind one class: version 1 (a directory in the hierarchy of each controller) and
// version 2 (one directory; processes only in leaves). cgroups(7), Documentation/admin-guide/
// cgroup-v2.rst. Where nothing is writable (an ordinary user without delegation) groups are `none`:
// every call succeeds and does nothing. Any thread; a Cgroup is a name, it owns nothing.
namespace enibox::netns {

// Where the machine has its control groups. Tests give fake files.
struct CgroupPaths {
  std::string mountinfo = "/proc/self/mountinfo";
  std::string self = "/proc/self/cgroup";
};

struct CgroupLimits {             // 0: not set
  std::int64_t cpu_quota_us = 0;  // in each period
  std::int64_t cpu_period_us = 100'000;
  std::int64_t cpu_shares = 0;    // 2 to 262144, as version 1 counts; version 2 gets the weight
  std::int64_t memory_bytes = 0;  // swap included: none is given beside it
  std::int64_t memory_reservation_bytes = 0;
  std::int64_t pids = 0;
};

struct CgroupUsage {
  std::uint64_t cpu_ns = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t memory_limit_bytes = 0;  // 0: none
  std::uint64_t pids = 0;
  std::uint64_t oom_kills = 0;
};

// cgroup v2 cpu.weight (1 to 10000) for v1 cpu.shares (2 to 262144), as runc and systemd count.
std::int64_t cpu_weight_of_shares(std::int64_t shares);

class Cgroup {
 public:
  enum class Version { kNone, kV1, kV2 };

  Cgroup() = default;  // none

  // The group of a box: NAME below the group this process is in or, on version 2, below its nearest
  // ancestor that may hand controllers down. Makes nothing yet: create(). None when nothing there
  // is writable; `why_not` then says why.
  static Cgroup find(const std::string& name, const CgroupPaths& paths = {},
                     std::string* why_not = nullptr);

  Version version() const { return version_; }
  bool usable() const { return version_ != Version::kNone; }
  // The group below this one, "ecs/TASK/CONTAINER".
  Cgroup child(const std::string& relative) const;
  // The same group with these controllers alone: version 1 then has fewer directories to make.
  Cgroup only(const std::vector<std::string>& controllers) const;
  // Its directories: one a controller, or the one of version 2. Empty for none.
  std::vector<std::string> directories() const;
  // Controllers that act: "cpu", "memory", "pids", ...
  const std::vector<std::string>& controllers() const { return controllers_; }
  bool has(const std::string& controller) const;
  // How the hierarchies are mounted: {{"cpu", "cpuacct"}, {"memory"}}; one entry on version 2.
  std::vector<std::vector<std::string>> hierarchies() const;
  bool exists() const;

  // Makes it and what is missing above it; on version 2 the groups above hand their controllers
  // down (so no process may be in them). Throws std::system_error.
  void create() const;
  // Makes it and nothing else: what is above exists. For a group that is to hold processes before
  // it hands controllers down.
  void create_alone() const;
  // Hands the controllers down to the children; fails when processes are in it. Version 2 only.
  void delegate() const;
  void set(const CgroupLimits& limits) const;  // throws std::system_error
  // The files into which a process writes itself to join: for ChildSteps::join_cgroup.
  std::vector<std::string> procs_files() const;
  void join(pid_t pid) const;  // throws std::system_error
  // Version 2: its directory, for SpawnOptions::cgroup. Empty otherwise.
  UniqueFd open_directory() const;

  CgroupUsage usage() const;             // what cannot be read is 0
  std::vector<pid_t> processes() const;  // in it and in all groups below
  // Kills every process in it and below, again until none is left or time is over. False: some are.
  bool kill_all(std::chrono::milliseconds timeout = std::chrono::seconds(2)) const;
  // Removes it and everything below; waits for dying processes. False: something is left.
  bool remove(std::chrono::milliseconds timeout = std::chrono::seconds(2)) const;

  // Groups PREFIX* beside this one (it need not exist) that `is_live` does not know: their
  // processes are killed and they are removed. Gives the names that went.
  std::vector<std::string> sweep(const std::string& prefix,
                                 const std::function<bool(const std::string& name)>& is_live) const;

  bool operator==(const Cgroup&) const = default;

 private:
  struct Hierarchy {
    std::string controller;  // empty on version 2
    std::string root;        // the directory that the box's group is made in
    bool operator==(const Hierarchy&) const = default;
  };
  static Cgroup find_v1(const std::string& name, const CgroupPaths& paths);
  static Cgroup find_v2(const std::string& name, const CgroupPaths& paths, std::string* why_not);
  std::string directory_of(const Hierarchy& hierarchy) const;
  std::string directory_with(const std::string& controller) const;
  void set_v1(const CgroupLimits& limits) const;
  void set_v2(const CgroupLimits& limits) const;

  Version version_ = Version::kNone;
  std::vector<Hierarchy> hierarchies_;
  std::vector<std::string> controllers_;
  std::string relative_;  // "enibox-x/ecs/TASK"
};

}  // namespace enibox::netns

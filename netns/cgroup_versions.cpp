// What differs between the versions: finding the place, and the names of the limits.
#include <algorithm>

#include "netns/cgroup.hpp"
#include "netns/cgroup_layout.hpp"

namespace enibox::netns {
namespace {

const std::vector<std::string> kV1Controllers{"cpu",     "cpuacct", "cpuset", "devices",
                                              "freezer", "blkio",   "memory", "pids"};
const std::vector<std::string> kV2Controllers{"cpu", "cpuset", "io", "memory", "pids"};

struct Machine {
  std::vector<CgroupMount> mounts;
  std::vector<CgroupMembership> memberships;
};

Machine read_machine(const CgroupPaths& paths) {
  return {parse_cgroup_mounts(read_text(paths.mountinfo)),
          parse_cgroup_memberships(read_text(paths.self))};
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::string group_of(const Machine& machine, const std::string& controller) {
  for (const auto& membership : machine.memberships) {
    const bool is_it = controller.empty() ? membership.controllers.empty()
                                          : contains(membership.controllers, controller);
    if (is_it) return membership.path;
  }
  return {};
}

// Controllers that children of this version 2 group can have: what it hands down already, and what
// it hands down when asked. The kernel refuses while processes are in it.
std::vector<std::string> controllers_for_children(const std::string& directory) {
  const auto file = directory + "/cgroup.subtree_control";
  const auto available = words(read_text(directory + "/cgroup.controllers"));
  const auto handed_down = words(read_text(file));
  std::vector<std::string> out;
  for (const auto& controller : kV2Controllers) {
    if (!contains(available, controller)) continue;
    if (contains(handed_down, controller) || write_text(file, "+" + controller))
      out.push_back(controller);
  }
  return out;
}

void write_limit(const std::string& path, const std::string& value, bool optional = false) {
  if (write_text(path, value) || (optional && errno == ENOENT)) return;
  throw_errno("write " + value + " to " + path);
}

}  // namespace

Cgroup Cgroup::find(const std::string& name, const CgroupPaths& paths, std::string* why_not) {
  std::string reason;
  auto out = find_v2(name, paths, &reason);
  if (!out.usable()) out = find_v1(name, paths);
  if (!out.usable() && why_not != nullptr)
    *why_not = reason.empty() ? "no control group is writable" : reason;
  return out;
}

Cgroup Cgroup::find_v1(const std::string& name, const CgroupPaths& paths) {
  const auto machine = read_machine(paths);
  Cgroup out;
  out.relative_ = name;
  for (const auto& controller : kV1Controllers) {
    for (const auto& mount : machine.mounts) {
      if (mount.is_v2 || !mount.options.contains(controller)) continue;
      const auto directory = path_below_mount(mount, group_of(machine, controller));
      if (directory.empty() || !is_directory(directory) || !is_writable(directory)) continue;
      out.hierarchies_.push_back({controller, directory});
      out.controllers_.push_back(controller);
      break;
    }
  }
  if (out.hierarchies_.empty()) return {};
  out.version_ = Version::kV1;
  return out;
}

Cgroup Cgroup::find_v2(const std::string& name, const CgroupPaths& paths, std::string* why_not) {
  const auto machine = read_machine(paths);
  for (const auto& mount : machine.mounts) {
    if (!mount.is_v2) continue;
    auto directory = path_below_mount(mount, group_of(machine, ""));
    if (directory.empty()) continue;
    // From our own group up. To move a process between two groups one must be able to write to
    // cgroup.procs of what both are below, so an ancestor that is not ours ends the search.
    for (; directory.starts_with(mount.mount_point);
         directory = directory.substr(0, directory.rfind('/'))) {
      if (!is_writable(directory) || !is_writable(directory + "/cgroup.procs")) break;
      auto controllers = controllers_for_children(directory);
      if (!contains(controllers, "memory") && !contains(controllers, "pids")) continue;
      Cgroup out;
      out.version_ = Version::kV2;
      out.hierarchies_ = {{"", directory}};
      out.controllers_ = std::move(controllers);
      out.relative_ = name;
      return out;
    }
    *why_not = "the control group " + group_of(machine, "") +
               " is not delegated: its owner may not make groups with controllers there";
  }
  return {};
}

void Cgroup::set_v1(const CgroupLimits& limits) const {
  if (const auto cpu = directory_with("cpu"); !cpu.empty()) {
    if (limits.cpu_quota_us > 0) {
      write_limit(cpu + "/cpu.cfs_period_us", std::to_string(limits.cpu_period_us));
      write_limit(cpu + "/cpu.cfs_quota_us", std::to_string(limits.cpu_quota_us));
    }
    if (limits.cpu_shares > 0) write_limit(cpu + "/cpu.shares", std::to_string(limits.cpu_shares));
  }
  if (const auto memory = directory_with("memory"); !memory.empty()) {
    const auto bytes = std::to_string(limits.memory_bytes);
    if (limits.memory_bytes > 0) {
      write_limit(memory + "/memory.limit_in_bytes", bytes);
      // Absent where swap is not accounted.
      write_limit(memory + "/memory.memsw.limit_in_bytes", bytes, true);
    }
    if (limits.memory_reservation_bytes > 0)
      write_limit(memory + "/memory.soft_limit_in_bytes",
                  std::to_string(limits.memory_reservation_bytes));
  }
  if (const auto pids = directory_with("pids"); !pids.empty() && limits.pids > 0)
    write_limit(pids + "/pids.max", std::to_string(limits.pids));
}

void Cgroup::set_v2(const CgroupLimits& limits) const {
  const auto directory = directories().front();
  if (has("cpu")) {
    if (limits.cpu_quota_us > 0)
      write_limit(directory + "/cpu.max",
                  std::to_string(limits.cpu_quota_us) + " " + std::to_string(limits.cpu_period_us));
    if (limits.cpu_shares > 0)
      write_limit(directory + "/cpu.weight",
                  std::to_string(cpu_weight_of_shares(limits.cpu_shares)));
  }
  if (has("memory")) {
    if (limits.memory_bytes > 0) {
      write_limit(directory + "/memory.max", std::to_string(limits.memory_bytes));
      write_limit(directory + "/memory.swap.max", "0", true);
    }
    if (limits.memory_reservation_bytes > 0)
      write_limit(directory + "/memory.low", std::to_string(limits.memory_reservation_bytes));
  }
  if (has("pids") && limits.pids > 0)
    write_limit(directory + "/pids.max", std::to_string(limits.pids));
}

}  // namespace enibox::netns

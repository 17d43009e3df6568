#include "emulator/containers/oci_config.hpp"

#include <sys/resource.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <stdexcept>

namespace enibox::containers {
namespace {

struct LimitName {
  const char* name;
  int resource;
};
constexpr LimitName kLimits[] = {
    {"as", RLIMIT_AS},           {"core", RLIMIT_CORE},         {"cpu", RLIMIT_CPU},
    {"data", RLIMIT_DATA},       {"fsize", RLIMIT_FSIZE},       {"locks", RLIMIT_LOCKS},
    {"memlock", RLIMIT_MEMLOCK}, {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE},
    {"nofile", RLIMIT_NOFILE},   {"nproc", RLIMIT_NPROC},       {"rss", RLIMIT_RSS},
    {"rtprio", RLIMIT_RTPRIO},   {"rttime", RLIMIT_RTTIME},     {"sigpending", RLIMIT_SIGPENDING},
    {"stack", RLIMIT_STACK}};

Json mount(const char* destination, const char* type, const char* source, Json options) {
  return {{"destination", destination},
          {"type", type},
          {"source", source},
          {"options", std::move(options)}};
}

Json cgroup_mount(bool read_only) {
  return mount("/sys/fs/cgroup", "cgroup", "cgroup",
               {read_only ? "ro" : "rw", "nosuid", "noexec", "nodev"});
}

Json system_mounts(const OciInput& in) {
  const char* access = in.privileged ? "rw" : "ro";
  Json out = Json::array();
  out.push_back(mount("/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}));
  out.push_back(
      mount("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}));
  Json pts{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"};
  // Group 5 is tty; a box that maps one id has no such group and the kernel answers EINVAL.
  if (in.maps_tty_group) pts.push_back("gid=5");
  out.push_back(mount("/dev/pts", "devpts", "devpts", pts));
  // sysfs wants the network namespace's owner; without that, what the host has, read-only.
  if (in.may_mount_sysfs)
    out.push_back(mount("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", access}));
  else
    out.push_back(mount("/sys", "bind", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro"}));
  if (in.has_cgroups) out.push_back(cgroup_mount(!in.privileged));
  out.push_back(mount("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}));
  out.push_back(
      mount("/dev/shm", "tmpfs", "shm",
            {"nosuid", "noexec", "nodev", "mode=1777", "size=" + std::to_string(in.shm_bytes)}));
  return out;
}

Json bind_mount(const OciMount& bind) {
  return {{"destination", bind.destination},
          {"type", "bind"},
          {"source", bind.source},
          {"options", {"rbind", bind.read_only ? "ro" : "rw", "rprivate"}}};
}

Json tmpfs_mount(const Tmpfs& tmpfs) {
  return mount(tmpfs.destination.c_str(), "tmpfs", "tmpfs", tmpfs_options(tmpfs));
}

// A device is bound from the instance: in a user namespace none can be made.
Json device_mount(const OciDevice& device) {
  return mount(device.destination.c_str(), "bind", device.source.c_str(),
               {"bind", "nosuid", "noexec", "rprivate"});
}

// What the user asked for: the outer ones first, as Docker sorts them.
Json user_mounts(const OciInput& in) {
  std::vector<Json> out;
  for (const auto& bind : in.binds) out.push_back(bind_mount(bind));
  for (const auto& tmpfs : in.tmpfs) out.push_back(tmpfs_mount(tmpfs));
  for (const auto& device : in.devices) out.push_back(device_mount(device));
  const auto depth = [](const Json& mount) {
    const auto& path = mount.at("destination").get_ref<const std::string&>();
    return std::count(path.begin(), path.end(), '/');
  };
  std::stable_sort(out.begin(), out.end(),
                   [&](const Json& a, const Json& b) { return depth(a) < depth(b); });
  return out;
}

Json process(const OciInput& in) {
  Json user{{"uid", in.user.uid}, {"gid", in.user.gid}};
  if (!in.user.supplementary.empty()) user["additionalGids"] = in.user.supplementary;
  Json out{{"terminal", in.tty},
           {"user", user},
           {"args", in.argv},
           {"env", in.env},
           {"cwd", in.working_directory},
           {"capabilities",
            {{"bounding", in.capabilities},
             {"effective", in.capabilities},
             {"permitted", in.capabilities}}}};
  Json limits = Json::array();
  for (const auto& limit : in.ulimits)
    if (auto rendered = oci_rlimit(limit)) limits.push_back(std::move(*rendered));
  if (!limits.empty()) out["rlimits"] = limits;
  if (in.no_new_privileges) out["noNewPrivileges"] = true;
  return out;
}

Json namespaces(const OciInput& in) {
  const auto of_pod = "/proc/" + in.pod_pid + "/ns/";
  Json out{{{"type", "mount"}},
           {{"type", "network"}, {"path", of_pod + "net"}},
           {{"type", "uts"}, {"path", of_pod + "uts"}},
           {{"type", "pid"}},
           {{"type", "ipc"}}};
  // Docker's default: a cgroup namespace of its own on version 2 only.
  if (in.has_cgroups && in.cgroups_v2) out.push_back({{"type", "cgroup"}});
  return out;
}

Json device_rules(const std::vector<OciDevice>& devices) {
  // Deny all; runc adds null, zero, full, tty, random, urandom, ptmx and the pts.
  Json out = Json::array({{{"allow", false}, {"access", "rwm"}}});
  for (const auto& device : devices) {
    out.push_back({{"allow", true},
                   {"type", device.is_block ? "b" : "c"},
                   {"major", major(device.number)},
                   {"minor", minor(device.number)},
                   {"access", device.access}});
  }
  return out;
}

Json resources(const OciInput& in) {
  Json out = Json::object();
  out["devices"] = in.privileged ? Json::array({{{"allow", true}, {"access", "rwm"}}})
                                 : device_rules(in.devices);
  if (in.cpu_shares > 0) out["cpu"]["shares"] = in.cpu_shares;
  if (in.memory_bytes > 0) {
    // Docker gives twice the limit with swap; ECS has no swap unless maxSwap says so.
    out["memory"]["limit"] = in.memory_bytes;
    out["memory"]["swap"] = in.memory_bytes + in.swap_bytes.value_or(0);
    if (in.swappiness && in.swap_bytes) out["memory"]["swappiness"] = *in.swappiness;
  }
  if (in.memory_reservation_bytes > 0) out["memory"]["reservation"] = in.memory_reservation_bytes;
  return out;
}

Json linux_part(const OciInput& in) {
  Json out{{"namespaces", namespaces(in)}};
  if (in.has_cgroups) {  // runc without a writable group forgives only when none is named
    out["cgroupsPath"] = in.cgroups_path;
    out["resources"] = resources(in);
  }
  if (!in.sysctls.empty()) out["sysctl"] = in.sysctls;
  if (in.privileged) return out;
  if (!in.seccomp.is_null()) out["seccomp"] = in.seccomp;
  out["maskedPaths"] = {"/proc/asound",
                        "/proc/acpi",
                        "/proc/kcore",
                        "/proc/keys",
                        "/proc/latency_stats",
                        "/proc/timer_list",
                        "/proc/timer_stats",
                        "/proc/sched_debug",
                        "/proc/scsi",
                        "/sys/firmware",
                        "/sys/devices/virtual/powercap"};
  out["readonlyPaths"] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  return out;
}

}  // namespace

std::vector<std::string> tmpfs_options(const Tmpfs& tmpfs) {
  // Of each pair the last one given holds. (moby, pkg/mount: MergeTmpfsOptions.)
  static const std::map<std::string, std::string> kOpposites{{"ro", "rw"},
                                                             {"rw", "ro"},
                                                             {"suid", "nosuid"},
                                                             {"nosuid", "suid"},
                                                             {"dev", "nodev"},
                                                             {"nodev", "dev"},
                                                             {"exec", "noexec"},
                                                             {"noexec", "exec"},
                                                             {"sync", "async"},
                                                             {"async", "sync"},
                                                             {"atime", "noatime"},
                                                             {"noatime", "atime"},
                                                             {"diratime", "nodiratime"},
                                                             {"nodiratime", "diratime"},
                                                             {"relatime", "norelatime"},
                                                             {"norelatime", "relatime"},
                                                             {"strictatime", "nostrictatime"},
                                                             {"nostrictatime", "strictatime"}};
  static const std::set<std::string> kValued{"size", "nr_blocks", "nr_inodes", "mode",
                                             "uid",  "gid",       "mpol"};
  std::vector<std::string> out{"noexec", "nosuid", "nodev"};
  auto given = tmpfs.options;
  if (tmpfs.size_bytes > 0) given.push_back("size=" + std::to_string(tmpfs.size_bytes));
  for (const auto& option : given) {
    const auto opposite = kOpposites.find(option);
    const auto equals = option.find('=');
    const auto key = option.substr(0, equals);
    const bool is_valued = equals != option.npos && kValued.contains(key);
    if (option == "defaults") continue;
    if (opposite == kOpposites.end() && !is_valued)
      throw std::runtime_error("invalid tmpfs option [\"" + option + "\"]");
    std::erase_if(out, [&](const std::string& other) {
      return other == option || (opposite != kOpposites.end() && other == opposite->second) ||
             (is_valued && other.starts_with(key + "="));
    });
    out.push_back(option);
  }
  return out;
}

std::optional<Json> oci_rlimit(const Ulimit& limit) {
  const auto* found = std::find_if(std::begin(kLimits), std::end(kLimits),
                                   [&](const LimitName& l) { return limit.name == l.name; });
  if (found == std::end(kLimits)) return std::nullopt;
  rlimit own{};
  ::getrlimit(static_cast<__rlimit_resource>(found->resource), &own);
  const auto hard = std::min<std::uint64_t>(limit.hard, own.rlim_max);
  std::string type = "RLIMIT_" + limit.name;
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c); });
  return Json{{"type", type}, {"hard", hard}, {"soft", std::min(limit.soft, hard)}};
}

Json oci_config(const OciInput& in) {
  Json mounts = system_mounts(in);
  for (auto& one : user_mounts(in)) mounts.push_back(std::move(one));
  return {{"ociVersion", "1.0.2"},
          {"process", process(in)},
          {"root", {{"path", "rootfs"}, {"readonly", in.read_only_root}}},
          {"mounts", mounts},
          {"linux", linux_part(in)}};
}

}  // namespace enibox::containers

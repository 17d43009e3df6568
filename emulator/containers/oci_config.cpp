#include "emulator/containers/oci_config.hpp"

#include <sys/resource.h>

#include <algorithm>

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

Json device_rules() {
  // Deny all; runc adds null, zero, full, tty, random, urandom, ptmx and the pts.
  return Json::array({{{"allow", false}, {"access", "rwm"}}});
}

Json resources(const OciInput& in) {
  Json out = Json::object();
  out["devices"] =
      in.privileged ? Json::array({{{"allow", true}, {"access", "rwm"}}}) : device_rules();
  if (in.cpu_shares > 0) out["cpu"]["shares"] = in.cpu_shares;
  if (in.memory_bytes > 0) {
    // Docker gives twice the limit with swap; ECS has no swap unless maxSwap says so.
    out["memory"]["limit"] = in.memory_bytes;
    out["memory"]["swap"] = in.memory_bytes;
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
  for (const auto& bind : in.binds) mounts.push_back(bind_mount(bind));
  return {{"ociVersion", "1.0.2"},
          {"process", process(in)},
          {"root", {{"path", "rootfs"}, {"readonly", in.read_only_root}}},
          {"mounts", mounts},
          {"linux", linux_part(in)}};
}

}  // namespace enibox::containers

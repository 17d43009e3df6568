#include "emulator/engine/json_views.hpp"

#include <sys/utsname.h>

#include <algorithm>

#include "emulator/engine/times.hpp"

namespace enibox::engine {
namespace {

std::string joined(const std::vector<std::string>& argv) {
  std::string text;
  for (const auto& word : argv) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

Json list_or_null(const std::vector<std::string>& values) {
  return values.empty() ? Json(nullptr) : Json(values);
}

std::string architecture() {
  utsname name{};
  uname(&name);
  const std::string machine = name.machine;
  return machine == "x86_64" ? "amd64" : machine == "aarch64" ? "arm64" : machine;
}

std::string kernel_release() {
  utsname name{};
  uname(&name);
  return name.release;
}

Json state_of(const EngineContainer& c) {
  Json state{{"Status", c.state},
             {"Running", c.state == "running"},
             {"Paused", false},
             {"Restarting", false},
             {"OOMKilled", c.oom_killed},
             {"Dead", false},
             {"Pid", c.state == "running" ? c.pid_in_host : 0},
             {"ExitCode", c.exit_code},
             {"Error", c.error},
             {"StartedAt", rfc3339(c.started_ms)},
             {"FinishedAt", rfc3339(c.finished_ms)}};
  if (!c.health.empty()) {
    state["Health"] = {{"Status", c.health}, {"FailingStreak", 0}, {"Log", Json::array()}};
  }
  return state;
}

Json ulimits_of(const EngineContainer& c) {
  auto out = Json::array();
  for (const auto& limit : c.ulimits) {
    out.push_back({{"Name", limit.name}, {"Soft", limit.soft}, {"Hard", limit.hard}});
  }
  return out;
}

Json host_config_of(const EngineContainer& c) {
  return {{"Binds", nullptr},
          {"CapAdd", list_or_null(c.cap_add)},
          {"CapDrop", list_or_null(c.cap_drop)},
          {"CgroupParent", c.cgroup_parent},
          {"CgroupnsMode", "host"},
          {"CpuShares", c.cpu_shares},
          {"ExtraHosts", list_or_null(c.extra_hosts)},
          {"Init", c.init_process ? Json(true) : Json(nullptr)},
          {"IpcMode", c.ipc_mode},
          {"LogConfig", {{"Type", c.log_driver}, {"Config", Json(c.log_options)}}},
          {"Memory", c.memory_bytes},
          {"MemoryReservation", c.memory_reservation_bytes},
          {"NetworkMode", c.network_mode},
          {"PidMode", c.pid_mode},
          {"PortBindings", Json::object()},
          {"Privileged", c.privileged},
          {"ReadonlyRootfs", c.read_only_root},
          {"RestartPolicy", {{"Name", "no"}, {"MaximumRetryCount", 0}}},
          {"Runtime", "runc"},
          {"Sysctls", Json(c.sysctls)},
          {"Ulimits", ulimits_of(c)}};
}

Json config_of(const EngineContainer& c) {
  return {{"Hostname", c.hostname},
          {"Domainname", ""},
          {"User", c.user},
          {"AttachStdin", false},
          {"AttachStdout", false},
          {"AttachStderr", false},
          {"Tty", c.tty},
          {"OpenStdin", c.open_stdin},
          {"StdinOnce", false},
          {"Env", Json(c.env)},
          {"Cmd", list_or_null(c.command)},
          {"Image", c.image},
          {"Volumes", nullptr},
          {"WorkingDir", c.working_directory},
          {"Entrypoint", list_or_null(c.entry_point)},
          {"OnBuild", nullptr},
          {"Labels", Json(c.labels)}};
}

Json mounts_of(const EngineContainer& c) {
  auto out = Json::array();
  for (const auto& mount : c.mounts) {
    const bool is_volume = mount.source.empty();
    Json row{{"Type", is_volume ? "volume" : "bind"},
             {"Source", mount.source},
             {"Destination", mount.destination},
             {"Mode", mount.read_only ? "ro" : ""},
             {"RW", !mount.read_only},
             {"Propagation", is_volume ? "" : "rprivate"}};
    if (is_volume) row["Name"] = mount.volume;
    out.push_back(std::move(row));
  }
  return out;
}

// In awsvpc mode Docker knows nothing of the task's network: no address, no networks.
Json network_settings_of() {
  return {{"Bridge", ""},      {"SandboxID", ""},
          {"SandboxKey", ""},  {"Ports", Json::object()},
          {"EndpointID", ""},  {"Gateway", ""},
          {"IPAddress", ""},   {"IPPrefixLen", 0},
          {"IPv6Gateway", ""}, {"GlobalIPv6Address", ""},
          {"MacAddress", ""},  {"Networks", Json::object()}};
}

// 64 hex like Docker's random ones, but the same at each look (FNV-1a, four times on).
std::string network_id(const std::string& name) {
  std::string id;
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (int part = 0; part < 4; ++part) {
    for (const unsigned char c : name) hash = (hash ^ c) * 1'099'511'628'211ULL;
    for (int shift = 60; shift >= 0; shift -= 4) id += "0123456789abcdef"[hash >> shift & 15];
  }
  return id;
}

Json network_row(const std::string& name, const std::string& subnet) {
  auto config = Json::array();
  if (!subnet.empty()) config.push_back({{"Subnet", subnet}, {"Gateway", "172.17.0.1"}});
  return {{"Name", name},
          {"Id", network_id(name)},
          {"Created", rfc3339(0)},
          {"Scope", "local"},
          {"Driver", name == "none" ? "null" : name},
          {"EnableIPv6", false},
          {"IPAM", {{"Driver", "default"}, {"Options", nullptr}, {"Config", config}}},
          {"Internal", false},
          {"Attachable", false},
          {"Ingress", false},
          {"Containers", Json::object()},
          {"Options", Json::object()},
          {"Labels", Json::object()}};
}

}  // namespace

Json container_row(const EngineContainer& c, std::int64_t now_ms) {
  return {{"Id", c.id},
          {"Names", {"/" + c.name}},
          {"Image", c.image},
          {"ImageID", c.image_id},
          {"Command", joined(c.argv)},
          {"Created", c.created_ms / 1000},
          {"Ports", Json::array()},
          {"Labels", Json(c.labels)},
          {"State", c.state},
          {"Status", status_text(c, now_ms)},
          {"HostConfig", {{"NetworkMode", c.network_mode}}},
          {"NetworkSettings", {{"Networks", Json::object()}}},
          {"Mounts", mounts_of(c)}};
}

Json container_details(const EngineContainer& c, const std::vector<std::string>& exec_ids) {
  const auto path = c.argv.empty() ? std::string() : c.argv.front();
  const std::vector<std::string> arguments(c.argv.begin() + (c.argv.empty() ? 0 : 1), c.argv.end());
  return {{"Id", c.id},
          {"Created", rfc3339(c.created_ms)},
          {"Path", path},
          {"Args", Json(arguments)},
          {"State", state_of(c)},
          {"Image", c.image_id},
          {"Name", "/" + c.name},
          {"RestartCount", 0},
          {"Driver", "overlay2"},
          {"Platform", "linux"},
          {"MountLabel", ""},
          {"ProcessLabel", ""},
          {"AppArmorProfile", ""},
          {"ExecIDs", list_or_null(exec_ids)},
          {"HostConfig", host_config_of(c)},
          {"GraphDriver", {{"Name", "overlay2"}, {"Data", nullptr}}},
          {"Mounts", mounts_of(c)},
          {"Config", config_of(c)},
          {"NetworkSettings", network_settings_of()}};
}

Json image_row(const EngineImage& image, const std::vector<EngineContainer>& containers) {
  const auto users = std::count_if(containers.begin(), containers.end(),
                                   [&](const auto& c) { return c.image_id == image.id; });
  return {{"Id", image.id},
          {"ParentId", ""},
          {"RepoTags", Json(image.repo_tags)},
          {"RepoDigests", Json(image.repo_digests)},
          {"Created", image.created_ms / 1000},
          {"Size", image.size_bytes},
          {"SharedSize", -1},
          {"Labels", Json(image.labels)},
          {"Containers", users}};
}

Json image_details(const EngineImage& image) {
  return {{"Id", image.id},
          {"RepoTags", Json(image.repo_tags)},
          {"RepoDigests", Json(image.repo_digests)},
          {"Parent", ""},
          {"Comment", ""},
          {"Created", rfc3339(image.created_ms)},
          {"Architecture", architecture()},
          {"Os", "linux"},
          {"Size", image.size_bytes},
          {"Config",
           {{"Env", Json(image.env)},
            {"Cmd", list_or_null(image.command)},
            {"Entrypoint", list_or_null(image.entry_point)},
            {"User", image.user},
            {"WorkingDir", image.working_directory},
            {"Labels", Json(image.labels)}}},
          {"RootFS", {{"Type", "layers"}, {"Layers", Json::array()}}}};
}

Json version(const EngineHost& host) {
  const Json details{{"ApiVersion", kApiVersion},
                     {"Arch", architecture()},
                     {"KernelVersion", kernel_release()},
                     {"MinAPIVersion", "1.24"},
                     {"Os", "linux"}};
  return {{"Platform", {{"Name", "Enibox (a part of the Docker Engine API)"}}},
          {"Components",
           {{{"Name", "Engine"}, {"Version", host.docker_version}, {"Details", details}}}},
          {"Version", host.docker_version},
          {"ApiVersion", kApiVersion},
          {"MinAPIVersion", "1.24"},
          {"GitCommit", ""},
          {"GoVersion", ""},
          {"Os", "linux"},
          {"Arch", architecture()},
          {"KernelVersion", kernel_release()}};
}

Json info(const EngineHost& host, const std::vector<EngineContainer>& containers,
          std::size_t images, std::int64_t now_ms) {
  const auto running = std::count_if(containers.begin(), containers.end(),
                                     [](const auto& c) { return c.state == "running"; });
  return {{"ID", host.hostname},
          {"Name", host.hostname},
          {"Containers", containers.size()},
          {"ContainersRunning", running},
          {"ContainersPaused", 0},
          {"ContainersStopped", static_cast<std::ptrdiff_t>(containers.size()) - running},
          {"Images", images},
          {"Driver", "overlay2"},
          {"DriverStatus", Json::array()},
          {"LoggingDriver", "json-file"},
          {"CgroupDriver", "cgroupfs"},
          {"DefaultRuntime", "runc"},
          {"Runtimes", {{"runc", {{"path", "runc"}}}}},
          {"Swarm", {{"LocalNodeState", "inactive"}, {"ControlAvailable", false}}},
          {"Plugins",
           {{"Volume", {"local"}},
            {"Network", {"bridge", "host", "null"}},
            {"Log", {"awslogs", "json-file"}}}},
          {"MemoryLimit", true},
          {"CpuCfsQuota", true},
          {"IPv4Forwarding", true},
          {"KernelVersion", kernel_release()},
          {"OperatingSystem", "Enibox container instance"},
          {"OSType", "linux"},
          {"Architecture", architecture() == "amd64" ? "x86_64" : architecture()},
          {"NCPU", host.cpus},
          {"MemTotal", host.memory_bytes},
          {"DockerRootDir", "/var/lib/docker"},
          {"ServerVersion", host.docker_version},
          {"SystemTime", rfc3339(now_ms)},
          {"SecurityOptions", Json::array()},
          {"Warnings", nullptr}};
}

Json networks() {
  return Json::array(
      {network_row("bridge", "172.17.0.0/16"), network_row("host", ""), network_row("none", "")});
}

}  // namespace enibox::engine

#include "emulator/containers/container_start.hpp"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <charconv>
#include <csignal>
#include <cstring>

#include "emulator/containers/conmon.hpp"
#include "emulator/containers/files.hpp"
#include "emulator/containers/oci_config.hpp"
#include "emulator/containers/process_table.hpp"
#include "emulator/containers/records.hpp"
#include "emulator/containers/rootfs.hpp"
#include "emulator/containers/seccomp.hpp"
#include "emulator/containers/volume_fill.hpp"
#include "netns/mount_namespace.hpp"

namespace enibox::containers {
namespace {

constexpr const char* kInitPath = "/sbin/docker-init";

std::string group_below_host(const std::string& pod_id, const std::string& id) {
  return "ecs/" + pod_id + "/" + id;
}

// Binds of a container: the pod's three files, the init program, the volumes.
std::vector<OciMount> binds_of(const Pod& pod, const ContainerSpec& spec,
                               const netns::UniqueFd& root) {
  std::vector<OciMount> out;
  const auto files = HostLayout::inside("pods/" + pod.id);
  for (const char* name : {"/resolv.conf", "/hostname", "/hosts"})
    out.push_back({files + name, std::string("/etc") + name, false});
  if (spec.init_process && !pod.host->tini.empty())
    out.push_back({pod.host->tini, kInitPath, true});
  for (const auto& mount : spec.mounts) {
    auto source = mount.source;
    if (source.empty()) {
      source = HostLayout::inside("volumes/" + pod.id + "/" + mount.volume);
      const auto volume = pod.host->layout.volumes() + "/" + pod.id + "/" + mount.volume;
      make_directories(volume);
      fill_volume(root.get(), mount.destination, volume);
    } else if (!pod.host->has_file(source)) {
      // As dockerd does with a missing host path of a bind mount.
      make_directories(pod.host->outside(source));
    }
    out.push_back({source, mount.destination, mount.read_only});
  }
  return out;
}

// Docker's rules for --security-opt, as far as an instance without SELinux and AppArmor has them.
void apply_security_options(const ContainerSpec& spec, OciInput& in) {
  for (const auto& option : spec.security_options) {
    const auto separator = option.find_first_of("=:");
    const auto key = option.substr(0, separator);
    const auto value = separator == option.npos ? "" : option.substr(separator + 1);
    if (key == "no-new-privileges" && (separator == option.npos || value == "true")) {
      in.no_new_privileges = true;
    } else if (key == "seccomp" && value == "unconfined") {
      in.seccomp = nullptr;
    } else if (key != "no-new-privileges" || value != "false") {
      throw std::runtime_error(std::string("invalid --security-opt ") +
                               (separator == option.npos ? "1" : "2") + ": \"" + option + "\"");
    }
  }
}

std::vector<OciDevice> devices_of(const Pod& pod, const ContainerSpec& spec) {
  std::vector<OciDevice> out;
  for (const auto& device : spec.devices) {
    struct stat info {};
    const auto because = [&device](const char* why) {
      return std::runtime_error("error gathering device information while adding custom device \"" +
                                device.host_path + "\": " + why);
    };
    if (::stat(pod.host->outside(device.host_path).c_str(), &info) != 0)
      throw because(errno == ENOENT ? "no such file or directory" : std::strerror(errno));
    if (!S_ISCHR(info.st_mode) && !S_ISBLK(info.st_mode)) throw because("not a device node");
    out.push_back({.source = device.host_path,
                   .destination = device.destination,
                   .access = device.access,
                   .is_block = S_ISBLK(info.st_mode),
                   .number = info.st_rdev});
  }
  return out;
}

OciInput oci_input(const RuntimeContext& context, const Pod& pod, const ContainerSpec& spec,
                   const ImageConfig& image, const netns::UniqueFd& root) {
  OciInput in;
  in.argv = merge_argv(image, spec);
  if (spec.init_process) {
    if (pod.host->tini.empty())
      throw std::runtime_error("exec: \"docker-init\": executable file not found in $PATH");
    in.argv.insert(in.argv.begin(), {kInitPath, "--"});
  }
  in.env = merge_env(image, spec, pod.hostname);
  in.working_directory = merge_working_directory(image, spec);
  in.user = look_up_user(spec.user.value_or(image.user), read_in_root(root.get(), "etc/passwd"),
                         read_in_root(root.get(), "etc/group"));
  in.tty = spec.tty;
  in.capabilities = capabilities_of(spec, own_bounding_set());
  in.ulimits = spec.ulimits;
  in.pod_pid = std::to_string(pod.pid_in_host);
  in.cgroups_path = "/" + group_below_host(pod.id, spec.container_id);
  in.binds = binds_of(pod, spec, root);
  in.tmpfs = spec.tmpfs;
  for (const auto& tmpfs : spec.tmpfs) tmpfs_options(tmpfs);  // a wrong one is refused here
  in.devices = devices_of(pod, spec);
  in.sysctls = spec.sysctls;
  in.cpu_shares = spec.cpu_shares;
  in.memory_bytes = spec.memory_bytes;
  in.memory_reservation_bytes = spec.memory_reservation_bytes;
  in.swap_bytes = spec.swap_bytes;
  in.swappiness = spec.swappiness;
  in.shm_bytes = spec.shm_bytes;
  in.read_only_root = spec.read_only_root;
  in.privileged = spec.privileged;
  const auto& abilities = context.abilities();
  if (!abilities.seccomp_profile.is_null() && !spec.privileged)
    in.seccomp = seccomp_for(abilities.seccomp_profile, seccomp_target_here(in.capabilities));
  apply_security_options(spec, in);
  in.has_cgroups = pod.host->has_cgroups;
  in.cgroups_v2 = pod.host->cgroup.version() == netns::Cgroup::Version::kV2;
  in.maps_tty_group = context.maps_tty_group;
  in.may_mount_sysfs = abilities.may_mount_sysfs;
  return in;
}

// What the specification asks for cannot be: the text is the whole reason.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

OciInput checked_input(const RuntimeContext& context, const Pod& pod, const ContainerSpec& spec,
                       const ImageConfig& image, const netns::UniqueFd& root) {
  try {
    return oci_input(context, pod, spec, image, root);
  } catch (const std::exception& e) {
    const std::string kind = std::string(e.what()) == kNoCommand ? "CannotCreateContainerError"
                                                                 : "CannotStartContainerError";
    throw Refused(kind + ": Error response from daemon: " + e.what());
  }
}

StartedContainer start(const RuntimeContext& context, const std::shared_ptr<const Pod>& pod,
                       const ContainerSpec& spec, const Image& image) {
  const auto& host = *pod->host;
  const auto& layout = host.layout;
  const auto& id = spec.container_id;
  context.step("make the directories");
  make_directories(layout.bundle(id) + "/rootfs");
  const auto state = layout.container_state(id);
  make_directories(state);
  context.step("mount the root file system");
  const auto root = mount_root({image.layer_dirs, state + "/upper", state + "/work"});
  const auto input = checked_input(context, *pod, spec, image.config, root);
  context.step("write the bundle");
  write_file(layout.bundle(id) + "/config.json", oci_config(input).dump());

  ConmonOptions conmon{.id = id, .name = spec.name, .tty = spec.tty, .open_stdin = spec.open_stdin};
  conmon.rootless = !host.has_cgroups || !context.maps_tty_group;
  auto container = std::make_shared<Container>();
  context.step("create the container");
  container->pid_in_host = create_container(host, conmon, root.get());
  context.step("name the first process");
  const auto pid = find_in_namespace_of(host.init.identity.pid, container->pid_in_host);
  if (!pid) throw std::runtime_error("the container's first process is gone");
  container->init = name_process(*pid);
  container->id = id;
  container->image_digest = image.manifest_digest;
  container->image_id = image.id;
  container->host = pod->host;
  container->pod_id = pod->id;
  container->env = input.env;
  container->tty = spec.tty;
  container->cgroup = host.cgroup.child(group_below_host(pod->id, id));
  context.step("write the record");
  write_record(*container);
  context.step("let it go");
  start_created(host, id, container->init);
  context.step("answer");
  // As Docker shows it: without the init process that it puts in front.
  return {container,
          {.pid_in_host = container->pid_in_host,
           .image_digest = image.manifest_digest,
           .image_id = image.id,
           .argv = merge_argv(image.config, spec),
           .stop_signal = signal_number(image.config.stop_signal).value_or(SIGTERM)}};
}

}  // namespace

StartedContainer start_container(const RuntimeContext& context,
                                 const std::shared_ptr<const Pod>& pod, const ContainerSpec& spec) {
  const auto image = context.images->resolve(spec.image);  // its own text: CannotPull...
  try {
    return start(context, pod, spec, image);
  } catch (const std::exception& e) {
    if (pod->host->init.alive()) kill_leftovers(*pod->host, spec.container_id);
    clean_up_container(*pod->host, pod->id, spec.container_id);
    if (dynamic_cast<const Refused*>(&e) != nullptr) throw;
    throw std::runtime_error(docker_start_error(e.what()));
  }
}

std::optional<int> exit_code_of(const Host& host, const std::string& id) {
  const auto text = netns::read_small_file(host.layout.exits() + "/" + id);
  if (!text || text->empty()) return std::nullopt;
  int code = 0;
  if (std::from_chars(text->data(), text->data() + text->size(), code).ec != std::errc())
    return std::nullopt;
  return code;
}

bool was_oom_killed(const Container& container, int exit_code) {
  struct stat info {};
  if (::stat((container.host->layout.bundle(container.id) + "/oom").c_str(), &info) == 0)
    return true;
  return exit_code == 128 + SIGKILL && container.cgroup.usage().oom_kills > 0;
}

void clean_up_container(const Host& host, const std::string& pod_id, const std::string& id) {
  const auto step = [&id](const char* what, const std::function<void()>& action) {
    try {
      action();
    } catch (const std::exception& e) {
      spdlog::warn("container {}: {}: {}", id.substr(0, 12), what, e.what());
    }
  };
  const auto& layout = host.layout;
  const auto group = host.cgroup.child(group_below_host(pod_id, id));
  step("control group", [&] {
    if (!group.kill_all() || !group.remove()) throw std::runtime_error("still in use");
  });
  if (host.init.alive())
    step("root file system", [&] {
      const auto path = HostLayout::inside("c/" + id + "/rootfs");
      netns::in_mount_namespace(host.enter("mnt").get(),
                                [&] { ::umount2(path.c_str(), MNT_DETACH); });
    });
  step("runc state", [&] { remove_tree(layout.runc_state(id)); });
  step("bundle", [&] { remove_tree(layout.bundle(id)); });
  step("exit file", [&] { remove_tree(layout.exits() + "/" + id); });
  step("upper layer", [&] { remove_tree(layout.container_state(id)); });
  step("log", [&] { remove_tree(layout.log(id)); });
  step("log position", [&] { remove_tree(layout.log_position(id)); });
}

void clean_up_half_made(const Host& host, const std::string& id) {
  // Its record may not have been written; the path of its group names the pod: /ecs/POD/ID.
  std::string pod_id;
  if (const auto config = read_json(host.layout.bundle(id) + "/config.json")) {
    const auto path = config->value("/linux/cgroupsPath"_json_pointer, std::string());
    constexpr std::string_view kBegin = "/ecs/";
    if (path.starts_with(kBegin)) pod_id = path.substr(kBegin.size(), path.rfind('/') - 5);
  }
  if (host.init.alive()) kill_leftovers(host, id);
  clean_up_container(host, pod_id, id);
}

std::shared_ptr<const Container> recall_container(std::shared_ptr<const Host> host,
                                                  const std::string& id) {
  auto container = std::make_shared<Container>();
  container->id = id;
  container->host = host;
  if (!read_record(*container) || is_only_created(*host, id)) return nullptr;
  container->cgroup = host->cgroup.child(group_below_host(container->pod_id, id));
  return container;
}

}  // namespace enibox::containers

#include "emulator/containers/host_process.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "emulator/containers/container_process.hpp"
#include "emulator/containers/files.hpp"
#include "emulator/containers/records.hpp"
#include "emulator/containers/rootfs.hpp"
#include "netns/mount_namespace.hpp"

namespace enibox::containers {
namespace {

using netns::Cgroup;
using netns::ChildSteps;
constexpr auto kEnd = std::chrono::seconds(10);
constexpr unsigned long kPlain = MS_NOSUID | MS_NODEV | MS_NOEXEC;

void make_layout(const HostLayout& layout) {
  for (const char* below : {"/c", "/pods", "/exits", "/runc", "/root", "/logs", "/volumes"})
    make_directories(layout.run + below);
  for (const char* below : {"/c", "/pods", "/logs", "/volumes"})
    make_directories(layout.state + below);
}

// The instance's root may have put a link in the place of each: none is followed.
void put_etc_file(const std::string& upper, const char* name, const std::string& text) {
  const auto step = "write /etc/" + std::string(name) + " of the root disk";
  const netns::UniqueFd disk(::open(upper.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const netns::UniqueFd etc(
      ::openat(disk.get(), "etc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!etc) netns::throw_errno(step);
  ::unlinkat(etc.get(), name, 0);
  const netns::UniqueFd file(
      ::openat(etc.get(), name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file) netns::throw_errno(step);
  write_all(file.get(), text, step);
}

// Into the upper layer, so that the instance's root may change them as on any machine. What it
// changed stays, but for the resolver's address, which every boot takes from DHCP.
void make_disk(const std::string& disk, const HostSpec& spec, const std::string& image_id) {
  const auto upper = disk + "/upper";
  make_directories(upper + "/etc");
  write_file(disk + "/image", image_id);
  put_etc_file(upper, "hostname", spec.hostname + "\n");
  put_etc_file(upper, "hosts", spec.etc_hosts);
  put_etc_file(upper, "resolv.conf", spec.resolv_conf);
}

void reopen_disk(const std::string& disk, const HostSpec& spec, const std::string& image_id) {
  if (netns::read_small_file(disk + "/image") != image_id)
    spdlog::warn("instance {}: {} is not the image its root disk was made from", spec.host_id,
                 spec.image);
  try {
    put_etc_file(disk + "/upper", "resolv.conf", spec.resolv_conf);
  } catch (const std::system_error& e) {  // a disk whose /etc was made something else still boots
    spdlog::warn("instance {}: {}", spec.host_id, e.what());
  }
}

std::string join(const std::vector<std::string>& words, char separator) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : std::string(1, separator)) + word;
  return out;
}

void cgroup_mounts(ChildSteps& steps, const Cgroup& cgroup, const std::string& root) {
  const auto base = root + "/sys/fs/cgroup";
  if (cgroup.version() == Cgroup::Version::kV2) {
    steps.mount("cgroup2", base, "cgroup2", kPlain).may_fail();
    return;
  }
  steps.mount("tmpfs", base, "tmpfs", kPlain, "mode=755").may_fail();
  for (const auto& controllers : cgroup.hierarchies()) {
    const auto name = join(controllers, ',');
    steps.make_directory(base + "/" + name).may_fail();
    steps.mount("cgroup", base + "/" + name, "cgroup", kPlain, name).may_fail();
    for (const auto& controller : controllers)
      if (controller != name) steps.link(name, base + "/" + controller).may_fail();
  }
}

// /dev: the harmless devices from outside, terminals of its own.
void device_mounts(ChildSteps& steps, const RuntimeContext& context, const std::string& root) {
  const auto dev = root + "/dev";
  steps.make_directory(dev).mount("tmpfs", dev, "tmpfs", MS_NOSUID | MS_STRICTATIME,
                                  "mode=755,size=65536k");
  for (const char* name : {"null", "zero", "full", "random", "urandom", "tty"})
    steps.make_file(dev + "/" + name)
        .mount("/dev/" + std::string(name), dev + "/" + name, "", MS_BIND);
  // Not every machine has these; a task definition may ask for them.
  steps.make_directory(dev + "/net");
  for (const char* name : {"fuse", "net/tun"}) {
    const auto outside = "/dev/" + std::string(name);
    if (!std::filesystem::exists(outside)) continue;
    steps.make_file(dev + "/" + name).mount(outside, dev + "/" + name, "", MS_BIND).may_fail();
  }
  std::string options = "newinstance,ptmxmode=0666,mode=0620";
  if (context.maps_tty_group) options += ",gid=5";
  steps.make_directory(dev + "/pts")
      .mount("devpts", dev + "/pts", "devpts", MS_NOSUID | MS_NOEXEC, options);
  steps.make_directory(dev + "/shm", 01777)
      .mount("shm", dev + "/shm", "tmpfs", kPlain, "mode=1777");
  steps.make_directory(dev + "/mqueue").mount("mqueue", dev + "/mqueue", "mqueue", kPlain);
  steps.may_fail();
  steps.link("pts/ptmx", dev + "/ptmx")
      .link("/proc/self/fd", dev + "/fd")
      .link("/proc/self/fd/0", dev + "/stdin")
      .link("/proc/self/fd/1", dev + "/stdout")
      .link("/proc/self/fd/2", dev + "/stderr");
}

void kernel_mounts(ChildSteps& steps, const std::string& root) {
  steps.make_directory(root + "/proc").mount("proc", root + "/proc", "proc", kPlain);
  // Refused where the outer sysfs is not whole: then what the box sees, read-only.
  steps.make_directory(root + "/sys").mount("sysfs", root + "/sys", "sysfs", kPlain);
  steps.otherwise().mount("/sys", root + "/sys", "", MS_BIND | MS_REC);
}

void run_mounts(ChildSteps& steps, const HostLayout& layout, const std::string& root) {
  const auto run = root + "/run";
  const auto ours = root + kRunInHost;
  steps.make_directory(run).mount("tmpfs", run, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755");
  steps.make_directory(ours).mount(layout.run, ours, "", MS_BIND);
  steps.mount(layout.logs(), ours + "/logs", "", MS_BIND);
  steps.mount(layout.volumes(), ours + "/volumes", "", MS_BIND);
  steps.make_directory(run + "/lock", 01777).link("ecs/docker.sock", run + "/docker.sock");
}

// Into the instance's group first: the group a process is in when it makes its cgroup namespace
// is that namespace's root, so that inside the paths are /ecs/TASK/CONTAINER. On version 2 the init
// then steps down into a leaf, and the group can hand its controllers down.
void cgroup_steps(ChildSteps& steps, const Cgroup& cgroup) {
  if (cgroup.version() == Cgroup::Version::kV1)
    for (const auto& file : cgroup.procs_files()) steps.join_cgroup(file);
  steps.unshare(CLONE_NEWCGROUP);
  if (cgroup.version() == Cgroup::Version::kV2)
    steps.join_cgroup(cgroup.child("init").procs_files().front());
}

netns::SpawnOptions init_options(const RuntimeContext& context, const HostLayout& layout,
                                 const HostSpec& spec, const Image& image, const Cgroup& cgroup,
                                 int root_mount) {
  netns::SpawnOptions out;
  out.argv = merge_argv(image.config, {});
  out.program = out.argv.front();
  out.env = merge_env(image.config, {}, spec.hostname);
  out.new_namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;
  const auto root = layout.root_mount_point();
  auto& steps = out.steps;
  cgroup_steps(steps, cgroup);
  steps.mask(022).hostname(spec.hostname).mount("", "/", "", MS_REC | MS_PRIVATE);
  steps.attach(root_mount, root);
  kernel_mounts(steps, root);
  if (cgroup.usable()) {
    cgroup_mounts(steps, cgroup, root);
  } else {
    // runc wants to find a hierarchy even where it may not write to it.
    steps.mount("/sys/fs/cgroup", root + "/sys/fs/cgroup", "", MS_BIND | MS_REC).may_fail();
  }
  device_mounts(steps, context, root);
  run_mounts(steps, layout, root);
  steps.pivot(root).new_session();
  return out;
}

std::string first_of(const Host& host, std::initializer_list<const char*> paths) {
  for (const char* path : paths)
    if (host.has_file(path)) return path;
  return {};
}

// What a fresh or recalled host has inside.
void look_around(Host& host) {
  host.runc = first_of(host, {"/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc"});
  host.conmon = first_of(host, {"/usr/bin/conmon", "/usr/libexec/podman/conmon"});
  host.tini = first_of(host, {"/usr/bin/tini-static", "/usr/bin/tini"});
  if (!host.cgroup.usable()) return;
  const auto first = host.cgroup.hierarchies().front();
  const bool v2 = host.cgroup.version() == Cgroup::Version::kV2;
  host.has_cgroups = host.has_file(v2 ? "/sys/fs/cgroup/cgroup.procs"
                                      : "/sys/fs/cgroup/" + join(first, ',') + "/cgroup.procs");
}

Cgroup prepare_group(const RuntimeContext& context, const std::string& host_id) {
  auto cgroup = context.cgroup.child(host_id);
  cgroup.create();
  if (cgroup.version() == Cgroup::Version::kV2) cgroup.child("init").create_alone();
  return cgroup;
}

std::shared_ptr<const Host> start(const RuntimeContext& context, const HostSpec& spec) {
  // The instance's init inherits the lease: layers stay while an instance has them mounted, also
  // when no daemon runs.
  const auto lease = context.images->lease();
  const auto image = context.images->resolve(spec.image);
  auto host = std::make_shared<Host>();
  host->id = spec.host_id;
  host->hostname = spec.hostname;
  host->layout = context.layout(spec.host_id);
  context.step("make the directories");
  make_layout(host->layout);
  make_directories(context.run_dir + "/netns");
  context.step("make the disk");
  const auto disk = host->layout.disk();
  if (has_disk(context, spec.host_id)) {
    reopen_disk(disk, spec, image.id);
  } else {
    make_disk(disk, spec, image.id);
  }
  context.step("mount the root file system");
  const auto root = mount_root({image.layer_dirs, disk + "/upper", disk + "/work"});
  context.step("make the control group");
  host->cgroup = prepare_group(context, spec.host_id);

  auto options = init_options(context, host->layout, spec, image, host->cgroup, root.get());
  const auto group = host->cgroup.open_directory();
  options.cgroup = group.get();
  options.inherit.push_back(lease.get());
  context.step("start init");
  const auto process = netns::spawn(options);
  try {
    context.step("name init");
    host->init = name_process(process.pid);
    context.step("delegate the control group");
    if (host->cgroup.version() == Cgroup::Version::kV2) host->cgroup.delegate();
    look_around(*host);
    context.step("name the network namespace");
    netns::bind_namespace("/proc/" + std::to_string(process.pid) + "/ns/net",
                          context.netns_file(spec.host_id));
    context.step("write the record");
    write_record(*host);
  } catch (...) {
    netns::signal_process(process.pidfd.get(), SIGKILL);
    netns::wait_and_reap(process.pidfd);
    throw;
  }
  return host;
}

}  // namespace

std::shared_ptr<const Host> start_host(const RuntimeContext& context, const HostSpec& spec) {
  const bool had_disk = has_disk(context, spec.host_id);
  try {
    return start(context, spec);
  } catch (...) {
    clean_up_host(context, spec.host_id);
    if (!had_disk) remove_disk(context, spec.host_id);
    throw;
  }
}

bool has_disk(const RuntimeContext& context, const std::string& host_id) {
  return std::filesystem::exists(context.layout(host_id).disk());
}

void remove_disk(const RuntimeContext& context, const std::string& host_id) {
  remove_tree(context.layout(host_id).state);
}

void end_host(const Host& host) {
  host.init.kill(SIGKILL);
  if (host.init.pidfd && !netns::wait_for_end(host.init.pidfd.get(), kEnd))
    throw std::runtime_error("instance " + host.id + " does not end");
}

void clean_up_host(const RuntimeContext& context, const std::string& host_id) {
  const auto layout = context.layout(host_id);
  const auto step = [&host_id](const char* what, const std::function<void()>& action) {
    try {
      action();
    } catch (const std::exception& e) {
      spdlog::warn("instance {}: {}: {}", host_id, what, e.what());
    }
  };
  for (const auto& pod : names_in(layout.run + "/pods"))
    netns::unbind_namespace(context.netns_file(pod));
  netns::unbind_namespace(context.netns_file(host_id));
  const auto cgroup = context.cgroup.child(host_id);
  step("control group", [&] {
    if (!cgroup.kill_all() || !cgroup.remove()) throw std::runtime_error("still in use");
  });
  step("run directory", [&] { remove_tree(layout.run); });
  for (const auto& name : names_in(layout.state)) {
    const auto path = layout.state + "/" + name;
    if (path != layout.disk()) step("state directory", [&] { remove_tree(path); });
  }
}

std::shared_ptr<const Host> recall_host(const RuntimeContext& context, const std::string& host_id) {
  auto host = std::make_shared<Host>();
  host->layout = context.layout(host_id);
  host->id = host_id;
  if (!read_record(*host)) return nullptr;
  host->cgroup = context.cgroup.child(host_id);
  if (host->init.alive()) look_around(*host);
  return host;
}

bool may_mount_sysfs() {
  bool may = false;
  // A thread can leave its network namespace by itself, and a mount need not be attached.
  std::thread probe([&may] {
    if (::unshare(CLONE_NEWNET) != 0) return;
    const auto call = [](long number, auto... arguments) {
      return static_cast<int>(::syscall(number, arguments...));
    };
    const netns::UniqueFd context(call(SYS_fsopen, "sysfs", FSOPEN_CLOEXEC));
    if (!context) return;
    if (call(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return;
    constexpr unsigned kAttributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
    const netns::UniqueFd mount(call(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, kAttributes));
    may = static_cast<bool>(mount);
  });
  probe.join();
  return may;
}

}  // namespace enibox::containers

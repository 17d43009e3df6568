#include "emulator/containers/pod_process.hpp"

#include <sched.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/mount.h>

#include "emulator/containers/container_process.hpp"
#include "emulator/containers/files.hpp"
#include "emulator/containers/process_table.hpp"
#include "emulator/containers/records.hpp"
#include "emulator/containers/rootfs.hpp"
#include "netns/mount_namespace.hpp"

namespace enibox::containers {
namespace {

using netns::Cgroup;
constexpr auto kEnd = std::chrono::seconds(10);
constexpr std::int64_t kPeriodUs = 100'000;
constexpr std::int64_t kUnitsOfOneCpu = 1024;

Cgroup task_group(const Host& host, const std::string& pod_id) {
  return host.cgroup.child("ecs/" + pod_id);
}

// On version 1 only what has limits or is counted; runc makes the rest for its containers.
const std::vector<std::string> kTaskControllers{"cpu", "cpuacct", "memory", "pids"};

void make_task_group(const Cgroup& group, const PodSpec& spec) {
  group.only(kTaskControllers).create();
  netns::CgroupLimits limits;
  limits.cpu_quota_us = cfs_quota_us(spec.cpu_units);
  limits.cpu_shares = spec.cpu_units;
  limits.memory_bytes = spec.memory_bytes;
  group.set(limits);
  if (group.version() == Cgroup::Version::kV2) group.child(spec.container_id).create();
}

netns::SpawnOptions pause_options(const Host& host, const PodSpec& spec, const Image& image,
                                  int root_mount) {
  netns::SpawnOptions out;
  out.argv = merge_argv(image.config, {});
  out.program = out.argv.front();
  out.env = merge_env(image.config, {}, spec.hostname);
  out.new_namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;
  const auto root = host.layout.pod(spec.pod_id) + "/root";
  auto& steps = out.steps;
  steps.hostname(spec.hostname).mount("", "/", "", MS_REC | MS_PRIVATE);
  // As dockerd does for every network namespace it makes: low ports and ping need no privilege.
  // /proc/sys/net is the writing thread's own namespace.
  steps.write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0").may_fail();
  steps.write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647").may_fail();
  steps.attach(root_mount, root).pivot(root).new_session();
  return out;
}

std::shared_ptr<const Pod> start(const RuntimeContext& context, std::shared_ptr<const Host> host,
                                 const PodSpec& spec) {
  const auto image = context.images->resolve(spec.image);
  const auto& layout = host->layout;
  const auto directory = layout.pod(spec.pod_id);
  context.step("write the files");
  make_directories(directory + "/root");
  write_file(directory + "/hostname", spec.hostname + "\n");
  write_file(directory + "/hosts", spec.etc_hosts);
  write_file(directory + "/resolv.conf", spec.resolv_conf);
  const auto state = layout.pod_state(spec.pod_id);
  make_directories(state);
  context.step("mount the root file system");
  const auto root = mount_root({image.layer_dirs, state + "/upper", state + "/work"});

  auto pod = std::make_shared<Pod>();
  pod->id = spec.pod_id;
  pod->container_id = spec.container_id;
  pod->host = host;
  pod->hostname = spec.hostname;
  pod->cgroup = task_group(*host, spec.pod_id);
  context.step("make the control group");
  make_task_group(pod->cgroup, spec);

  auto options = pause_options(*host, spec, image, root.get());
  const auto pid_namespace = host->enter("pid");
  const auto group = pod->cgroup.child(spec.container_id).open_directory();
  options.pid_namespace = pid_namespace.get();
  options.cgroup = group.get();
  context.step("start the pause process");
  const auto process = netns::spawn(options);
  try {
    context.step("name the pause process");
    pod->pause = name_process(process.pid);
    pod->pid_in_host = pid_inside(process.pid).value_or(0);
    context.step("name the network namespace");
    netns::bind_namespace("/proc/" + std::to_string(process.pid) + "/ns/net",
                          context.netns_file(spec.pod_id));
    context.step("write the record");
    write_record(*pod);
  } catch (...) {
    netns::signal_process(process.pidfd.get(), SIGKILL);
    netns::wait_and_reap(process.pidfd);
    throw;
  }
  return pod;
}

}  // namespace

std::int64_t cfs_quota_us(std::int64_t cpu_units) { return cpu_units * kPeriodUs / kUnitsOfOneCpu; }

std::shared_ptr<const Pod> start_pod(const RuntimeContext& context,
                                     std::shared_ptr<const Host> host, const PodSpec& spec) {
  try {
    return start(context, host, spec);
  } catch (...) {
    clean_up_pod(context, *host, spec.pod_id);
    throw;
  }
}

void join_task_group(const Pod& pod) {
  if (pod.cgroup.version() != Cgroup::Version::kV1) return;
  const auto group = pod.cgroup.only(kTaskControllers).child(pod.container_id);
  if (!pod.pause.alive()) return;
  group.create_alone();  // fails, rather than make it anew, when the task has been removed
  group.join(pod.pause.identity.pid);
}

void end_pod(const RuntimeContext& context, const Pod& pod) {
  pod.pause.kill(SIGKILL);
  if (pod.pause.pidfd && !netns::wait_for_end(pod.pause.pidfd.get(), kEnd))
    throw std::runtime_error("the pause process of " + pod.id + " does not end");
  clean_up_pod(context, *pod.host, pod.id);
}

void clean_up_pod(const RuntimeContext& context, const Host& host, const std::string& pod_id) {
  netns::unbind_namespace(context.netns_file(pod_id));
  const auto group = task_group(host, pod_id);
  if (!group.kill_all() || !group.remove())
    spdlog::warn("task {}: its control group is still in use", pod_id);
  remove_tree(host.layout.pod(pod_id));
  remove_tree(host.layout.pod_state(pod_id));
  remove_tree(host.layout.volumes() + "/" + pod_id);
}

std::shared_ptr<const Pod> recall_pod(std::shared_ptr<const Host> host, const std::string& pod_id) {
  auto pod = std::make_shared<Pod>();
  pod->id = pod_id;
  pod->host = host;
  if (!read_record(*pod)) return nullptr;
  pod->cgroup = task_group(*host, pod_id);
  return pod;
}

}  // namespace enibox::containers

#include "emulator/reconcile/instance_reconciler.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <sstream>

#include "emulator/reconcile/host_files.hpp"

namespace enibox::reconcile {
namespace {

// ECS_CLUSTER out of /etc/ecs/ecs.config; the last line wins, as for the agent's env file.
std::string configured_cluster(const std::string& config) {
  std::string cluster = "default";
  std::istringstream lines(config);
  for (std::string line; std::getline(lines, line);) {
    constexpr std::string_view kKey = "ECS_CLUSTER=";
    if (line.rfind(kKey, 0) != 0) continue;
    std::string value = line.substr(kKey.size());
    std::erase_if(value, [](char c) { return c == '"' || c == '\'' || c == '\r' || c == ' '; });
    if (!value.empty()) cluster = value;
  }
  return cluster;
}

constexpr auto kRegisterAgain = std::chrono::milliseconds(500);

}  // namespace

void InstanceReconciler::changed(const std::string& instance_id) {
  p_.clock.post([this, instance_id] { step(instance_id); });
}

void InstanceReconciler::step(const std::string& instance_id) {
  if (in_flight_.contains(instance_id)) return;
  try {
    const auto instance = p_.ec2.instance(instance_id);
    if (instance.state == "pending") boot(instance);
    if (instance.state == "stopping" || instance.state == "shutting-down") end(instance);
  } catch (const AwsError& error) {
    spdlog::warn("instance {}: {}", instance_id, error.message());
  }
}

// --- the way up --------------------------------------------------------------------------------

void InstanceReconciler::boot(const ec2::Instance& instance) {
  const std::string id = instance.instance_id;
  const auto eni = p_.ec2.network_interface(instance.primary_eni_id);
  const auto files = host_files(p_.ec2, eni, "ip-" + id.substr(2, 12));
  in_flight_.insert(id);
  p_.runtime.start_host({.host_id = id,
                         .image = p_.image,
                         .hostname = files.hostname,
                         .etc_hosts = files.etc_hosts,
                         .resolv_conf = files.resolv_conf},
                        [this, id](Outcome<containers::HostStarted> outcome) {
                          if (!outcome.ok()) {
                            boot_failed(id, outcome.error());
                          } else {
                            connect(id, outcome.get());
                          }
                        });
}

void InstanceReconciler::connect(const std::string& id, const containers::HostStarted& started) {
  netns_[id] = started.netns_path;
  p_.engine_up(id, started.run_dir);
  p_.tasks.host_up(id, started.netns_path);
  p_.network.prepare_instance(started.netns_path, {});
  put_interfaces(id);
  p_.network.when_passed(p_.network.generation(), [this, id] { connected(id); });
}

void InstanceReconciler::put_interfaces(const std::string& id) {
  for (const auto& eni : p_.ec2.attached(id)) {
    // A task's interface goes into the task's namespace: its requester is ECS, not the user.
    if (!eni.requester_managed) put_interface(eni, netns_.at(id));
  }
}

void InstanceReconciler::put_interface(const ec2::NetworkInterface& eni,
                                       const std::string& netns_path) {
  p_.devices.put(eni.eni_id,
                 {.netns_path = netns_path,
                  .interface_name = "eth" + std::to_string(eni.device_index),
                  .dhcp_like = true},
                 [id = eni.instance_id, eni_id = eni.eni_id](Outcome<Nothing> outcome) {
                   if (!outcome.ok()) {
                     spdlog::warn("instance {}: {}: {}", id, eni_id, outcome.error());
                   }
                 });
}

void InstanceReconciler::interface_changed(const std::string& eni_id) {
  try {
    const auto eni = p_.ec2.network_interface(eni_id);
    const auto host = netns_.find(eni.instance_id);
    if (eni.requester_managed) {
      p_.devices.refresh(eni_id);
    } else if (host != netns_.end()) {
      put_interface(eni, host->second);
    } else {
      p_.devices.remove(eni_id, {});
    }
  } catch (const AwsError&) {  // deleted
    p_.devices.remove(eni_id, {});
  }
}

void InstanceReconciler::connected(const std::string& id) {
  in_flight_.erase(id);
  const auto instance = p_.ec2.instance(id);
  if (instance.state == "running") {  // a reboot: user data ran at the first boot
    read_agent_config(id);
  } else if (instance.state == "pending") {
    p_.ec2.set_instance_state(id, "running", "");
    spdlog::info("instance {} ({}) is running", id, instance.instance_type);
    run_user_data(instance);
  } else {  // stopped or terminated while it booted
    step(id);
  }
}

void InstanceReconciler::run_user_data(const ec2::Instance& instance) {
  const std::string id = instance.instance_id;
  // cloud-init runs user data that is a script, once in an instance's life: it leaves a note on the
  // disk. Anything else it leaves alone.
  if (instance.user_data.rfind("#!", 0) != 0) {
    read_agent_config(id);
    return;
  }
  containers::ExecSpec script{
      .host_id = id,
      .container_id = "",
      .argv = {"/bin/sh", "-c",
               "mkdir -p /var/lib/cloud/instance/sem && cd /var/lib/cloud/instance || exit 1; "
               "test ! -e sem/config_scripts_user || exit 0; "
               "cat > user-data.txt && chmod 700 user-data.txt && "
               ": > sem/config_scripts_user && cd / && "
               "exec /var/lib/cloud/instance/user-data.txt"},
      .env = {},
      .user = "root",
      .working_directory = "/"};
  p_.commands.run(std::move(script), instance.user_data,
                  [this, id](Outcome<HostCommands::Result> outcome) {
                    if (!outcome.ok()) {
                      spdlog::warn("instance {}: user data: {}", id, outcome.error());
                    } else {
                      if (!outcome.get().output.empty()) console_[id] = outcome.get().output;
                      if (outcome.get().exit_code != 0) {
                        spdlog::warn("instance {}: user data ended with {}: {}", id,
                                     outcome.get().exit_code, outcome.get().output);
                      }
                    }
                    read_agent_config(id);
                  });
}

// Only the ECS-optimized images hold an agent.
void InstanceReconciler::read_agent_config(const std::string& id) {
  if (!p_.ec2.instance(id).has_ecs_agent) return;
  p_.commands.run({.host_id = id,
                   .container_id = "",
                   .argv = {"/bin/cat", "/etc/ecs/ecs.config"},
                   .env = {},
                   .user = "root",
                   .working_directory = "/"},
                  "", [this, id](Outcome<HostCommands::Result> outcome) {
                    register_agent(id, outcome.ok() ? outcome.get().output : std::string());
                  });
}

void InstanceReconciler::register_agent(const std::string& id, const std::string& config) {
  const auto instance = p_.ec2.instance(id);
  if (instance.state != "running") return;
  const std::string cluster = configured_cluster(config);
  try {
    const auto row = ecs::register_container_instance(p_.ecs, instance, cluster);
    spdlog::info("instance {} joined cluster {} as {}", id, row.cluster, row.id);
  } catch (const AwsError& error) {
    // The agent tries again for as long as it lives: the cluster may be made later.
    spdlog::debug("instance {} cannot join cluster {}: {}", id, cluster, error.message());
    registering_[id] =
        p_.clock.after(kRegisterAgain, [this, id, config] { register_agent(id, config); });
    return;
  }
  registering_.erase(id);
}

void InstanceReconciler::boot_failed(const std::string& id, const std::string& why) {
  spdlog::error("instance {} does not start: {}", id, why);
  console_[id] = why;
  in_flight_.erase(id);
  // AWS: an instance that cannot be launched goes from pending to terminated with a Server reason;
  // one that was there before is stopped again.
  p_.ec2.set_instance_state(id, p_.runtime.has_disk(id) ? "stopping" : "shutting-down",
                            "Server.InternalError: " + why);
  step(id);
}

// --- the way down ------------------------------------------------------------------------------

void InstanceReconciler::host_died(const std::string& id) {
  const auto instance = p_.ec2.instance(id);
  if (instance.state == "running" || instance.state == "pending") {
    p_.ec2.set_instance_state(id, "stopping", "Server.InternalError: the instance's init ended");
  }
  changed(id);
}

void InstanceReconciler::reboot(const std::string& id) {
  if (!in_flight_.insert(id).second) return;
  take_down(id, "Host EC2 (instance " + id + ") stopped.", Disk::kStays,
            [this, id] { boot(p_.ec2.instance(id)); });
}

// Everything of the instance that is more than a row or its disk.
void InstanceReconciler::take_down(const std::string& id, const std::string& reason, Disk disk,
                                   std::function<void()> done) {
  registering_.erase(id);
  netns_.erase(id);
  p_.engine_down(id);
  p_.sessions.end_all_of(id, "");
  p_.tasks.host_gone(id, reason);
  if (auto row = p_.ecs.instances.find_by_ec2(id)) {
    row->agent_connected = false;
    ++row->version;
    p_.ecs.instances.update(*row);
  }
  for (const auto& eni : p_.ec2.attached(id)) {
    if (!eni.requester_managed) p_.devices.remove(eni.eni_id, {});
  }
  const auto through = [id, done = std::move(done)](Outcome<Nothing> outcome) {
    if (!outcome.ok()) spdlog::warn("instance {}: {}", id, outcome.error());
    done();
  };
  if (disk == Disk::kStays) {
    p_.runtime.stop_host(id, through);
  } else {
    p_.runtime.remove_host(id, through);
  }
}

void InstanceReconciler::end(const ec2::Instance& instance) {
  const std::string id = instance.instance_id;
  in_flight_.insert(id);
  const bool terminating = instance.state == "shutting-down";
  take_down(id, "Host EC2 (instance " + id + (terminating ? ") terminated." : ") stopped."),
            terminating ? Disk::kGoes : Disk::kStays, [this, id] { ended(id); });
  // A terminated instance is deregistered; a stopped one stays, its agent disconnected.
  if (auto row = p_.ecs.instances.find_by_ec2(id); row && terminating) {
    row->status = ecs::status::kInactive;
    p_.ecs.instances.update(*row);
  }
}

void InstanceReconciler::ended(const std::string& id) {
  in_flight_.erase(id);
  const auto instance = p_.ec2.instance(id);
  const std::string next = instance.state == "stopping" ? "stopped" : "terminated";
  p_.ec2.set_instance_state(id, next, "");
  spdlog::info("instance {} is {}", id, next);
}

// --- start-up ----------------------------------------------------------------------------------

void InstanceReconciler::recover(const containers::Inventory& inventory) {
  for (const char* state : {"running", "pending", "stopping", "shutting-down"}) {
    for (const auto& instance : p_.ec2.instances_in_state(state)) {
      const auto host = std::ranges::find(inventory.hosts, instance.instance_id,
                                          &containers::Inventory::Host::host_id);
      const bool alive = host != inventory.hosts.end() && host->alive;
      if (instance.state == "running" && !alive) {
        host_died(instance.instance_id);
      } else if (instance.state == "running") {
        netns_[instance.instance_id] = host->started.netns_path;
        p_.engine_up(instance.instance_id, host->started.run_dir);
        p_.tasks.host_up(instance.instance_id, host->started.netns_path);
        p_.network.prepare_instance(host->started.netns_path, {});
        put_interfaces(instance.instance_id);
        if (!p_.ecs.instances.find_by_ec2(instance.instance_id)) {
          read_agent_config(instance.instance_id);
        }
      } else {
        changed(instance.instance_id);
      }
    }
  }
}

std::string InstanceReconciler::console_output(const std::string& instance_id) const {
  const auto found = console_.find(instance_id);
  return found == console_.end() ? std::string() : found->second;
}

}  // namespace enibox::reconcile

#include "emulator/ecs/container_spec.hpp"

#include <algorithm>
#include <map>

namespace enibox::ecs {
namespace {

constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kMinCpuShares = 2;  // the kernel's least; the agent's HostConfig.CpuShares

std::optional<std::vector<std::string>> maybe_strings(const Json& object, const char* key) {
  if (!object.contains(key) || object[key].empty()) return std::nullopt;
  return object[key].get<std::vector<std::string>>();
}

std::optional<std::string> maybe_text(const Json& object, const char* key) {
  if (!object.contains(key) || object[key].get<std::string>().empty()) return std::nullopt;
  return object[key].get<std::string>();
}

std::vector<std::string> strings(const Json& object, const char* key) {
  return maybe_strings(object, key).value_or(std::vector<std::string>());
}

// The task definition's own variables, under those the agent gives to every container.
std::vector<std::string> environment(const Task& task, const Json& effective) {
  std::map<std::string, std::string> variables{{"AWS_EXECUTION_ENV", "AWS_ECS_EC2"},
                                               {"AWS_REGION", task.region},
                                               {"AWS_DEFAULT_REGION", task.region}};
  for (const auto& pair : effective.value("environment", Json::array())) {
    variables[pair.value("name", "")] = pair.value("value", "");
  }
  std::vector<std::string> list;
  for (const auto& [name, value] : variables) list.push_back(name + "=" + value);
  return list;
}

std::vector<containers::Mount> own_mounts(const Json& task_definition, const Json& effective) {
  std::map<std::string, std::string> host_paths;
  for (const auto& volume : task_definition.value("volumes", Json::array())) {
    host_paths[volume.value("name", "")] =
        volume.contains("host") ? volume["host"].value("sourcePath", "") : std::string();
  }
  std::vector<containers::Mount> list;
  for (const auto& point : effective.value("mountPoints", Json::array())) {
    const std::string volume = point.value("sourceVolume", "");
    list.push_back({.source = host_paths[volume],
                    .volume = volume,
                    .destination = point.value("containerPath", ""),
                    .read_only = point.value("readOnly", false)});
  }
  return list;
}

// And those of the containers that it names in volumesFrom, but where it has its own.
std::vector<containers::Mount> mounts(const Json& task_definition, const Json& effective) {
  auto list = own_mounts(task_definition, effective);
  for (const auto& from : effective.value("volumesFrom", Json::array())) {
    for (const auto& container : task_definition.at("containerDefinitions")) {
      if (container.value("name", "") != from.value("sourceContainer", "")) continue;
      for (auto& mount : own_mounts(task_definition, container)) {
        const bool taken = std::ranges::any_of(
            list, [&](const auto& other) { return other.destination == mount.destination; });
        mount.read_only = mount.read_only || from.value("readOnly", false);
        if (!taken) list.push_back(std::move(mount));
      }
    }
  }
  return list;
}

containers::Device device(const Json& given) {
  containers::Device device{.host_path = given.value("hostPath", ""),
                            .destination = given.value("containerPath", ""),
                            .access = ""};
  if (device.destination.empty()) device.destination = device.host_path;
  for (const auto& permission : given.value("permissions", Json::array())) {
    device.access += permission.get<std::string>().front();  // read, write, mknod
  }
  if (device.access.empty()) device.access = "rwm";
  return device;
}

void apply_linux_parameters(const Json& effective, containers::ContainerSpec& spec) {
  const Json parameters = effective.value("linuxParameters", Json::object());
  spec.init_process = parameters.value("initProcessEnabled", false);
  if (const auto size = parameters.value("sharedMemorySize", std::int64_t{0}); size > 0) {
    spec.shm_bytes = size * kMiB;
  }
  for (const auto& given : parameters.value("devices", Json::array())) {
    spec.devices.push_back(device(given));
  }
  for (const auto& given : parameters.value("tmpfs", Json::array())) {
    spec.tmpfs.push_back({.destination = given.value("containerPath", ""),
                          .size_bytes = given.value("size", std::int64_t{0}) * kMiB,
                          .options = strings(given, "mountOptions")});
  }
  if (parameters.contains("maxSwap")) {
    spec.swap_bytes = parameters["maxSwap"].get<std::int64_t>() * kMiB;
  }
  if (parameters.contains("swappiness")) spec.swappiness = parameters["swappiness"].get<int>();
  const Json capabilities = parameters.value("capabilities", Json::object());
  spec.cap_add = strings(capabilities, "add");
  spec.cap_drop = strings(capabilities, "drop");
}

}  // namespace

Json effective_container(const Task& task, const Json& task_definition, const std::string& name) {
  Json effective;
  for (const auto& container : task_definition.at("containerDefinitions")) {
    if (container.value("name", "") == name) effective = container;
  }
  for (const auto& override : task.overrides.value("containerOverrides", Json::array())) {
    if (override.value("name", "") != name) continue;
    for (const char* key : {"command", "cpu", "memory", "memoryReservation"}) {
      if (override.contains(key)) effective[key] = override[key];
    }
    // Later pairs win where the variables are read.
    for (const auto& pair : override.value("environment", Json::array())) {
      effective["environment"].push_back(pair);
    }
  }
  return effective;
}

containers::ContainerSpec container_spec(const Task& task, const Json& task_definition,
                                         const Container& container) {
  const Json effective = effective_container(task, task_definition, container.name);
  containers::ContainerSpec spec;
  spec.container_id = container.docker_id;
  spec.name = container.name;
  spec.pod_id = task.id;
  spec.host_id = task.ec2_instance_id;
  spec.image = container.image;
  spec.entry_point = maybe_strings(effective, "entryPoint");
  spec.command = maybe_strings(effective, "command");
  spec.env = environment(task, effective);
  spec.working_directory = maybe_text(effective, "workingDirectory");
  spec.user = maybe_text(effective, "user");
  spec.cpu_shares = std::max(kMinCpuShares, container.cpu);
  spec.memory_bytes = container.memory * kMiB;
  spec.memory_reservation_bytes = container.memory_reservation * kMiB;
  for (const auto& limit : effective.value("ulimits", Json::array())) {
    spec.ulimits.push_back({.name = limit.value("name", ""),
                            .soft = limit.value("softLimit", std::uint64_t{0}),
                            .hard = limit.value("hardLimit", std::uint64_t{0})});
  }
  for (const auto& control : effective.value("systemControls", Json::array())) {
    spec.sysctls[control.value("namespace", "")] = control.value("value", "");
  }
  apply_linux_parameters(effective, spec);
  spec.mounts = mounts(task_definition, effective);
  spec.security_options = strings(effective, "dockerSecurityOptions");
  spec.privileged = effective.value("privileged", false);
  spec.read_only_root = effective.value("readonlyRootFilesystem", false);
  spec.tty = effective.value("pseudoTerminal", false);
  spec.open_stdin = effective.value("interactive", false);
  return spec;
}

std::optional<LogTarget> awslogs_target(const Task& task, const Json& effective,
                                        const Container& container) {
  const Json log = effective.value("logConfiguration", Json::object());
  if (log.value("logDriver", "") != "awslogs") return std::nullopt;
  const Json options = log.value("options", Json::object());
  const std::string prefix = options.value("awslogs-stream-prefix", "");
  return LogTarget{.region = options.value("awslogs-region", task.region),
                   .group = options.value("awslogs-group", ""),
                   .stream = prefix.empty() ? container.docker_id
                                            : prefix + "/" + container.name + "/" + task.id,
                   .create_group = options.value("awslogs-create-group", "false") == "true",
                   .multiline_pattern = options.value("awslogs-multiline-pattern", ""),
                   .datetime_format = options.value("awslogs-datetime-format", "")};
}

int stop_timeout_seconds(const Json& effective) { return effective.value("stopTimeout", 30); }

}  // namespace enibox::ecs

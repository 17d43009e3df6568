#include <set>

#include "emulator/ecs/task_definition_parts.hpp"
#include "emulator/scheduler/placement.hpp"

namespace enibox::ecs::rules {
namespace {

bool is_among(const Json& list, const char* member, const std::string& value) {
  return std::ranges::any_of(list, [&](const Json& item) { return text(item, member) == value; });
}

void check_log_options(const Json& input, const Json& container) {
  if (!has(container, "logConfiguration")) return;
  const auto& log = container.at("logConfiguration");
  if (text(log, "logDriver") != "awslogs") return;
  const Json options = log.value("options", Json::object());
  std::vector<const char*> needed{"awslogs-group", "awslogs-region"};
  if (contains(input.value("requiresCompatibilities", Json::array()), "FARGATE")) {
    needed.push_back("awslogs-stream-prefix");
  }
  std::string missing;
  for (const char* option : needed) {
    if (!has(options, option)) missing += (missing.empty() ? "" : ", ") + std::string(option);
  }
  if (!missing.empty()) refuse("Log driver awslogs requires options: " + missing);
}

// AWS: one kind of volume each, and one volume of the definition may be left to the launch.
void check_volumes(const Json& volumes) {
  std::set<std::string> names;
  int at_launch = 0;
  for (const auto& volume : volumes) {
    const std::string name = text(volume, "name");
    if (name.empty()) refuse("Volume.name should not be null or empty.");
    if (!is_ecs_name(name)) refuse("Volume.name contains invalid characters: " + name);
    if (!names.insert(name).second) refuse("Duplicate volume name: " + name);
    const bool open = volume.value("configuredAtLaunch", false);
    int kinds = open ? 1 : 0;
    for (const char* kind : {"host", "dockerVolumeConfiguration", "efsVolumeConfiguration",
                             "fsxWindowsFileServerVolumeConfiguration"}) {
      if (has(volume, kind)) ++kinds;
    }
    if (kinds > 1) {
      refuse(
          "When the volume parameter is specified, only one volume configuration type should be "
          "used.");
    }
    at_launch += open ? 1 : 0;
    const Json efs = volume.value("efsVolumeConfiguration", Json::object());
    if (has(efs, "authorizationConfig") && efs.value("transitEncryption", "") != "ENABLED") {
      refuse("Transit encryption must be enabled when an authorization config is used for EFS.");
    }
    if (has(efs.value("authorizationConfig", Json::object()), "accessPointId") &&
        efs.value("rootDirectory", "/") != "/") {
      refuse("The root directory must be '/' when an EFS access point is used.");
    }
  }
  if (at_launch > 1) {
    refuse("Only one volume of a task definition can be configured at launch.");
  }
}

void check_mounts(const Json& input, const Json& container) {
  const Json volumes = input.value("volumes", Json::array());
  for (const auto& mount : container.value("mountPoints", Json::array())) {
    const std::string volume = text(mount, "sourceVolume");
    if (!is_among(volumes, "name", volume)) refuse("Unknown volume '" + volume + "'.");
  }
  for (const auto& from : container.value("volumesFrom", Json::array())) {
    const std::string source = text(from, "sourceContainer");
    if (!is_among(input.at("containerDefinitions"), "name", source)) {
      refuse("Unknown container '" + source + "' in 'volumesFrom' of container '" +
             text(container, "name") + "'.");
    }
  }
  for (const auto& link : container.value("links", Json::array())) {
    const std::string target = link.get<std::string>().substr(0, link.get<std::string>().find(':'));
    if (!is_among(input.at("containerDefinitions"), "name", target)) {
      refuse("Unknown container '" + target + "' in 'links' of container '" +
             text(container, "name") + "'.");
    }
  }
}

void visit(const std::map<std::string, std::vector<std::string>>& needs, const std::string& name,
           std::map<std::string, int>& state) {
  if (state[name] == 2) return;
  if (state[name] == 1) refuse("A cycle was found in the container dependencies.");
  state[name] = 1;
  if (const auto found = needs.find(name); found != needs.end()) {
    for (const auto& next : found->second) visit(needs, next, state);
  }
  state[name] = 2;
}

void check_dependencies(const Json& input) {
  const auto& containers = input.at("containerDefinitions");
  std::map<std::string, const Json*> by_name;
  for (const auto& container : containers) by_name[text(container, "name")] = &container;
  std::map<std::string, std::vector<std::string>> needs;
  for (const auto& container : containers) {
    for (const auto& from : container.value("volumesFrom", Json::array())) {
      needs[text(container, "name")].push_back(text(from, "sourceContainer"));
    }
    if (!has(container, "dependsOn")) continue;
    for (const auto& dependency : container.at("dependsOn")) {
      const std::string target = text(dependency, "containerName");
      const std::string condition = text(dependency, "condition");
      if (!by_name.contains(target)) {
        refuse("The container " + text(container, "name") + " depends on the container " + target +
               ", which does not exist.");
      }
      const Json& definition = *by_name[target];
      if ((condition == "SUCCESS" || condition == "COMPLETE") &&
          definition.value("essential", true)) {
        refuse(
            "A dependency container with SUCCESS or COMPLETE condition cannot be an essential "
            "container");
      }
      if (condition == "HEALTHY" && !has(definition, "healthCheck")) {
        refuse("The container " + target +
               " has no health check, which the HEALTHY condition needs.");
      }
      needs[text(container, "name")].push_back(target);
    }
  }
  std::map<std::string, int> state;
  for (const auto& [name, unused] : needs) visit(needs, name, state);
}

void check_secrets(const Json& input, const Json& container) {
  if (!has(container, "secrets")) return;
  if (!has(input, "executionRoleArn")) {
    refuse(
        "When you are specifying container secrets, you must also specify a value for "
        "'executionRoleArn'.");
  }
  std::set<std::string> taken;
  for (const auto& pair : container.value("environment", Json::array())) {
    taken.insert(text(pair, "name"));
  }
  for (const auto& secret : container.at("secrets")) {
    if (!taken.insert(text(secret, "name")).second) {
      refuse(
          "The secret name must be unique and not shared with any new or existing environment "
          "variables set on the container, such as '" +
          text(secret, "name") + "'.");
    }
  }
}

void check_firelens(const Json& containers) {
  int routers = 0, senders = 0;
  for (const auto& container : containers) {
    if (has(container, "firelensConfiguration")) ++routers;
    if (has(container, "logConfiguration") &&
        text(container.at("logConfiguration"), "logDriver") == "awsfirelens") {
      ++senders;
    }
  }
  if (routers > 1) refuse("Only one container of a task can have a firelensConfiguration.");
  if (routers == 1 && senders == 0) {
    refuse(
        "When a firelensConfiguration object is specified, at least one container has to be "
        "configured with the awsfirelens log driver.");
  }
  if (routers == 0 && senders > 0) {
    refuse(
        "When the awsfirelens log driver is used, one container has to have a "
        "firelensConfiguration.");
  }
}

void check_placement(const Json& input) {
  try {
    scheduler::Wanted wanted;
    scheduler::add_constraints(wanted, input.value("placementConstraints", Json::array()));
  } catch (const AwsError& error) {
    refuse(error.message());
  }
}

void check_proxy(const std::string& mode, const Json& input) {
  if (!has(input, "proxyConfiguration")) return;
  if (mode != "awsvpc") refuse("A proxyConfiguration requires the network mode awsvpc.");
  const std::string name = text(input.at("proxyConfiguration"), "containerName");
  if (!is_among(input.at("containerDefinitions"), "name", name)) {
    refuse("The container '" + name + "' of the proxyConfiguration does not exist.");
  }
}

}  // namespace

void check_references(const std::string& mode, const Json& input) {
  check_volumes(input.value("volumes", Json::array()));
  for (const auto& container : input.at("containerDefinitions")) {
    check_log_options(input, container);
    check_mounts(input, container);
    check_secrets(input, container);
  }
  check_dependencies(input);
  check_firelens(input.at("containerDefinitions"));
  check_placement(input);
  check_proxy(mode, input);
}

}  // namespace enibox::ecs::rules

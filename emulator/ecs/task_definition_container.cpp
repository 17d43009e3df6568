#include <regex>

#include "emulator/ecs/task_definition_parts.hpp"

namespace enibox::ecs::rules {
namespace {

// "Invalid 'interval' setting for container 'web'.", as ECS says it of cpu and containerPort.
[[noreturn]] void invalid(const char* member, const Json& container) {
  refuse(std::string("Invalid '") + member + "' setting for container '" + text(container, "name") +
         "'.");
}

void check_range(const Json& object, const char* member, std::int64_t least, std::int64_t most,
                 const Json& container) {
  if (!object.contains(member)) return;
  const auto value = object.at(member).get<std::int64_t>();
  if (value < least || value > most) invalid(member, container);
}

// AWS: HealthCheck.
void check_health(const Json& container) {
  if (!container.contains("healthCheck")) return;
  const auto& health = container.at("healthCheck");
  const Json command = health.value("command", Json::array());
  const bool known = !command.empty() &&
                     (command[0] == "CMD" || command[0] == "CMD-SHELL" || command[0] == "NONE");
  if (!known || (command[0] != "NONE" && command.size() < 2)) invalid("healthCheck", container);
  check_range(health, "interval", 5, 300, container);
  check_range(health, "timeout", 2, 120, container);
  check_range(health, "retries", 1, 10, container);
  check_range(health, "startPeriod", 0, 300, container);
}

// AWS: LinuxParameters.
void check_linux_parameters(const Json& container) {
  const Json parameters = container.value("linuxParameters", Json::object());
  check_range(parameters, "swappiness", 0, 100, container);
  check_range(parameters, "maxSwap", 0, INT32_MAX, container);
  check_range(parameters, "sharedMemorySize", 1, INT32_MAX, container);
  for (const auto& device : parameters.value("devices", Json::array())) {
    if (!has(device, "hostPath")) invalid("devices", container);
  }
  for (const auto& tmpfs : parameters.value("tmpfs", Json::array())) {
    if (!has(tmpfs, "containerPath")) invalid("tmpfs", container);
    check_range(tmpfs, "size", 1, INT32_MAX, container);
  }
}

void check_ulimits(const Json& container) {
  for (const auto& limit : container.value("ulimits", Json::array())) {
    const auto soft = number(limit, "softLimit"), hard = number(limit, "hardLimit");
    // -1 is "unlimited", as for Docker.
    if (soft < -1 || hard < -1 || (hard != -1 && (soft == -1 || soft > hard))) {
      invalid("ulimits", container);
    }
  }
}

void check_restart_policy(const Json& container) {
  const Json policy = container.value("restartPolicy", Json::object());
  check_range(policy, "restartAttemptPeriod", 60, 1800, container);
  if (policy.value("ignoredExitCodes", Json::array()).size() > 50) {
    invalid("ignoredExitCodes", container);
  }
}

// A range "8000-8010" of at most 100 ports, or one port.
void check_port_range(const Json& port, const Json& container) {
  static const std::regex kRange("([0-9]{1,5})-([0-9]{1,5})");
  std::smatch parts;
  const std::string given = text(port, "containerPortRange");
  if (!std::regex_match(given, parts, kRange)) invalid("containerPortRange", container);
  const int from = std::stoi(parts[1]), to = std::stoi(parts[2]);
  if (from < 1 || to > 65535 || from > to || to - from >= 100) {
    invalid("containerPortRange", container);
  }
}

void check_resource_requirements(const Json& container) {
  for (const auto& item : container.value("resourceRequirements", Json::array())) {
    const std::string value = text(item, "value");
    const bool whole = !value.empty() && value.size() < 4 &&
                       value.find_first_not_of("0123456789") == std::string::npos &&
                       std::stoi(value) > 0;
    if (text(item, "type") == "GPU" && !whole) invalid("resourceRequirements", container);
  }
}

}  // namespace

void check_container(const Json& container) {
  check_health(container);
  check_linux_parameters(container);
  check_ulimits(container);
  check_restart_policy(container);
  check_resource_requirements(container);
  for (const auto& port : container.value("portMappings", Json::array())) {
    if (has(port, "containerPortRange")) check_port_range(port, container);
  }
  for (const auto& pair : container.value("environment", Json::array())) {
    if (!has(pair, "name")) invalid("environment", container);
  }
  for (const auto& mount : container.value("mountPoints", Json::array())) {
    if (!has(mount, "containerPath")) invalid("mountPoints", container);
  }
  for (const char* timeout : {"startTimeout", "stopTimeout"}) {
    check_range(container, timeout, 0, INT32_MAX, container);
  }
}

}  // namespace enibox::ecs::rules

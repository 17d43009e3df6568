// What RegisterTaskDefinition checks and fills in. One function a rule; the texts are ECS's.
#include <charconv>
#include <cmath>
#include <set>

#include "emulator/ecs/task_definition_parts.hpp"

namespace enibox::ecs {

using namespace rules;

namespace {

// --- names and counts ------------------------------------------------------------------------

void check_length(const Json& input) {
  constexpr std::size_t kMostBytes = 65536;
  const auto length = input.dump().size();
  if (length > kMostBytes) {
    refuse("Actual length: '" + std::to_string(length) + "'. Max allowed length is '65536' bytes.");
  }
}

void check_task_extras(const Json& input) {
  if (has(input, "ephemeralStorage")) {
    const auto size = number(input.at("ephemeralStorage"), "sizeInGiB");
    if (size < 21 || size > 200) {
      refuse("Invalid ephemeralStorage setting: sizeInGiB must be between 21 and 200.");
    }
  }
  std::set<std::string> names;
  for (const auto& accelerator : input.value("inferenceAccelerators", Json::array())) {
    if (!names.insert(text(accelerator, "deviceName")).second) {
      refuse("Duplicate inference accelerator: " + text(accelerator, "deviceName"));
    }
  }
}

void check_family(const Json& input) {
  const std::string family = text(input, "family");
  if (family.empty()) refuse("Family should not be null or empty.");
  if (!is_ecs_name(family)) {
    refuse("Family contains invalid characters or is too long: " + family);
  }
}

void check_containers_present(const Json& input) {
  if (!has(input, "containerDefinitions")) refuse("Container list cannot be empty.");
  const auto& containers = input.at("containerDefinitions");
  if (containers.size() > 10) {
    refuse("Too many containers: a task definition can have at most 10 containers.");
  }
  std::set<std::string> names;
  bool essential = false;
  for (const auto& container : containers) {
    const std::string name = text(container, "name");
    if (name.empty()) refuse("Container.name should not be null or empty.");
    if (!is_ecs_name(name)) refuse("Container.name contains invalid characters: " + name);
    if (!names.insert(name).second) refuse("Container.name must be unique: " + name);
    if (!has(container, "image")) refuse("Container.image should not be null or empty.");
    essential = essential || container.value("essential", true);
  }
  if (!essential) refuse("Task definition doesn't have any essential container.");
}

// --- CPU and memory --------------------------------------------------------------------------

constexpr std::int64_t kMinTaskCpu = 128, kMaxTaskCpu = 196608, kMinContainerMemory = 6;

// --- networking ------------------------------------------------------------------------------

void check_port(const std::string& mode, const std::string& container, const Json& port) {
  if (has(port, "containerPort") && has(port, "containerPortRange")) {
    refuse("Invalid port mapping for container '" + container +
           "': cannot specify both single port and port range in a mapping");
  }
  if (has(port, "containerPortRange")) return;
  const auto container_port = number(port, "containerPort");
  if (container_port < 1 || container_port > 65535) {
    refuse("Invalid 'containerPort' setting for container '" + container + "'.");
  }
  const auto host_port = number(port, "hostPort");
  if (host_port < 0 || host_port > 65535) {
    refuse("Invalid 'hostPort' setting for container '" + container + "'.");
  }
  if ((mode == "awsvpc" || mode == "host") && host_port != 0 && host_port != container_port) {
    refuse("When networkMode=" + mode +
           ", the host ports and container ports in port mappings must match.");
  }
}

void check_ports(const std::string& mode, const Json& input) {
  std::set<std::pair<std::int64_t, std::string>> taken;
  for (const auto& container : input.at("containerDefinitions")) {
    if (!has(container, "portMappings")) continue;
    const std::string name = text(container, "name");
    if (container.at("portMappings").size() > 100) {
      refuse("Container '" + name + "' has more than 100 port mappings.");
    }
    if (mode == "none") {
      refuse("Port mappings are not supported when networkMode=none.");
    }
    for (const auto& port : container.at("portMappings")) {
      check_port(mode, name, port);
      const std::string protocol = port.value("protocol", "tcp");
      if ((mode == "awsvpc" || mode == "host") && has(port, "containerPort") &&
          !taken.insert({number(port, "containerPort"), protocol}).second) {
        refuse("The container port " + std::to_string(number(port, "containerPort")) +
               " with protocol " + protocol +
               " is specified more than once for the task definition.");
      }
    }
  }
}

// What containers that share one network namespace cannot have of their own.
void check_awsvpc_containers(const Json& input) {
  static const std::vector<std::pair<const char*, const char*>> kRefused{
      {"links", "Links are not supported when networkMode=awsvpc."},
      {"dnsServers", "DNS servers are not supported on container when networkMode=awsvpc."},
      {"dnsSearchDomains",
       "DNS search domains are not supported on container when networkMode=awsvpc."},
      {"extraHosts", "Extra hosts are not supported on container when networkMode=awsvpc."},
      {"hostname", "hostname is not supported on container when networkMode=awsvpc."}};
  for (const auto& container : input.at("containerDefinitions")) {
    for (const auto& [member, message] : kRefused) {
      if (has(container, member)) refuse(message);
    }
    if (container.value("disableNetworking", false)) {
      refuse("Disable Networking is not supported on container when networkMode=awsvpc.");
    }
  }
}

// --- defaults --------------------------------------------------------------------------------

void fill_container(const std::string& mode, Json& container) {
  if (!container.contains("cpu")) container["cpu"] = 0;
  if (!container.contains("essential")) container["essential"] = true;
  for (const char* list :
       {"environment", "mountPoints", "volumesFrom", "systemControls", "portMappings"}) {
    if (!container.contains(list)) container[list] = Json::array();
  }
  if (container.contains("healthCheck")) {
    static const Json kDefaults = {{"interval", 30}, {"timeout", 5}, {"retries", 3}};
    for (const auto& [key, value] : kDefaults.items()) {
      if (!container["healthCheck"].contains(key)) container["healthCheck"][key] = value;
    }
  }
  for (auto& port : container["portMappings"]) {
    if (!port.contains("protocol")) port["protocol"] = "tcp";
    const bool shares_ports = mode == "awsvpc" || mode == "host";
    if (shares_ports && number(port, "hostPort") == 0 && has(port, "containerPort")) {
      port["hostPort"] = port["containerPort"];
    }
    if (!shares_ports && has(port, "containerPort") && !port.contains("hostPort")) {
      port["hostPort"] = 0;
    }
  }
}

Json compatibilities(const std::string& mode, const Json& definition) {
  Json list = {"EC2"};
  const bool sized = has(definition, "cpu") && has(definition, "memory");
  if (mode == "awsvpc" && sized) {
    const auto sizes = fargate_sizes().find(*parse_cpu(text(definition, "cpu")));
    const auto memory = *parse_memory(text(definition, "memory"));
    if (sizes != fargate_sizes().end() &&
        std::ranges::find(sizes->second, memory) != sizes->second.end()) {
      list.push_back("FARGATE");
    }
  } else if (mode != "awsvpc") {
    list.push_back("EXTERNAL");
  }
  return list;
}

std::optional<double> leading_number(const std::string& text, std::string& unit) {
  std::size_t end = 0;
  while (end < text.size() &&
         (std::isdigit(static_cast<unsigned char>(text[end])) || text[end] == '.'))
    ++end;
  if (end == 0 || end > 12) return std::nullopt;
  double value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + end, value);
  if (error != std::errc() || at != text.data() + end) return std::nullopt;
  for (char c : text.substr(end)) {
    if (c != ' ') unit += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_cpu(const std::string& text) {
  std::string unit;
  const auto value = leading_number(text, unit);
  if (!value) return std::nullopt;
  if (unit == "vcpu") return std::llround(*value * 1024);
  if (!unit.empty() || *value != std::floor(*value)) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

std::optional<std::int64_t> parse_memory(const std::string& text) {
  std::string unit;
  const auto value = leading_number(text, unit);
  if (!value) return std::nullopt;
  if (unit == "gb") return std::llround(*value * 1024);
  if (unit == "mb") return std::llround(*value);
  if (!unit.empty() || *value != std::floor(*value)) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

void check_task_sizes(const Json& input) {
  const bool task_memory = has(input, "memory");
  if (has(input, "cpu")) {
    const auto cpu = parse_cpu(text(input, "cpu"));
    if (!cpu || *cpu < kMinTaskCpu || *cpu > kMaxTaskCpu) refuse("Invalid 'cpu' setting for task.");
  }
  if (task_memory) {
    const auto memory = parse_memory(text(input, "memory"));
    if (!memory || *memory < kMinContainerMemory) refuse("Invalid 'memory' setting for task.");
  }
  std::int64_t cpu_sum = 0;
  for (const auto& container : input.at("containerDefinitions")) {
    const std::string name = text(container, "name");
    const auto memory = number(container, "memory");
    const auto reservation = number(container, "memoryReservation");
    cpu_sum += number(container, "cpu");
    if (number(container, "cpu") < 0) refuse("Invalid 'cpu' setting for container '" + name + "'.");
    if (!task_memory && memory == 0 && reservation == 0) {
      refuse("Invalid setting for container '" + name +
             "'. At least one of 'memory' or 'memoryReservation' must be specified.");
    }
    if ((memory != 0 && memory < kMinContainerMemory) ||
        (reservation != 0 && reservation < kMinContainerMemory)) {
      refuse("Invalid setting for container '" + name + "'. The minimum valid memory value is " +
             std::to_string(kMinContainerMemory) + " MiB.");
    }
    if (memory != 0 && reservation > memory) {
      refuse("Invalid setting for container '" + name +
             "'. 'memory' must be greater than or equal to 'memoryReservation'.");
    }
    if (task_memory && memory > *parse_memory(text(input, "memory"))) {
      refuse("Invalid setting for container '" + name +
             "'. The 'memory' value is greater than the task 'memory' value.");
    }
  }
  if (has(input, "cpu") && cpu_sum > *parse_cpu(text(input, "cpu"))) {
    refuse(
        "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'");
  }
}

Json checked_task_definition(const Json& input) {
  const std::string mode = text(input, "networkMode");
  check_length(input);
  check_family(input);
  check_containers_present(input);
  check_task_sizes(input);
  check_ports(mode, input);
  if (mode == "awsvpc") check_awsvpc_containers(input);
  check_fargate(mode, input);
  check_references(mode, input);
  for (const auto& container : input.at("containerDefinitions")) check_container(container);
  check_task_extras(input);

  Json definition = input;
  definition.erase("tags");
  if (has(input, "cpu")) definition["cpu"] = std::to_string(*parse_cpu(text(input, "cpu")));
  if (has(input, "memory")) {
    definition["memory"] = std::to_string(*parse_memory(text(input, "memory")));
  }
  for (auto& container : definition["containerDefinitions"]) fill_container(mode, container);
  for (const char* list : {"volumes", "placementConstraints"}) {
    if (!definition.contains(list)) definition[list] = Json::array();
  }
  for (auto& volume : definition["volumes"]) {
    if (!volume.contains("efsVolumeConfiguration")) continue;
    auto& efs = volume["efsVolumeConfiguration"];
    if (!efs.contains("rootDirectory")) efs["rootDirectory"] = "/";
  }
  definition["compatibilities"] = compatibilities(mode, definition);
  for (const auto& wanted : input.value("requiresCompatibilities", Json::array())) {
    if (!contains(definition["compatibilities"], wanted.get<std::string>())) {
      definition["compatibilities"].push_back(wanted);
    }
  }
  definition["requiresAttributes"] = required_attributes(definition);
  return definition;
}

}  // namespace enibox::ecs

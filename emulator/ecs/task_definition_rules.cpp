// What RegisterTaskDefinition checks and fills in. One function a rule; the texts are ECS's.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "api/error.hpp"
#include "emulator/ecs/task_definitions.hpp"

namespace enibox::ecs {
namespace {

[[noreturn]] void refuse(const std::string& message) { throw AwsError("ClientException", message); }

bool has(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && !found->is_null() &&
         !((found->is_array() || found->is_object()) && found->empty()) &&
         !(found->is_string() && found->get_ref<const std::string&>().empty());
}

std::string text(const Json& object, const char* key) {
  return has(object, key) ? object.at(key).get<std::string>() : std::string();
}

std::int64_t number(const Json& object, const char* key) {
  return has(object, key) ? object.at(key).get<std::int64_t>() : 0;
}

bool contains(const Json& list, const std::string& value) {
  return list.is_array() && std::ranges::find(list, Json(value)) != list.end();
}

// --- names and counts ------------------------------------------------------------------------

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

const std::map<std::int64_t, std::vector<std::int64_t>>& fargate_sizes() {
  static const auto sizes = [] {
    const auto range = [](std::int64_t from, std::int64_t to, std::int64_t step) {
      std::vector<std::int64_t> values;
      for (auto at = from; at <= to; at += step) values.push_back(at);
      return values;
    };
    return std::map<std::int64_t, std::vector<std::int64_t>>{
        {256, {512, 1024, 2048}},           {512, range(1024, 4096, 1024)},
        {1024, range(2048, 8192, 1024)},    {2048, range(4096, 16384, 1024)},
        {4096, range(8192, 30720, 1024)},   {8192, range(16384, 61440, 4096)},
        {16384, range(32768, 122880, 8192)}};
  }();
  return sizes;
}

void check_sizes(const Json& input) {
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

// --- what refers to something else -----------------------------------------------------------

void check_log_options(const Json& container) {
  if (!has(container, "logConfiguration")) return;
  const auto& log = container.at("logConfiguration");
  if (text(log, "logDriver") != "awslogs") return;
  std::string missing;
  for (const char* option : {"awslogs-group", "awslogs-region"}) {
    if (!log.contains("options") || !has(log.at("options"), option)) {
      missing += (missing.empty() ? "" : ", ") + std::string(option);
    }
  }
  if (!missing.empty()) refuse("Log driver awslogs requires options: " + missing);
}

void check_mounts(const Json& input) {
  std::set<std::string> volumes;
  if (has(input, "volumes")) {
    for (const auto& volume : input.at("volumes")) {
      if (!has(volume, "name")) refuse("Volume.name should not be null or empty.");
      if (!volumes.insert(text(volume, "name")).second) {
        refuse("Duplicate volume name: " + text(volume, "name"));
      }
    }
  }
  for (const auto& container : input.at("containerDefinitions")) {
    if (!has(container, "mountPoints")) continue;
    for (const auto& mount : container.at("mountPoints")) {
      const std::string volume = text(mount, "sourceVolume");
      if (!volumes.contains(volume)) refuse("Unknown volume '" + volume + "'.");
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

void check_secrets(const Json& input) {
  for (const auto& container : input.at("containerDefinitions")) {
    if (has(container, "secrets") && !has(input, "executionRoleArn")) {
      refuse(
          "When you are specifying container secrets, you must also specify a value for "
          "'executionRoleArn'.");
    }
  }
}

void check_fargate(const std::string& mode, const Json& input) {
  if (!contains(input.value("requiresCompatibilities", Json::array()), "FARGATE")) return;
  if (mode != "awsvpc") refuse("Fargate only supports network mode \u2018awsvpc\u2019.");
  if (!has(input, "cpu")) refuse("Fargate requires that 'cpu' be defined at the task level.");
  if (!has(input, "memory")) refuse("Fargate requires that 'memory' be defined at the task level.");
  const auto sizes = fargate_sizes().find(*parse_cpu(text(input, "cpu")));
  const auto memory = *parse_memory(text(input, "memory"));
  if (sizes == fargate_sizes().end() ||
      std::ranges::find(sizes->second, memory) == sizes->second.end()) {
    refuse("No Fargate configuration exists for given values: " +
           std::to_string(*parse_cpu(text(input, "cpu"))) + " CPU, " + std::to_string(memory) +
           " memory. See the Amazon ECS documentation for the valid values.");
  }
  for (const auto& container : input.at("containerDefinitions")) {
    if (container.value("privileged", false)) {
      refuse("Fargate does not support privileged containers.");
    }
    if (has(container, "logConfiguration") &&
        text(container.at("logConfiguration"), "logDriver") == "awslogs" &&
        !has(input, "executionRoleArn")) {
      refuse(
          "Fargate requires task definition to have execution role ARN to support log driver "
          "awslogs.");
    }
    if (text(container, "image").find(".dkr.ecr.") != std::string::npos &&
        !has(input, "executionRoleArn")) {
      refuse("Fargate requires task definition to have execution role ARN to support ECR images.");
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

Json checked_task_definition(const Json& input) {
  const std::string mode = text(input, "networkMode");
  check_family(input);
  check_containers_present(input);
  check_sizes(input);
  check_ports(mode, input);
  if (mode == "awsvpc") check_awsvpc_containers(input);
  for (const auto& container : input.at("containerDefinitions")) check_log_options(container);
  check_mounts(input);
  check_dependencies(input);
  check_secrets(input);
  check_fargate(mode, input);

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
  definition["compatibilities"] = compatibilities(mode, definition);
  for (const auto& wanted : input.value("requiresCompatibilities", Json::array())) {
    if (!contains(definition["compatibilities"], wanted.get<std::string>())) {
      definition["compatibilities"].push_back(wanted);
    }
  }
  definition["requiresAttributes"] = required_attributes(definition);
  return definition;
}

Json required_attributes(const Json& definition) {
  std::set<std::string> names{"com.amazonaws.ecs.capability.docker-remote-api.1.18"};
  const bool execution_role = has(definition, "executionRoleArn");
  if (definition.value("networkMode", "") == "awsvpc") names.insert("ecs.capability.task-eni");
  if (has(definition, "taskRoleArn")) {
    names.insert("com.amazonaws.ecs.capability.task-iam-role");
    if (definition.value("networkMode", "") == "host") {
      names.insert("com.amazonaws.ecs.capability.task-iam-role-network-host");
    }
  }
  if (has(definition, "pidMode") || has(definition, "ipcMode")) {
    names.insert("ecs.capability.pid-ipc-namespace-sharing");
  }
  if ((has(definition, "cpu") || has(definition, "memory")) &&
      definition.value("networkMode", "") != "awsvpc") {
    names.insert("ecs.capability.task-cpu-mem-limit");
  }
  if (has(definition, "proxyConfiguration")) names.insert("ecs.capability.aws-appmesh");
  for (const auto& volume : definition.value("volumes", Json::array())) {
    if (has(volume, "efsVolumeConfiguration")) names.insert("ecs.capability.efs");
    if (has(volume, "dockerVolumeConfiguration")) {
      const std::string driver = volume["dockerVolumeConfiguration"].value("driver", "local");
      names.insert("ecs.capability.docker-plugin." + driver);
    }
  }
  for (const auto& container : definition.at("containerDefinitions")) {
    if (has(container, "logConfiguration")) {
      const std::string driver = text(container.at("logConfiguration"), "logDriver");
      names.insert("com.amazonaws.ecs.capability.logging-driver." + driver);
      names.insert("com.amazonaws.ecs.capability.docker-remote-api.1.19");
      if (driver == "awslogs" && execution_role) {
        names.insert("ecs.capability.execution-role-awslogs");
      }
    }
    if (has(container, "linuxParameters") &&
        container.at("linuxParameters").value("initProcessEnabled", false)) {
      names.insert("com.amazonaws.ecs.capability.docker-remote-api.1.25");
    }
    if (has(container, "healthCheck")) {
      names.insert("ecs.capability.container-health-check");
      names.insert("com.amazonaws.ecs.capability.docker-remote-api.1.24");
      names.insert("com.amazonaws.ecs.capability.docker-remote-api.1.29");
    }
    if (has(container, "dependsOn")) names.insert("ecs.capability.container-ordering");
    if (has(container, "environmentFiles")) names.insert("ecs.capability.env-files.s3");
    if (has(container, "restartPolicy")) names.insert("ecs.capability.container-restart-policy");
    if (has(container, "repositoryCredentials")) {
      names.insert("ecs.capability.private-registry-authentication.secretsmanager");
    }
    if (has(container, "firelensConfiguration")) {
      names.insert("ecs.capability.firelens." +
                   text(container.at("firelensConfiguration"), "type"));
    }
    if (container.value("privileged", false)) {
      names.insert("com.amazonaws.ecs.capability.privileged-container");
    }
    if (text(container, "image").find(".dkr.ecr.") != std::string::npos) {
      names.insert("com.amazonaws.ecs.capability.ecr-auth");
      if (execution_role) names.insert("ecs.capability.execution-role-ecr-pull");
    }
    for (const auto& secret : container.value("secrets", Json::array())) {
      const bool parameter =
          text(secret, "valueFrom").find(":secretsmanager:") == std::string::npos;
      names.insert(parameter ? "ecs.capability.secrets.ssm.environment-variables"
                             : "ecs.capability.secrets.asm.environment-variables");
    }
  }
  Json list = Json::array();
  for (const auto& name : names) list.push_back({{"name", name}});
  return list;
}

}  // namespace enibox::ecs

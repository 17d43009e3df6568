#include "emulator/ecs/task_definition_parts.hpp"

namespace enibox::ecs::rules {

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

namespace {

// What Fargate does not give to a container.
void check_fargate_container(const Json& container) {
  const Json parameters = container.value("linuxParameters", Json::object());
  for (const char* member : {"devices", "sharedMemorySize", "tmpfs", "maxSwap", "swappiness"}) {
    if (has(parameters, member)) {
      refuse(std::string("Fargate compatible task definitions do not support ") + member);
    }
  }
  const Json capabilities = parameters.value("capabilities", Json::object());
  for (const auto& added : capabilities.value("add", Json::array())) {
    if (added != "SYS_PTRACE") {
      refuse(
          "Fargate compatible task definitions only support adding 'SYS_PTRACE' kernel "
          "capability");
    }
  }
  if (number(container, "stopTimeout") > 120) {
    refuse("Fargate compatible task definitions support a stopTimeout of at most 120 seconds");
  }
}

}  // namespace

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
  if (text(input, "pidMode") == "host") {
    refuse(
        "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value "
        "for pidMode is 'task'.");
  }
  if (has(input, "ipcMode")) refuse("Fargate compatible task definitions do not support ipcMode");
  if (has(input, "placementConstraints")) {
    refuse("Fargate compatible task definitions do not support placementConstraints");
  }
  for (const auto& volume : input.value("volumes", Json::array())) {
    if (has(volume.value("host", Json::object()), "sourcePath")) {
      refuse("Fargate compatible task definitions do not support sourcePath");
    }
    if (has(volume, "dockerVolumeConfiguration")) {
      refuse("Fargate compatible task definitions do not support dockerVolumeConfiguration");
    }
  }
  for (const auto& container : input.at("containerDefinitions")) {
    check_fargate_container(container);
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

}  // namespace enibox::ecs::rules

// ECS Exec: from ExecuteCommand to a Session Manager session in the container.
#include "emulator/ecs/ecs.hpp"
#include "emulator/ids.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

// The curly apostrophe is AWS's own.
constexpr const char* kNotEnabled =
    "The execute command failed because execute command was not enabled when the task was run or "
    "the "
    "execute command agent isn\u2019t running. Wait and try again or run a new task with execute "
    "command enabled and try again.";

[[noreturn]] void invalid(const std::string& message) {
  throw AwsError("InvalidParameterException", message);
}

// The command line as the agent splits it (shell-like quotes and backslashes, no expansion).
std::vector<std::string> split_command(const std::string& command) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (quote == '\'') {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\\' && i + 1 < command.size()) {
      const char next = command[++i];
      if (quote == '"' && next != '"' && next != '\\' && next != '$' && next != '`') word += c;
      word += next;
      in_word = true;
    } else if (quote == '"') {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) invalid("The command has an unclosed quotation: " + command);
  if (in_word) words.push_back(word);
  return words;
}

Container target_container(const std::vector<Container>& containers, const std::string& name) {
  if (name.empty()) {
    if (containers.size() != 1) {
      invalid("The container name must be specified for a task with more than one container.");
    }
    return containers.front();
  }
  for (const auto& container : containers) {
    if (container.name == name) return container;
  }
  invalid("The container " + name + " was not found in the task.");
}

Json execute_command(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster =
      ecs.clusters.active(context.region, cluster_name(input.value("cluster", "")));
  if (!input.at("interactive").get<bool>()) {
    invalid("Interactive is the only mode supported currently.");
  }
  const std::string command = input.at("command").get<std::string>();
  const auto words = split_command(command);
  if (words.empty()) invalid("The command cannot be empty.");
  const auto task = ecs.tasks.find(resource_id("task", input.at("task").get<std::string>()));
  if (!task || task->region != cluster.region || task->cluster != cluster.name) {
    invalid("The referenced task was not found.");
  }
  const auto container =
      target_container(ecs.tasks.containers(task->id), input.value("container", ""));
  if (!task->enable_execute_command || container.last_status != status::kRunning) {
    invalid(kNotEnabled);
  }
  const auto session = ecs.sessions.start(
      {.region = context.region,
       .session_id = "ecs-execute-command-" + random_hex(17),
       .target = "ecs:" + task->cluster + "_" + task->id + "_" + container.docker_id,
       .document = "AmazonECS-ExecuteInteractiveCommand",
       .owner_arn = context.caller_arn(),
       .reason = "",
       .endpoint_host = context.host,
       .host_id = task->ec2_instance_id,
       .container_id = container.docker_id,
       .argv = words,
       .user = "root",
       .env = {}});
  return {{"clusterArn", ecs.arns.cluster(task->region, task->cluster)},
          {"containerArn", ecs.arns.container(*task, container)},
          {"containerName", container.name},
          {"interactive", true},
          {"session",
           {{"sessionId", session.session_id},
            {"streamUrl", session.stream_url},
            {"tokenValue", session.token_value}}},
          {"taskArn", ecs.arns.task(*task)}};
}

}  // namespace

void add_exec_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "ExecuteCommand", execute_command);
}

}  // namespace enibox::ecs

#include <set>

#include "emulator/ecs/task_definition_parts.hpp"

namespace enibox::ecs {

using namespace rules;

namespace {

using Names = std::set<std::string>;
constexpr const char* kOld = "com.amazonaws.ecs.capability.";
constexpr const char* kNew = "ecs.capability.";

void need(Names& names, const char* prefix, const std::string& what) {
  names.insert(prefix + what);
}

void of_task(const Json& definition, Names& names) {
  const std::string mode = definition.value("networkMode", "");
  if (mode == "awsvpc") need(names, kNew, "task-eni");
  if (has(definition, "taskRoleArn")) {
    need(names, kOld, "task-iam-role");
    if (mode == "host") need(names, kOld, "task-iam-role-network-host");
  }
  if (has(definition, "pidMode") || has(definition, "ipcMode")) {
    need(names, kNew, "pid-ipc-namespace-sharing");
  }
  if ((has(definition, "cpu") || has(definition, "memory")) && mode != "awsvpc") {
    need(names, kNew, "task-cpu-mem-limit");
  }
  if (has(definition, "proxyConfiguration")) need(names, kNew, "aws-appmesh");
  if (has(definition, "inferenceAccelerators")) need(names, kNew, "task-eia");
  if (definition.value("enableFaultInjection", false)) need(names, kNew, "fault-injection");
  for (const auto& volume : definition.value("volumes", Json::array())) {
    if (has(volume, "efsVolumeConfiguration")) {
      need(names, kNew, "efs");
      need(names, kOld, "docker-remote-api.1.25");
      if (has(volume["efsVolumeConfiguration"], "authorizationConfig")) {
        need(names, kNew, "efsAuth");
      }
    }
    if (has(volume, "fsxWindowsFileServerVolumeConfiguration")) {
      need(names, kNew, "fsxWindowsFileServer");
    }
    if (volume.value("configuredAtLaunch", false)) {
      need(names, kNew, "storage.ebs-task-volume-attach");
    }
    if (has(volume, "dockerVolumeConfiguration")) {
      const std::string driver = volume["dockerVolumeConfiguration"].value("driver", "local");
      need(names, kNew, "docker-plugin." + driver);
    }
  }
}

// "secrets.ssm..." or "secrets.asm...", by where the value is.
std::string secret_source(const Json& secret) {
  const bool parameter = text(secret, "valueFrom").find(":secretsmanager:") == std::string::npos;
  return parameter ? "secrets.ssm." : "secrets.asm.";
}

void of_logging(const Json& container, bool execution_role, Names& names) {
  if (!has(container, "logConfiguration")) return;
  const auto& log = container.at("logConfiguration");
  const std::string driver = text(log, "logDriver");
  need(names, kOld, "logging-driver." + driver);
  need(names, kOld, "docker-remote-api.1.19");
  if (driver == "awslogs" && execution_role) need(names, kNew, "execution-role-awslogs");
  for (const auto& secret : log.value("secretOptions", Json::array())) {
    need(names, kNew, secret_source(secret) + "bootstrap.log-driver");
  }
}

void of_firelens(const Json& container, Names& names) {
  if (!has(container, "firelensConfiguration")) return;
  const auto& firelens = container.at("firelensConfiguration");
  need(names, kNew, "firelens." + text(firelens, "type"));
  const std::string file =
      firelens.value("options", Json::object()).value("config-file-type", std::string());
  if (!file.empty()) need(names, kNew, "firelens.options.config." + file);
}

void of_container(const Json& container, bool execution_role, Names& names) {
  of_logging(container, execution_role, names);
  of_firelens(container, names);
  const Json parameters = container.value("linuxParameters", Json::object());
  if (parameters.value("initProcessEnabled", false)) {
    need(names, kOld, "docker-remote-api.1.25");
  }
  if (has(container, "healthCheck")) {
    need(names, kNew, "container-health-check");
    need(names, kOld, "docker-remote-api.1.24");
    need(names, kOld, "docker-remote-api.1.29");
  }
  if (has(container, "dependsOn")) need(names, kNew, "container-ordering");
  if (has(container, "environmentFiles")) need(names, kNew, "env-files.s3");
  if (has(container, "restartPolicy")) need(names, kNew, "container-restart-policy");
  if (has(container, "credentialSpecs")) need(names, kNew, "gmsa");
  if (has(container, "repositoryCredentials")) {
    need(names, kNew, "private-registry-authentication.secretsmanager");
  }
  if (container.value("privileged", false)) need(names, kOld, "privileged-container");
  if (text(container, "image").find(".dkr.ecr.") != std::string::npos) {
    need(names, kOld, "ecr-auth");
    if (execution_role) need(names, kNew, "execution-role-ecr-pull");
  }
  for (const auto& option : container.value("dockerSecurityOptions", Json::array())) {
    const auto& words = option.get_ref<const std::string&>();
    if (words.starts_with("label")) need(names, kOld, "selinux");
    if (words.starts_with("apparmor")) need(names, kOld, "apparmor");
  }
  for (const auto& secret : container.value("secrets", Json::array())) {
    need(names, kNew, secret_source(secret) + "environment-variables");
  }
  for (const auto& port : container.value("portMappings", Json::array())) {
    if (has(port, "containerPortRange")) need(names, kNew, "network.container-port-range");
  }
}

}  // namespace

Json required_attributes(const Json& definition) {
  Names names;
  need(names, kOld, "docker-remote-api.1.18");
  of_task(definition, names);
  for (const auto& container : definition.at("containerDefinitions")) {
    of_container(container, has(definition, "executionRoleArn"), names);
  }
  Json list = Json::array();
  for (const auto& name : names) list.push_back({{"name", name}});
  return list;
}

}  // namespace enibox::ecs

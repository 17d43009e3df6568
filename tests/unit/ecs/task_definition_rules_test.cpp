#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "api/error.hpp"
#include "emulator/ecs/task_definitions.hpp"

namespace enibox::ecs {
namespace {

Json lab() {
  return {{"family", "ecs-networking-demo-awsvpc"},
          {"executionRoleArn", "arn:aws:iam::1:role/exec"},
          {"taskRoleArn", "arn:aws:iam::1:role/task"},
          {"networkMode", "awsvpc"},
          {"requiresCompatibilities", {"EC2"}},
          {"cpu", "256"},
          {"memory", "512"},
          {"containerDefinitions",
           {{{"name", "nginx"},
             {"image", "nginx:alpine"},
             {"linuxParameters", {{"initProcessEnabled", true}}},
             {"portMappings", {{{"protocol", "tcp"}, {"containerPort", 80}}}},
             {"logConfiguration",
              {{"logDriver", "awslogs"},
               {"options", {{"awslogs-group", "/g"}, {"awslogs-region", "us-east-1"}}}}}}}}};
}

std::string refusal(const Json& input) {
  try {
    checked_task_definition(input);
  } catch (const AwsError& error) {
    return error.message();
  }
  return "(accepted)";
}

Json& container(Json& input) { return input["containerDefinitions"][0]; }

TEST(TaskDefinitionRules, FillsInWhatTheServiceFillsIn) {
  const Json stored = checked_task_definition(lab());
  const auto& nginx = stored["containerDefinitions"][0];
  EXPECT_EQ(nginx["cpu"], 0);
  EXPECT_EQ(nginx["essential"], true);
  EXPECT_EQ(nginx["portMappings"][0]["hostPort"], 80);
  EXPECT_EQ(nginx["environment"], Json::array());
  EXPECT_FALSE(nginx.contains("memory")) << "memory is never invented";
  EXPECT_EQ(stored["volumes"], Json::array());
  EXPECT_EQ(stored["compatibilities"], Json({"EC2", "FARGATE"}));
}

TEST(TaskDefinitionRules, NamesTheAttributesTheLabNeeds) {
  std::vector<std::string> names;
  for (const auto& attribute : required_attributes(checked_task_definition(lab()))) {
    names.push_back(attribute["name"]);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"com.amazonaws.ecs.capability.docker-remote-api.1.18",
                                             "com.amazonaws.ecs.capability.docker-remote-api.1.19",
                                             "com.amazonaws.ecs.capability.docker-remote-api.1.25",
                                             "com.amazonaws.ecs.capability.logging-driver.awslogs",
                                             "com.amazonaws.ecs.capability.task-iam-role",
                                             "ecs.capability.execution-role-awslogs",
                                             "ecs.capability.task-eni"}));
}

// What no container instance here offers: RunTask then answers the failure ATTRIBUTE.
TEST(TaskDefinitionRules, AsksForWhatOnlySomeInstancesOffer) {
  const std::vector<std::pair<std::function<void(Json&)>, std::string>> cases{
      {[](Json& i) { container(i)["dockerSecurityOptions"] = {"label:disable"}; },
       "com.amazonaws.ecs.capability.selinux"},
      {[](Json& i) { container(i)["dockerSecurityOptions"] = {"apparmor:mine"}; },
       "com.amazonaws.ecs.capability.apparmor"},
      {[](Json& i) { container(i)["credentialSpecs"] = {"credentialspec:file"}; },
       "ecs.capability.gmsa"},
      {[](Json& i) { i["enableFaultInjection"] = true; }, "ecs.capability.fault-injection"},
      {[](Json& i) {
         i["volumes"] = {{{"name", "v"}, {"configuredAtLaunch", true}}};
       },
       "ecs.capability.storage.ebs-task-volume-attach"}};
  for (const auto& [change, attribute] : cases) {
    Json input = lab();
    const auto has = [&attribute](const Json& definition) {
      const auto& all = definition.at("requiresAttributes");
      return std::ranges::find(all, Json{{"name", attribute}}) != all.end();
    };
    EXPECT_FALSE(has(checked_task_definition(input))) << attribute;
    change(input);
    EXPECT_TRUE(has(checked_task_definition(input))) << attribute;
  }
}

TEST(TaskDefinitionRules, NormalisesSizes) {
  Json input = lab();
  input["cpu"] = ".25 vCPU";
  input["memory"] = "0.5GB";
  const Json stored = checked_task_definition(input);
  EXPECT_EQ(stored["cpu"], "256");
  EXPECT_EQ(stored["memory"], "512");
  EXPECT_EQ(parse_cpu("1 vCPU"), 1024);
  EXPECT_EQ(parse_memory("1 GB"), 1024);
  EXPECT_FALSE(parse_cpu("a lot"));
  EXPECT_FALSE(parse_memory("1.5"));
}

struct Case {
  const char* what;
  void (*change)(Json& input);
  const char* message;
};

class Refuses : public testing::TestWithParam<Case> {};

TEST_P(Refuses, WithTheTextOfEcs) {
  Json input = lab();
  GetParam().change(input);
  EXPECT_EQ(refusal(input), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    TaskDefinitionRules, Refuses,
    testing::Values(
        Case{"HostPort", [](Json& i) { container(i)["portMappings"][0]["hostPort"] = 8080; },
             "When networkMode=awsvpc, the host ports and container ports in port mappings must "
             "match."},
        Case{"Links", [](Json& i) { container(i)["links"] = {"db"}; },
             "Links are not supported when networkMode=awsvpc."},
        Case{"DnsServers", [](Json& i) { container(i)["dnsServers"] = {"1.1.1.1"}; },
             "DNS servers are not supported on container when networkMode=awsvpc."},
        Case{"NoContainers", [](Json& i) { i["containerDefinitions"] = Json::array(); },
             "Container list cannot be empty."},
        Case{"NoEssential", [](Json& i) { container(i)["essential"] = false; },
             "Task definition doesn't have any essential container."},
        Case{"NoName", [](Json& i) { container(i).erase("name"); },
             "Container.name should not be null or empty."},
        Case{"NoImage", [](Json& i) { container(i).erase("image"); },
             "Container.image should not be null or empty."},
        Case{"NoMemory", [](Json& i) { i.erase("memory"); },
             "Invalid setting for container 'nginx'. At least one of 'memory' or "
             "'memoryReservation' must be specified."},
        Case{"Port", [](Json& i) { container(i)["portMappings"][0]["containerPort"] = 70000; },
             "Invalid 'containerPort' setting for container 'nginx'."},
        Case{"Cpu", [](Json& i) { i["cpu"] = "64"; }, "Invalid 'cpu' setting for task."},
        Case{"Log", [](Json& i) { container(i)["logConfiguration"]["options"] = Json::object(); },
             "Log driver awslogs requires options: awslogs-group, awslogs-region"},
        Case{"Secrets",
             [](Json& i) {
               i.erase("executionRoleArn");
               container(i)["secrets"] = {{{"name", "A"}, {"valueFrom", "b"}}};
             },
             "When you are specifying container secrets, you must also specify a value for "
             "'executionRoleArn'."},
        Case{"Volume",
             [](Json& i) {
               container(i)["mountPoints"] = {{{"sourceVolume", "data"}}};
             },
             "Unknown volume 'data'."},
        Case{"VolumesFrom",
             [](Json& i) {
               container(i)["volumesFrom"] = {{{"sourceContainer", "data"}}};
             },
             "Unknown container 'data' in 'volumesFrom' of container 'nginx'."},
        Case{"VolumesFromItself",
             [](Json& i) {
               container(i)["volumesFrom"] = {{{"sourceContainer", "nginx"}}};
             },
             "A cycle was found in the container dependencies."},
        Case{"Fargate",
             [](Json& i) {
               i["requiresCompatibilities"] = {"FARGATE"};
               i["memory"] = "4096";
             },
             "No Fargate configuration exists for given values: 256 CPU, 4096 memory. See the "
             "Amazon ECS documentation for the valid values."},
        Case{"FargateMode",
             [](Json& i) {
               i["requiresCompatibilities"] = {"FARGATE"};
               i["networkMode"] = "bridge";
             },
             "Fargate only supports network mode \u2018awsvpc\u2019."}),
    [](const auto& instance) { return std::string(instance.param.what); });

TEST(TaskDefinitionRules, FindsACycle) {
  Json input = lab();
  Json second = container(input);
  second["name"] = "app";
  second.erase("portMappings");
  second["dependsOn"] = {{{"containerName", "nginx"}, {"condition", "START"}}};
  container(input)["dependsOn"] = {{{"containerName", "app"}, {"condition", "START"}}};
  input["containerDefinitions"].push_back(second);
  EXPECT_EQ(refusal(input), "A cycle was found in the container dependencies.");
}

}  // namespace
}  // namespace enibox::ecs

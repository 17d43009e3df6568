#include "emulator/ecs/container_spec.hpp"

#include <gtest/gtest.h>

#include "api/error.hpp"
#include "emulator/ecs/arns.hpp"

namespace enibox::ecs {
namespace {

struct Given {
  Task task;
  Container container;
  Json definition;
};

Given given() {
  Given g;
  g.task.id = "0123456789abcdef0123456789abcdef";
  g.task.region = "us-east-1";
  g.task.ec2_instance_id = "i-1";
  g.task.overrides = {{"containerOverrides",
                       {{{"name", "app"},
                         {"command", {"sleep", "9"}},
                         {"environment", {{{"name", "B"}, {"value", "over"}}}}}}}};
  g.container.name = "app";
  g.container.image = "busybox";
  g.container.docker_id = "d0c";
  g.container.memory = 64;
  g.definition = {
      {"volumes", {{{"name", "data"}, {"host", {{"sourcePath", "/srv"}}}}, {{"name", "tmp"}}}},
      {"containerDefinitions",
       {{{"name", "app"},
         {"image", "busybox"},
         {"entryPoint", {"/bin/sh", "-c"}},
         {"command", {"true"}},
         {"user", "1000:1000"},
         {"stopTimeout", 5},
         {"environment", {{{"name", "A"}, {"value", "1"}}, {{"name", "B"}, {"value", "2"}}}},
         {"mountPoints",
          {{{"sourceVolume", "data"}, {"containerPath", "/data"}, {"readOnly", true}},
           {{"sourceVolume", "tmp"}, {"containerPath", "/scratch"}}}},
         {"linuxParameters",
          {{"initProcessEnabled", true}, {"capabilities", {{"add", {"NET_ADMIN"}}}}}},
         {"logConfiguration",
          {{"logDriver", "awslogs"},
           {"options",
            {{"awslogs-group", "/g"},
             {"awslogs-region", "us-west-2"},
             {"awslogs-stream-prefix", "p"}}}}}}}}};
  return g;
}

TEST(ContainerSpec, LaysOverridesOverTheDefinition) {
  const auto g = given();
  const auto spec = container_spec(g.task, g.definition, g.container);
  EXPECT_EQ(spec.entry_point, (std::vector<std::string>{"/bin/sh", "-c"}));
  EXPECT_EQ(spec.command, (std::vector<std::string>{"sleep", "9"}));
  EXPECT_EQ(spec.env, (std::vector<std::string>{"A=1", "AWS_DEFAULT_REGION=us-east-1",
                                                "AWS_EXECUTION_ENV=AWS_ECS_EC2",
                                                "AWS_REGION=us-east-1", "B=over"}));
  EXPECT_EQ(spec.user, "1000:1000");
  EXPECT_EQ(spec.cpu_shares, 2);
  EXPECT_EQ(spec.memory_bytes, 64 << 20);
  EXPECT_TRUE(spec.init_process);
  EXPECT_EQ(spec.cap_add, std::vector<std::string>{"NET_ADMIN"});
  ASSERT_EQ(spec.mounts.size(), 2U);
  EXPECT_EQ(spec.mounts[0].source, "/srv");
  EXPECT_TRUE(spec.mounts[0].read_only);
  EXPECT_EQ(spec.mounts[1].source, "");
  EXPECT_EQ(spec.mounts[1].volume, "tmp");
}

TEST(ContainerSpec, TakesWhatLinuxParametersSay) {
  auto g = given();
  auto& app = g.definition["containerDefinitions"][0];
  app["dockerSecurityOptions"] = {"no-new-privileges"};
  app["linuxParameters"] = {
      {"sharedMemorySize", 128},
      {"maxSwap", 32},
      {"swappiness", 10},
      {"tmpfs", {{{"containerPath", "/run"}, {"size", 16}, {"mountOptions", {"rw", "mode=700"}}}}},
      {"devices",
       {{{"hostPath", "/dev/fuse"}},
        {{"hostPath", "/dev/null"}, {"containerPath", "/dev/n"}, {"permissions", {"read"}}}}}};
  const auto spec = container_spec(g.task, g.definition, g.container);
  EXPECT_EQ(spec.shm_bytes, 128 << 20);
  EXPECT_EQ(spec.swap_bytes, 32 << 20);
  EXPECT_EQ(spec.swappiness, 10);
  ASSERT_EQ(spec.tmpfs.size(), 1U);
  EXPECT_EQ(spec.tmpfs[0].size_bytes, 16 << 20);
  EXPECT_EQ(spec.tmpfs[0].options, (std::vector<std::string>{"rw", "mode=700"}));
  ASSERT_EQ(spec.devices.size(), 2U);
  EXPECT_EQ(spec.devices[0].destination, "/dev/fuse");
  EXPECT_EQ(spec.devices[0].access, "rwm");
  EXPECT_EQ(spec.devices[1].destination, "/dev/n");
  EXPECT_EQ(spec.devices[1].access, "r");
  EXPECT_EQ(spec.security_options, std::vector<std::string>{"no-new-privileges"});
}

TEST(ContainerSpec, TakesTheVolumesOfAnother) {
  auto g = given();
  auto& containers = g.definition["containerDefinitions"];
  containers.push_back({{"name", "side"},
                        {"image", "busybox"},
                        {"mountPoints", {{{"sourceVolume", "tmp"}, {"containerPath", "/data"}}}},
                        {"volumesFrom", {{{"sourceContainer", "app"}, {"readOnly", true}}}}});
  g.container.name = "side";
  const auto spec = container_spec(g.task, g.definition, g.container);
  ASSERT_EQ(spec.mounts.size(), 2U);
  EXPECT_EQ(spec.mounts[0].volume, "tmp") << "its own stays";
  EXPECT_EQ(spec.mounts[0].destination, "/data");
  EXPECT_FALSE(spec.mounts[0].read_only);
  EXPECT_EQ(spec.mounts[1].destination, "/scratch");
  EXPECT_TRUE(spec.mounts[1].read_only);
}

TEST(ContainerSpec, NamesTheLogStreamAsTheDriverDoes) {
  auto g = given();
  const auto effective = effective_container(g.task, g.definition, "app");
  auto target = awslogs_target(g.task, effective, g.container);
  ASSERT_TRUE(target);
  EXPECT_EQ(target->region, "us-west-2");
  EXPECT_EQ(target->stream, "p/app/0123456789abcdef0123456789abcdef");
  EXPECT_EQ(stop_timeout_seconds(effective), 5);

  auto bare = effective;
  bare["logConfiguration"]["options"].erase("awslogs-stream-prefix");
  EXPECT_EQ(awslogs_target(g.task, bare, g.container)->stream, "d0c");
  bare["logConfiguration"]["logDriver"] = "json-file";
  EXPECT_FALSE(awslogs_target(g.task, bare, g.container));
}

TEST(Arns, TakesNamesAndArnsAndRefusesTheRest) {
  EXPECT_EQ(cluster_name(""), "default");
  EXPECT_EQ(cluster_name("arn:aws:ecs:us-east-1:1:cluster/lab"), "lab");
  EXPECT_THROW(cluster_name("no spaces"), AwsError);
  const std::string id(32, 'a');
  EXPECT_EQ(resource_id("task", id), id);
  EXPECT_EQ(resource_id("task", "arn:aws:ecs:us-east-1:1:task/lab/" + id), id);
  try {
    resource_id("task", "short");
    FAIL();
  } catch (const AwsError& error) {
    EXPECT_EQ(error.message(), "Invalid identifier: task length should be one of [32,36]");
  }
  EXPECT_THROW(resource_id("task", "a/b/c"), AwsError);
  EXPECT_EQ(task_definition_name("web:3").revision, 3);
  EXPECT_EQ(task_definition_name("arn:aws:ecs:us-east-1:1:task-definition/web:3").family, "web");
  EXPECT_THROW(task_definition_name("web:x"), AwsError);
}

}  // namespace
}  // namespace enibox::ecs

#include "tests/unit/ecs/ecs_fixture.hpp"

namespace enibox::ecs {
namespace {

class InstanceLife : public EcsTest {
 protected:
  void ask(const std::string& operation) {
    call_ec2(operation, {{"InstanceIds", {instance_id}}});
    settle();
  }
  void settle() {
    for (int i = 0; i < 3; ++i) {
      instances.changed(instance_id);
      clock.run_posted();
    }
  }
  std::string state() { return ec2.instance(instance_id).state; }
};

TEST_F(InstanceLife, TheRootDiskOutlivesAStopAndIsGoneWithTheInstance) {
  lab();
  EXPECT_TRUE(runtime.has_disk(instance_id));
  ask("StopInstances");
  EXPECT_EQ(state(), "stopped");
  EXPECT_FALSE(runtime.hosts.contains(instance_id));
  EXPECT_TRUE(runtime.has_disk(instance_id));
  ask("StartInstances");
  EXPECT_EQ(state(), "running");
  EXPECT_TRUE(runtime.hosts.contains(instance_id));
  ask("StopInstances");
  ask("TerminateInstances");
  EXPECT_EQ(state(), "terminated");
  EXPECT_FALSE(runtime.has_disk(instance_id));
}

TEST_F(InstanceLife, ARebootIsOnTheSameDisk) {
  lab();
  runtime.calls.clear();
  instances.reboot(instance_id);
  clock.run_posted();
  EXPECT_EQ(state(), "running");
  EXPECT_THAT(runtime.calls,
              testing::IsSupersetOf({"stop_host " + instance_id, "start_host " + instance_id}));
  EXPECT_THAT(runtime.calls, testing::Not(testing::Contains("remove_host " + instance_id)));
}

TEST_F(InstanceLife, WhatCannotBeLaunchedIsTerminatedWhatCannotBeStartedAgainIsStopped) {
  lab();
  ask("StopInstances");
  runtime.fail_call(1, "no room");
  ask("StartInstances");
  EXPECT_EQ(state(), "stopped");
  EXPECT_TRUE(runtime.has_disk(instance_id));
  ask("StartInstances");
  EXPECT_EQ(state(), "running");

  const std::string first = instance_id;
  runtime.fail_call(1, "no room");
  launch();
  settle();
  EXPECT_NE(instance_id, first);
  EXPECT_EQ(state(), "terminated");
  EXPECT_FALSE(runtime.has_disk(instance_id));
}

}  // namespace
}  // namespace enibox::ecs

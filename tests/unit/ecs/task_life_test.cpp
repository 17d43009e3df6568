#include <csignal>

#include "tests/unit/ecs/ecs_fixture.hpp"

namespace enibox::ecs {
namespace {

using TaskLife = EcsTest;

TEST_F(TaskLife, RunTaskAnswersProvisioningThenItRuns) {
  lab();
  call("RegisterTaskDefinition", nginx_definition());
  const Json first = call("RunTask", run_input())["tasks"][0];
  EXPECT_EQ(first["lastStatus"], "PROVISIONING");
  EXPECT_EQ(first["desiredStatus"], "RUNNING");
  EXPECT_EQ(first["attachments"][0]["status"], "PRECREATED");
  EXPECT_EQ(first["attachments"][0]["details"].size(), 1U) << "only the subnet is told";
  EXPECT_EQ(first["containers"][0]["networkInterfaces"], Json::array());
  EXPECT_EQ(first["overrides"]["containerOverrides"][0]["name"], "nginx");

  clock.run_posted();
  const Json running = task(first["taskArn"]);
  EXPECT_EQ(running["lastStatus"], "RUNNING");
  EXPECT_EQ(running["attachments"][0]["status"], "ATTACHED");
  const auto& container = running["containers"][0];
  EXPECT_EQ(container["lastStatus"], "RUNNING");
  EXPECT_EQ(container["managedAgents"][0]["lastStatus"], "RUNNING");
  EXPECT_EQ(container["runtimeId"].get<std::string>().size(), 64U);
  EXPECT_LE(running["createdAt"].get<double>(), running["startedAt"].get<double>());
}

TEST_F(TaskLife, TheInterfaceInTheAnswerIsTheDeviceInTheTask) {
  lab();
  const Json running = task(run_nginx());
  std::map<std::string, std::string> details;
  for (const auto& detail : running["attachments"][0]["details"]) {
    details[detail["name"]] = detail["value"];
  }
  const auto& device = network.enis.at(details["networkInterfaceId"]);
  EXPECT_EQ(device.address, details["privateIPv4Address"]);
  EXPECT_EQ(device.mac, details["macAddress"]);
  EXPECT_EQ(device.group_ids, std::vector<std::string>{group_id});
  EXPECT_EQ(device.interface_name, "eth0");
  const Json row = call_ec2("DescribeNetworkInterfaces",
                            {{"NetworkInterfaceIds", {details["networkInterfaceId"]}}});
  EXPECT_EQ(row["NetworkInterfaces"][0]["PrivateIpAddress"], details["privateIPv4Address"]);
  EXPECT_EQ(row["NetworkInterfaces"][0]["Status"], "in-use");
  EXPECT_EQ(network.bridges.at(device.netns_path), "169.254.172.2");
}

TEST_F(TaskLife, AnInstanceHasRoomForAsManyTasksAsItHasInterfaces) {
  lab();
  call("RegisterTaskDefinition", nginx_definition());
  Json input = run_input();
  input["count"] = 3;
  const Json answer = call("RunTask", input);
  EXPECT_EQ(answer["tasks"].size(), 2U) << "a t3.medium has three, one is its own";
  ASSERT_EQ(answer["failures"].size(), 1U);
  EXPECT_EQ(answer["failures"][0]["reason"], "RESOURCE:ENI");
}

TEST_F(TaskLife, StopTaskGivesBackEverything) {
  lab();
  const std::string arn = run_nginx();
  const std::size_t interfaces = network.enis.size();
  const Json stopping = call("StopTask", {{"cluster", "lab"}, {"task", arn}, {"reason", "enough"}});
  EXPECT_EQ(stopping["task"]["desiredStatus"], "STOPPED");
  clock.run_posted();
  const Json stopped = task(arn);
  EXPECT_EQ(stopped["lastStatus"], "STOPPED");
  EXPECT_EQ(stopped["stopCode"], "UserInitiated");
  EXPECT_EQ(stopped["stoppedReason"], "enough");
  EXPECT_EQ(stopped["containers"][0]["exitCode"], 128 + SIGTERM);
  EXPECT_EQ(stopped["attachments"][0]["status"], "DELETED");
  EXPECT_EQ(network.enis.size(), interfaces - 1);
  EXPECT_TRUE(runtime.containers.empty());
  EXPECT_TRUE(runtime.pods.empty());
  const Json left = call_ec2("DescribeNetworkInterfaces", Json::object());
  EXPECT_EQ(left["NetworkInterfaces"].size(), 1U) << "the instance's own";
  EXPECT_EQ(call("StopTask", {{"cluster", "lab"}, {"task", arn}})["task"]["stoppedReason"],
            "enough")
      << "stopping it again changes nothing";
}

TEST_F(TaskLife, DockerHearsOfItsContainersLives) {
  lab();
  const std::string arn = run_nginx();
  const std::string nginx = runtime.containers.begin()->first;
  const std::string pause = ecs.tasks.find(resource_id("task", arn))->pause_docker_id;
  const std::vector<std::string> up{"create " + pause, "start " + pause, "create " + nginx,
                                    "start " + nginx};
  EXPECT_EQ(events, up);
  events.clear();
  call("StopTask", {{"cluster", "lab"}, {"task", arn}});
  clock.run_posted();
  const std::vector<std::string> down{"kill " + nginx, "destroy " + nginx, "destroy " + pause};
  EXPECT_EQ(events, down);
}

TEST_F(TaskLife, ADeafContainerIsKilledAfterItsStopTimeout) {
  lab();
  runtime.deadly_signals = {SIGKILL};
  auto definition = nginx_definition();
  definition["containerDefinitions"][0]["stopTimeout"] = 10;
  call("RegisterTaskDefinition", definition);
  const std::string arn = call("RunTask", run_input())["tasks"][0]["taskArn"];
  clock.run_posted();
  call("StopTask", {{"cluster", "lab"}, {"task", arn}});
  clock.advance(std::chrono::milliseconds(9'900));
  EXPECT_EQ(task(arn)["lastStatus"], "STOPPING");
  clock.advance(std::chrono::milliseconds(200));
  EXPECT_EQ(task(arn)["lastStatus"], "STOPPED");
  EXPECT_EQ(task(arn)["containers"][0]["exitCode"], 137);
}

TEST_F(TaskLife, AnEssentialContainersExitEndsTheTask) {
  lab();
  const std::string arn = run_nginx();
  runtime.exit(runtime.containers.begin()->first, 3);
  clock.run_posted();
  const Json stopped = task(arn);
  EXPECT_EQ(stopped["stopCode"], "EssentialContainerExited");
  EXPECT_EQ(stopped["stoppedReason"], "Essential container in task exited");
  EXPECT_EQ(stopped["containers"][0]["exitCode"], 3);
}

TEST_F(TaskLife, AContainerOutOfMemorySaysSo) {
  lab();
  const std::string arn = run_nginx();
  runtime.exit(runtime.containers.begin()->first, 137, true);
  clock.run_posted();
  EXPECT_EQ(task(arn)["containers"][0]["reason"],
            "OutOfMemoryError: Container killed due to memory usage");
}

TEST_F(TaskLife, AnImageThatIsNotThereStopsTheTask) {
  lab();
  auto definition = nginx_definition();
  definition["containerDefinitions"][0]["image"] = "nowhere/app:1";
  call("RegisterTaskDefinition", definition);
  const std::string arn = call("RunTask", run_input())["tasks"][0]["taskArn"];
  clock.run_posted();
  const Json stopped = task(arn);
  EXPECT_EQ(stopped["lastStatus"], "STOPPED");
  EXPECT_EQ(stopped["stopCode"], "TaskFailedToStart");
  EXPECT_THAT(stopped["stoppedReason"].get<std::string>(), testing::StartsWith("CannotPull"));
}

TEST_F(TaskLife, EveryStepThatFailsLeavesNothing) {
  lab();
  call("RegisterTaskDefinition", nginx_definition());
  const std::size_t interfaces = network.enis.size();
  // start_pod and start_container of the runtime; the bridge and the interface of the network.
  for (int nth = 1; nth <= 4; ++nth) {
    if (nth <= 2) {
      runtime.fail_call(nth);
    } else {
      network.fail_call(nth - 2);
    }
    const std::string arn = call("RunTask", run_input())["tasks"][0]["taskArn"];
    clock.run_posted();
    if (nth == 3) {  // the bridge alone failed: the task lives without its second interface
      call("StopTask", {{"cluster", "lab"}, {"task", arn}});
      clock.run_posted();
    }
    const Json stopped = task(arn);
    EXPECT_EQ(stopped["lastStatus"], "STOPPED") << nth;
    EXPECT_EQ(network.enis.size(), interfaces) << nth;
    EXPECT_TRUE(runtime.pods.empty()) << nth;
    EXPECT_TRUE(runtime.containers.empty()) << nth;
    EXPECT_EQ(call_ec2("DescribeNetworkInterfaces", Json::object())["NetworkInterfaces"].size(), 1U)
        << nth;
  }
}

TEST_F(TaskLife, StoppedWhileItStartsItNeverRuns) {
  lab();
  call("RegisterTaskDefinition", nginx_definition());
  const std::string arn = call("RunTask", run_input())["tasks"][0]["taskArn"];
  call("StopTask", {{"cluster", "lab"}, {"task", arn}});
  clock.run_posted();
  EXPECT_EQ(task(arn)["lastStatus"], "STOPPED");
  EXPECT_FALSE(task(arn).contains("startedAt"));
  EXPECT_TRUE(runtime.pods.empty());
}

TEST_F(TaskLife, ContainersStartInTheOrderOfTheirDependencies) {
  lab();
  auto definition = nginx_definition();
  Json init = {{"name", "init"}, {"image", "busybox"}, {"essential", false}};
  definition["containerDefinitions"][0]["dependsOn"] = {
      {{"containerName", "init"}, {"condition", "SUCCESS"}}};
  definition["containerDefinitions"].push_back(init);
  call("RegisterTaskDefinition", definition);
  const std::string arn = call("RunTask", run_input())["tasks"][0]["taskArn"];
  clock.run_posted();
  EXPECT_EQ(task(arn)["lastStatus"], "PENDING");
  ASSERT_EQ(runtime.containers.size(), 1U);
  runtime.exit(runtime.containers.begin()->first, 0);
  clock.run_posted();
  EXPECT_EQ(task(arn)["lastStatus"], "RUNNING");
}

TEST_F(TaskLife, AFailedDependencyEndsTheTask) {
  lab();
  auto definition = nginx_definition();
  definition["containerDefinitions"][0]["dependsOn"] = {
      {{"containerName", "init"}, {"condition", "SUCCESS"}}};
  definition["containerDefinitions"].push_back(
      {{"name", "init"}, {"image", "busybox"}, {"essential", false}});
  call("RegisterTaskDefinition", definition);
  const std::string arn = call("RunTask", run_input())["tasks"][0]["taskArn"];
  clock.run_posted();
  runtime.exit(runtime.containers.begin()->first, 1);
  clock.run_posted();
  EXPECT_EQ(task(arn)["lastStatus"], "STOPPED");
}

TEST_F(TaskLife, HealthChecksDecideWhatTheTaskSaysAndWhatStarts) {
  lab();
  auto definition = nginx_definition();
  definition["containerDefinitions"][0]["healthCheck"] = {
      {"command", {"CMD-SHELL", "true"}}, {"interval", 10}, {"retries", 2}};
  definition["containerDefinitions"].push_back(
      {{"name", "after"},
       {"image", "busybox"},
       {"essential", false},
       {"dependsOn", {{{"containerName", "nginx"}, {"condition", "HEALTHY"}}}}});
  call("RegisterTaskDefinition", definition);
  const std::string arn = call("RunTask", run_input())["tasks"][0]["taskArn"];
  clock.run_posted();
  EXPECT_EQ(task(arn)["lastStatus"], "RUNNING");
  EXPECT_EQ(task(arn)["healthStatus"], "UNKNOWN");
  EXPECT_EQ(runtime.containers.size(), 1U);

  const auto probe_ends = [&](int code) {
    clock.advance(std::chrono::seconds(10));
    runtime.far_ends.clear();  // the probe's output ends
    runtime.end_exec(runtime.execs.rbegin()->first, code);
    loop.restart();
    loop.poll();
    clock.run_posted();
  };
  probe_ends(0);
  EXPECT_EQ(task(arn)["healthStatus"], "HEALTHY");
  EXPECT_EQ(runtime.containers.size(), 2U) << "what waited for it has started";
  probe_ends(1);
  EXPECT_EQ(task(arn)["healthStatus"], "HEALTHY") << "one failure is not enough";
  probe_ends(1);
  EXPECT_EQ(task(arn)["healthStatus"], "UNHEALTHY");
  EXPECT_EQ(task(arn)["lastStatus"], "RUNNING") << "a standalone task is not stopped for it";
}

TEST_F(TaskLife, OthersWaitForAContainerAsLongAsItsStartTimeout) {
  lab();
  auto definition = nginx_definition();
  auto& containers = definition["containerDefinitions"];
  containers.push_back(
      {{"name", "first"}, {"image", "busybox"}, {"essential", false}, {"startTimeout", 20}});
  containers[0]["dependsOn"] = {{{"containerName", "first"}, {"condition", "COMPLETE"}}};
  call("RegisterTaskDefinition", definition);
  const std::string arn = call("RunTask", run_input())["tasks"][0]["taskArn"];
  clock.run_posted();
  clock.advance(std::chrono::seconds(19));
  EXPECT_EQ(task(arn)["lastStatus"], "PENDING");
  clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(task(arn)["desiredStatus"], "STOPPED");
  EXPECT_THAT(task(arn)["containers"][0]["reason"].get<std::string>(),
              testing::StartsWith("TaskDependencyError"));
}

TEST_F(TaskLife, VolumesFromAnotherStartAfterIt) {
  lab();
  auto definition = nginx_definition();
  auto& containers = definition["containerDefinitions"];
  containers[0]["volumesFrom"] = {{{"sourceContainer", "data"}}};
  containers.push_back({{"name", "data"}, {"image", "busybox"}});
  call("RegisterTaskDefinition", definition);
  call("RunTask", run_input());
  clock.run_posted();
  const auto& calls = runtime.calls;
  const auto at = [&](const char* call) { return std::ranges::find(calls, call) - calls.begin(); };
  EXPECT_LT(at("start_container data"), at("start_container nginx"));
  EXPECT_LT(at("start_container nginx"), static_cast<long>(calls.size()));
}

TEST_F(TaskLife, TheInstancesEndIsTheTasksEnd) {
  lab();
  const std::string arn = run_nginx();
  call_ec2("TerminateInstances", {{"InstanceIds", {instance_id}}});
  clock.run_posted();
  instances.changed(instance_id);
  clock.run_posted();
  EXPECT_EQ(task(arn)["lastStatus"], "STOPPED");
  EXPECT_EQ(task(arn)["stoppedReason"], "Host EC2 (instance " + instance_id + ") terminated.");
  EXPECT_EQ(call("ListContainerInstances", {{"cluster", "lab"}})["containerInstanceArns"],
            Json::array());
  EXPECT_TRUE(runtime.hosts.empty());
}

TEST_F(TaskLife, OutputGoesToItsLogStream) {
  lab();
  logs.groups.insert("/lab");
  auto definition = nginx_definition();
  definition["containerDefinitions"][0]["logConfiguration"] = {{"logDriver", "awslogs"},
                                                               {"options",
                                                                {{"awslogs-group", "/lab"},
                                                                 {"awslogs-region", "us-east-1"},
                                                                 {"awslogs-stream-prefix", "p"}}}};
  call("RegisterTaskDefinition", definition);
  const std::string arn = call("RunTask", run_input())["tasks"][0]["taskArn"];
  clock.run_posted();
  runtime.log(runtime.containers.begin()->first, {{1, false, "hello"}, {2, true, "error"}});
  const std::string stream = "/lab p/nginx/" + arn.substr(arn.rfind('/') + 1);
  EXPECT_EQ(logs.streams.at(stream), (std::vector<std::string>{"hello", "error"}));
}

class LinesOfTasks : public TaskLife {
 protected:
  std::string run_with(const Json& options) {
    lab();
    logs.groups.insert("/lab");
    auto definition = nginx_definition();
    Json log = {
        {"awslogs-group", "/lab"}, {"awslogs-region", "us-east-1"}, {"awslogs-stream-prefix", "p"}};
    log.update(options);
    definition["containerDefinitions"][0]["logConfiguration"] = {{"logDriver", "awslogs"},
                                                                 {"options", log}};
    call("RegisterTaskDefinition", definition);
    const std::string arn = call("RunTask", run_input())["tasks"][0]["taskArn"];
    clock.run_posted();
    return arn;
  }
  void log(const std::vector<std::string>& texts) {
    std::vector<containers::LogLine> lines;
    for (const auto& text : texts) lines.push_back({clock.now_ms(), false, text});
    runtime.log(runtime.containers.begin()->first, lines);
  }
  std::vector<std::string> events(const std::string& arn) {
    return logs.streams["/lab p/nginx/" + arn.substr(arn.rfind('/') + 1)];
  }
};

TEST_F(LinesOfTasks, ALineWithThePatternBeginsAnEvent) {
  using Texts = std::vector<std::string>;
  const auto arn = run_with({{"awslogs-multiline-pattern", "^INFO"}});
  log({"INFO one", " more"});
  EXPECT_EQ(events(arn), Texts());
  clock.advance(std::chrono::seconds(4));
  log({"INFO two"});
  EXPECT_EQ(events(arn), Texts{"INFO one\n more\n"});
  clock.advance(std::chrono::seconds(4));
  log({" more of it"});
  EXPECT_EQ(events(arn).size(), 1U);
  clock.advance(std::chrono::seconds(1));  // five after its first line
  EXPECT_EQ(events(arn).back(), "INFO two\n more of it\n");
  log({"INFO three"});
  call("StopTask", {{"cluster", "lab"}, {"task", arn}});
  clock.run_posted();
  EXPECT_EQ(task(arn)["lastStatus"], "STOPPED");
  EXPECT_EQ(events(arn).back(), "INFO three\n");
}

TEST_F(LinesOfTasks, TheDaemonsEndDeliversWhatWaits) {
  const auto arn = run_with({{"awslogs-datetime-format", "%Y-%m-%d"}});
  log({"2026-11-23 one", " more"});
  tasks.flush_logs();
  EXPECT_EQ(events(arn), std::vector<std::string>{"2026-11-23 one\n more\n"});
}

TEST_F(LinesOfTasks, BothOptionsEndTheTask) {
  const auto arn =
      run_with({{"awslogs-datetime-format", "%Y-%m-%d"}, {"awslogs-multiline-pattern", "^INFO"}});
  EXPECT_EQ(task(arn)["lastStatus"], "STOPPED");
  EXPECT_EQ(task(arn)["containers"][0]["reason"],
            "CannotCreateContainerError: Error response from daemon: you cannot configure log opt "
            "'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time");
}

TEST_F(LinesOfTasks, ABrokenPatternEndsTheTask) {
  const auto arn = run_with({{"awslogs-multiline-pattern", "("}});
  EXPECT_EQ(task(arn)["lastStatus"], "STOPPED");
  EXPECT_TRUE(task(arn)["containers"][0]["reason"].get<std::string>().starts_with(
      "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: "
      "awslogs could not parse multiline pattern key \"awslogs-multiline-pattern\": "));
}

TEST_F(TaskLife, AMissingLogGroupStopsTheTask) {
  lab();
  auto definition = nginx_definition();
  definition["containerDefinitions"][0]["logConfiguration"] = {
      {"logDriver", "awslogs"},
      {"options", {{"awslogs-group", "/none"}, {"awslogs-region", "us-east-1"}}}};
  call("RegisterTaskDefinition", definition);
  const std::string arn = call("RunTask", run_input())["tasks"][0]["taskArn"];
  clock.run_posted();
  EXPECT_EQ(task(arn)["lastStatus"], "STOPPED");
  EXPECT_THAT(task(arn)["containers"][0]["reason"].get<std::string>(),
              testing::HasSubstr("The specified log group does not exist."));
}

TEST_F(TaskLife, ARestartTakesOverWhatRunsAndEndsWhatDoesNot) {
  lab();
  const std::string lives = run_nginx();
  const std::string dies = call("RunTask", run_input())["tasks"][0]["taskArn"];
  clock.run_posted();
  for (auto& [id, container] : runtime.containers) {
    if (dies.ends_with(container.spec.pod_id)) container.running = false;
  }
  reconcile::TaskReconciler next({ecs, devices, network, runtime, logs, sessions, commands, clock});
  next.host_up(instance_id, "/fake/netns/" + instance_id);
  network.bridges.clear();  // as if the daemon had died just before it put them
  runtime.inventory([&](auto inventory) { next.recover(inventory.get()); });
  clock.run_posted();
  EXPECT_EQ(task(lives)["lastStatus"], "RUNNING");
  EXPECT_EQ(task(dies)["lastStatus"], "STOPPED");
  EXPECT_TRUE(network.bridges.contains("/fake/netns/" + lives.substr(lives.rfind('/') + 1)));
}

TEST_F(TaskLife, ThePauseContainersEndIsTheTasksEnd) {
  lab();
  const std::string arn = run_nginx();
  const auto pod = runtime.pods.begin()->second;
  tasks.container_exited({pod.container_id, 137, false});
  clock.run_posted();
  EXPECT_EQ(task(arn)["stopCode"], "EssentialContainerExited");
  EXPECT_EQ(task(arn)["lastStatus"], "STOPPED");
}

TEST_F(TaskLife, ItsInterfaceIsNumberedByTheInstancesLinks) {
  lab();
  run_nginx();
  const auto of_task = std::ranges::find_if(
      network.enis, [](const auto& eni) { return !eni.second.host_netns_path.empty(); });
  ASSERT_NE(of_task, network.enis.end());
  EXPECT_EQ(of_task->second.host_netns_path, "/fake/netns/" + instance_id);
}

}  // namespace
}  // namespace enibox::ecs

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/net/runtime_fixture.hpp"

// Real runc, conmon, overlayfs and namespaces. Each story ends with a look for leftovers.
namespace enibox::test {
namespace {

class RuntimeStory : public ::testing::TestWithParam<Privilege> {};

void kill_container(RuntimeBox& box, const std::string& id, int signal) {
  EXPECT_EQ(box.call<Nothing>([&](auto done) {
                 box.runtime().signal_container(container_id(id), signal, done);
               })
                .error(),
            "");
}

void remove(RuntimeBox& box, const std::string& id) {
  EXPECT_EQ(
      box.call<Nothing>([&](auto done) { box.runtime().remove_container(container_id(id), done); })
          .error(),
      "");
}

bool wait_exit(RuntimeBox& box, const std::string& id) {
  return box.wait_for([&] { return box.exits.contains(container_id(id)); });
}

TEST_P(RuntimeStory, AHostIsAMachineOfItsOwn) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    const auto host = box.start_host();
    EXPECT_EQ(box.run_on_host("hostname").out, "ip-10-0-100-21.ec2.internal\n");
    EXPECT_EQ(box.run_on_host("cat /etc/resolv.conf").out, "nameserver 10.0.0.2\n");
    EXPECT_EQ(box.run_on_host("tty", true).out, "/dev/pts/0\r\n");
    EXPECT_EQ(box.run_on_host("readlink /run/docker.sock; exit 4").code, 4);
    EXPECT_EQ(box.run_on_host("ls /run/ecs | head -1").out, "c\n");
    // Its init is process 1 there and nothing of the box is in sight.
    EXPECT_EQ(box.run_on_host("cat /proc/1/comm").out, "tini-static\n");
    EXPECT_EQ(box.run_on_host("grep -c enibox-image /proc/mounts").out, "1\n");
    EXPECT_EQ(box.run_on_host("echo $HOME $USER; pwd").out, "/root root\n/root\n");
    EXPECT_TRUE(netns::identify_process(host.pid));
    EXPECT_EQ(box.stop_host(), "");
    EXPECT_TRUE(box.dead_hosts.empty());
  });
}

TEST_P(RuntimeStory, AContainerRunsSpeaksAndEnds) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    box.start_host();
    box.start_pod();
    auto spec = box.shell("a1", "echo out; echo err >&2; hostname; printf half; exit 3");
    auto started = box.start(spec);
    ASSERT_EQ(started.error(), "");
    EXPECT_EQ(started.get().argv, (std::vector<std::string>{"sh", "-c", (*spec.command)[2]}));
    EXPECT_TRUE(started.get().image_id.starts_with("sha256:"));
    ASSERT_TRUE(wait_exit(box, "a1"));
    EXPECT_EQ(box.exits.at(container_id("a1")).exit_code, 3);
    auto lines = box.lines_of("a1");
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(lines,
              (std::vector<std::string>{"! err", "half", "ip-10-0-100-57.ec2.internal", "out"}));
    auto log = box.call<std::vector<containers::LogLine>>(
        [&](auto done) { box.runtime().read_log(container_id("a1"), 1, done); });
    ASSERT_EQ(log.get().size(), 1U);
    remove(box, "a1");
    EXPECT_EQ(box.stop_host(), "");
  });
}

TEST_P(RuntimeStory, TheHostSeesTheTaskByItsPidAndNetwork) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    box.start_host();
    const auto pod = box.start_pod();
    auto started = box.start(box.shell("a1", "sleep 1000"));
    ASSERT_EQ(started.error(), "");
    const auto pid = std::to_string(started.get().pid_in_host);
    const auto pause = std::to_string(pod.pid_in_host);
    EXPECT_EQ(box.run_on_host("readlink /proc/" + pid + "/ns/net").out,
              box.run_on_host("readlink /proc/" + pause + "/ns/net").out);
    EXPECT_NE(box.run_on_host("readlink /proc/" + pid + "/ns/pid").out,
              box.run_on_host("readlink /proc/" + pause + "/ns/pid").out);
    EXPECT_NE(box.run_on_host("readlink /proc/" + pid + "/ns/net").out,
              box.run_on_host("readlink /proc/self/ns/net").out);
    EXPECT_EQ(box.run_on_host("nsenter -t " + pid + " -u hostname").out,
              "ip-10-0-100-57.ec2.internal\n");
    auto rows = box.call<std::vector<std::vector<std::string>>>(
        [&](auto done) { box.runtime().processes(container_id("a1"), done); });
    ASSERT_EQ(rows.get().size(), 1U) << rows.error();
    EXPECT_EQ(rows.get()[0][1], pid);
    EXPECT_EQ(rows.get()[0][7], "sleep 1000");
    EXPECT_EQ(box.stop_host(), "");
  });
}

TEST_P(RuntimeStory, ExecRunsInTheContainerWithItsLimits) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    box.start_host();
    box.start_pod();
    auto spec = box.shell("a1", "sleep 1000");
    spec.env = {"SPEC=2"};
    ASSERT_EQ(box.start(spec).error(), "");
    EXPECT_EQ(box.run_in("a1", "echo $FROM_IMAGE$SPEC; echo e >&2; exit 9").out, "12\n");
    EXPECT_EQ(box.run_in("a1", "exit 9").code, 9);
    EXPECT_EQ(box.run_in("a1", "grep Seccomp: /proc/self/status").out, "Seccomp:\t2\n");
    containers::ExecSpec tty;
    tty.host_id = "i-1";
    tty.container_id = container_id("a1");
    tty.argv = {"sh", "-c", "tty; stty size"};
    tty.rows = 40;
    tty.cols = 132;
    EXPECT_EQ(box.run(tty).out, "/dev/pts/0\r\n40 132\r\n");
    auto cat = tty;
    cat.argv = {"cat"};
    cat.tty = false;
    EXPECT_EQ(box.run(cat, "typed\n").out, "typed\n");
    cat.argv = {"no-such-command"};
    EXPECT_NE(box.run(cat).err.find("OCI runtime exec failed: exec failed: unable to start "
                                    "container process: exec: \"no-such-command\": executable "
                                    "file not found in $PATH: unknown"),
              std::string::npos);
    EXPECT_EQ(box.stop_host(), "");
  });
}

TEST_P(RuntimeStory, SignalsReachTheContainerAndInitForwardsThem) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    box.start_host();
    box.start_pod();
    ASSERT_EQ(box.start(box.shell("a1",
                                  "trap 'echo bye; exit 5' TERM; echo up; while :; do "
                                  "sleep 0.1; done"))
                  .error(),
              "");
    ASSERT_TRUE(box.wait_for([&] { return !box.lines_of("a1").empty(); }));
    kill_container(box, "a1", SIGTERM);
    ASSERT_TRUE(wait_exit(box, "a1"));
    EXPECT_EQ(box.exits.at(container_id("a1")).exit_code, 5);
    EXPECT_EQ(box.lines_of("a1").back(), "bye");

    // Process 1 has no default action for TERM; with an init the command is not process 1.
    auto with_init = box.shell("b1", "exec sleep 1000");
    with_init.init_process = true;
    ASSERT_EQ(box.start(with_init).error(), "");
    EXPECT_EQ(box.run_in("b1", "cat /proc/1/comm").out, "docker-init\n");
    kill_container(box, "b1", SIGTERM);
    ASSERT_TRUE(wait_exit(box, "b1"));
    EXPECT_EQ(box.exits.at(container_id("b1")).exit_code, 143);

    ASSERT_EQ(box.start(box.shell("c1", "sleep 1000")).error(), "");
    kill_container(box, "c1", SIGKILL);
    ASSERT_TRUE(wait_exit(box, "c1"));
    EXPECT_EQ(box.exits.at(container_id("c1")).exit_code, 137);
    kill_container(box, "c1", SIGTERM);  // it has ended: fine
    for (const char* id : {"a1", "b1", "c1"}) remove(box, id);
    EXPECT_EQ(box.call<Nothing>([&](auto done) { box.runtime().stop_pod("t1", done); }).error(),
              "");
    EXPECT_EQ(box.run_on_host("ls /run/ecs/c /run/ecs/pods /run/ecs/exits | grep -c 0").out, "0\n");
    EXPECT_EQ(box.stop_host(), "");
  });
}

// StopTask in the first moments of RUNNING.
TEST_P(RuntimeStory, ASignalWaitsForItsHandler) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    box.start_host();
    box.start_pod();
    const char* slow =
        "n=0; sleep 0.3; trap 'n=$((n+1)); echo got $n' TERM; trap 'exit 7' USR1; while :; do "
        "sleep 0.1; done";
    ASSERT_EQ(box.start(box.shell("a1", slow)).error(), "");
    kill_container(box, "a1", SIGTERM);
    ASSERT_TRUE(box.wait_for([&] { return !box.lines_of("a1").empty(); }));
    kill_container(box, "a1", SIGUSR1);
    ASSERT_TRUE(wait_exit(box, "a1"));
    EXPECT_EQ(box.exits.at(container_id("a1")).exit_code, 7);
    EXPECT_EQ(box.lines_of("a1"), std::vector<std::string>{"got 1"});  // once

    auto with_init = box.shell("b1", "exec sleep 1000");
    with_init.init_process = true;
    ASSERT_EQ(box.start(with_init).error(), "");
    kill_container(box, "b1", SIGTERM);
    ASSERT_TRUE(wait_exit(box, "b1"));
    EXPECT_EQ(box.exits.at(container_id("b1")).exit_code, 143);

    // Who has no handler is not ended by it, and SIGKILL waits for nobody.
    ASSERT_EQ(box.start(box.shell("c1", "exec sleep 1000")).error(), "");
    kill_container(box, "c1", SIGTERM);
    kill_container(box, "c1", SIGKILL);
    ASSERT_TRUE(wait_exit(box, "c1"));
    EXPECT_EQ(box.exits.at(container_id("c1")).exit_code, 137);
    for (const char* id : {"a1", "b1", "c1"}) remove(box, id);
    EXPECT_EQ(box.stop_host(), "");
  });
}

TEST_P(RuntimeStory, WhatCannotStartSaysWhyAsDockerDoes) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    box.start_host();
    box.start_pod();
    const auto reason = [&](auto change) {
      auto spec = box.shell("a1", "true");
      change(spec);
      return box.start(spec).error();
    };
    const std::string shim =
        "CannotStartContainerError: Error response from daemon: failed to create shim task: OCI "
        "runtime create failed: runc create failed: unable to start container process: ";
    EXPECT_EQ(reason([](auto& s) { s.command = {"x"}; }),
              shim + "exec: \"x\": executable file not found in $PATH: unknown");
    EXPECT_EQ(reason([](auto& s) { s.command = {"/bin/broken"}; }),
              shim + "exec: \"/bin/broken\": permission denied: unknown");
    EXPECT_EQ(reason([](auto& s) { s.user = "nobody-knows"; }),
              "CannotStartContainerError: Error response from daemon: unable to find user "
              "nobody-knows: no matching entries in passwd file");
    EXPECT_EQ(reason([](auto& s) {
                s.entry_point.emplace();
                s.command.reset();
              }),
              "CannotCreateContainerError: Error response from daemon: No command specified");
    EXPECT_TRUE(reason([](auto& s) { s.image = "absent:1"; }).starts_with("CannotPullContainer"));
    EXPECT_NE(reason([](auto& s) { s.sysctls["kernel.no_such"] = "1"; }).find("OCI runtime"),
              std::string::npos);
    EXPECT_NE(reason([](auto& s) { s.pod_id = "t9"; }).find("pause container is not running"),
              std::string::npos);
    // None of these left anything, and the name is free.
    EXPECT_EQ(box.run_on_host("ls /run/ecs/c /run/ecs/runc /run/ecs/logs").out,
              "/run/ecs/c:\n\n/run/ecs/logs:\n\n/run/ecs/runc:\n");
    EXPECT_EQ(box.start(box.shell("a1", "true")).error(), "");
    ASSERT_TRUE(wait_exit(box, "a1"));
    EXPECT_EQ(box.stop_host(), "");
  });
}

TEST_P(RuntimeStory, TwoContainersOfATaskShareItsLocalhost) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    box.start_host();
    const auto pod = box.start_pod();
    const auto up = "nsenter -t " + std::to_string(pod.pid_in_host) + " -n ip link set lo up";
    EXPECT_EQ(box.run_on_host(up).code, 0);
    ASSERT_EQ(box.start(box.shell("a1", "echo hi | nc -l -p 80")).error(), "");
    ASSERT_EQ(box.start(box.shell("b1", "until nc 127.0.0.1 80 </dev/null; do usleep 20000; done"))
                  .error(),
              "");
    ASSERT_TRUE(wait_exit(box, "b1"));
    EXPECT_EQ(box.lines_of("b1").back(), "hi");
    EXPECT_EQ(box.stop_host(), "");
  });
}

TEST_P(RuntimeStory, AnEmptyVolumeTakesWhatTheImageHasThere) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    box.start_host();
    box.start_pod();
    auto first = box.shell("a1", "ls /bin/sh && echo mine > /bin/new");
    first.mounts = {{.source = "", .volume = "v", .destination = "/bin"}};
    ASSERT_EQ(box.start(first).error(), "");
    ASSERT_TRUE(wait_exit(box, "a1"));
    EXPECT_EQ(box.exits.at(container_id("a1")).exit_code, 0);
    auto second = box.shell("b1", "test -x /data/sh && cat /data/new; ls /data/fstab");
    second.mounts = {{.source = "", .volume = "v", .destination = "/data"},
                     {.source = "", .volume = "w", .destination = "/none/such"}};
    ASSERT_EQ(box.start(second).error(), "");
    ASSERT_TRUE(wait_exit(box, "b1"));
    EXPECT_EQ(box.lines_of("b1").front(), "mine");
    EXPECT_NE(box.exits.at(container_id("b1")).exit_code, 0) << "it is filled once only";
    EXPECT_EQ(box.stop_host(), "");
  });
}

TEST_P(RuntimeStory, TmpfsDevicesAndSecurityOptionsAreCarriedOut) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    box.start_host();
    box.start_pod();
    auto spec = box.shell("a1",
                          "grep ' /scratch ' /proc/mounts; grep NoNewPrivs /proc/self/status; "
                          "echo x > /dev/hole && echo written");
    spec.tmpfs = {{.destination = "/scratch", .size_bytes = 8 << 20, .options = {"mode=700"}}};
    spec.devices = {{.host_path = "/dev/null", .destination = "/dev/hole"}};
    spec.security_options = {"no-new-privileges"};
    ASSERT_EQ(box.start(spec).error(), "");
    ASSERT_TRUE(wait_exit(box, "a1"));
    const auto lines = box.lines_of("a1");
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_NE(lines[0].find("tmpfs rw,nosuid,nodev,noexec"), std::string::npos) << lines[0];
    EXPECT_NE(lines[0].find("size=8192k,mode=700"), std::string::npos) << lines[0];
    EXPECT_EQ(lines[1], "NoNewPrivs:\t1");
    EXPECT_EQ(lines[2], "written");

    auto missing = box.shell("b1", "true");
    missing.devices = {{.host_path = "/dev/xvdz", .destination = "/dev/xvdz"}};
    EXPECT_EQ(box.start(missing).error(),
              "CannotStartContainerError: Error response from daemon: error gathering device "
              "information while adding custom device \"/dev/xvdz\": no such file or directory");
    auto option = box.shell("c1", "true");
    option.security_options = {"magic:on"};
    EXPECT_EQ(box.start(option).error(),
              "CannotStartContainerError: Error response from daemon: invalid --security-opt 2: "
              "\"magic:on\"");
    auto wrong = box.shell("d1", "true");
    wrong.tmpfs = {{.destination = "/x", .options = {"bind"}}};
    EXPECT_EQ(box.start(wrong).error(),
              "CannotStartContainerError: Error response from daemon: invalid tmpfs option "
              "[\"bind\"]");
    EXPECT_EQ(box.stop_host(), "");
  });
}

TEST_P(RuntimeStory, AHostThatDiesTakesAllAlongAndIsReported) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    const auto host = box.start_host();
    box.start_pod();
    ASSERT_EQ(box.start(box.shell("a1", "echo said; sleep 1000")).error(), "");
    ASSERT_TRUE(box.wait_for([&] { return !box.lines_of("a1").empty(); }));
    ::kill(host.pid, SIGKILL);
    ASSERT_TRUE(box.wait_for([&] { return !box.dead_hosts.empty(); }));
    EXPECT_EQ(box.dead_hosts, (std::vector<std::string>{"i-1"}));
    EXPECT_TRUE(box.exits.empty());  // the host's death says it for all
    EXPECT_EQ(box.stop_host(), "");
    // The same instance starts again.
    box.start_host();
    EXPECT_EQ(box.stop_host(), "");
  });
}

TEST_P(RuntimeStory, AHostsDiskOutlivesItAndGoesWhenItIsRemoved) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    box.start_host();
    box.start_pod();
    // As its root might: a link in the place of what the next boot writes.
    const auto outside = box.state_dir + "/stays";
    std::ofstream(outside) << "mine";
    ASSERT_EQ(box.run_on_host("echo kept > /etc/kept && rm /etc/hosts && mkdir /new && "
                              "echo 1 > /new/file && ln -sf " +
                              outside + " /etc/resolv.conf")
                  .code,
              0);
    EXPECT_EQ(box.stop_host(), "");
    EXPECT_TRUE(box.runtime().has_disk("i-1"));
    box.restart_runtime();
    box.start_host();
    EXPECT_EQ(box.run_on_host("cat /etc/kept /new/file; cat /etc/hosts || echo none").out,
              "kept\n1\nnone\n");
    EXPECT_EQ(box.run_on_host("cat /etc/resolv.conf").out, "nameserver 10.0.0.2\n");
    EXPECT_EQ(netns::read_small_file(outside), "mine");
    std::filesystem::remove(outside);
    EXPECT_EQ(box.remove_host(), "");
    EXPECT_FALSE(box.runtime().has_disk("i-1"));
  });
}

TEST_P(RuntimeStory, AStartThatFailsLeavesTheDiskAsItWas) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    box.start_host();
    ASSERT_EQ(box.run_on_host("echo kept > /etc/kept").code, 0);
    EXPECT_EQ(box.stop_host(), "");
    const auto no_image = box.call<containers::HostStarted>([&](auto done) {
      box.runtime().start_host({.host_id = "i-1",
                                .image = "nothing:1",
                                .hostname = "h",
                                .etc_hosts = "",
                                .resolv_conf = ""},
                               done);
    });
    EXPECT_NE(no_image.error(), "");
    box.start_host();
    EXPECT_EQ(box.run_on_host("cat /etc/kept").out, "kept\n");
    EXPECT_EQ(box.remove_host(), "");
  });
}

TEST_P(RuntimeStory, TheNextDaemonTakesUpWhatRuns) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    box.start_host();
    const auto pod = box.start_pod();
    auto spec = box.shell("a1",
                          "i=0; while [ $i -lt 40 ]; do echo line $i; i=$((i+1)); "
                          "sleep 0.02; done; read x; exit 6");
    spec.open_stdin = true;
    ASSERT_EQ(box.start(spec).error(), "");
    ASSERT_EQ(box.start(box.shell("b1", "exit 2")).error(), "");
    ASSERT_TRUE(box.wait_for([&] { return box.lines_of("a1").size() > 3; }));
    ASSERT_TRUE(wait_exit(box, "b1"));
    box.restart_runtime();
    auto inventory =
        box.call<containers::Inventory>([&](auto done) { box.runtime().inventory(done); });
    ASSERT_EQ(inventory.error(), "");
    ASSERT_EQ(inventory.get().hosts.size(), 1U);
    EXPECT_TRUE(inventory.get().hosts[0].alive);
    ASSERT_EQ(inventory.get().pods.size(), 1U);
    EXPECT_TRUE(inventory.get().pods[0].alive);
    EXPECT_EQ(inventory.get().pods[0].started.netns_path, pod.netns_path);
    ASSERT_EQ(inventory.get().containers.size(), 2U);
    for (const auto& container : inventory.get().containers) {
      const bool first = container.container_id == container_id("a1");
      EXPECT_EQ(container.running, first);
      if (!first) {
        EXPECT_EQ(container.exit_code, 2);
      }
    }
    ASSERT_TRUE(box.wait_for([&] { return box.lines_of("a1").size() >= 40; }));
    std::vector<std::string> expected;
    for (int i = 0; i < 40; ++i) expected.push_back("line " + std::to_string(i));
    EXPECT_EQ(box.lines_of("a1"), expected);
    EXPECT_EQ(box.run_in("a1", "echo still").out, "still\n");
    kill_container(box, "a1", SIGKILL);
    ASSERT_TRUE(wait_exit(box, "a1"));
    EXPECT_EQ(box.exits.at(container_id("a1")).exit_code, 137);
    EXPECT_EQ(box.stop_host(), "");
  });
}

TEST_P(RuntimeStory, RemovingWhatIsNotThereSucceeds) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    remove(box, "a1");
    EXPECT_EQ(box.stop_host("i-none"), "");
    EXPECT_EQ(box.call<Nothing>([&](auto done) { box.runtime().stop_pod("t", done); }).error(), "");
    EXPECT_THROW(box.start_pod(), std::runtime_error);  // there is no host
    box.runtime().signal_exec(12345, SIGTERM);
  });
}

std::string privilege_name(const ::testing::TestParamInfo<Privilege>& test) {
  if (test.param == Privilege::kRoot) return "Root";
  return test.param == Privilege::kMappedRoot ? "MappedRoot" : "User";
}
INSTANTIATE_TEST_SUITE_P(As, RuntimeStory,
                         ::testing::Values(Privilege::kRoot, Privilege::kMappedRoot,
                                           Privilege::kUser),
                         privilege_name);

// --- limits, which need control groups -----------------------------------------------------------

class RuntimeLimits : public ::testing::TestWithParam<Privilege> {};
INSTANTIATE_TEST_SUITE_P(As, RuntimeLimits,
                         ::testing::Values(Privilege::kRoot, Privilege::kMappedRoot),
                         privilege_name);

TEST_P(RuntimeLimits, AContainerOverItsMemoryIsKilledAndSaysSo) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    if (!box.cgroup.usable()) GTEST_SKIP() << "no control group is writable";
    box.start_host();
    box.start_pod();
    auto spec = box.shell("a1", "dd if=/dev/zero of=/dev/null bs=200M count=1");
    spec.memory_bytes = 16 << 20;
    ASSERT_EQ(box.start(spec).error(), "");
    ASSERT_TRUE(wait_exit(box, "a1"));
    EXPECT_TRUE(box.exits.at(container_id("a1")).oom_killed);
    EXPECT_EQ(box.exits.at(container_id("a1")).exit_code, 137);
    EXPECT_EQ(box.stop_host(), "");
  });
}

TEST_P(RuntimeLimits, TheTaskBoundsItsContainersAndUsageIsRead) {
  in_runtime_box(GetParam(), [](RuntimeBox& box) {
    if (!box.cgroup.usable()) GTEST_SKIP() << "no control group is writable";
    box.start_host();
    box.start_pod("t1", 256, 64 << 20);
    ASSERT_EQ(box.start(box.shell("a1", "sleep 1000")).error(), "");
    const auto task = box.cgroup.child("i-1/ecs/t1");
    EXPECT_EQ(task.usage().memory_limit_bytes, 64U << 20);
    EXPECT_GE(task.processes().size(), 1U);
    const auto usage = [&] {
      return box
          .call<containers::Usage>(
              [&](auto done) { box.runtime().usage(container_id("a1"), done); })
          .get();
    };
    // What starts it has threads of its own, up to the moment it becomes the command.
    EXPECT_TRUE(box.wait_for([&] { return usage().pids == 1; }));
    EXPECT_GT(usage().cpu_usage_ns, 0U);
    EXPECT_GT(usage().memory_bytes, 0U);
    // Inside, the path is ECS's.
    EXPECT_NE(box.run_in("a1", "cat /proc/self/cgroup").out.find("/ecs/t1/" + container_id("a1")),
              std::string::npos);
    EXPECT_EQ(box.stop_host(), "");
  });
}

}  // namespace
}  // namespace enibox::test

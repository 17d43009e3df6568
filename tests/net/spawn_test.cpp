#include "netns/spawn.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>
#include <thread>

#include "netns/cgroup.hpp"
#include "netns/cgroup_layout.hpp"

namespace enibox::netns {
namespace {

struct Pipe {
  Pipe() {
    int fds[2];
    if (::pipe2(fds, O_CLOEXEC) != 0) throw_errno("pipe");
    read.reset(fds[0]);
    write.reset(fds[1]);
  }
  std::string all() {
    write.reset();
    std::string out;
    char buffer[1024];
    for (ssize_t n; (n = ::read(read.get(), buffer, sizeof buffer)) > 0;)
      out.append(buffer, static_cast<std::size_t>(n));
    return out;
  }
  UniqueFd read, write;
};

SpawnOptions shell(const std::string& script) {
  SpawnOptions options;
  options.program = "/bin/sh";
  options.argv = {"sh", "-c", script};
  options.env = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  return options;
}

std::string namespace_of(pid_t pid, const std::string& type) {
  char buffer[64];
  const auto link = "/proc/" + std::to_string(pid) + "/ns/" + type;
  const auto n = ::readlink(link.c_str(), buffer, sizeof buffer);
  return n > 0 ? std::string(buffer, static_cast<std::size_t>(n)) : "";
}

// The tests need namespaces; where those are refused, a skip says so.
#define NEED_NAMESPACES() \
  if (::geteuid() != 0) GTEST_SKIP() << "needs root or `unshare -rmn`"

TEST(Spawn, RunsAProgramWithItsStdioAndGivesItsExitCode) {
  Pipe out;
  auto options = shell("echo hello $A; exit 7");
  options.env.push_back("A=world");
  options.stdio = {-1, out.write.get(), -1};
  const auto process = spawn(options);
  EXPECT_EQ(out.all(), "hello world\n");
  EXPECT_EQ(wait_and_reap(process.pidfd), 7);
}

TEST(Spawn, ASignalIs128AndItsNumber) {
  const auto process = spawn(shell("kill -9 $$"));
  EXPECT_EQ(wait_and_reap(process.pidfd), 137);
  EXPECT_EQ(reap(process.pidfd), 255);  // already reaped
}

TEST(Spawn, ReapDoesNotWait) {
  Pipe in;
  auto options = shell("read line");
  options.stdio = {in.read.get(), -1, -1};
  const auto process = spawn(options);
  EXPECT_EQ(reap(process.pidfd), std::nullopt);
  in.write.reset();
  EXPECT_EQ(wait_and_reap(process.pidfd), 1);
}

TEST(Spawn, AMissingProgramAndAFailingStepAreNamedAndLeaveNoChild) {
  SpawnOptions missing;
  missing.program = "/no/such/program";
  missing.argv = {"x"};
  try {
    spawn(missing);
    FAIL();
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code().value(), ENOENT);
    EXPECT_NE(std::string(e.what()).find("execute /no/such/program"), std::string::npos);
  }
  auto step = shell("true");
  step.steps.change_directory("/").change_directory("/no/such/directory");
  try {
    spawn(step);
    FAIL();
  } catch (const std::system_error& e) {
    EXPECT_NE(std::string(e.what()).find("change directory to /no/such/directory"),
              std::string::npos);
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(Spawn, AlternativesRunOnlyAfterAFailure) {
  Pipe out;
  auto options = shell("pwd");
  options.stdio = {-1, out.write.get(), -1};
  options.steps.change_directory("/no/such").otherwise().change_directory("/usr");
  options.steps.change_directory("/").otherwise().change_directory("/proc");
  const auto process = spawn(options);
  EXPECT_EQ(out.all(), "/\n");
  EXPECT_EQ(wait_and_reap(process.pidfd), 0);
}

TEST(Spawn, NoDescriptorLeaksButTheInherited) {
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd leak(::fcntl(null.get(), F_DUPFD, 100));  // not close-on-exec, on purpose
  const UniqueFd wanted(::fcntl(null.get(), F_DUPFD_CLOEXEC, 200));
  Pipe out;
  auto options = shell("cd /proc/self/fd && echo *");
  options.stdio = {-1, out.write.get(), -1};
  options.inherit = {wanted.get()};
  const auto process = spawn(options);
  const auto open = words(out.all());
  EXPECT_EQ(wait_and_reap(process.pidfd), 0);
  EXPECT_EQ(std::count(open.begin(), open.end(), std::to_string(leak.get())), 0);
  EXPECT_EQ(std::count(open.begin(), open.end(), std::to_string(wanted.get())), 1);
}

TEST(Spawn, ChildHasNoBlockedOrIgnoredSignals) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto old = ::signal(SIGPIPE, SIG_IGN);
  Pipe out;
  auto options = shell("grep -E 'SigBlk|SigIgn' /proc/self/status");
  options.stdio = {-1, out.write.get(), -1};
  const auto process = spawn(options);
  ::signal(SIGPIPE, old);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(out.all(), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  EXPECT_EQ(wait_and_reap(process.pidfd), 0);
}

TEST(Spawn, ManyThreadsMaySpawnAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&good] {
      for (int k = 0; k < 25; ++k) {
        auto process = spawn(shell("exit 3"));
        if (wait_and_reap(process.pidfd) == 3) ++good;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 100);
}

// A set of namespaces with an init that stays: what a container instance is made of.
Process start_init() {
  SpawnOptions options;
  options.program = "/bin/sleep";
  options.argv = {"sleep", "1000"};
  options.new_namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET;
  options.steps.hostname("host-a")
      .mount("", "/", "", MS_REC | MS_PRIVATE)
      .mount("proc", "/proc", "proc", 0);
  return spawn(options);
}

TEST(Spawn, MakesNamespacesAndEntersThemAsAChildOfTheCaller) {
  NEED_NAMESPACES();
  const auto init = start_init();
  EXPECT_NE(namespace_of(init.pid, "net"), namespace_of(::getpid(), "net"));

  const UniqueFd target(::open(("/proc/" + std::to_string(init.pid)).c_str(), O_PATH | O_CLOEXEC));
  std::vector<UniqueFd> namespaces;
  for (const char* type : {"ns/pid", "ns/mnt", "ns/uts"})
    namespaces.emplace_back(::openat(target.get(), type, O_RDONLY | O_CLOEXEC));
  Pipe out;
  auto options = shell("hostname; echo $$; readlink /proc/self/ns/pid; exit 5");
  options.stdio = {-1, out.write.get(), -1};
  options.pid_namespace = namespaces[0].get();
  options.steps.enter(namespaces[2].get(), CLONE_NEWUTS).enter(namespaces[1].get(), CLONE_NEWNS);
  const auto process = spawn(options);
  const auto lines = words(out.all());
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "host-a");
  EXPECT_LT(std::atoi(lines[1].c_str()), 10);
  EXPECT_EQ(lines[2], namespace_of(init.pid, "pid"));
  EXPECT_EQ(wait_and_reap(process.pidfd), 5);  // so it was our child, not init's

  ::kill(init.pid, SIGKILL);
  EXPECT_EQ(wait_and_reap(init.pidfd), 137);
}

TEST(Spawn, MakesAPidNamespaceInsideAnother) {
  NEED_NAMESPACES();
  const auto init = start_init();
  const UniqueFd pid_namespace(
      ::open(("/proc/" + std::to_string(init.pid) + "/ns/pid").c_str(), O_RDONLY | O_CLOEXEC));
  SpawnOptions options;
  options.program = "/bin/sleep";
  options.argv = {"/pause", "1000"};
  options.pid_namespace = pid_namespace.get();
  options.new_namespaces = CLONE_NEWPID | CLONE_NEWNET;
  const auto pause = spawn(options);
  std::ifstream status("/proc/" + std::to_string(pause.pid) + "/status");
  std::string line;
  while (std::getline(status, line) && !line.starts_with("NSpid:")) {
  }
  const auto pids = words(line);
  ASSERT_GE(pids.size(), 4U) << line;
  EXPECT_EQ(pids.back(), "1");
  // The end of the outer init ends the inner namespace too. The kernel lets an init go only when
  // all of its namespace is reaped, and the pause process is ours to reap: so this order.
  ::kill(init.pid, SIGKILL);
  EXPECT_EQ(wait_and_reap(pause.pidfd), 137);
  EXPECT_EQ(wait_and_reap(init.pidfd), 137);
}

TEST(Spawn, AnUnusablePidNamespaceIsReported) {
  const UniqueFd wrong(::open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC));
  auto options = shell("true");
  options.pid_namespace = wrong.get();
  try {
    spawn(options);
    FAIL();
  } catch (const std::system_error& e) {
    EXPECT_NE(std::string(e.what()).find("enter the pid namespace"), std::string::npos);
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
}

TEST(CgroupOnThisMachine, LimitsJoinsKillsAndGoesAway) {
  const auto box = Cgroup::find("enibox-test-" + std::to_string(::getpid()));
  if (!box.usable()) GTEST_SKIP() << "no control group is writable";
  const auto task = box.child("ecs/task");
  task.create();
  task.set({.cpu_quota_us = 25'000, .cpu_shares = 128, .memory_bytes = 64 << 20, .pids = 20});
  const auto leaf = task.child("c");
  leaf.create();
  auto options = shell("sleep 1000 & sleep 1000 & wait");
  for (const auto& file : leaf.procs_files()) options.steps.join_cgroup(file);
  const auto process = spawn(options);
  EXPECT_GE(leaf.processes().size(), 1U);
  if (task.has("memory")) {
    EXPECT_EQ(task.usage().memory_limit_bytes, 64U << 20);
  }
  EXPECT_FALSE(box.remove(std::chrono::milliseconds(10)));  // it is in use
  // A zombie counts as a process of its group until it is reaped.
  std::thread reaper([&] { EXPECT_EQ(wait_and_reap(process.pidfd), 137); });
  EXPECT_TRUE(box.kill_all());
  reaper.join();
  EXPECT_TRUE(box.remove());
  EXPECT_FALSE(box.exists());
}

}  // namespace
}  // namespace enibox::netns

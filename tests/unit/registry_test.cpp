#include "emulator/cli/registry.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "emulator/cli/box_home.hpp"
#include "emulator/cli/data_dir.hpp"

namespace enibox::cli {
namespace {

using namespace std::chrono_literals;

// A directory of its own for each test, removed with it.
class RegistryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "registry-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  static Running running_here() {
    Running running;
    running.data_dir = "/somewhere";
    running.listen = {"127.0.0.1:4566", "[::1]:4566"};
    running.porter = *netns::identify_process(::getpid());
    running.box.init = *netns::identify_process(::getpid());
    running.box.user_namespace = false;
    running.cgroup_origin = "0::/user.slice\n";
    return running;
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(directory_), {}));
  }

  std::string directory_;
};

TEST_F(RegistryTest, AnEntryComesBackAsItWas) {
  Running running = running_here();
  EXPECT_EQ(running_from_json(to_json(running)), running);
  running.data_dir.reset();
  running.state_dir = "/var/tmp/x";
  EXPECT_EQ(running_from_json(to_json(running)), running);
}

TEST_F(RegistryTest, WhatIsNoEntryIsNone) {
  for (const char* text : {"", "{", "[]", "{}", "null", R"({"listen": 3})"}) {
    EXPECT_EQ(running_from_json(text), std::nullopt) << text;
  }
}

TEST_F(RegistryTest, ListsTheLivingAndForgetsTheDead) {
  const Registry registry(directory_);
  registry.put(running_here());
  Running dead = running_here();
  dead.data_dir = "/elsewhere";
  dead.porter.start_time += 1;  // the same number, another process
  dead.box.init.boot_id = "another boot";
  registry.put(dead);
  EXPECT_EQ(files(), 2U);
  EXPECT_EQ(registry.list(), (std::vector<Running>{running_here()}));
  EXPECT_EQ(files(), 1U);
  registry.remove(running_here());
  EXPECT_TRUE(registry.list().empty());
}

TEST_F(RegistryTest, LeavesTheEntriesOfOtherPidNamespacesAlone) {
  const Registry registry(directory_);
  registry.put(running_here());
  Running elsewhere = running_here();
  elsewhere.data_dir.reset();
  elsewhere.porter.pid_namespace += 1;
  elsewhere.porter.start_time += 1;
  elsewhere.box.init.pid_namespace += 1;
  elsewhere.box.init.start_time += 1;
  registry.put(elsewhere);
  EXPECT_EQ(registry.list(), (std::vector<Running>{running_here()}));
  EXPECT_EQ(files(), 2U);
  registry.remove(running_here());
}

TEST_F(RegistryTest, ADataDirHasOneOwner) {
  const std::string path = directory_ + "/data";
  const auto owner = DataDir::lock(path, 0ms);
  EXPECT_TRUE(DataDir::is_locked(path));
  try {
    DataDir::lock(path, 0ms);
    FAIL() << "locked twice";
  } catch (const DataDirInUse& e) {
    EXPECT_NE(std::string(e.what()).find("pid " + std::to_string(::getpid())), std::string::npos);
  }
}

TEST_F(RegistryTest, TheLockOfAnEndedPorterIsWaitedFor) {
  const std::string path = directory_ + "/data";
  // A porter that leaves a daemon behind, which still holds the inherited lock for a moment.
  int released[2];
  ASSERT_EQ(::pipe(released), 0);
  const pid_t porter = ::fork();
  if (porter == 0) {
    const auto lock = DataDir::lock(path, 0ms);
    if (::fork() == 0) {
      char byte = 0;
      ::close(released[1]);
      ::_exit(::read(released[0], &byte, 1) == 0 ? 0 : 1);
    }
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(porter, nullptr, 0), porter);
  EXPECT_TRUE(DataDir::is_locked(path));
  EXPECT_THROW(DataDir::lock(path, 50ms), DataDirInUse);
  std::thread ending([&] { ::close(released[1]); });
  EXPECT_NO_THROW(DataDir::lock(path, 10s));
  ending.join();
  ::close(released[0]);
}

TEST_F(RegistryTest, ABoxNameTellsWhetherItsOwnerLives) {
  const auto self = *netns::identify_process(::getpid());
  EXPECT_FALSE(is_name_of_dead_box(box_name(self)));
  auto dead = self;
  dead.start_time += 1;
  EXPECT_TRUE(is_name_of_dead_box(box_name(dead)));
  // Nothing is known about the pids of another pid namespace.
  dead.pid_namespace += 1;
  EXPECT_FALSE(is_name_of_dead_box(box_name(dead)));
  for (const char* name : {"enibox-", "enibox-1-2", "enibox-1-2-3-4", "enibox-a-b-c", "other"}) {
    EXPECT_FALSE(is_name_of_dead_box(name)) << name;
  }
}

TEST_F(RegistryTest, TheStateOfADeadBoxIsSweptAndThatOfALivingOneStays) {
  const auto self = *netns::identify_process(::getpid());
  auto gone = self;
  gone.start_time += 1;
  const std::string living = make_state_directory(self);
  const std::string dead = make_state_directory(gone);
  // overlayfs leaves a work directory that nobody may enter.
  std::filesystem::create_directories(dead + "/upper/work/work");
  std::filesystem::permissions(dead + "/upper/work/work", std::filesystem::perms::none);
  sweep_state_directories();
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists(living));
  remove_tree(living);
  EXPECT_FALSE(std::filesystem::exists(living));
}

}  // namespace
}  // namespace enibox::cli

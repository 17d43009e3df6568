#include "netns/cgroup.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "netns/cgroup_layout.hpp"

namespace enibox::netns {
namespace {

namespace fs = std::filesystem;

// A directory with files where the kernel would have its own. Directories that a test makes stay
// empty, so the limit files of groups are laid out before.
class FakeCgroups : public testing::Test {
 protected:
  FakeCgroups() {
    std::string pattern = fs::temp_directory_path() / "enibox-cgroup-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    paths_.mountinfo = dir_ + "/mountinfo";
    paths_.self = dir_ + "/self";
  }
  ~FakeCgroups() override { fs::remove_all(dir_); }

  void put(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(dir_ + "/" + path).parent_path());
    std::ofstream(dir_ + "/" + path) << text;
  }
  std::string get(const std::string& path) { return read_text(dir_ + "/" + path); }

  void lay_out_v2(const std::string& self) {
    put("mountinfo",
        "30 25 0:26 / " + dir_ + "/fs rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
    put("self", "0::" + self + "\n");
  }
  // A group as the kernel makes it.
  void group_v2(const std::string& path, const std::string& controllers,
                const std::string& handed_down) {
    put("fs" + path + "/cgroup.controllers", controllers + "\n");
    put("fs" + path + "/cgroup.subtree_control", handed_down + "\n");
    put("fs" + path + "/cgroup.procs", "");
  }

  std::string dir_;
  CgroupPaths paths_;
};

TEST_F(FakeCgroups, V2GoesUpToTheAncestorThatHandsControllersDown) {
  lay_out_v2("/user.slice/app.slice/shell.scope");
  group_v2("/user.slice", "cpu memory pids", "cpu memory pids");
  group_v2("/user.slice/app.slice", "cpu memory pids", "cpu memory pids");
  group_v2("/user.slice/app.slice/shell.scope", "", "");  // it holds our process
  const auto box = Cgroup::find("enibox-a", paths_);
  ASSERT_EQ(box.version(), Cgroup::Version::kV2);
  EXPECT_EQ(box.directories(),
            (std::vector<std::string>{dir_ + "/fs/user.slice/app.slice/enibox-a"}));
  EXPECT_EQ(box.controllers(), (std::vector<std::string>{"cpu", "memory", "pids"}));
}

TEST_F(FakeCgroups, V2WithoutDelegationIsNoneAndSaysWhy) {
  lay_out_v2("/session.scope");
  group_v2("/session.scope", "", "");
  group_v2("", "", "");
  std::string why;
  const auto box = Cgroup::find("enibox-a", paths_, &why);
  EXPECT_FALSE(box.usable());
  EXPECT_NE(why.find("/session.scope is not delegated"), std::string::npos) << why;
  // Nothing to do is not an error.
  box.create();
  box.set({.memory_bytes = 1 << 20});
  box.join(::getpid());
  EXPECT_TRUE(box.kill_all());
  EXPECT_TRUE(box.remove());
  EXPECT_EQ(box.usage().memory_bytes, 0U);
}

TEST_F(FakeCgroups, V2LimitsAreWrittenUnderTheirNames) {
  lay_out_v2("/");
  group_v2("", "cpu io memory pids", "cpu memory pids");
  group_v2("/enibox-a", "cpu memory pids", "cpu memory pids");
  group_v2("/enibox-a/ecs", "cpu memory pids", "cpu memory pids");
  for (const char* file :
       {"cpu.max", "cpu.weight", "memory.max", "memory.swap.max", "memory.low", "pids.max"})
    put(std::string("fs/enibox-a/ecs/t1/") + file, "");
  const auto task = Cgroup::find("enibox-a", paths_).child("ecs/t1");
  task.create();
  task.set({.cpu_quota_us = 25'000,
            .cpu_shares = 256,
            .memory_bytes = 512 << 20,
            .memory_reservation_bytes = 1 << 20,
            .pids = 100});
  EXPECT_EQ(get("fs/enibox-a/ecs/t1/cpu.max"), "25000 100000");
  EXPECT_EQ(get("fs/enibox-a/ecs/t1/cpu.weight"), "10");
  EXPECT_EQ(get("fs/enibox-a/ecs/t1/memory.max"), "536870912");
  EXPECT_EQ(get("fs/enibox-a/ecs/t1/memory.swap.max"), "0");
  EXPECT_EQ(get("fs/enibox-a/ecs/t1/memory.low"), "1048576");
  EXPECT_EQ(get("fs/enibox-a/ecs/t1/pids.max"), "100");
}

TEST_F(FakeCgroups, V2HandsDownOnlyInTheGroupsAbove) {
  lay_out_v2("/");
  group_v2("", "memory pids", "memory pids");
  group_v2("/enibox-a", "memory pids", "");
  group_v2("/enibox-a/leaf", "memory pids", "");
  Cgroup::find("enibox-a", paths_).child("leaf").create();
  EXPECT_NE(get("fs/enibox-a/cgroup.subtree_control"), "\n");
  EXPECT_EQ(get("fs/enibox-a/leaf/cgroup.subtree_control"), "\n");
}

TEST_F(FakeCgroups, V2UsageIsRead) {
  lay_out_v2("/");
  group_v2("", "cpu memory pids", "cpu memory pids");
  put("fs/b/cpu.stat", "usage_usec 1234\nuser_usec 1000\n");
  put("fs/b/memory.current", "4096\n");
  put("fs/b/memory.max", "max\n");
  put("fs/b/memory.events", "low 0\noom 2\noom_kill 1\n");
  put("fs/b/pids.current", "3\n");
  const auto usage = Cgroup::find("b", paths_).usage();
  EXPECT_EQ(usage.cpu_ns, 1'234'000U);
  EXPECT_EQ(usage.memory_bytes, 4096U);
  EXPECT_EQ(usage.memory_limit_bytes, 0U);
  EXPECT_EQ(usage.oom_kills, 1U);
  EXPECT_EQ(usage.pids, 3U);
}

TEST_F(FakeCgroups, V1TakesEveryControllerThatIsWritable) {
  put("mountinfo", "1 0 0:1 / " + dir_ +
                       "/m rw - cgroup cgroup rw,memory\n"
                       "2 0 0:2 /docker/x " +
                       dir_ +
                       "/c rw - cgroup cgroup rw,cpu,cpuacct\n"
                       "3 0 0:3 / " +
                       dir_ +
                       "/gone rw - cgroup cgroup rw,pids\n"
                       "4 0 0:4 / " +
                       dir_ + "/u rw - cgroup2 cgroup2 rw\n");
  put("self", "3:memory:/shell\n2:cpu,cpuacct:/docker/x/in\n1:pids:/\n0::/\n");
  put("u/cgroup.controllers", "hugetlb\n");
  put("u/cgroup.procs", "");
  put("m/shell/cgroup.procs", "");
  put("c/in/cgroup.procs", "");
  for (const char* file : {"memory.limit_in_bytes", "memory.soft_limit_in_bytes"})
    put(std::string("m/shell/box/") + file, "");
  for (const char* file : {"cpu.cfs_period_us", "cpu.cfs_quota_us", "cpu.shares"})
    put(std::string("c/in/box/") + file, "");
  const auto box = Cgroup::find("box", paths_);
  ASSERT_EQ(box.version(), Cgroup::Version::kV1);
  EXPECT_EQ(box.controllers(), (std::vector<std::string>{"cpu", "cpuacct", "memory"}));
  EXPECT_EQ(box.directories(),
            (std::vector<std::string>{dir_ + "/c/in/box", dir_ + "/m/shell/box"}));
  box.set({.cpu_quota_us = 50'000, .cpu_shares = 512, .memory_bytes = 1 << 20, .pids = 5});
  EXPECT_EQ(get("c/in/box/cpu.cfs_quota_us"), "50000");
  EXPECT_EQ(get("c/in/box/cpu.shares"), "512");
  EXPECT_EQ(get("m/shell/box/memory.limit_in_bytes"), "1048576");
}

TEST_F(FakeCgroups, ALimitThatCannotBeWrittenIsAnError) {
  lay_out_v2("/");
  group_v2("", "memory", "memory");
  fs::create_directories(dir_ + "/fs/box");  // no memory.max in it
  EXPECT_THROW(Cgroup::find("box", paths_).set({.memory_bytes = 1}), std::system_error);
}

TEST_F(FakeCgroups, SweepLeavesLiveAndForeignGroups) {
  lay_out_v2("/");
  group_v2("", "memory", "memory");
  for (const char* name : {"enibox-dead", "enibox-live", "other"})
    fs::create_directories(dir_ + "/fs/" + name + "/deep/er");
  const auto swept =
      Cgroup::find("enibox-me", paths_).sweep("enibox-", [](const std::string& name) {
        return name == "enibox-live";
      });
  EXPECT_EQ(swept, (std::vector<std::string>{"enibox-dead"}));
  EXPECT_FALSE(fs::exists(dir_ + "/fs/enibox-dead"));
  EXPECT_TRUE(fs::exists(dir_ + "/fs/enibox-live/deep/er"));
  EXPECT_TRUE(fs::exists(dir_ + "/fs/other"));
}

TEST(CgroupWeight, CoversTheWholeRangeOfShares) {
  EXPECT_EQ(cpu_weight_of_shares(0), 1);
  EXPECT_EQ(cpu_weight_of_shares(2), 1);
  EXPECT_EQ(cpu_weight_of_shares(1024), 39);
  EXPECT_EQ(cpu_weight_of_shares(262'144), 10'000);
}

TEST(CgroupLayout, ReadsMountinfoAndMemberships) {
  const auto mounts = parse_cgroup_mounts(
      "broken\n"
      "36 35 0:30 /a /mnt\\040x rw,noatime master:1 - cgroup cgroup rw,cpu,cpuacct\n"
      "37 35 0:31 / /proc rw - proc proc rw\n"
      "38 35 0:32 / /u rw - cgroup2 none rw\n");
  ASSERT_EQ(mounts.size(), 2U);
  EXPECT_EQ(mounts[0].mount_point, "/mnt x");
  EXPECT_TRUE(mounts[0].options.contains("cpuacct"));
  EXPECT_TRUE(mounts[1].is_v2);
  EXPECT_EQ(path_below_mount(mounts[0], "/a/b"), "/mnt x/b");
  EXPECT_EQ(path_below_mount(mounts[0], "/ab"), "");
  EXPECT_EQ(path_below_mount(mounts[1], "/../up"), "");
  const auto memberships = parse_cgroup_memberships("4:name=systemd:/x:y\n0::/z\nbad\n");
  ASSERT_EQ(memberships.size(), 2U);
  EXPECT_EQ(memberships[0].path, "/x:y");
  EXPECT_TRUE(memberships[1].controllers.empty());
}

}  // namespace
}  // namespace enibox::netns

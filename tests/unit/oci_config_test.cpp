#include "emulator/containers/oci_config.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

#include <fstream>

#include "emulator/containers/conmon.hpp"
#include "emulator/containers/pod_process.hpp"

namespace enibox::containers {
namespace {

OciInput nginx() {
  OciInput in;
  in.argv = {"/sbin/docker-init", "--", "nginx", "-g", "daemon off;"};
  in.env = {"PATH=/usr/sbin:/usr/bin", "HOSTNAME=ip-10-0-100-57.ec2.internal"};
  in.user.supplementary = {4};
  in.capabilities = {"CAP_CHOWN", "CAP_NET_BIND_SERVICE"};
  in.pod_pid = "72";
  in.cgroups_path = "/ecs/t1/c1";
  in.binds = {{"/run/ecs/pods/t1/hosts", "/etc/hosts", false},
              {"/usr/bin/tini", "/sbin/docker-init", true}};
  in.sysctls = {{"net.core.somaxconn", "1024"}};
  in.cpu_shares = 256;
  in.memory_bytes = 512 << 20;
  in.memory_reservation_bytes = 128 << 20;
  in.seccomp = {{"defaultAction", "SCMP_ACT_ALLOW"}};
  return in;
}

// UPDATE_GOLDEN=1 writes the file anew; read the diff then.
void expect_golden(const std::string& name, const Json& actual) {
  const auto path = std::string(ENIBOX_SOURCE_DIR) + "/tests/unit/golden/" + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << actual.dump(2) << "\n";
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  EXPECT_EQ(actual, Json::parse(file));
}

const Json* mount_on(const Json& config, const std::string& destination) {
  for (const auto& mount : config.at("mounts"))
    if (mount.at("destination") == destination) return &mount;
  return nullptr;
}

bool has_option(const Json& mount, const std::string& option) {
  const auto& options = mount.at("options");
  return std::find(options.begin(), options.end(), option) != options.end();
}

TEST(OciConfig, IsWhatDockerdWrites) { expect_golden("oci_config.json", oci_config(nginx())); }

TEST(OciConfig, WithoutGroupsAndWithOneIdItAsksForNothingRefused) {
  auto in = nginx();
  in.has_cgroups = false;
  in.maps_tty_group = false;
  in.may_mount_sysfs = false;
  const auto config = oci_config(in);
  EXPECT_FALSE(config["linux"].contains("resources"));
  EXPECT_EQ(mount_on(config, "/sys/fs/cgroup"), nullptr);
  EXPECT_FALSE(has_option(*mount_on(config, "/dev/pts"), "gid=5"));
  EXPECT_EQ(mount_on(config, "/sys")->at("source"), "/sys");
  EXPECT_TRUE(has_option(*mount_on(config, "/sys"), "rbind"));
  EXPECT_TRUE(has_option(*mount_on(config, "/sys"), "ro"));
}

TEST(OciConfig, APrivilegedContainerHasNoMasksNorFilter) {
  auto in = nginx();
  in.privileged = true;
  const auto config = oci_config(in);
  for (const char* key : {"seccomp", "maskedPaths", "readonlyPaths"})
    EXPECT_FALSE(config["linux"].contains(key)) << key;
  EXPECT_EQ(config["linux"]["resources"]["devices"][0]["allow"], true);
  EXPECT_FALSE(has_option(*mount_on(config, "/sys"), "ro"));
}

TEST(OciConfig, ACgroupNamespaceComesWithVersion2Only) {
  auto in = nginx();
  EXPECT_EQ(oci_config(in)["linux"]["namespaces"].size(), 5U);
  in.cgroups_v2 = true;
  EXPECT_EQ(oci_config(in)["linux"]["namespaces"].back()["type"], "cgroup");
}

TEST(OciConfig, LimitsAreBoundedByOurOwn) {
  rlimit own{};
  ::getrlimit(RLIMIT_NOFILE, &own);
  const auto limit = oci_rlimit({"nofile", own.rlim_max, ~std::uint64_t{0}});
  ASSERT_TRUE(limit);
  EXPECT_EQ((*limit)["type"], "RLIMIT_NOFILE");
  EXPECT_EQ((*limit)["hard"].get<std::uint64_t>(), own.rlim_max);
  EXPECT_EQ((*oci_rlimit({"nofile", 100, 50}))["soft"], 50);  // never above the hard one
  EXPECT_FALSE(oci_rlimit({"nosuch", 1, 1}));
}

TEST(OciConfig, MountsAndDevicesOfTheUserComeOuterFirst) {
  auto in = nginx();
  in.tmpfs = {{"/run/a/b", 1 << 20, {"rw", "exec", "mode=700"}}, {"/run", 0, {}}};
  in.devices = {{"/dev/fuse", "/dev/fuse", "rw", false, makedev(10, 229)}};
  in.no_new_privileges = true;
  in.swap_bytes = 64 << 20;
  in.swappiness = 7;
  const auto config = oci_config(in);
  std::vector<std::string> order;
  for (const auto& mount : config["mounts"]) order.push_back(mount["destination"]);
  const auto at = [&](const std::string& path) {
    return std::find(order.begin(), order.end(), path) - order.begin();
  };
  EXPECT_LT(at("/run"), at("/etc/hosts"));
  EXPECT_LT(at("/etc/hosts"), at("/run/a/b"));
  EXPECT_EQ(mount_on(config, "/run/a/b")->at("options"),
            Json({"nosuid", "nodev", "rw", "exec", "mode=700", "size=1048576"}));
  EXPECT_EQ(mount_on(config, "/run")->at("options"), Json({"noexec", "nosuid", "nodev"}));
  EXPECT_EQ(mount_on(config, "/dev/fuse")->at("source"), "/dev/fuse");
  const auto& rule = config["linux"]["resources"]["devices"][1];
  EXPECT_EQ(rule["major"], 10);
  EXPECT_EQ(rule["minor"], 229);
  EXPECT_EQ(rule["access"], "rw");
  EXPECT_EQ(config["process"]["noNewPrivileges"], true);
  EXPECT_EQ(config["linux"]["resources"]["memory"]["swap"], (512 + 64) << 20);
  EXPECT_EQ(config["linux"]["resources"]["memory"]["swappiness"], 7);
  EXPECT_THROW(tmpfs_options({"/x", 0, {"bind"}}), std::runtime_error);
}

TEST(OciConfig, CpuUnitsAreAQuota) {
  EXPECT_EQ(cfs_quota_us(1024), 100'000);
  EXPECT_EQ(cfs_quota_us(256), 25'000);
  EXPECT_EQ(cfs_quota_us(0), 0);
}

TEST(Conmon, ErrorsAreTheLastOfRuncsLog) {
  EXPECT_EQ(runc_error(R"({"level":"warning","msg":"w"}
not json
{"level":"error","msg":"runc create failed: exec: \"x\": executable file not found in $PATH"}
)"),
            "runc create failed: exec: \"x\": executable file not found in $PATH");
  EXPECT_EQ(runc_error(""), "");
}

TEST(Conmon, CommandLineNamesTheHostsPaths) {
  Host host;
  host.runc = "/usr/sbin/runc";
  const auto argv = conmon_argv(host, {.id = "c1", .name = "web", .tty = true, .rootless = true});
  const auto has = [&](const std::string& word) {
    return std::find(argv.begin(), argv.end(), word) != argv.end();
  };
  EXPECT_TRUE(has("/run/ecs/c/c1"));
  EXPECT_TRUE(has("k8s-file:/run/ecs/logs/c1.log"));
  EXPECT_TRUE(has("-t"));
  EXPECT_FALSE(has("-i"));
  EXPECT_TRUE(has("--runtime-arg=--rootless=true"));
}

}  // namespace
}  // namespace enibox::containers

#include "emulator/containers/container_process.hpp"

#include <gtest/gtest.h>

#include "emulator/containers/seccomp.hpp"

namespace enibox::containers {
namespace {

using Words = std::vector<std::string>;

// Docker's documented table of ENTRYPOINT against CMD, with a task definition on top.
TEST(ContainerProcess, ArgvFollowsDockersTable) {
  struct Row {
    Words image_entry, image_command;
    std::optional<Words> entry, command;
    Words argv;
  };
  const Row rows[] = {
      {{}, {"nginx"}, {}, {}, {"nginx"}},
      {{"/e"}, {"c"}, {}, {}, {"/e", "c"}},
      {{"/e"}, {"c"}, {}, Words{"x", "y"}, {"/e", "x", "y"}},
      {{"/e"}, {"c"}, Words{"sh", "-c"}, {}, {"sh", "-c"}},  // the image's command is dropped
      {{"/e"}, {"c"}, Words{"sh", "-c"}, Words{"sleep 1"}, {"sh", "-c", "sleep 1"}},
      {{"/e"}, {}, Words{}, Words{"only"}, {"only"}},
  };
  for (const auto& row : rows) {
    ImageConfig image;
    image.entry_point = row.image_entry;
    image.command = row.image_command;
    ContainerSpec spec;
    spec.entry_point = row.entry;
    spec.command = row.command;
    EXPECT_EQ(merge_argv(image, spec), row.argv);
  }
  EXPECT_THROW(merge_argv({}, {}), std::runtime_error);
}

TEST(ContainerProcess, SignalsHaveNamesAndNumbers) {
  EXPECT_EQ(signal_number("SIGQUIT"), 3);
  EXPECT_EQ(signal_number("quit"), 3);
  EXPECT_EQ(signal_number("9"), 9);
  for (const char* none : {"", "SIG", "0", "-1", "99", "SIGNONE", "9x"}) {
    EXPECT_EQ(signal_number(none), std::nullopt) << none;
  }
}

TEST(ContainerProcess, EnvironmentIsMergedByName) {
  ImageConfig image;
  image.env = {"PATH=/opt/bin", "A=1", "EMPTY="};
  ContainerSpec spec;
  spec.env = {"A=2", "B=x=y", "HOSTNAME=mine"};
  EXPECT_EQ(merge_env(image, spec, "ip-10-0-0-1"),
            (Words{"PATH=/opt/bin", "HOSTNAME=mine", "A=2", "EMPTY=", "B=x=y"}));
  spec = {};
  spec.tty = true;
  EXPECT_EQ(merge_env({}, spec, "h"),
            (Words{std::string(kDefaultPath), "HOSTNAME=h", "TERM=xterm"}));
}

TEST(ContainerProcess, WorkingDirectoryIsAbsolute) {
  ImageConfig image;
  image.working_directory = "/app";
  ContainerSpec spec;
  EXPECT_EQ(merge_working_directory(image, spec), "/app");
  spec.working_directory = "data";
  EXPECT_EQ(merge_working_directory(image, spec), "/data");
  EXPECT_EQ(merge_working_directory({}, {}), "/");
}

constexpr const char* kPasswd =
    "root:x:0:0:root:/root:/bin/bash\nbroken line\nwww:x:33:34:w:/var/www:/bin/sh\n";
constexpr const char* kGroup = "root:x:0:\nwww:x:34:\nadm:x:4:syslog,www\nlog:x:5:www\n";

TEST(ContainerProcess, UsersAreLookedUpByNameAndNumber) {
  const auto ids = [](const std::string& user) { return look_up_user(user, kPasswd, kGroup); };
  EXPECT_EQ(ids("").uid, 0U);
  EXPECT_EQ(ids("www").uid, 33U);
  EXPECT_EQ(ids("www").gid, 34U);
  EXPECT_EQ(ids("www").home, "/var/www");
  EXPECT_EQ(ids("www").supplementary, (std::vector<gid_t>{4, 5}));
  EXPECT_EQ(ids("33").name, "www");
  EXPECT_EQ(ids("33").gid, 34U);
  EXPECT_EQ(ids("4321").uid, 4321U);
  EXPECT_EQ(ids("4321").gid, 0U);
  EXPECT_EQ(ids("www:adm").gid, 4U);
  EXPECT_TRUE(ids("www:adm").supplementary.empty());
  EXPECT_EQ(ids("1:2").gid, 2U);
  EXPECT_EQ(look_up_user("0", "", "").home, "/");  // an image without /etc/passwd
}

TEST(ContainerProcess, UnknownUsersAndGroupsHaveDockersText) {
  const auto text = [](const std::string& user) -> std::string {
    try {
      look_up_user(user, kPasswd, kGroup);
      return "";
    } catch (const std::runtime_error& e) {
      return e.what();
    }
  };
  EXPECT_EQ(text("ghost"), "unable to find user ghost: no matching entries in passwd file");
  EXPECT_EQ(text("www:ghost"), "unable to find group ghost: no matching entries in group file");
  EXPECT_NE(text("-1"), "");
  EXPECT_NE(text("99999999999"), "");
}

TEST(ContainerProcess, CapabilitiesAreAddedDroppedAndBounded) {
  constexpr auto kAll = ~std::uint64_t{0};
  ContainerSpec spec;
  EXPECT_EQ(capabilities_of(spec, kAll).size(), 14U);
  spec.cap_add = {"net_admin", "CAP_SYS_PTRACE"};
  spec.cap_drop = {"MKNOD"};
  auto caps = capabilities_of(spec, kAll);
  EXPECT_TRUE(caps.contains("CAP_NET_ADMIN") && caps.contains("CAP_SYS_PTRACE"));
  EXPECT_FALSE(caps.contains("CAP_MKNOD"));
  constexpr std::uint64_t kNetAdmin = 1 << 12;
  EXPECT_FALSE(capabilities_of(spec, kAll & ~kNetAdmin).contains("CAP_NET_ADMIN"));
  spec.cap_add = {"CHOWN"};
  spec.cap_drop = {"ALL"};
  EXPECT_EQ(capabilities_of(spec, kAll), (std::set<std::string>{"CAP_CHOWN"}));
  spec = {};
  spec.privileged = true;
  EXPECT_GE(capabilities_of(spec, kAll).size(), 41U);
  spec.cap_add = {"FLY"};
  EXPECT_THROW(capabilities_of(spec, kAll), std::runtime_error);
}

TEST(Seccomp, RulesAreNarrowedToMachineAndCapabilities) {
  const auto profile = Json::parse(R"({
    "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "defaultErrno": "ENOSYS",
    "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
                {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]}],
    "syscalls": [
      {"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [], "includes": {}, "excludes": {}},
      {"names": ["arm_only"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["arm64"]}},
      {"names": ["not_here"], "action": "SCMP_ACT_ALLOW", "excludes": {"arches": ["amd64"]}},
      {"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}},
      {"names": ["mount"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1, "errno": "EPERM",
       "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
      {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
      {"names": ["future"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "99.1"}},
      {"names": ["personality"], "action": "SCMP_ACT_ALLOW",
       "args": [{"index": 0, "value": 8, "valueTwo": 0, "op": "SCMP_CMP_EQ"}]}]})");
  const auto names = [&](std::set<std::string> caps) {
    const auto oci = seccomp_for(profile, {"amd64", std::move(caps), 6, 1});
    std::vector<std::string> out;
    for (const auto& rule : oci["syscalls"])
      out.push_back(rule["names"][0].get<std::string>() +
                    (rule["action"] == "SCMP_ACT_ALLOW" ? "" : "!"));
    return out;
  };
  EXPECT_EQ(names({}), (Words{"read", "mount!", "ptrace", "personality"}));
  EXPECT_EQ(names({"CAP_SYS_ADMIN"}), (Words{"read", "mount", "ptrace", "personality"}));
  const auto oci = seccomp_for(profile, {"amd64", {}, 6, 1});
  EXPECT_EQ(oci["architectures"], Json({"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"}));
  EXPECT_EQ(oci["defaultErrnoRet"], 38);
  EXPECT_EQ(oci["syscalls"][1]["errnoRet"], 1);
  EXPECT_FALSE(oci["syscalls"][0].contains("args"));
  EXPECT_EQ(oci["syscalls"][3]["args"][0]["value"], 8);
  EXPECT_FALSE(oci["syscalls"][0].contains("includes"));
  EXPECT_THROW(seccomp_for(Json::parse(R"({"syscalls": 3})"), {"amd64", {}, 6, 1}),
               std::runtime_error);
}

}  // namespace
}  // namespace enibox::containers

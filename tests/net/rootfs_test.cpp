#include "emulator/containers/rootfs.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace enibox::containers {
namespace {

// Works on a tmpfs in a mount namespace of a thread of its own: nothing is left when it ends.
class RootfsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root or a user namespace (unshare -rmn)";
  }

  template <typename Story>
  void in_private_mounts(Story story) {
    std::thread([&] {
      ASSERT_EQ(::unshare(CLONE_FS | CLONE_NEWNS), 0);
      ASSERT_EQ(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
      ASSERT_EQ(::mount("tmpfs", "/mnt", "tmpfs", 0, nullptr), 0);
      story();
    }).join();
  }

  static std::string layer(const std::string& name) {
    std::filesystem::create_directories("/mnt/" + name);
    return "/mnt/" + name;
  }
  static void write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
  }
  static std::string read(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void attach(const netns::UniqueFd& root) {
    std::filesystem::create_directory("/mnt/root");
    constexpr int kEmptyPath = 4;  // MOVE_MOUNT_F_EMPTY_PATH
    ASSERT_EQ(::syscall(SYS_move_mount, root.get(), "", AT_FDCWD, "/mnt/root", kEmptyPath), 0);
  }
};

using Mounter = netns::UniqueFd (*)(const RootfsSpec&);

void tell_of_layers(Mounter mounter, RootfsSpec spec, void (*attach)(const netns::UniqueFd&)) {
  const auto root = mounter(spec);
  attach(root);
}

TEST_F(RootfsTest, LayersStackAndWritesGoToTheUpperOne) {
  for (const auto mounter : {mount_root, mount_root_layer_by_layer, mount_root_by_option_string})
    in_private_mounts([&] {
      const auto base = layer("base"), top = layer("top");
      write(base + "/file", "base");
      write(base + "/hidden", "base");
      write(base + "/dir/old", "base");
      write(top + "/file", "top");
      ASSERT_EQ(::mknod((top + "/hidden").c_str(), S_IFCHR, makedev(0, 0)), 0);
      std::filesystem::create_directory(top + "/dir");
      if (::setxattr((top + "/dir").c_str(), "user.overlay.opaque", "y", 1, 0) != 0)
        GTEST_SKIP() << "tmpfs takes no user.* attributes (before Linux 6.6)";

      tell_of_layers(mounter, {{top, base}, "/mnt/upper", "/mnt/work"}, attach);

      EXPECT_EQ(read("/mnt/root/file"), "top");
      EXPECT_FALSE(std::filesystem::exists("/mnt/root/hidden"));
      EXPECT_FALSE(std::filesystem::exists("/mnt/root/dir/old"));
      write("/mnt/root/file", "changed");
      EXPECT_EQ(read("/mnt/upper/file"), "changed");
      EXPECT_EQ(read(top + "/file"), "top");
      EXPECT_EQ(std::filesystem::status("/mnt/root").permissions(),
                static_cast<std::filesystem::perms>(0755));
    });
}

TEST_F(RootfsTest, TakesAsManyLayersAsDockerAndPathsOfAnyLengthAndSpelling) {
  for (const auto mounter : {mount_root_layer_by_layer, mount_root_by_option_string})
    in_private_mounts([&] {
      const std::string deep = std::string(200, 'x') + "/" + std::string(200, 'y') + "/a:b,c\\d";
      std::vector<std::string> layers;
      for (int i = 0; i < 127; ++i) {
        layers.push_back(layer(deep + std::to_string(i)));
        write(layers.back() + "/f" + std::to_string(i), "x");
      }
      const auto upper = layer(deep + "/container");
      tell_of_layers(mounter, {layers, upper + "/upper", upper + "/work"}, attach);
      EXPECT_TRUE(std::filesystem::exists("/mnt/root/f0"));
      EXPECT_TRUE(std::filesystem::exists("/mnt/root/f126"));
      write("/mnt/root/new", "1");
      EXPECT_EQ(read(upper + "/upper/new"), "1");
    });
}

TEST_F(RootfsTest, AMissingLayerIsNamedAndNothingStaysMounted) {
  in_private_mounts([&] {
    try {
      mount_root({{"/mnt/nowhere"}, "/mnt/upper", "/mnt/work"});
      ADD_FAILURE() << "mounted";
    } catch (const std::system_error& e) {
      EXPECT_EQ(e.code().value(), ENOENT);
      EXPECT_NE(std::string(e.what()).find("/mnt/nowhere"), std::string::npos);
    }
    EXPECT_THROW(mount_root_by_option_string({{"/proc/self"}, "/proc/u", "/proc/w"}),
                 std::system_error);
    EXPECT_EQ(read("/proc/thread-self/mountinfo").find("overlay overlay"), std::string::npos);
  });
}

}  // namespace
}  // namespace enibox::containers

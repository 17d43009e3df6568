#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

// Small pieces that netns/cgroup is made of: the text files of the kernel, nothing else.
namespace enibox::netns {

struct CgroupMount {
  std::string root;         // the group that is the mount's root: "/" or "/docker/abc"
  std::string mount_point;  // "/sys/fs/cgroup/memory"
  bool is_v2 = false;
  std::set<std::string> options;  // of the superblock: {"rw", "memory"}
};

// The cgroup mounts of a /proc/PID/mountinfo, in its order. proc(5).
std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo);

struct CgroupMembership {
  std::vector<std::string> controllers;  // empty: the version 2 line "0::/path"
  std::string path;
};
// The lines of a /proc/PID/cgroup. cgroups(7).
std::vector<CgroupMembership> parse_cgroup_memberships(std::string_view text);

// Where a group appears below a mount; empty when it is outside the mount's root.
std::string path_below_mount(const CgroupMount& mount, const std::string& group);

std::vector<std::string> words(std::string_view text);
std::string read_text(const std::string& path);  // empty when it cannot be read
// One write(2) to an existing file; false with errno set.
bool write_text(const std::string& path, const std::string& text);
bool is_directory(const std::string& path);
bool is_writable(const std::string& path);
// Names of the directories in a directory; none when it cannot be read.
std::vector<std::string> subdirectories(const std::string& path);

}  // namespace enibox::netns

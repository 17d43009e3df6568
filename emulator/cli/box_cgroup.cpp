#include "emulator/cli/box_cgroup.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include "emulator/cli/box_home.hpp"

namespace enibox::cli {

namespace {
constexpr const char* kLeaf = "box";
}  // namespace

std::string cgroup_origin() { return netns::read_small_file("/proc/self/cgroup").value_or(""); }

netns::Cgroup box_cgroup(const netns::ProcessIdentity& init, const std::string& origin) {
  // Cgroup::find() wants a file, the record has a text.
  netns::UniqueFd file(::memfd_create("cgroup", MFD_CLOEXEC));
  if (!file) netns::throw_errno("memfd_create");
  if (::write(file.get(), origin.data(), origin.size()) != static_cast<ssize_t>(origin.size())) {
    netns::throw_errno("write a memfd");
  }
  netns::CgroupPaths paths;
  paths.self = "/proc/self/fd/" + std::to_string(file.get());
  return netns::Cgroup::find(box_name(init), paths);
}

void make_box_cgroup(const netns::Cgroup& group) {
  if (group.usable()) group.child(kLeaf).create();
}

void join_box_cgroup(const netns::Cgroup& group, pid_t pid) {
  if (group.usable()) group.child(kLeaf).join(pid);
}

void sweep_box_cgroups() {
  const auto self = netns::identify_process(::getpid());
  if (!self) return;
  box_cgroup(*self, cgroup_origin()).sweep("enibox-", [](const std::string& name) {
    return !is_name_of_dead_box(name);
  });
}

}  // namespace enibox::cli

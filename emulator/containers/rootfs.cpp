#include "emulator/containers/rootfs.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

// <sys/mount.h> and <linux/mount.h> clash under glibc 2.36: take mount(2) by hand.
extern "C" int mount(const char*, const char*, const char*, unsigned long, const void*) noexcept;
extern "C" int umount2(const char*, int) noexcept;

namespace enibox::containers {
namespace {

using netns::throw_errno;
using netns::UniqueFd;

constexpr std::size_t kFsconfigLimit = 255;       // fs/fsopen.c: strndup_user(value, 256)
constexpr std::size_t kOptionStringLimit = 4095;  // mount(2) takes one page
constexpr int kDetach = 2;                        // MNT_DETACH

// A directory held open, with a name for it that a mount option can carry. The plain path is
// preferred, since /proc/mounts shows it for the life of the mount.
struct Directory {
  UniqueFd fd;
  std::string path;
  std::string by_fd() const { return "/proc/self/fd/" + std::to_string(fd.get()); }
  std::string name() const {
    const bool plain = path.size() <= kFsconfigLimit && path.starts_with('/') &&
                       path.find_first_of(",:\\") == std::string::npos;
    return plain ? path : by_fd();
  }
};

Directory open_directory(const std::string& path) {
  Directory out{UniqueFd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)), path};
  if (!out.fd) throw_errno("root filesystem: open " + path);
  return out;
}

void make_directory(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0)
    ::chmod(path.c_str(), mode);  // the umask may have taken bits
  else if (errno != EEXIST)
    throw_errno("root filesystem: make " + path);
}

struct Directories {
  std::vector<Directory> layers;
  Directory upper, work;
};

Directories open_all(const RootfsSpec& spec) {
  Directories out;
  for (const auto& layer : spec.layers) out.layers.push_back(open_directory(layer));
  make_directory(spec.upper, 0755);  // it becomes the mode of the container's /
  make_directory(spec.work, 0700);
  out.upper = open_directory(spec.upper);
  out.work = open_directory(spec.work);
  return out;
}

int set(const UniqueFd& context, const char* key, const std::string& value) {
  return static_cast<int>(
      ::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0));
}

// What the kernel wrote about the mount that failed: "overlay: maximum fs stacking depth exceeded".
std::string kernel_message(const UniqueFd& context) {
  char text[512];
  const auto n = ::read(context.get(), text, sizeof text);
  if (n <= 2) return {};
  std::string_view message(text + 2, static_cast<std::size_t>(n) - 2);  // after "e "
  return " (" + std::string(message.substr(0, message.find('\n'))) + ")";
}

[[noreturn]] void throw_with_message(const UniqueFd& context, const std::string& step) {
  const int error = errno;
  const auto message = kernel_message(context);
  errno = error;
  throw_errno("root filesystem: " + step + message);
}

void require(int result, const UniqueFd& context, const std::string& step) {
  if (result != 0) throw_with_message(context, step);
}

UniqueFd open_overlay_context() {
  UniqueFd context(static_cast<int>(::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)));
  if (!context) throw_errno("root filesystem: fsopen overlay");
  return context;
}

bool kernel_takes_layers_one_by_one() {
  static const bool takes = [] {
    UniqueFd context(static_cast<int>(::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)));
    return context && set(context, "lowerdir+", "/") == 0;
  }();
  return takes;
}

}  // namespace

UniqueFd mount_root_layer_by_layer(const RootfsSpec& spec) {
  const auto directories = open_all(spec);
  const auto context = open_overlay_context();
  require(set(context, "source", "overlay"), context, "source");
  for (const auto& layer : directories.layers)
    require(set(context, "lowerdir+", layer.name()), context, "layer " + layer.path);
  require(set(context, "upperdir", directories.upper.name()), context, "upper " + spec.upper);
  require(set(context, "workdir", directories.work.name()), context, "work " + spec.work);
  const auto flag =
      ::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_FLAG, "userxattr", nullptr, 0);
  require(static_cast<int>(flag), context, "userxattr");
  const auto create =
      ::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
  require(static_cast<int>(create), context, "mount overlay on " + spec.upper);
  UniqueFd root(static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0)));
  if (!root) throw_with_message(context, "fsmount");
  return root;
}

UniqueFd mount_root_by_option_string(const RootfsSpec& spec) {
  const auto directories = open_all(spec);
  const auto options = [&](bool by_fd) {
    const auto name = [&](const Directory& d) { return by_fd ? d.by_fd() : d.name(); };
    std::string text = "userxattr,lowerdir=";
    for (const auto& layer : directories.layers)
      text += (&layer == &directories.layers.front() ? "" : ":") + name(layer);
    return text + ",upperdir=" + name(directories.upper) + ",workdir=" + name(directories.work);
  };
  auto text = options(false);
  if (text.size() > kOptionStringLimit) text = options(true);
  if (text.size() > kOptionStringLimit) {
    errno = E2BIG;
    throw_errno("root filesystem: " + std::to_string(spec.layers.size()) + " layers");
  }
  // The mount point is reached through its descriptor: nobody can swap it for a link in between.
  const auto point = directories.work.by_fd();
  if (::mount("overlay", point.c_str(), "overlay", 0, text.c_str()) != 0)
    throw_errno("root filesystem: mount overlay on " + spec.upper);
  UniqueFd root(static_cast<int>(
      ::syscall(SYS_open_tree, AT_FDCWD, spec.work.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  const int error = errno;
  ::umount2(spec.work.c_str(), kDetach);
  errno = error;
  if (!root) throw_errno("root filesystem: open_tree " + spec.work);
  return root;
}

UniqueFd mount_root(const RootfsSpec& spec) {
  return kernel_takes_layers_one_by_one() ? mount_root_layer_by_layer(spec)
                                          : mount_root_by_option_string(spec);
}

}  // namespace enibox::containers

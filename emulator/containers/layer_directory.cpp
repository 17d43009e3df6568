#include "emulator/containers/layer_directory.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cerrno>

#include "emulator/containers/image_error.hpp"

namespace enibox::containers {
namespace {

using netns::throw_errno;
using netns::UniqueFd;

constexpr int kMaxDepth = 256;
constexpr const char* kOpaqueAttribute = "user.overlay.opaque";

// An errno that only the entry's own name can be the cause of.
bool is_entry_at_fault(int error) {
  return error == ELOOP || error == ENOTDIR || error == EXDEV || error == ENAMETOOLONG ||
         error == EINVAL || error == EISDIR;
}

[[noreturn]] void fail(const std::string& step, const std::string& path) {
  const int error = errno;
  if (error == ELOOP) throw ImageError("layer entry " + path + " goes through a symbolic link");
  if (is_entry_at_fault(error))
    throw ImageError("layer entry " + path + ": " + step + ": " +
                     std::generic_category().message(error));
  throw_errno("unpack " + path + ": " + step);
}

int open_beneath(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(
      ::syscall(SYS_openat2, root, path.empty() ? "." : path.c_str(), &how, sizeof how));
}

// An attribute that is worth keeping and cannot change what overlayfs or the kernel does with the
// layer: user.overlay.* would redirect a directory to another.
bool is_attribute_kept(const std::string& name) {
  return name == "security.capability" ||
         (name.starts_with("user.") && !name.starts_with("user.overlay."));
}

bool is_unmapped_or_forbidden(int error) { return error == EINVAL || error == EPERM; }

}  // namespace

LayerDirectory::LayerDirectory(const std::string& path)
    : root_(::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {
  if (!root_) throw_errno("unpack: open " + path);
}

std::string LayerDirectory::normalise(std::string_view name) {
  const auto shown = [&] { return std::string(name.substr(0, 200)); };
  if (name.find('\0') != std::string_view::npos)
    throw ImageError("layer entry with a NUL byte in its name");
  if (name.starts_with('/') && name.find_first_not_of('/') != std::string_view::npos)
    throw ImageError("layer entry with an absolute path: " + shown());
  std::string out;
  int depth = 0;
  for (auto rest = name; !rest.empty();) {
    const auto slash = rest.find('/');
    const auto part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") throw ImageError("layer entry with '..' in its path: " + shown());
    if (++depth > kMaxDepth)
      throw ImageError("layer entry nested deeper than " + std::to_string(kMaxDepth) +
                       " directories: " + shown());
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

UniqueFd LayerDirectory::open_parent(const std::string& path) {
  if (UniqueFd whole(open_beneath(root_.get(), path, O_PATH | O_DIRECTORY)); whole) return whole;
  if (errno != ENOENT) fail("open its directory", path);
  // Archives may leave out parents: make them, one step at a time and never through a link.
  UniqueFd at(open_beneath(root_.get(), "", O_PATH | O_DIRECTORY));
  for (std::size_t begin = 0; begin < path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto part = path.substr(begin, end - begin);
    if (::mkdirat(at.get(), part.c_str(), 0755) != 0 && errno != EEXIST)
      fail("make its directory", path);
    UniqueFd next(open_beneath(at.get(), part, O_PATH | O_DIRECTORY));
    if (!next) fail("open its directory", path);
    at = std::move(next);
    begin = end + 1;
  }
  return at;
}

LayerDirectory::Place LayerDirectory::place(const std::string& path) {
  if (path.empty()) throw ImageError("layer entry without a name");
  const auto slash = path.rfind('/');
  const auto parent = slash == std::string::npos ? std::string() : path.substr(0, slash);
  if (!parent_ || parent != parent_path_) {
    parent_ = open_parent(parent);
    parent_path_ = parent;
  }
  return {parent_.get(), slash == std::string::npos ? path : path.substr(slash + 1)};
}

// Makes room for a new entry and says what was there: a later entry of an archive replaces an
// earlier one.
LayerDirectory::Before LayerDirectory::clear(const Place& place, bool keep_directory) {
  struct stat was;
  if (::fstatat(place.parent, place.name.c_str(), &was, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno != ENOENT) fail("look it up", place.name);
    return Before::kNothing;
  }
  const auto before = S_ISDIR(was.st_mode)                       ? Before::kDirectory
                      : S_ISCHR(was.st_mode) && was.st_rdev == 0 ? Before::kWhiteout
                                                                 : Before::kOther;
  if (before != Before::kDirectory) {
    if (::unlinkat(place.parent, place.name.c_str(), 0) != 0) fail("replace it", place.name);
  } else if (!keep_directory) {
    remove_tree(place.parent, place.name);
  }
  return before;
}

void LayerDirectory::make_opaque(int parent, const std::string& name) {
  UniqueFd directory(open_beneath(parent, name, O_RDONLY | O_DIRECTORY));
  if (!directory) fail("open", name);
  if (::fsetxattr(directory.get(), kOpaqueAttribute, "y", 1, 0) != 0)
    throw_errno("unpack: mark " + name + " opaque (the file system must take user.* attributes)");
}

void LayerDirectory::directory(const std::string& path, const EntryAttributes& attributes) {
  if (!path.empty()) {
    const auto at = place(path);
    const auto before = clear(at, true);
    if (before != Before::kDirectory && ::mkdirat(at.parent, at.name.c_str(), 0700) != 0)
      fail("make directory", path);
    // Deleted and made anew in one layer: what lower layers have in it must not shine through.
    if (before == Before::kWhiteout) make_opaque(at.parent, at.name);
  }
  directories_.emplace_back(path, attributes);
}

UniqueFd LayerDirectory::create_file(const std::string& path) {
  const auto at = place(path);
  clear(at, false);
  UniqueFd file(::openat(at.parent, at.name.c_str(),
                         O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) fail("make file", path);
  return file;
}

// Tries owner and group apart, since in a small user namespace only one of them may be mapped. What
// cannot be given away stays ours, and then loses the right to act as its owner.
void LayerDirectory::own(int fd, const char* name, int flags, EntryAttributes& attributes) {
  constexpr std::int64_t kMaxId = 0xfffffffe;
  if (attributes.uid < 0 || attributes.uid > kMaxId || attributes.gid < 0 ||
      attributes.gid > kMaxId)
    throw ImageError("layer entry with an owner out of range");
  constexpr auto kKeepUid = static_cast<uid_t>(-1);
  constexpr auto kKeepGid = static_cast<gid_t>(-1);
  const auto uid = static_cast<uid_t>(attributes.uid);
  const auto gid = static_cast<gid_t>(attributes.gid);
  if (::fchownat(fd, name, uid, gid, flags) == 0) return;
  if (!is_unmapped_or_forbidden(errno)) fail("set its owner", name);
  ++owners_not_kept_;
  if (::fchownat(fd, name, uid, kKeepGid, flags) != 0) attributes.mode &= ~mode_t{S_ISUID};
  if (::fchownat(fd, name, kKeepUid, gid, flags) != 0) attributes.mode &= ~mode_t{S_ISGID};
}

void LayerDirectory::finish_file(const UniqueFd& file, const EntryAttributes& wanted) {
  auto attributes = wanted;
  own(file.get(), "", AT_EMPTY_PATH, attributes);
  for (const auto& [name, value] : attributes.xattrs) {
    if (!is_attribute_kept(name)) continue;
    // Without the privilege (or the file system's help) a file goes without.
    if (::fsetxattr(file.get(), name.c_str(), value.data(), value.size(), 0) != 0 &&
        errno == ENOSPC)
      throw_errno("unpack: set attribute " + name);
  }
  if (::fchmod(file.get(), attributes.mode & 07777) != 0) fail("set its mode", "file");
  const timespec times[2] = {attributes.mtime, attributes.mtime};
  ::futimens(file.get(), times);
}

void LayerDirectory::symbolic_link(const std::string& path, const std::string& target,
                                   const EntryAttributes& wanted) {
  if (target.empty() || target.find('\0') != std::string::npos)
    throw ImageError("layer entry " + path + ": a symbolic link to nowhere");
  const auto at = place(path);
  clear(at, false);
  // Where it points is the container's business: it is followed inside the container only.
  if (::symlinkat(target.c_str(), at.parent, at.name.c_str()) != 0) fail("make link", path);
  auto attributes = wanted;
  own(at.parent, at.name.c_str(), AT_SYMLINK_NOFOLLOW, attributes);
  const timespec times[2] = {attributes.mtime, attributes.mtime};
  ::utimensat(at.parent, at.name.c_str(), times, AT_SYMLINK_NOFOLLOW);
}

void LayerDirectory::hard_link(const std::string& path, const std::string& target) {
  if (target.empty()) throw ImageError("layer entry " + path + ": a hard link to nowhere");
  if (target == path) return;
  const auto slash = target.rfind('/');
  UniqueFd target_parent(open_beneath(root_.get(),
                                      slash == std::string::npos ? "" : target.substr(0, slash),
                                      O_PATH | O_DIRECTORY));
  const auto target_name = slash == std::string::npos ? target : target.substr(slash + 1);
  struct stat there;
  if (!target_parent ||
      ::fstatat(target_parent.get(), target_name.c_str(), &there, AT_SYMLINK_NOFOLLOW) != 0 ||
      S_ISDIR(there.st_mode))
    throw ImageError("layer entry " + path + ": a hard link to " + target +
                     ", which is not a file of this layer");
  const auto at = place(path);
  clear(at, false);
  if (::linkat(target_parent.get(), target_name.c_str(), at.parent, at.name.c_str(), 0) != 0)
    fail("link it to " + target, path);
}

void LayerDirectory::fifo(const std::string& path, const EntryAttributes& wanted) {
  const auto at = place(path);
  clear(at, false);
  if (::mknodat(at.parent, at.name.c_str(), S_IFIFO | 0600, 0) != 0) fail("make fifo", path);
  auto attributes = wanted;
  own(at.parent, at.name.c_str(), AT_SYMLINK_NOFOLLOW, attributes);
  ::fchmodat(at.parent, at.name.c_str(), attributes.mode & 0777, 0);
}

void LayerDirectory::whiteout(const std::string& path) {
  const auto at = place(path);
  struct stat was;
  if (::fstatat(at.parent, at.name.c_str(), &was, AT_SYMLINK_NOFOLLOW) == 0) {
    // A whiteout acts on lower layers only; this layer's own entry of that name stays.
    if (S_ISDIR(was.st_mode)) make_opaque(at.parent, at.name);
    return;
  }
  if (::mknodat(at.parent, at.name.c_str(), S_IFCHR, makedev(0, 0)) != 0)
    fail("make a whiteout (needs root or a user namespace, Linux 5.8)", path);
}

void LayerDirectory::opaque(const std::string& directory_path) {
  if (directory_path.empty()) return make_opaque(root_.get(), "");
  const auto at = place(directory_path + "/x");
  make_opaque(at.parent, "");
}

void LayerDirectory::finish() {
  for (auto entry = directories_.rbegin(); entry != directories_.rend(); ++entry) {
    UniqueFd directory(open_beneath(root_.get(), entry->first, O_RDONLY | O_DIRECTORY));
    if (!directory) continue;  // a later entry took its place
    finish_file(directory, entry->second);
  }
  directories_.clear();
}

namespace {

using Stream = netns::Handle<DIR, ::closedir>;

// Names first, removal after: removing while reading may skip names.
std::vector<std::string> names_in(int parent, const std::string& name) {
  const int fd = ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) throw_errno("remove " + name);
  Stream stream(::fdopendir(fd));
  if (!stream) {
    ::close(fd);
    throw_errno("remove " + name);
  }
  std::vector<std::string> names;
  while (const auto* entry = ::readdir(stream.get())) {
    const std::string_view found = entry->d_name;
    if (found != "." && found != "..") names.emplace_back(found);
  }
  return names;
}

}  // namespace

// One descriptor a level: kMaxDepth bounds what an archive can build.
void remove_tree(int parent, const std::string& name) {
  if (::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) throw_errno("remove " + name);
  {
    UniqueFd directory(
        ::openat(parent, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory) throw_errno("remove " + name);
    ::chmod(("/proc/self/fd/" + std::to_string(directory.get())).c_str(), 0700);
    for (const auto& child : names_in(parent, name)) remove_tree(directory.get(), child);
  }
  if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    throw_errno("remove " + name);
}

void remove_tree(const std::string& path) { remove_tree(AT_FDCWD, path); }

}  // namespace enibox::containers

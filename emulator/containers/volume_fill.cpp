#include "emulator/containers/volume_fill.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <memory>
#include <mutex>
#include <vector>

#include "netns/handle.hpp"

namespace enibox::containers {
namespace {

using netns::throw_errno;
using netns::UniqueFd;

constexpr int kMostLevels = 256;  // of directories in directories

std::vector<std::string> names_in(int directory) {
  const int own = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) throw_errno("volume: read a directory");
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(own), ::closedir);
  std::vector<std::string> out;
  while (const auto* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") out.push_back(name);
  }
  return out;
}

// An id that is not mapped cannot be given away; then the file stays the daemon's.
void copy_owner(int directory, const char* name, const struct stat& info) {
  if (::fchownat(directory, name, info.st_uid, info.st_gid, AT_SYMLINK_NOFOLLOW) != 0 &&
      errno != EINVAL && errno != EPERM)
    throw_errno(std::string("volume: owner of ") + name);
}

void copy_attributes(int file, const struct stat& info) {
  if (::fchown(file, info.st_uid, info.st_gid) != 0 && errno != EINVAL && errno != EPERM)
    throw_errno("volume: owner");
  if (::fchmod(file, info.st_mode & 07777) != 0) throw_errno("volume: mode");
  const timespec times[2] = {info.st_atim, info.st_mtim};
  if (::futimens(file, times) != 0) throw_errno("volume: times");
}

void copy_file(int from, int to, const std::string& name, const struct stat& info) {
  const UniqueFd source(::openat(from, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  const UniqueFd target(
      ::openat(to, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!source || !target) throw_errno("volume: copy " + name);
  char buffer[65536];
  for (;;) {
    const auto n = ::read(source.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno("volume: copy " + name);
    if (n == 0) break;
    for (ssize_t done = 0; done < n;) {
      const auto written = ::write(target.get(), buffer + done, static_cast<std::size_t>(n - done));
      if (written < 0 && errno != EINTR) throw_errno("volume: copy " + name);
      if (written > 0) done += written;
    }
  }
  copy_attributes(target.get(), info);
}

void copy_link(int from, int to, const std::string& name, const struct stat& info) {
  std::string text(static_cast<std::size_t>(info.st_size) + 1, '\0');
  const auto size = ::readlinkat(from, name.c_str(), text.data(), text.size());
  if (size < 0) throw_errno("volume: copy " + name);
  text.resize(static_cast<std::size_t>(size));
  if (::symlinkat(text.c_str(), to, name.c_str()) != 0) throw_errno("volume: copy " + name);
  copy_owner(to, name.c_str(), info);
}

void copy_directory(int from, int to, int levels);

void copy_entry(int from, int to, const std::string& name, int levels) {
  struct stat info {};
  if (::fstatat(from, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    throw_errno("volume: copy " + name);
  if (S_ISREG(info.st_mode)) return copy_file(from, to, name, info);
  if (S_ISLNK(info.st_mode)) return copy_link(from, to, name, info);
  if (!S_ISDIR(info.st_mode)) return;  // sockets, pipes, devices: not part of a volume's content
  if (::mkdirat(to, name.c_str(), 0700) != 0) throw_errno("volume: copy " + name);
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  const UniqueFd source(::openat(from, name.c_str(), kFlags));
  const UniqueFd target(::openat(to, name.c_str(), kFlags));
  if (!source || !target) throw_errno("volume: copy " + name);
  copy_directory(source.get(), target.get(), levels - 1);
}

void copy_directory(int from, int to, int levels) {
  if (levels == 0) {
    errno = ELOOP;
    throw_errno("volume: directories in directories");
  }
  for (const auto& name : names_in(from)) copy_entry(from, to, name, levels);
  struct stat info {};
  if (::fstat(from, &info) != 0) throw_errno("volume: read a directory");
  copy_attributes(to, info);
}

}  // namespace

void fill_volume(int root, const std::string& mount_point, const std::string& volume) {
  // The containers of a task start side by side.
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  const UniqueFd to(::open(volume.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!to) throw_errno("volume: open " + volume);
  if (!names_in(to.get()).empty()) return;
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const UniqueFd from(
      static_cast<int>(::syscall(SYS_openat2, root, mount_point.c_str(), &how, sizeof how)));
  if (!from) return;
  copy_directory(from.get(), to.get(), kMostLevels);
}

}  // namespace enibox::containers

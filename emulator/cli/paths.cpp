#include "emulator/cli/paths.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "netns/handle.hpp"

namespace enibox::cli {

std::string runtime_directory() {
  std::string path;
  // Root of a user namespace is not always root of /run.
  if (::geteuid() == 0 && ::access("/run", W_OK) == 0) {
    path = "/run/enibox";
  } else if (const char* xdg = std::getenv("XDG_RUNTIME_DIR");
             xdg && *xdg == '/' && ::access(xdg, W_OK) == 0) {
    path = std::string(xdg) + "/enibox";
  } else {
    path = "/tmp/enibox-" + std::to_string(::geteuid());
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) netns::throw_errno("make " + path);
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) netns::throw_errno("look at " + path);
  // In /tmp anybody could have been faster.
  if (!S_ISDIR(info.st_mode) || info.st_uid != ::geteuid()) {
    throw std::runtime_error(path + " belongs to somebody else");
  }
  return path;
}

std::string absolute_path(const std::string& path) {
  std::string resolved = std::filesystem::weakly_canonical(std::filesystem::absolute(path));
  while (resolved.size() > 1 && resolved.back() == '/') resolved.pop_back();
  return resolved;
}

void make_directories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw std::system_error(error, "make " + path);
}

void replace_file(const std::string& path, const std::string& content) {
  const std::string temporary = path + "." + std::to_string(::getpid());
  netns::UniqueFd file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) netns::throw_errno("write " + temporary);
  if (::write(file.get(), content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    throw std::system_error(error, std::generic_category(), "write " + path);
  }
}

}  // namespace enibox::cli

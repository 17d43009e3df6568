#include "emulator/containers/files.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "netns/process.hpp"

namespace enibox::containers {
namespace fs = std::filesystem;
using netns::throw_errno;
using netns::UniqueFd;

namespace {
constexpr std::size_t kLargestRead = 4 << 20;

std::string read_all(const UniqueFd& file) {
  std::string out;
  char buffer[8192];
  while (out.size() < kLargestRead) {
    const auto n = ::read(file.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    out.append(buffer, static_cast<std::size_t>(n));
  }
  return out;
}
}  // namespace

void make_directories(const std::string& path) { fs::create_directories(path); }

void write_all(int file, const std::string& text, const std::string& step) {
  for (std::size_t at = 0; at < text.size();) {
    const auto n = ::write(file, text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno(step);
    at += static_cast<std::size_t>(n);
  }
}

void write_file(const std::string& path, const std::string& text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) throw_errno("write " + path);
  write_all(file.get(), text, "write " + path);
}

void replace_file(const std::string& path, const std::string& text) {
  const auto temporary = path + ".new";
  write_file(temporary, text);
  if (::rename(temporary.c_str(), path.c_str()) != 0) throw_errno("write " + path);
}

std::optional<Json> read_json(const std::string& path) {
  const auto text = netns::read_small_file(path);
  if (!text) return std::nullopt;
  auto out = Json::parse(*text, nullptr, false);
  if (out.is_discarded()) return std::nullopt;
  return out;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    out.push_back(at->path().filename());
  return out;
}

std::string read_in_root(int root, const std::string& path) {
  open_how how{};
  // No terminal, no blocking on a FIFO that an image put in the place of a file.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  UniqueFd file(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
  return file ? read_all(file) : std::string();
}

}  // namespace enibox::containers

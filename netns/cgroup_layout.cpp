#include "netns/cgroup_layout.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "netns/handle.hpp"
#include "netns/text.hpp"

namespace enibox::netns {
namespace {

std::vector<std::string> lines(std::string_view text) {
  auto out = split(text, '\n');
  std::erase_if(out, [](const std::string& line) { return line.empty(); });
  return out;
}

// mountinfo writes space, tab, newline and backslash as \040 and so on.
std::string unescape(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 3 < text.size();
    if (!escaped) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(std::strtol(text.substr(i + 1, 3).c_str(), nullptr, 8));
    i += 3;
  }
  return out;
}

}  // namespace

std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo) {
  std::vector<CgroupMount> out;
  for (const auto& line : lines(mountinfo)) {
    const auto fields = words(line);
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 5 || fields.end() - dash < 4) continue;
    const auto& type = *(dash + 1);
    if (type != "cgroup" && type != "cgroup2") continue;
    const auto options = split(*(dash + 3), ',');
    out.push_back({unescape(fields[3]),
                   unescape(fields[4]),
                   type == "cgroup2",
                   {options.begin(), options.end()}});
  }
  return out;
}

std::vector<CgroupMembership> parse_cgroup_memberships(std::string_view text) {
  std::vector<CgroupMembership> out;
  for (const auto& line : lines(text)) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto names = line.substr(first + 1, second - first - 1);
    out.push_back(
        {names.empty() ? std::vector<std::string>{} : split(names, ','), line.substr(second + 1)});
  }
  return out;
}

std::string path_below_mount(const CgroupMount& mount, const std::string& group) {
  if (group.empty() || group[0] != '/' || group.starts_with("/..")) return {};
  if (mount.root == "/") return mount.mount_point + (group == "/" ? "" : group);
  if (group == mount.root) return mount.mount_point;
  if (group.starts_with(mount.root + "/"))
    return mount.mount_point + group.substr(mount.root.size());
  return {};
}

std::vector<std::string> words(std::string_view text) {
  std::istringstream stream{std::string(text)};
  std::vector<std::string> out;
  for (std::string word; stream >> word;) out.push_back(word);
  return out;
}

std::string read_text(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string out;
  char buffer[4096];
  while (file) {
    const auto n = ::read(file.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    out.append(buffer, static_cast<std::size_t>(n));
  }
  return out;
}

bool write_text(const std::string& path, const std::string& text) {
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (!file) return false;
  ssize_t n;
  do {
    n = ::write(file.get(), text.data(), text.size());
  } while (n < 0 && errno == EINTR);
  return n == static_cast<ssize_t>(text.size());
}

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// With the effective ids and with read-only mounts in mind.
bool is_writable(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

std::vector<std::string> subdirectories(const std::string& path) {
  std::vector<std::string> out;
  using Directory = Handle<DIR, ::closedir>;
  const Directory directory(::opendir(path.c_str()));
  while (directory != nullptr) {
    const auto* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name != "." && name != ".." && is_directory(path + "/" + name)) out.push_back(name);
  }
  return out;
}

}  // namespace enibox::netns

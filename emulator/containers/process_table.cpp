#include "emulator/containers/process_table.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <map>
#include <sstream>

#include "netns/process.hpp"

namespace enibox::containers {
namespace {

using netns::UniqueFd;

std::string proc(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

// The newest first: what is looked for has mostly just begun.
std::vector<pid_t> all_processes() {
  std::vector<pid_t> out;
  using Directory = netns::Handle<DIR, ::closedir>;
  const Directory directory(::opendir("/proc"));
  while (directory != nullptr) {
    const auto* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    if (const auto pid = static_cast<pid_t>(std::atol(entry->d_name)); pid > 0) out.push_back(pid);
  }
  std::sort(out.rbegin(), out.rend());
  return out;
}

// Inode of a process's pid namespace, or of the one above that; 0 when it is gone.
ino_t pid_namespace(pid_t pid, bool parent = false) {
  UniqueFd fd(::open(proc(pid, "ns/pid").c_str(), O_RDONLY | O_CLOEXEC));
  if (fd && parent) fd.reset(::ioctl(fd.get(), NS_GET_PARENT));
  struct stat info {};
  return fd && ::fstat(fd.get(), &info) == 0 ? info.st_ino : 0;
}

std::map<std::string, std::vector<std::string>> status_of(pid_t pid) {
  std::map<std::string, std::vector<std::string>> out;
  std::istringstream lines(netns::read_small_file(proc(pid, "status")).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key, word;
    words >> key;
    while (words >> word) out[key].push_back(word);
  }
  return out;
}

pid_t inside(const std::map<std::string, std::vector<std::string>>& status, std::size_t levels) {
  const auto found = status.find("NSpid:");
  if (found == status.end() || found->second.size() <= levels) return 0;
  return static_cast<pid_t>(std::atol(found->second[levels].c_str()));
}

struct Stat {
  pid_t parent = 0;
  unsigned terminal = 0;
  unsigned long long cpu_ticks = 0, start_ticks = 0;
};

Stat stat_of(pid_t pid) {
  Stat out;
  const auto text = netns::read_small_file(proc(pid, "stat")).value_or("");
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return out;
  std::istringstream in(text.substr(name_end + 1));
  std::vector<std::string> f{"", ""};  // proc(5) counts from 1, and two are behind us
  for (std::string word; in >> word;) f.push_back(word);
  if (f.size() < 22) return out;
  out.parent = static_cast<pid_t>(std::atol(f[3].c_str()));
  out.terminal = static_cast<unsigned>(std::atol(f[6].c_str()));
  out.cpu_ticks = std::stoull(f[13]) + std::stoull(f[14]);
  out.start_ticks = std::stoull(f[21]);
  return out;
}

std::string command_of(pid_t pid, const std::string& name) {
  auto text = netns::read_small_file(proc(pid, "cmdline")).value_or("");
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text.empty() ? "[" + name + "]" : text;
}

std::string clock_text(unsigned long long ticks) {
  const auto seconds = ticks / static_cast<unsigned long long>(::sysconf(_SC_CLK_TCK));
  char text[32];
  std::snprintf(text, sizeof text, "%02llu:%02llu:%02llu", seconds / 3600, seconds / 60 % 60,
                seconds % 60);
  return text;
}

std::string start_text(unsigned long long ticks) {
  timespec now{}, up{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  ::clock_gettime(CLOCK_BOOTTIME, &up);
  const auto per_second = static_cast<unsigned long long>(::sysconf(_SC_CLK_TCK));
  const time_t started = now.tv_sec - up.tv_sec + static_cast<time_t>(ticks / per_second);
  std::tm local{};
  ::localtime_r(&started, &local);
  char text[16];
  std::strftime(text, sizeof text, "%H:%M", &local);
  return text;
}

std::string terminal_text(unsigned device) {
  constexpr unsigned kPts = 136;  // first major number of Unix98 slaves
  if (device == 0 || major(device) < kPts) return "?";
  return "pts/" + std::to_string((major(device) - kPts) * 256 + minor(device));
}

int open_pid_namespace(pid_t pid) {
  return ::open(("/proc/" + std::to_string(pid) + "/ns/pid").c_str(), O_RDONLY | O_CLOEXEC);
}

// 0: there is none. ioctl_ns(2).
ino_t pid_namespace_inode(const netns::UniqueFd& ns) {
  struct stat info {};
  return ns && ::fstat(ns.get(), &info) == 0 ? info.st_ino : 0;
}

bool is_at_or_below(pid_t pid, ino_t house) {
  for (netns::UniqueFd ns(open_pid_namespace(pid)); ns;
       ns.reset(::ioctl(ns.get(), NS_GET_PARENT))) {
    if (pid_namespace_inode(ns) == house) return true;
  }
  return false;
}

std::optional<pid_t> parent_of(pid_t pid) {
  const auto status =
      netns::read_small_file("/proc/" + std::to_string(pid) + "/status").value_or("");
  constexpr std::string_view kKey = "\nPPid:";
  const auto at = status.find(kKey);
  if (at == std::string::npos) return std::nullopt;
  return static_cast<pid_t>(std::atol(status.c_str() + at + kKey.size()));
}

}  // namespace

std::optional<pid_t> pid_inside(pid_t pid, std::size_t levels) {
  const auto number = inside(status_of(pid), levels);
  if (number <= 0) return std::nullopt;
  return number;
}

std::optional<pid_t> find_in_namespace_of(pid_t init, pid_t pid_in_host) {
  const auto wanted = pid_namespace(init);
  if (wanted == 0) return std::nullopt;
  for (const pid_t pid : all_processes()) {
    if (pid_inside(pid) != pid_in_host) continue;
    // In the host's namespace or in one right below it.
    if (pid_namespace(pid) == wanted || pid_namespace(pid, true) == wanted) return pid;
  }
  return std::nullopt;
}

std::vector<pid_t> processes_beside(pid_t pid) {
  std::vector<pid_t> out;
  const auto wanted = pid_namespace(pid);
  if (wanted == 0) return out;
  for (const pid_t other : all_processes())
    if (pid_namespace(other) == wanted) out.push_back(other);
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<pid_t> put_into_namespace_of(pid_t init) {
  const auto house = pid_namespace_inode(netns::UniqueFd(open_pid_namespace(init)));
  std::vector<pid_t> out;
  if (house == 0) return out;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    const auto pid = static_cast<pid_t>(std::atol(name.c_str()));
    if (pid <= 0 || !is_at_or_below(pid, house)) continue;
    const auto parent = parent_of(pid);
    if (parent && !is_at_or_below(*parent, house)) out.push_back(pid);
  }
  return out;
}

std::vector<std::vector<std::string>> process_rows(const std::vector<pid_t>& pids) {
  std::vector<std::vector<std::string>> rows;
  for (const pid_t pid : pids) {
    const auto status = status_of(pid);
    const auto number = inside(status, 1);
    if (number <= 0) continue;  // it has just ended
    const auto stat = stat_of(pid);
    const auto uid = status.at("Uid:").front();
    const auto name = status.contains("Name:") ? status.at("Name:").front() : "";
    rows.push_back({uid == "0" ? "root" : uid, std::to_string(number),
                    std::to_string(pid_inside(stat.parent).value_or(0)), "0",
                    start_text(stat.start_ticks), terminal_text(stat.terminal),
                    clock_text(stat.cpu_ticks), command_of(pid, name)});
  }
  return rows;
}

}  // namespace enibox::containers

#include "emulator/cli/box_home.hpp"

#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <vector>

#include "emulator/vpc/uplink.hpp"
#include "netns/user_namespace.hpp"

namespace enibox::cli {

namespace {

constexpr std::string_view kPrefix = "enibox-";
constexpr const char* kStateRoot = "/var/tmp";

std::optional<std::vector<std::uint64_t>> numbers_of(std::string_view name) {
  if (name.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  std::vector<std::uint64_t> numbers;
  const char* at = name.data() + kPrefix.size();
  const char* end = name.data() + name.size();
  while (true) {
    std::uint64_t value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc()) return std::nullopt;
    numbers.push_back(value);
    if (next == end) break;
    if (*next != '-') return std::nullopt;
    at = next + 1;
  }
  if (numbers.size() != 3) return std::nullopt;
  return numbers;
}

}  // namespace

std::string box_name(const netns::ProcessIdentity& init) {
  return std::string(kPrefix) + std::to_string(init.pid_namespace) + "-" +
         std::to_string(init.pid) + "-" + std::to_string(init.start_time);
}

bool is_name_of_dead_box(std::string_view name) {
  const auto numbers = numbers_of(name);
  const auto self = netns::identify_process(::getpid());
  if (!numbers || !self || (*numbers)[0] != self->pid_namespace) return false;
  const auto now = netns::identify_process(static_cast<pid_t>((*numbers)[1]));
  return !now || now->start_time != (*numbers)[2];
}

std::string make_state_directory(const netns::ProcessIdentity& init) {
  const std::string path = std::string(kStateRoot) + "/" + box_name(init);
  if (::mkdir(path.c_str(), 0700) != 0) netns::throw_errno("make " + path);
  return path;
}

void remove_tree(const std::string& path) {
  if (path.empty()) return;
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (!error || ::geteuid() == 0) return;
  const netns::IdMaps maps = netns::plan_id_maps();
  netns::run_in_namespaces(CLONE_NEWUSER, &maps, [&] {
    std::error_code inner;
    std::filesystem::remove_all(path, inner);
    return inner ? 1 : 0;
  });
  // The top one lies in a directory of the host: the user that made it removes it.
  std::filesystem::remove_all(path, error);
}

void sweep_state_directories() {
  std::error_code error;
  std::vector<std::string> dead;
  for (const auto& entry : std::filesystem::directory_iterator(kStateRoot, error)) {
    struct stat info {};
    if (!is_name_of_dead_box(entry.path().filename().string())) continue;
    if (::lstat(entry.path().c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) continue;
    if (info.st_uid == ::geteuid()) dead.push_back(entry.path());
  }
  for (const std::string& path : dead) remove_tree(path);
}

void sweep_host_network() {
  if (::geteuid() != 0) return;
  vpc::sweep_uplinks(netns::Namespace::current(),
                     [](const std::string& owner) { return is_name_of_dead_box(owner); });
}

}  // namespace enibox::cli

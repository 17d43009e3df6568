#include "netns/cgroup.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <thread>

#include "netns/cgroup_layout.hpp"

namespace enibox::netns {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kRetry = std::chrono::milliseconds(2);

void make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) throw_errno("make group " + path);
}

// A version 1 cpuset is born empty, and no process may join it then.
void fill_cpuset(const std::string& parent, const std::string& path) {
  for (const char* file : {"/cpuset.cpus", "/cpuset.mems"}) {
    if (!words(read_text(path + file)).empty()) continue;
    if (!write_text(path + file, read_text(parent + file)) && errno != ENOENT)
      throw_errno("write " + path + file);
  }
}

void collect_processes(const std::string& directory, std::set<pid_t>& out) {
  for (const auto& word : words(read_text(directory + "/cgroup.procs")))
    if (const auto pid = static_cast<pid_t>(std::atol(word.c_str())); pid > 0) out.insert(pid);
  for (const auto& name : subdirectories(directory)) collect_processes(directory + "/" + name, out);
}

// Deepest first. False when something is left.
bool remove_tree(const std::string& directory) {
  bool clean = true;
  for (const auto& name : subdirectories(directory))
    clean = remove_tree(directory + "/" + name) && clean;
  return (::rmdir(directory.c_str()) == 0 || errno == ENOENT) && clean;
}

std::uint64_t number(const std::string& path) {
  const auto text = words(read_text(path));
  if (text.empty() || text[0] == "max") return 0;
  return std::strtoull(text[0].c_str(), nullptr, 10);
}

std::uint64_t field(const std::string& path, const std::string& key) {
  const auto all = words(read_text(path));
  for (std::size_t i = 0; i + 1 < all.size(); i += 2)
    if (all[i] == key) return std::strtoull(all[i + 1].c_str(), nullptr, 10);
  return 0;
}

}  // namespace

std::int64_t cpu_weight_of_shares(std::int64_t shares) {
  const auto bounded = std::clamp<std::int64_t>(shares, 2, 262'144);
  return 1 + ((bounded - 2) * 9'999) / 262'142;
}

Cgroup Cgroup::child(const std::string& relative) const {
  auto out = *this;
  out.relative_ += "/" + relative;
  return out;
}

Cgroup Cgroup::only(const std::vector<std::string>& controllers) const {
  auto out = *this;
  if (version_ != Version::kV1) return out;
  const auto unwanted = [&](const std::string& name) {
    return std::find(controllers.begin(), controllers.end(), name) == controllers.end();
  };
  std::erase_if(out.hierarchies_, [&](const Hierarchy& h) { return unwanted(h.controller); });
  std::erase_if(out.controllers_, unwanted);
  return out;
}

std::string Cgroup::directory_of(const Hierarchy& hierarchy) const {
  return hierarchy.root + "/" + relative_;
}

std::string Cgroup::directory_with(const std::string& controller) const {
  if (!has(controller)) return {};
  for (const auto& hierarchy : hierarchies_)
    if (version_ == Version::kV2 || hierarchy.controller == controller)
      return directory_of(hierarchy);
  return {};
}

std::vector<std::string> Cgroup::directories() const {
  std::vector<std::string> out;
  for (const auto& hierarchy : hierarchies_) {
    // "cpu" and "cpuacct" are often one hierarchy.
    const auto directory = directory_of(hierarchy);
    if (std::find(out.begin(), out.end(), directory) == out.end()) out.push_back(directory);
  }
  return out;
}

bool Cgroup::has(const std::string& controller) const {
  return std::find(controllers_.begin(), controllers_.end(), controller) != controllers_.end();
}

std::vector<std::vector<std::string>> Cgroup::hierarchies() const {
  if (version_ == Version::kV2) return {controllers_};
  std::vector<std::vector<std::string>> out;
  const Hierarchy* last = nullptr;
  for (const auto& hierarchy : hierarchies_) {
    if (last == nullptr || last->root != hierarchy.root) out.emplace_back();
    out.back().push_back(hierarchy.controller);
    last = &hierarchy;
  }
  return out;
}

bool Cgroup::exists() const {
  const auto all = directories();
  return !all.empty() && std::all_of(all.begin(), all.end(), is_directory);
}

void Cgroup::create() const {
  for (const auto& hierarchy : hierarchies_) {
    // Mostly the groups above are there; a cpuset is to be filled from its parent on the way.
    if (version_ == Version::kV1 && hierarchy.controller != "cpuset" &&
        ::mkdir(directory_of(hierarchy).c_str(), 0755) == 0)
      continue;
    std::string parent = hierarchy.root;
    std::size_t begin = 0;
    while (begin < relative_.size()) {
      const auto end = std::min(relative_.find('/', begin), relative_.size());
      const auto path = parent + "/" + relative_.substr(begin, end - begin);
      make_directory(path);
      if (hierarchy.controller == "cpuset") fill_cpuset(parent, path);
      parent = path;
      begin = end + 1;
      if (version_ != Version::kV2 || begin >= relative_.size()) continue;
      auto above = *this;
      above.relative_ = path.substr(hierarchy.root.size() + 1);
      above.delegate();
    }
  }
}

void Cgroup::create_alone() const {
  for (const auto& hierarchy : hierarchies_) {
    const auto directory = directory_of(hierarchy);
    make_directory(directory);
    if (hierarchy.controller == "cpuset")
      fill_cpuset(directory.substr(0, directory.rfind('/')), directory);
  }
}

void Cgroup::delegate() const {
  if (version_ != Version::kV2) return;
  const auto file = directories().front() + "/cgroup.subtree_control";
  const auto handed_down = words(read_text(file));
  for (const auto& controller : controllers_) {
    if (std::find(handed_down.begin(), handed_down.end(), controller) != handed_down.end())
      continue;
    if (!write_text(file, "+" + controller)) throw_errno("hand down " + controller + " in " + file);
  }
}

std::vector<std::string> Cgroup::procs_files() const {
  auto out = directories();
  for (auto& directory : out) directory += "/cgroup.procs";
  return out;
}

void Cgroup::join(pid_t pid) const {
  for (const auto& file : procs_files())
    if (!write_text(file, std::to_string(pid))) throw_errno("move a process into " + file);
}

UniqueFd Cgroup::open_directory() const {
  if (version_ != Version::kV2) return {};
  UniqueFd fd(::open(directories().front().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw_errno("open " + directories().front());
  return fd;
}

CgroupUsage Cgroup::usage() const {
  CgroupUsage out;
  const auto cpu = directory_with(version_ == Version::kV1 ? "cpuacct" : "cpu");
  const auto memory = directory_with("memory");
  out.pids = number(directory_with("pids") + "/pids.current");
  if (version_ == Version::kV1) {
    out.cpu_ns = number(cpu + "/cpuacct.usage");
    out.memory_bytes = number(memory + "/memory.usage_in_bytes");
    out.memory_limit_bytes = number(memory + "/memory.limit_in_bytes");
    out.oom_kills = field(memory + "/memory.oom_control", "oom_kill");
    // "No limit" is the largest page-aligned number: PAGE_COUNTER_MAX.
    if (out.memory_limit_bytes > (std::uint64_t{1} << 62)) out.memory_limit_bytes = 0;
  } else if (version_ == Version::kV2) {
    out.cpu_ns = field(directories().front() + "/cpu.stat", "usage_usec") * 1000;
    out.memory_bytes = number(memory + "/memory.current");
    out.memory_limit_bytes = number(memory + "/memory.max");
    out.oom_kills = field(memory + "/memory.events", "oom_kill");
  }
  return out;
}

std::vector<pid_t> Cgroup::processes() const {
  std::set<pid_t> out;
  for (const auto& directory : directories()) collect_processes(directory, out);
  return {out.begin(), out.end()};
}

bool Cgroup::kill_all(std::chrono::milliseconds timeout) const {
  const auto deadline = Clock::now() + timeout;
  // cgroup.kill (Linux 5.14) takes the whole tree at once and wins against a fork bomb.
  if (version_ == Version::kV2) write_text(directories().front() + "/cgroup.kill", "1");
  for (;;) {
    auto left = processes();
    std::erase(left, ::getpid());
    if (left.empty()) return true;
    for (const pid_t pid : left) ::kill(pid, SIGKILL);
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kRetry);
  }
}

bool Cgroup::remove(std::chrono::milliseconds timeout) const {
  const auto deadline = Clock::now() + timeout;
  for (;;) {
    bool clean = true;
    for (const auto& directory : directories()) clean = remove_tree(directory) && clean;
    if (clean) return true;
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kRetry);
  }
}

std::vector<std::string> Cgroup::sweep(
    const std::string& prefix, const std::function<bool(const std::string&)>& is_live) const {
  std::set<std::string> names;
  for (const auto& hierarchy : hierarchies_)
    for (const auto& name : subdirectories(hierarchy.root))
      if (name.starts_with(prefix)) names.insert(name);
  std::vector<std::string> swept;
  for (const auto& name : names) {
    if (is_live(name)) continue;
    auto group = *this;
    group.relative_ = name;
    if (group.kill_all() && group.remove()) swept.push_back(name);
  }
  return swept;
}

void Cgroup::set(const CgroupLimits& limits) const {
  if (version_ == Version::kV1) set_v1(limits);
  if (version_ == Version::kV2) set_v2(limits);
}

}  // namespace enibox::netns

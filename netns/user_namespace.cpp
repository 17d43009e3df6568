#include "netns/user_namespace.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <sstream>
#include <stdexcept>

#include "netns/handle.hpp"
#include "netns/process.hpp"

extern char** environ;

namespace enibox::netns {

namespace {

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

std::string user_name(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16384);
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || !found) return {};
  return found->pw_name;
}

void append_behind(std::vector<IdRange>& map, const std::vector<IdRange>& ranges) {
  std::uint32_t next = 1;
  for (const IdRange& range : ranges) {
    map.push_back({next, range.outside, range.count});
    next += range.count;
  }
}

void write_file(const std::string& path, const std::string& text) {
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) throw_errno("open " + path);
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw_errno("write " + path);
  }
}

void run_map_helper(const char* program, pid_t pid, const std::vector<IdRange>& ranges) {
  std::vector<std::string> arguments{program, std::to_string(pid)};
  for (const IdRange& range : ranges) {
    arguments.push_back(std::to_string(range.inside));
    arguments.push_back(std::to_string(range.outside));
    arguments.push_back(std::to_string(range.count));
  }
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, program, nullptr, nullptr, argv.data(), environ);
  if (error != 0) {
    throw std::system_error(error, std::generic_category(), std::string("start ") + program);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) throw std::runtime_error(std::string(program) + " refused the id map");
}

// Capabilities are there at once, but files are made with the ids.
void become_root() {
  ::setgroups(0, nullptr);
  if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0) throw_errno("become root");
}

bool on_path(const char* program) {
  const char* path = ::getenv("PATH");
  std::istringstream folders(path ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace

bool maps_id(std::string_view id_map, unsigned long id) {
  // Lines of "first-inside first-outside count".
  std::istringstream lines{std::string(id_map)};
  for (unsigned long inside = 0, outside = 0, count = 0; lines >> inside >> outside >> count;) {
    if (id >= inside && id - inside < count) return true;
  }
  return id_map.empty();
}

std::vector<IdRange> one_to_one(std::string_view uid_map) {
  std::vector<IdRange> ranges;
  std::istringstream lines{std::string(uid_map)};
  std::uint32_t inside = 0, outside = 0, count = 0;
  while (lines >> inside >> outside >> count) {
    if (inside == 0 && count > 1) {
      ranges.push_back({0, 0, 1});
      ranges.push_back({1, 1, count - 1});
    } else {
      ranges.push_back({inside, inside, count});
    }
  }
  return ranges;
}

std::vector<IdRange> subordinate_ranges(std::string_view text, std::string_view user_name,
                                        std::uint32_t uid) {
  std::vector<IdRange> ranges;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string_view view(line);
    const auto owner = view.substr(0, first);
    const auto start = number(view.substr(first + 1, second - first - 1));
    const auto count = number(view.substr(second + 1));
    if (!start || !count || *count == 0) continue;
    if (owner == user_name || number(owner) == uid) ranges.push_back({0, *start, *count});
  }
  return ranges;
}

std::string render_id_map(const std::vector<IdRange>& ranges) {
  std::ostringstream text;
  for (const IdRange& range : ranges) {
    text << range.inside << ' ' << range.outside << ' ' << range.count << '\n';
  }
  return text.str();
}

IdMaps single_id_maps() { return {{{0, ::geteuid(), 1}}, {{0, ::getegid(), 1}}, false}; }

IdMaps plan_id_maps() {
  if (::geteuid() == 0) {
    return {one_to_one(read_small_file("/proc/self/uid_map").value_or("")),
            one_to_one(read_small_file("/proc/self/gid_map").value_or("")), false};
  }
  IdMaps maps = single_id_maps();
  const std::string name = user_name(::geteuid());
  const auto uids = subordinate_ranges(read_small_file("/etc/subuid").value_or(""), name,
                                       static_cast<std::uint32_t>(::geteuid()));
  const auto gids = subordinate_ranges(read_small_file("/etc/subgid").value_or(""), name,
                                       static_cast<std::uint32_t>(::geteuid()));
  if (uids.empty() || gids.empty() || !on_path("newuidmap") || !on_path("newgidmap")) return maps;
  append_behind(maps.uids, uids);
  append_behind(maps.gids, gids);
  maps.through_helpers = true;
  return maps;
}

void write_id_maps(pid_t pid, const IdMaps& maps) {
  if (maps.through_helpers) {
    run_map_helper("newuidmap", pid, maps.uids);
    run_map_helper("newgidmap", pid, maps.gids);
    return;
  }
  const std::string folder = "/proc/" + std::to_string(pid);
  write_file(folder + "/uid_map", render_id_map(maps.uids));
  // The kernel lets an ordinary user map its group only after setgroups(2) is given up for good,
  // so that nobody drops a group that was there to deny something.
  if (::geteuid() != 0) write_file(folder + "/setgroups", "deny");
  write_file(folder + "/gid_map", render_id_map(maps.gids));
}

std::optional<int> run_in_namespaces(int flags, const IdMaps* maps,
                                     const std::function<int()>& body) {
  // Two pipes: the child says "unshared", the parent says "mapped".
  int unshared[2], mapped[2];
  if (::pipe2(unshared, O_CLOEXEC) != 0) throw_errno("pipe");
  UniqueFd unshared_read(unshared[0]), unshared_write(unshared[1]);
  if (::pipe2(mapped, O_CLOEXEC) != 0) throw_errno("pipe");
  UniqueFd mapped_read(mapped[0]), mapped_write(mapped[1]);

  const pid_t child = ::fork();
  if (child < 0) throw_errno("fork");
  if (child == 0) {
    mapped_write.reset();
    char byte = 0;
    if (::unshare(flags) != 0 || ::write(unshared_write.get(), "u", 1) != 1) ::_exit(255);
    if (::read(mapped_read.get(), &byte, 1) != 1) ::_exit(255);
    // A pid namespace takes effect for children only.
    if (flags & CLONE_NEWPID) {
      const pid_t inner = ::fork();
      if (inner < 0) ::_exit(255);
      if (inner > 0) {
        int status = 0;
        while (::waitpid(inner, &status, 0) < 0 && errno == EINTR) {
        }
        ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
      }
    }
    int status = 254;
    try {
      if (maps) become_root();
      status = body();
    } catch (...) {
    }
    ::_exit(status);
  }
  unshared_write.reset();
  mapped_read.reset();
  char byte = 0;
  bool made = ::read(unshared_read.get(), &byte, 1) == 1;
  if (made && maps) {
    try {
      write_id_maps(child, *maps);
    } catch (const std::exception&) {
      made = false;
    }
  }
  if (made) made = ::write(mapped_write.get(), "m", 1) == 1;
  mapped_write.reset();
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!made) return std::nullopt;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run_in_user_namespace(const std::function<int()>& body) {
  const bool root = ::geteuid() == 0;
  const IdMaps maps = plan_id_maps();
  const auto status =
      run_in_namespaces(root ? 0 : CLONE_NEWUSER | CLONE_NEWNS, root ? nullptr : &maps, body);
  if (!status) {
    throw std::runtime_error("the kernel refuses a user namespace; 'enibox doctor' says more");
  }
  return *status;
}

}  // namespace enibox::netns

#include "emulator/containers/container_process.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include "netns/text.hpp"

namespace enibox::containers {
namespace {

using netns::split;

std::optional<std::uint32_t> number(const std::string& text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

struct PasswdEntry {
  std::string name;
  std::uint32_t uid = 0, gid = 0;
  std::string home, shell;
};

// passwd(5); lines that are not of its form are skipped.
std::optional<PasswdEntry> find_user(std::string_view passwd, const std::string& who) {
  const auto id = number(who);
  for (const auto& line : split(passwd, '\n')) {
    const auto f = split(line, ':');
    if (f.size() < 6) continue;
    const auto uid = number(f[2]), gid = number(f[3]);
    if (!uid || !gid || (f[0] != who && uid != id)) continue;
    return PasswdEntry{f[0], *uid, *gid, f[5], f.size() > 6 ? f[6] : ""};
  }
  return std::nullopt;
}

std::optional<std::uint32_t> find_group(std::string_view group, const std::string& who) {
  for (const auto& line : split(group, '\n')) {
    const auto f = split(line, ':');
    if (f.size() >= 3 && f[0] == who) return number(f[2]);
  }
  return number(who);
}

std::vector<gid_t> groups_of(std::string_view group, const std::string& user) {
  std::vector<gid_t> out;
  for (const auto& line : split(group, '\n')) {
    const auto f = split(line, ':');
    if (f.size() < 4) continue;
    const auto gid = number(f[2]);
    const auto members = split(f[3], ',');
    if (gid && std::find(members.begin(), members.end(), user) != members.end())
      out.push_back(*gid);
  }
  return out;
}

std::string name_of(const std::string& variable) { return variable.substr(0, variable.find('=')); }

// capability.h's order: the index is the bit.
const std::vector<std::string> kCapabilities{"CAP_CHOWN",
                                             "CAP_DAC_OVERRIDE",
                                             "CAP_DAC_READ_SEARCH",
                                             "CAP_FOWNER",
                                             "CAP_FSETID",
                                             "CAP_KILL",
                                             "CAP_SETGID",
                                             "CAP_SETUID",
                                             "CAP_SETPCAP",
                                             "CAP_LINUX_IMMUTABLE",
                                             "CAP_NET_BIND_SERVICE",
                                             "CAP_NET_BROADCAST",
                                             "CAP_NET_ADMIN",
                                             "CAP_NET_RAW",
                                             "CAP_IPC_LOCK",
                                             "CAP_IPC_OWNER",
                                             "CAP_SYS_MODULE",
                                             "CAP_SYS_RAWIO",
                                             "CAP_SYS_CHROOT",
                                             "CAP_SYS_PTRACE",
                                             "CAP_SYS_PACCT",
                                             "CAP_SYS_ADMIN",
                                             "CAP_SYS_BOOT",
                                             "CAP_SYS_NICE",
                                             "CAP_SYS_RESOURCE",
                                             "CAP_SYS_TIME",
                                             "CAP_SYS_TTY_CONFIG",
                                             "CAP_MKNOD",
                                             "CAP_LEASE",
                                             "CAP_AUDIT_WRITE",
                                             "CAP_AUDIT_CONTROL",
                                             "CAP_SETFCAP",
                                             "CAP_MAC_OVERRIDE",
                                             "CAP_MAC_ADMIN",
                                             "CAP_SYSLOG",
                                             "CAP_WAKE_ALARM",
                                             "CAP_BLOCK_SUSPEND",
                                             "CAP_AUDIT_READ",
                                             "CAP_PERFMON",
                                             "CAP_BPF",
                                             "CAP_CHECKPOINT_RESTORE"};

// What Docker gives a container that asks for nothing.
const std::set<std::string> kDefaultCapabilities{
    "CAP_AUDIT_WRITE", "CAP_CHOWN",   "CAP_DAC_OVERRIDE",     "CAP_FOWNER",    "CAP_FSETID",
    "CAP_KILL",        "CAP_MKNOD",   "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",   "CAP_SETFCAP",
    "CAP_SETGID",      "CAP_SETPCAP", "CAP_SETUID",           "CAP_SYS_CHROOT"};

std::string canonical_capability(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c); });
  if (name == "ALL") return name;
  if (!name.starts_with("CAP_")) name = "CAP_" + name;
  if (std::find(kCapabilities.begin(), kCapabilities.end(), name) == kCapabilities.end())
    throw std::runtime_error("invalid capability: unknown capability: \"" + name + "\"");
  return name;
}

}  // namespace

std::vector<std::string> merge_argv(const ImageConfig& image, const ContainerSpec& spec) {
  auto argv = spec.entry_point.value_or(image.entry_point);
  const auto command = spec.command       ? *spec.command
                       : spec.entry_point ? std::vector<std::string>{}
                                          : image.command;
  argv.insert(argv.end(), command.begin(), command.end());
  if (argv.empty()) throw std::runtime_error(std::string(kNoCommand));
  return argv;
}

std::vector<std::string> override_env(std::vector<std::string> base,
                                      const std::vector<std::string>& over) {
  for (const auto& variable : over) {
    const auto same = std::find_if(base.begin(), base.end(), [&](const std::string& other) {
      return name_of(other) == name_of(variable);
    });
    if (same == base.end())
      base.push_back(variable);
    else
      *same = variable;
  }
  return base;
}

std::vector<std::string> merge_env(const ImageConfig& image, const ContainerSpec& spec,
                                   const std::string& hostname) {
  std::vector<std::string> env{std::string(kDefaultPath), "HOSTNAME=" + hostname};
  if (spec.tty) env.emplace_back("TERM=xterm");
  return override_env(override_env(std::move(env), image.env), spec.env);
}

std::string merge_working_directory(const ImageConfig& image, const ContainerSpec& spec) {
  auto out = spec.working_directory.value_or(image.working_directory);
  if (out.empty()) return "/";
  return out.front() == '/' ? out : "/" + out;
}

UserIds look_up_user(const std::string& user, std::string_view passwd, std::string_view group) {
  const auto colon = user.find(':');
  const auto user_part = user.substr(0, colon);
  const auto group_part = colon == std::string::npos ? "" : user.substr(colon + 1);
  const std::string who = user_part.empty() ? "0" : user_part;

  UserIds out;
  if (const auto entry = find_user(passwd, who)) {
    out.uid = entry->uid;
    out.gid = entry->gid;
    out.name = entry->name;
    if (!entry->home.empty()) out.home = entry->home;
    if (!entry->shell.empty()) out.shell = entry->shell;
  } else if (const auto uid = number(who)) {
    out.uid = *uid;
  } else {
    throw std::runtime_error("unable to find user " + who + ": no matching entries in passwd file");
  }
  if (group_part.empty()) {
    if (!out.name.empty()) out.supplementary = groups_of(group, out.name);
    return out;
  }
  const auto gid = find_group(group, group_part);
  if (!gid)
    throw std::runtime_error("unable to find group " + group_part +
                             ": no matching entries in group file");
  out.gid = *gid;
  return out;
}

std::set<std::string> capabilities_of(const ContainerSpec& spec, std::uint64_t bounding_set) {
  std::set<std::string> all(kCapabilities.begin(), kCapabilities.end());
  std::set<std::string> add, drop;
  for (const auto& name : spec.cap_add) add.insert(canonical_capability(name));
  for (const auto& name : spec.cap_drop) drop.insert(canonical_capability(name));
  auto out = spec.privileged || add.contains("ALL") ? all : kDefaultCapabilities;
  if (drop.contains("ALL") && !spec.privileged) out.clear();
  for (const auto& name : drop) out.erase(name);
  for (const auto& name : add)
    if (name != "ALL") out.insert(name);
  for (std::size_t bit = 0; bit < kCapabilities.size(); ++bit)
    if ((bounding_set >> bit & 1) == 0) out.erase(kCapabilities[bit]);
  return out;
}

std::uint64_t own_bounding_set() {
  std::uint64_t out = 0;
  for (unsigned bit = 0; bit < kCapabilities.size(); ++bit)
    if (::prctl(PR_CAPBSET_READ, bit, 0, 0, 0) == 1) out |= std::uint64_t{1} << bit;
  return out;
}

std::optional<int> signal_number(std::string text) {
  char* end = nullptr;
  const long number = std::strtol(text.c_str(), &end, 10);
  if (!text.empty() && *end == '\0' && number > 0 && number < NSIG) return static_cast<int>(number);
  for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (text.starts_with("SIG")) text.erase(0, 3);
  for (int signal = 1; signal < NSIG; ++signal) {
    const char* known = ::sigabbrev_np(signal);
    if (known != nullptr && text == known) return signal;
  }
  return std::nullopt;
}

}  // namespace enibox::containers

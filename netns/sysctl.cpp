#include "netns/sysctl.hpp"

#include <fcntl.h>

namespace enibox::netns {
namespace {

UniqueFd open_sysctl(const std::string& name, int flags) {
  return UniqueFd(::open(("/proc/sys/" + name).c_str(), flags | O_CLOEXEC));
}

}  // namespace

void write_sysctls(const std::vector<Sysctl>& settings) {
  for (const auto& [name, value, optional] : settings) {
    const UniqueFd file = open_sysctl(name, O_WRONLY);
    if (!file && optional && errno == ENOENT) continue;
    if (!file) throw_errno("open sysctl " + name);
    if (::write(file.get(), value.data(), value.size()) < 0)
      throw_errno("set sysctl " + name + " to " + value);
  }
}

void write_sysctls(const Namespace& where, const std::vector<Sysctl>& settings) {
  where.run([&] { write_sysctls(settings); });
}

std::string read_sysctl(const Namespace& where, const std::string& name) {
  std::string value;
  where.run([&] {
    const UniqueFd file = open_sysctl(name, O_RDONLY);
    if (!file) throw_errno("open sysctl " + name);
    char buffer[256];
    const ssize_t size = ::read(file.get(), buffer, sizeof buffer);
    if (size < 0) throw_errno("read sysctl " + name);
    value.assign(buffer, static_cast<std::size_t>(size));
  });
  while (!value.empty() && value.back() == '\n') value.pop_back();
  return value;
}

}  // namespace enibox::netns

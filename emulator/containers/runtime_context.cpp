#include "emulator/containers/runtime_context.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

namespace enibox::containers {

using netns::throw_errno;
using netns::UniqueFd;

bool NamedProcess::alive() const {
  if (!pidfd) return false;
  pollfd entry{pidfd.get(), POLLIN, 0};
  return ::poll(&entry, 1, 0) == 0;
}

void NamedProcess::kill(int signal) const {
  if (pidfd) netns::signal_process(pidfd.get(), signal);
}

UniqueFd NamedProcess::open(const std::string& below) const {
  UniqueFd fd(::openat(proc.get(), below.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw_errno("open " + below + " of process " + std::to_string(identity.pid));
  return fd;
}

NamedProcess find_process(const netns::ProcessIdentity& identity) {
  NamedProcess out;
  out.identity = identity;
  out.pidfd = netns::open_process(identity);
  if (!out.pidfd) return out;
  const auto directory = "/proc/" + std::to_string(identity.pid);
  out.proc.reset(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!netns::is_alive(identity)) out.pidfd.reset();
  return out;
}

NamedProcess name_process(pid_t pid) {
  const auto identity = netns::identify_process(pid);
  auto out = identity ? find_process(*identity) : NamedProcess();
  if (!out.pidfd || !out.proc) {
    errno = ESRCH;
    throw_errno("process " + std::to_string(pid));
  }
  return out;
}

bool Host::has_file(const std::string& path) const {
  struct stat info {};
  return ::stat(outside(path).c_str(), &info) == 0;
}

}  // namespace enibox::containers

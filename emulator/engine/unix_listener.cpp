#include "emulator/engine/unix_listener.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "netns/handle.hpp"

namespace enibox::engine {

int listen_at(const std::string& directory, const std::string& name, unsigned mode) {
  const auto path = directory + "/" + name;
  const netns::UniqueFd dir(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!dir) netns::throw_errno("open " + directory);
  netns::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) netns::throw_errno("make a socket for " + path);

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto short_path = "/proc/self/fd/" + std::to_string(dir.get()) + "/" + name;
  short_path.copy(address.sun_path, sizeof address.sun_path - 1);

  ::unlinkat(dir.get(), name.c_str(), 0);
  // Not open to others for a moment: the socket file is born with this mode, less the umask.
  ::fchmod(fd.get(), mode);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    netns::throw_errno("bind " + path);
  }
  if (::fchmodat(dir.get(), name.c_str(), mode, 0) != 0) netns::throw_errno("chmod " + path);
  if (::listen(fd.get(), SOMAXCONN) != 0) netns::throw_errno("listen at " + path);
  return fd.release();
}

}  // namespace enibox::engine

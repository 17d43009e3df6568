#include "emulator/containers/pty.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

namespace enibox::containers {

using netns::throw_errno;

Pty open_pty(const std::string& ptmx, std::uint16_t rows, std::uint16_t cols) {
  Pty pty;
  pty.master.reset(::open(ptmx.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!pty.master) throw_errno("open a terminal: " + ptmx);
  const int unlock = 0;
  if (::ioctl(pty.master.get(), TIOCSPTLCK, &unlock) != 0) throw_errno("unlock a terminal");
  const winsize size{rows, cols, 0, 0};
  ::ioctl(pty.master.get(), TIOCSWINSZ, &size);
  // By the master, not by name: the name is right in another mount namespace.
  pty.slave.reset(::ioctl(pty.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!pty.slave) throw_errno("open a terminal's other end");
  return pty;
}

void make_raw(const netns::UniqueFd& terminal) {
  termios mode{};
  if (::tcgetattr(terminal.get(), &mode) != 0) throw_errno("read a terminal's mode");
  ::cfmakeraw(&mode);
  if (::tcsetattr(terminal.get(), TCSANOW, &mode) != 0) throw_errno("set a terminal's mode");
}

}  // namespace enibox::containers

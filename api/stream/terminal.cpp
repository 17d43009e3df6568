#include "api/stream/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace enibox::stream {

void RawTerminal::enter() {
  if (raw_ || tcgetattr(STDIN_FILENO, &before_) != 0) return;
  termios raw = before_;
  cfmakeraw(&raw);
  // TCSADRAIN: what was typed ahead is not lost.
  raw_ = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void RawTerminal::restore() {
  if (!raw_) return;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
  raw_ = false;
}

InputDescriptor::InputDescriptor() {
  struct stat status {};
  const bool open = fstat(STDIN_FILENO, &status) == 0;
  // A file opened anew would begin at its start again.
  if (open && (S_ISCHR(status.st_mode) || S_ISFIFO(status.st_mode))) {
    descriptor_ = ::open("/proc/self/fd/0", O_RDONLY | O_CLOEXEC | O_NOCTTY);
  }
  if (open && descriptor_ < 0) {
    flags_before_ = fcntl(STDIN_FILENO, F_GETFL);
    descriptor_ = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  }
  if (descriptor_ < 0) descriptor_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

InputDescriptor::~InputDescriptor() {
  if (flags_before_ >= 0) fcntl(STDIN_FILENO, F_SETFL, flags_before_);
}

TerminalSize terminal_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {.cols = 300, .rows = 100};
  }
  return {.cols = size.ws_col, .rows = size.ws_row};
}

}  // namespace enibox::stream

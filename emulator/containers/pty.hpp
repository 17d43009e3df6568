#pragma once
#include <cstdint>
#include <string>

#include "netns/handle.hpp"

namespace enibox::containers {

struct Pty {
  netns::UniqueFd master, slave;
};

// A pseudo terminal of the devpts instance that has this ptmx, so that `tty` and /dev/pts/N are
// right for whoever has that instance mounted. Throws std::system_error. pty(7), ioctl_tty(2).
Pty open_pty(const std::string& ptmx, std::uint16_t rows, std::uint16_t cols);

// Leaves all line editing to the terminal further in.
void make_raw(const netns::UniqueFd& terminal);

}  // namespace enibox::containers

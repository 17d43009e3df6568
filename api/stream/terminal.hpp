#pragma once
#include <termios.h>

#include "api/stream/handshake.hpp"

// The user's terminal, for session-manager-plugin.
namespace enibox::stream {

// Makes standard input raw, when it is a terminal; gives it back as it was, whatever happened.
class RawTerminal {
 public:
  RawTerminal() = default;
  ~RawTerminal() { restore(); }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

  void enter();
  void restore();

 private:
  termios before_{};
  bool raw_ = false;
};

// Standard input for an event loop, which makes its descriptor non-blocking. That is a property of
// the open file, and the shell that started us has the same one: so a terminal or pipe is opened
// anew, and where that cannot be, the flags are put back.
class InputDescriptor {
 public:
  InputDescriptor();
  ~InputDescriptor();
  InputDescriptor(const InputDescriptor&) = delete;
  InputDescriptor& operator=(const InputDescriptor&) = delete;
  int descriptor() const { return descriptor_; }  // the caller closes it

 private:
  int descriptor_ = -1, flags_before_ = -1;
};

// Of standard output; 300 x 100 when that is no terminal, as the official plugin says.
TerminalSize terminal_size();

}  // namespace enibox::stream

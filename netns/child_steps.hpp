#pragma once
#include "netns/spawn.hpp"

namespace enibox::netns {

enum class ChildSteps::Kind : std::uint8_t {
  kEnter,
  kUnshare,
  kHostname,
  kWrite,
  kMount,
  kUnmount,
  kAttach,
  kMakeDirectory,
  kMakeFile,
  kRemove,
  kLink,
  kChangeDirectory,
  kPivot,
  kMask,
  kNewSession,
  kControllingTerminal,
  kIdentity,
  kLimit,
  kDieWithThread,
};

// Runs one step in the child; false with errno set when it failed. Async-signal-safe.
bool run_step(const ChildSteps::Step& step);

}  // namespace enibox::netns

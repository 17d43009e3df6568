#pragma once
#include <string>
#include <string_view>

#include "emulator/cli/arguments.hpp"
#include "emulator/cli/registry.hpp"

namespace enibox::cli {

// For commands that talk to a daemon: which one, when several run.
inline constexpr Option kDaemonOption{"--listen", "ADDRESS",
                                      "of the daemon meant, when several run"};

// The daemon that --listen names, or the only one of this user. Throws std::runtime_error when
// there is none, or more than one to choose from.
Running running_daemon(const Arguments& arguments, std::string_view command);

}  // namespace enibox::cli

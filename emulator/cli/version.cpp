#include <cstdio>

#include "emulator/cli/arguments.hpp"
#include "emulator/cli/commands.hpp"

namespace enibox::cli {

int version_command(std::span<const std::string> words) {
  const Command command{"version", "", "Prints the version.", {}};
  if (parse(command, words).wants_help()) {
    std::fputs(help_text(command).c_str(), stdout);
  } else {
    std::puts("enibox " ENIBOX_VERSION);
  }
  return 0;
}

}  // namespace enibox::cli

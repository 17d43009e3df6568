#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "emulator/cli/arguments.hpp"
#include "emulator/cli/commands.hpp"
#include "emulator/cli/doctor_checks.hpp"
#include "emulator/cli/paths.hpp"
#include "emulator/containers/image_store.hpp"

namespace enibox::cli {

namespace {

const Command kDoctor{"doctor",
                      "[OPTION]...",
                      "Tells what this machine has of what Enibox uses, what it is for, and the "
                      "command\nthat mends a lack. Changes nothing.",
                      {{"--listen", "ADDRESS",
                        "the address that must be free (default "
                        "127.0.0.1:4566)"},
                       {"--image-store", "DIR", "where the container images are"}},
                      0,
                      "Exit status: 1 when something is lacking without which no task runs."};

const char* word_for(Check::State state) {
  switch (state) {
    case Check::State::kThere:
      return "ok";
    case Check::State::kLacking:
      return "LACKS";
    case Check::State::kLackingButOptional:
      return "without";
  }
  return "";
}

void print(const std::vector<Check>& checks) {
  std::size_t width = 0;
  for (const Check& check : checks) width = std::max(width, check.what.size());
  for (const Check& check : checks) {
    std::printf("%-8s %-*s  %s\n", word_for(check.state), static_cast<int>(width),
                check.what.c_str(), check.purpose.c_str());
    if (!check.detail.empty()) std::printf("%-8s %-*s  %s\n", "", 2, "", check.detail.c_str());
    if (check.state != Check::State::kThere && !check.mend.empty()) {
      std::printf("%-8s %-*s  mend: %s\n", "", 2, "", check.mend.c_str());
    }
  }
}

}  // namespace

int doctor_command(std::span<const std::string> words) {
  const Arguments arguments = parse(kDoctor, words);
  if (arguments.wants_help()) {
    std::fputs(help_text(kDoctor).c_str(), stdout);
    return 0;
  }
  DoctorOptions options;
  options.listen =
      parse_listen_address(arguments.value("--listen").value_or(std::string(kDefaultListen)));
  const auto store = arguments.value("--image-store");
  options.image_store = store ? absolute_path(*store) : containers::default_image_store();

  std::printf("As %s:\n", ::geteuid() == 0 ? "root" : "an ordinary user");
  std::vector<Check> checks;
  for (auto part : {check_namespaces(), check_network(), check_filesystems(),
                    check_control_groups(), check_tools(), check_images_and_port(options)}) {
    checks.insert(checks.end(), part.begin(), part.end());
  }
  print(checks);
  const auto lacking = std::count_if(checks.begin(), checks.end(), [](const Check& check) {
    return check.state == Check::State::kLacking;
  });
  if (lacking == 0) {
    std::puts("Enibox can run here.");
    return 0;
  }
  std::printf("%ld needed thing%s lacking.\n", static_cast<long>(lacking),
              lacking == 1 ? " is" : "s are");
  return 1;
}

}  // namespace enibox::cli

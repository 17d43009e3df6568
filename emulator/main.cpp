#include <cstdio>
#include <functional>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/cli/arguments.hpp"
#include "emulator/cli/commands.hpp"

namespace {

using namespace enibox::cli;

struct Entry {
  std::string_view name;
  int (*run)(std::span<const std::string> words);
  std::string_view summary;
};

constexpr Entry kCommands[] = {
    {"serve", serve_command, "run the emulator"},
    {"stop", stop_command, "end a running daemon and its box"},
    {"image", image_command, "list, import and remove container images"},
    {"doctor", doctor_command, "tell what this machine lacks"},
    {"env", env_command, "print the settings for the AWS CLI"},
    {"in-vpc", in_vpc_command, "run a command of this machine inside a VPC"},
    {"attach", attach_command, "give this machine a route into a VPC"},
    {"detach", detach_command, "take that route away again"},
    {"topology", topology_command, "show VPCs, subnets, instances, tasks and interfaces as a tree"},
    {"why", why_command, "tell which group, ACL or route passes or stops a flow"},
    {"version", version_command, "print the version"},
};

void print_help(std::FILE* out) {
  std::fputs("Usage: enibox COMMAND [OPTION]...\n\nA local Amazon ECS awsvpc.\n\nCommands:\n", out);
  for (const Entry& entry : kCommands) {
    std::fprintf(out, "  %-9s%s\n", entry.name.data(), entry.summary.data());
  }
  std::fputs("\n'enibox COMMAND --help' explains a command.\n", out);
}

int refuse(const std::string& word) {
  std::vector<std::string_view> names;
  for (const Entry& entry : kCommands) names.push_back(entry.name);
  const auto meant = nearest(word, names);
  std::fprintf(stderr, "enibox: there is no command '%s'; %s\n", word.c_str(),
               meant ? ("did you mean " + *meant + "?").c_str() : "'enibox --help' lists them");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) {
    print_help(stderr);
    return 2;
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    print_help(stdout);
    return 0;
  }
  const std::string name = words[0] == "--version" ? "version" : words[0];
  for (const Entry& entry : kCommands) {
    if (entry.name != name) continue;
    try {
      return entry.run(std::span(words).subspan(1));
    } catch (const UsageError& e) {
      std::fprintf(stderr, "%s\n", e.what());
      return 2;
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s\n", e.what());
      return 1;
    }
  }
  return refuse(name);
}

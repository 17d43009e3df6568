#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <sstream>

#include "emulator/cli/arguments.hpp"
#include "emulator/cli/commands.hpp"
#include "emulator/cli/listen.hpp"
#include "emulator/cli/paths.hpp"
#include "emulator/cli/registry.hpp"

namespace enibox::cli {

namespace {

constexpr const char* kPlugin = "session-manager-plugin";

const Command kEnv{"env",
                   "[OPTION]...",
                   "Prints the settings that lead the AWS CLI to the running daemon.",
                   {{"--shell", "", "only the export lines, for  eval \"$(enibox env --shell)\""},
                    {"--listen", "ADDRESS", "of the daemon meant, when several run"},
                    {"--region", "NAME", "the AWS region (default us-east-1)"}}};

bool plugin_is_on_path() {
  const char* path = ::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((folder + "/" + kPlugin).c_str(), X_OK) == 0) return true;
  }
  return false;
}

// Our own plugin lies beside the program.
std::string plugin_directory() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error || ::access((self.parent_path() / kPlugin).c_str(), X_OK) != 0) return {};
  return self.parent_path();
}

std::string endpoint_of(const Arguments& arguments) {
  if (const auto given = arguments.value("--listen")) return parse_listen_address(*given).url();
  std::vector<std::string> endpoints;
  for (const Running& running : Registry(runtime_directory()).list()) {
    if (running.daemon_lives() && !running.listen.empty()) {
      endpoints.push_back(parse_listen_address(running.listen.front()).url());
    }
  }
  if (endpoints.size() > 1) {
    std::string text = "enibox env: several daemons run; say which by --listen:";
    for (const std::string& endpoint : endpoints) text += "\n  " + endpoint;
    throw std::runtime_error(text);
  }
  return endpoints.empty() ? parse_listen_address(kDefaultListen).url() : endpoints.front();
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

}  // namespace

int env_command(std::span<const std::string> words) {
  const Arguments arguments = parse(kEnv, words);
  if (arguments.wants_help()) {
    std::fputs(help_text(kEnv).c_str(), stdout);
    return 0;
  }
  const std::string endpoint = endpoint_of(arguments);
  if (!arguments.has("--shell")) {
    std::printf("# eval \"$(enibox env --shell)\" sets these in your shell.\n");
  }
  std::printf("export AWS_ENDPOINT_URL=%s\n", endpoint.c_str());
  // Else StartLiveTail asks "stream-127.0.0.1", a name that nothing resolves.
  std::printf("export AWS_DISABLE_HOST_PREFIX_INJECTION=true\n");
  std::printf("export AWS_ACCESS_KEY_ID=test\nexport AWS_SECRET_ACCESS_KEY=test\n");
  const std::string region = quoted(arguments.value("--region").value_or("us-east-1"));
  std::printf("export AWS_DEFAULT_REGION=%s\nexport AWS_REGION=%s\n", region.c_str(),
              region.c_str());
  if (const std::string folder = plugin_directory(); !folder.empty() && !plugin_is_on_path()) {
    std::printf("export PATH=%s:\"$PATH\"\n", quoted(folder).c_str());
  }
  // Debian 12's AWS CLI, 2.9, does not read AWS_ENDPOINT_URL (2.13 and later do).
  std::printf("aws() { command aws --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"; }\n");
  return 0;
}

}  // namespace enibox::cli

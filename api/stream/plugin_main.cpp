#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "api/stream/plugin.hpp"
#include "api/stream/plugin_arguments.hpp"

// session-manager-plugin: what the AWS CLI starts for `ecs execute-command` and
// `ssm start-session`.
int main(int argc, char** argv) {
  using namespace enibox::stream;
  const auto take_variable = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    std::string taken = value;
    ::unsetenv(name.c_str());
    return taken;
  };
  const auto parsed =
      parse_plugin_arguments(std::vector<std::string>(argv + 1, argv + argc), take_variable);
  if (parsed.session) return run_plugin(*parsed.session);
  std::fputs(parsed.text.c_str(), stdout);
  return parsed.exit_code;
}

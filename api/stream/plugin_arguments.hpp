#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

// The command line the AWS CLI starts session-manager-plugin with:
//   RESPONSE REGION StartSession [PROFILE REQUEST ENDPOINT]
// RESPONSE is the JSON of the session, or AWS_SSM_START_SESSION_RESPONSE..., the name of an
// environment variable that holds it. Keys are read without regard to case: ECS and SSM spell them
// differently. Pure.
namespace enibox::stream {

inline constexpr const char* kPluginVersion = "1.2.700.0";  // the CLI hides tokens above 1.2.497.0

struct PluginArguments {
  std::string session_id, stream_url, token;
  std::string region, profile, target, endpoint;
};

// Takes a variable out of the environment, so that no child inherits it.
using TakeVariable = std::function<std::optional<std::string>(const std::string& name)>;

struct ParsedArguments {
  std::optional<PluginArguments> session;  // empty: print `text` and exit with `exit_code`
  std::string text;
  int exit_code = 0;
};

// `arguments`: without the program's name.
ParsedArguments parse_plugin_arguments(const std::vector<std::string>& arguments,
                                       const TakeVariable& take_variable);

struct Url {
  std::string scheme, host, port, target;  // "ws", "127.0.0.1", "4566", "/v1/...?role=..."
};
std::optional<Url> parse_url(const std::string& text);

}  // namespace enibox::stream

#include "api/stream/plugin_arguments.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "api/json.hpp"

namespace enibox::stream {
namespace {

constexpr std::string_view kInstalled =
    "\nThe Session Manager plugin was installed successfully. Use the AWS CLI to start a "
    "session.\n\n";
constexpr std::string_view kResponseVariable = "AWS_SSM_START_SESSION_RESPONSE";

ParsedArguments say(std::string text, int exit_code = 0) {
  return {.session = std::nullopt, .text = std::move(text), .exit_code = exit_code};
}

ParsedArguments cannot_start(const std::string& why) {
  return say("Cannot perform start session: " + why + "\n", 1);
}

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::string member(const Json& object, std::string_view name) {
  for (const auto& [key, value] : object.items()) {
    if (same_letters(key, name) && value.is_string()) return value.get<std::string>();
  }
  return {};
}

}  // namespace

ParsedArguments parse_plugin_arguments(const std::vector<std::string>& arguments,
                                       const TakeVariable& take_variable) {
  if (arguments.empty()) return say(std::string(kInstalled));
  if (arguments.size() == 1 && arguments[0] == "--version") {
    return say(std::string(kPluginVersion) + "\n");
  }
  if (arguments.size() < 3) {
    return say("\nUnknown operation " + arguments[0] +
               ". \nUse session-manager-plugin --version to check the version.\n\n");
  }
  if (arguments[2] != "StartSession") return say("Invalid Operation");

  PluginArguments session;
  std::string response = arguments[0];
  if (response.starts_with(kResponseVariable)) {
    const auto value = take_variable(response);
    if (!value) return cannot_start("the environment variable " + response + " is not set");
    response = *value;
  }
  const auto json = Json::parse(response, nullptr, false);
  if (!json.is_object()) return cannot_start("the session's response is no JSON object");
  session.session_id = member(json, "SessionId");
  session.stream_url = member(json, "StreamUrl");
  session.token = member(json, "TokenValue");
  if (session.session_id.empty() || session.stream_url.empty() || session.token.empty()) {
    return cannot_start("the response lacks SessionId, StreamUrl or TokenValue");
  }
  session.region = arguments[1];
  if (arguments.size() > 3) session.profile = arguments[3];
  if (arguments.size() > 4) {
    const auto request = Json::parse(arguments[4], nullptr, false);
    session.target = request.is_object() ? member(request, "Target") : "";
    if (session.target.empty()) return cannot_start("the request names no Target");
  }
  if (arguments.size() > 5) session.endpoint = arguments[5];
  return {.session = std::move(session), .text = "", .exit_code = 0};
}

std::optional<Url> parse_url(const std::string& text) {
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string::npos) return std::nullopt;
  Url url{.scheme = text.substr(0, scheme_end), .host = "", .port = "", .target = "/"};
  const auto authority_begin = scheme_end + 3;
  const auto authority_end = text.find_first_of("/?", authority_begin);
  const auto authority = text.substr(authority_begin, authority_end - authority_begin);
  if (authority_end != std::string::npos) {
    url.target = text.substr(authority_end);
    if (url.target.front() == '?') url.target.insert(0, "/");
  }
  const auto bracket = authority.find(']');
  const auto colon = authority.find(':', bracket == std::string::npos ? 0 : bracket);
  url.host = authority.substr(0, colon);
  if (colon != std::string::npos) url.port = authority.substr(colon + 1);
  if (bracket != std::string::npos && url.host.starts_with('[')) {
    url.host = url.host.substr(1, url.host.size() - 2);
  }
  if (url.port.empty()) url.port = url.scheme == "wss" || url.scheme == "https" ? "443" : "80";
  const bool digits = std::all_of(url.port.begin(), url.port.end(),
                                  [](unsigned char c) { return std::isdigit(c) != 0; });
  // Both become part of a request: no line end or blank may come in.
  const bool clean =
      std::none_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; });
  if (url.host.empty() || !digits || !clean) return std::nullopt;
  return url;
}

}  // namespace enibox::stream

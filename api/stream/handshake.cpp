#include "api/stream/handshake.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "api/stream/message.hpp"

namespace enibox::stream {
namespace {

constexpr std::array<std::pair<SessionType, std::string_view>, 4> kTypes{{
    {SessionType::kStandardStream, "Standard_Stream"},
    {SessionType::kInteractiveCommands, "InteractiveCommands"},
    {SessionType::kNonInteractiveCommands, "NonInteractiveCommands"},
    {SessionType::kPort, "Port"},
}};

constexpr std::string_view kExitCodePrefix = "EXIT_CODE: ";

Json parse_object(std::string_view text) {
  auto json = Json::parse(text, nullptr, false);
  return json.is_object() ? json : Json();
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Members come from foreign programs: a wrong type counts as absent.
std::string text_of(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const Json& list_of(const Json& object, const char* key) {
  static const Json kNone = Json::array();
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : kNone;
}

std::optional<std::uint16_t> dimension(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  const auto value = found->get<std::int64_t>();
  if (value < 0 || value > 0xffff) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

}  // namespace

std::string_view to_text(SessionType type) {
  for (const auto& [value, text] : kTypes) {
    if (value == type) return text;
  }
  return {};
}

std::optional<SessionType> parse_session_type(std::string_view text) {
  for (const auto& [value, name] : kTypes) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::string size_payload(TerminalSize size) {
  return dump({{"cols", size.cols}, {"rows", size.rows}});
}

std::optional<TerminalSize> parse_size(std::string_view payload) {
  const auto json = parse_object(payload);
  const auto cols = dimension(json, "cols"), rows = dimension(json, "rows");
  if (!cols || !rows) return std::nullopt;
  return TerminalSize{*cols, *rows};
}

std::string handshake_request(SessionType type, const Json& properties) {
  return dump(
      {{"AgentVersion", kAgentVersion},
       {"RequestedClientActions",
        {{{"ActionType", "SessionType"},
          {"ActionParameters", {{"SessionType", to_text(type)}, {"Properties", properties}}}}}}});
}

std::optional<HandshakeRequest> parse_handshake_request(std::string_view payload) {
  const auto json = parse_object(payload);
  if (json.is_null()) return std::nullopt;
  HandshakeRequest request{text_of(json, "AgentVersion"), {}};
  for (const auto& action : list_of(json, "RequestedClientActions")) {
    if (!action.is_object()) continue;
    request.actions.push_back(
        {text_of(action, "ActionType"), action.value("ActionParameters", Json())});
  }
  return request;
}

std::string handshake_response(const HandshakeResponse& response) {
  Json actions = Json::array();
  for (const auto& action : response.actions) {
    actions.push_back({{"ActionType", action.type},
                       {"ActionStatus", action.status},
                       {"ActionResult", nullptr},
                       {"Error", action.error}});
  }
  return dump({{"ClientVersion", response.client_version},
               {"ProcessedClientActions", std::move(actions)},
               {"Errors", nullptr}});
}

std::optional<HandshakeResponse> parse_handshake_response(std::string_view payload) {
  const auto json = parse_object(payload);
  if (json.is_null()) return std::nullopt;
  HandshakeResponse response{text_of(json, "ClientVersion"), {}};
  for (const auto& action : list_of(json, "ProcessedClientActions")) {
    if (!action.is_object()) continue;
    const auto status = action.find("ActionStatus");
    const bool number = status != action.end() && status->is_number_integer();
    response.actions.push_back(
        {text_of(action, "ActionType"), number ? status->get<int>() : 0, text_of(action, "Error")});
  }
  return response;
}

std::string handshake_complete(std::int64_t elapsed_ns, const std::string& customer_message) {
  return dump({{"HandshakeTimeToComplete", elapsed_ns}, {"CustomerMessage", customer_message}});
}

std::string parse_customer_message(std::string_view payload) {
  return text_of(parse_object(payload), "CustomerMessage");
}

std::string open_data_channel(const OpenDataChannel& open) {
  return dump({{"MessageSchemaVersion", "1.0"},
               {"RequestId", uuid_text(new_uuid())},
               {"TokenValue", open.token},
               {"ClientId", open.client_id},
               {"ClientVersion", open.client_version}});
}

std::optional<OpenDataChannel> parse_open_data_channel(std::string_view text) {
  const auto json = parse_object(text);
  OpenDataChannel open{text_of(json, "TokenValue"), text_of(json, "ClientId"),
                       text_of(json, "ClientVersion")};
  if (open.token.empty()) return std::nullopt;
  return open;
}

std::string exit_code_payload(int code) {
  return std::string(kExitCodePrefix) + std::to_string(code);
}

std::optional<int> parse_exit_code(std::string_view payload) {
  if (!payload.starts_with(kExitCodePrefix)) return std::nullopt;
  const auto digits = payload.substr(kExitCodePrefix.size());
  int code = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code);
  if (error != std::errc() || end == digits.data()) return std::nullopt;
  return code;
}

}  // namespace enibox::stream

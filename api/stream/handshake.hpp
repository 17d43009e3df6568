#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/json.hpp"

// The JSON payloads of the data channel: handshake, terminal size, the client's first message.
// Pure functions; nothing throws on foreign bytes.
namespace enibox::stream {

enum class SessionType { kStandardStream, kInteractiveCommands, kNonInteractiveCommands, kPort };

std::string_view to_text(SessionType type);  // "Standard_Stream", ...
std::optional<SessionType> parse_session_type(std::string_view text);

// The agent version we announce; clients choose the port forwarding variant by it (multiplexed
// without keep-alive from 3.1.1511.1 on).
inline constexpr std::string_view kAgentVersion = "3.3.987.0";

struct TerminalSize {
  std::uint16_t cols = 80, rows = 24;
  bool operator==(const TerminalSize&) const = default;
};
std::string size_payload(TerminalSize size);
std::optional<TerminalSize> parse_size(std::string_view payload);

// `properties`: of the session document; null for shells. The values of port sessions must all be
// strings, or clients ignore them.
std::string handshake_request(SessionType type, const Json& properties);
struct HandshakeRequest {
  std::string agent_version;
  struct Action {
    std::string type;  // "SessionType", "KMSEncryption"
    Json parameters;
  };
  std::vector<Action> actions;
};
std::optional<HandshakeRequest> parse_handshake_request(std::string_view payload);

struct HandshakeResponse {
  std::string client_version;
  struct Action {
    std::string type;
    int status = 1;  // 1 done, 2 failed, 3 not supported
    std::string error;
  };
  std::vector<Action> actions;
};
std::string handshake_response(const HandshakeResponse& response);
// Empty when the payload is no JSON object.
std::optional<HandshakeResponse> parse_handshake_response(std::string_view payload);

// The time must be an integer of nanoseconds: the stock plugin stalls for ever on anything else.
std::string handshake_complete(std::int64_t elapsed_ns, const std::string& customer_message);
std::string parse_customer_message(std::string_view payload);

// The text frame a client begins a connection with.
struct OpenDataChannel {
  std::string token, client_id, client_version;
};
std::string open_data_channel(const OpenDataChannel& open);
// Empty without a TokenValue. Other members are absent in some clients.
std::optional<OpenDataChannel> parse_open_data_channel(std::string_view text);

// "EXIT_CODE: 7"
std::string exit_code_payload(int code);
std::optional<int> parse_exit_code(std::string_view payload);

}  // namespace enibox::stream

#include "api/stream/client_session.hpp"

namespace enibox::stream {
namespace {

// What real agents take in one message.
constexpr std::size_t kMaxPayloadBytes = 1024;

}  // namespace

ClientSession::ClientSession(Options options, ClientEvents& events)
    : options_(std::move(options)), events_(events), client_id_(uuid_text(new_uuid())) {}

std::string ClientSession::open_message(const std::string& token) const {
  return open_data_channel({token, client_id_, options_.client_version});
}

void ClientSession::attach(std::int64_t now_ms) {
  attached_ = true;
  outbox_.resend_all(now_ms, [this](const std::string& frame) { events_.send(frame); });
}

void ClientSession::detach(std::int64_t) { attached_ = false; }

void ClientSession::receive(std::int64_t now_ms, std::string_view frame) {
  if (closed_) return;
  const auto message = parse(frame, Digest::kVerify);
  if (!message) return;
  if (message->type == kAcknowledge) {
    if (const auto ack = parse_acknowledgement(message->payload)) outbox_.acknowledge(now_ms, *ack);
  } else if (message->type == kChannelClosed) {
    closed_ = true;
    events_.closed(parse_channel_closed(message->payload));
  } else if (message->type == kOutputStreamData) {
    const bool taken =
        inbox_.accept(*message, [&](const Message& next) { return deliver(now_ms, next); });
    if (taken && attached_) events_.send(serialize(make_acknowledgement(*message, now_ms)));
  }
}

bool ClientSession::deliver(std::int64_t now_ms, const Message& message) {
  switch (message.payload_type) {
    case PayloadType::kHandshakeRequest:
      answer_handshake(now_ms, message);
      return true;
    case PayloadType::kHandshakeComplete:
      if (const auto text = parse_customer_message(message.payload); !text.empty()) {
        events_.notice(text);
      }
      begin();
      return true;
    case PayloadType::kFlag:
      if (const auto value = parse_flag(message.payload)) events_.flag(*value);
      return true;
    case PayloadType::kExitCode:
      if (const auto code = parse_exit_code(message.payload)) events_.exit_code(*code);
      return true;
    case PayloadType::kEncChallengeRequest:
      return true;
    default:
      begin();  // an agent without handshake just begins to talk
      events_.output(message.payload_type == PayloadType::kStdErr ? PayloadType::kStdErr
                                                                  : PayloadType::kOutput,
                     message.payload);
      return true;
  }
}

void ClientSession::answer_handshake(std::int64_t now_ms, const Message& message) {
  const auto request = parse_handshake_request(message.payload);
  if (!request) return;
  HandshakeResponse response{options_.client_version, {}};
  for (const auto& action : request->actions) {
    if (action.type != "SessionType") {
      response.actions.push_back({action.type, 3, "Unsupported action " + action.type});
      continue;
    }
    const std::string name = action.parameters.is_object() &&
                                     action.parameters.contains("SessionType") &&
                                     action.parameters["SessionType"].is_string()
                                 ? action.parameters["SessionType"].get<std::string>()
                                 : std::string();
    type_ = parse_session_type(name);
    if (type_) properties_ = action.parameters.value("Properties", Json());
    response.actions.push_back(
        {action.type, type_ ? 1 : 2, type_ ? "" : "Unknown session type " + name});
  }
  transmit(now_ms, PayloadType::kHandshakeResponse, handshake_response(response));
}

void ClientSession::begin() {
  if (begun_) return;
  begun_ = true;
  events_.begin(type_.value_or(SessionType::kStandardStream), properties_);
}

void ClientSession::transmit(std::int64_t now_ms, PayloadType type, std::string_view payload) {
  const auto& frame = outbox_.push(now_ms, type, payload);
  if (attached_) events_.send(frame);
}

void ClientSession::input(std::int64_t now_ms, std::string_view bytes) {
  while (!closed_ && !bytes.empty()) {
    transmit(now_ms, PayloadType::kOutput, bytes.substr(0, kMaxPayloadBytes));
    bytes.remove_prefix(std::min(kMaxPayloadBytes, bytes.size()));
  }
}

void ClientSession::resize(std::int64_t now_ms, TerminalSize size) {
  if (!closed_) transmit(now_ms, PayloadType::kSize, size_payload(size));
}

void ClientSession::flag(std::int64_t now_ms, Flag flag) {
  if (!closed_) transmit(now_ms, PayloadType::kFlag, flag_payload(flag));
}

std::optional<std::int64_t> ClientSession::wake_at() const {
  if (closed_ || !attached_) return std::nullopt;
  return outbox_.due_ms();
}

void ClientSession::wake(std::int64_t now_ms) {
  if (closed_ || !attached_) return;
  if (const auto* frame = outbox_.overdue(now_ms)) events_.send(*frame);
}

}  // namespace enibox::stream

#include "api/stream/agent_session.hpp"

#include <algorithm>

#include "api/stream/utf8.hpp"

namespace enibox::stream {
namespace {

constexpr std::size_t kMaxPayloadBytes = 16 << 10;
constexpr std::size_t kMaxUnacknowledged = 4096;  // the plugin drops from 10 000 waiting ones on
constexpr std::int64_t kCutCharacterMs = 20;

std::string error_text(const std::string& what) { return "\n----------ERROR-------\n" + what; }

std::optional<std::int64_t> earlier(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
  if (!a || !b) return a ? a : b;
  return std::min(a, b);
}

}  // namespace

AgentSession::AgentSession(Options options, AgentEvents& events)
    : options_(std::move(options)), events_(events) {}

void AgentSession::attach(std::int64_t now_ms, const std::string& client_id) {
  if (state_ == State::kClosed) return;
  attached_ = true;
  const bool other_client = !client_id.empty() && !client_id_.empty() && client_id != client_id_;
  if (!client_id.empty()) client_id_ = client_id;
  if (state_ == State::kBegin) {
    begin_handshake(now_ms);
  } else if (other_client) {
    take_over(now_ms);
  } else {
    outbox_.resend_all(now_ms, [this](const std::string& frame) { events_.send(frame); });
    // The time the client was away does not count against it.
    if (state_ == State::kHandshake) state_limit_ms_ = now_ms + options_.handshake_limit_ms;
  }
  arm_drain(now_ms);
  settle(now_ms);
}

void AgentSession::detach(std::int64_t now_ms) {
  if (state_ == State::kClosed || !attached_) return;
  attached_ = false;
  arm_drain(now_ms);
}

void AgentSession::begin_handshake(std::int64_t now_ms) {
  state_ = State::kHandshake;
  handshake_began_ms_ = now_ms;
  state_limit_ms_ = now_ms + options_.handshake_limit_ms;
  transmit(now_ms, PayloadType::kHandshakeRequest,
           handshake_request(options_.type, options_.properties));
}

// Another client counts from 0 and knows nothing: the streams start again, and what the old client
// never acknowledged becomes the new one's first output.
void AgentSession::take_over(std::int64_t now_ms) {
  const auto kept = outbox_.restart();
  inbox_.restart();
  response_.reset();
  for (auto message = kept.rbegin(); message != kept.rend(); ++message) {
    const bool handshake = message->payload_type == PayloadType::kHandshakeRequest ||
                           message->payload_type == PayloadType::kHandshakeComplete;
    if (handshake) continue;
    held_bytes_ += message->payload.size();
    held_.emplace_front(message->payload_type, message->payload);
  }
  begin_handshake(now_ms);
}

void AgentSession::receive(std::int64_t now_ms, std::string_view frame) {
  if (state_ == State::kClosed || !attached_) return;
  const auto message = parse(frame, Digest::kIgnore);
  if (!message) return;
  if (message->type == kAcknowledge) {
    const auto ack = parse_acknowledgement(message->payload);
    if (ack && outbox_.acknowledge(now_ms, *ack))
      drain_silence_at_ms_ = now_ms + options_.drain_silence_ms;
  } else if (message->type == kInputStreamData) {
    const bool taken =
        inbox_.accept(*message, [&](const Message& next) { return deliver(now_ms, next); });
    if (taken) send_acknowledgement(now_ms, *message);
  }
  settle(now_ms);
}

void AgentSession::input_ready(std::int64_t now_ms) {
  if (state_ == State::kClosed) return;
  inbox_.drain([&](const Message& next) { return deliver(now_ms, next); });
  settle(now_ms);
}

// One input message in its turn; false leaves it to the client to send it again.
bool AgentSession::deliver(std::int64_t now_ms, const Message& message) {
  if (state_ == State::kClosed) return true;
  switch (message.payload_type) {
    case PayloadType::kHandshakeResponse:
      take_handshake_response(message);
      return true;
    case PayloadType::kSize:
      skip_handshake(now_ms);
      return take_size(message);
    case PayloadType::kOutput:
      skip_handshake(now_ms);
      return message.payload.empty() || events_.input(message.payload);
    case PayloadType::kFlag:
      take_flag(message);
      return true;
    default:
      return true;
  }
}

// Clients exist that know no handshake and begin with a Size or keystrokes at once. The official
// plugin sends neither before HandshakeComplete.
void AgentSession::skip_handshake(std::int64_t now_ms) {
  if (state_ != State::kHandshake || response_) return;
  state_ = State::kAwaitSize;
  state_limit_ms_ = now_ms + options_.first_size_limit_ms;
}

void AgentSession::take_handshake_response(const Message& message) {
  if (state_ != State::kHandshake) return;
  response_ = parse_handshake_response(message.payload);
  if (!response_) response_ = HandshakeResponse{"", {{"SessionType", 2, "unreadable response"}}};
}

bool AgentSession::take_size(const Message& message) {
  const auto size = parse_size(message.payload);
  if (!size) return true;
  size_ = size;
  if (started_) events_.resize(*size);
  return true;
}

void AgentSession::take_flag(const Message& message) {
  const auto flag = parse_flag(message.payload);
  if (flag && *flag >= 1 && *flag <= 3) events_.flag(static_cast<Flag>(*flag));
}

void AgentSession::finish_handshake(std::int64_t now_ms) {
  const auto response = *std::exchange(response_, std::nullopt);
  client_version_ = response.client_version;
  for (const auto& action : response.actions) {
    if (action.status == 1) continue;
    close(now_ms, error_text("The client could not do " + action.type + ": " + action.error));
    return;
  }
  const std::int64_t elapsed_ns = (now_ms - handshake_began_ms_) * 1'000'000;
  transmit(now_ms, PayloadType::kHandshakeComplete, handshake_complete(elapsed_ns, ""));
  state_ = State::kAwaitSize;
  state_limit_ms_ = now_ms + options_.first_size_limit_ms;
  // A size from before a take-over says nothing about the new client's terminal.
  size_.reset();
}

// The plugin's handler is installed when its first Size comes; output from before that moment is
// dropped without acknowledgement (and comes again, but late).
void AgentSession::open(std::int64_t now_ms) {
  state_ = State::kOpen;
  state_limit_ms_.reset();
  auto held = std::exchange(held_, {});
  held_bytes_ = 0;
  for (const auto& [type, bytes] : held) transmit(now_ms, type, bytes);
  if (started_) {
    if (size_) events_.resize(*size_);
  } else if (!draining_) {
    started_ = true;
    events_.start(size_.value_or(TerminalSize{}));
  }
}

void AgentSession::settle(std::int64_t now_ms) {
  if (state_ == State::kHandshake && response_) finish_handshake(now_ms);
  const bool needs_size = options_.type != SessionType::kPort;
  if (state_ == State::kAwaitSize && (size_ || !needs_size)) open(now_ms);
  if (state_ == State::kClosed) return;
  if (draining_ && drained(now_ms)) {
    close(now_ms, last_words_);
    return;
  }
  const bool was_full = std::exchange(window_full_, !wants_output());
  if (was_full && !window_full_ && !draining_) events_.window_opened();
}

void AgentSession::output(std::int64_t now_ms, PayloadType type, std::string_view bytes) {
  if (state_ == State::kClosed || bytes.empty()) return;
  const bool text = type == PayloadType::kOutput && options_.type != SessionType::kPort;
  std::string joined;
  if (!text) {
    flush_text(now_ms);
  } else if (!cut_character_.empty()) {
    joined = std::exchange(cut_character_, {}).append(bytes);
    cut_limit_ms_.reset();
    bytes = joined;
  }
  while (!bytes.empty()) {
    auto piece = bytes.substr(0, kMaxPayloadBytes);
    if (text) piece = piece.substr(0, whole_characters(piece));
    if (piece.empty()) {
      cut_character_ = bytes;
      cut_limit_ms_ = now_ms + kCutCharacterMs;
      break;
    }
    transmit(now_ms, type, piece);
    bytes.remove_prefix(piece.size());
  }
  window_full_ = !wants_output();
}

void AgentSession::flush_text(std::int64_t now_ms) {
  cut_limit_ms_.reset();
  if (!cut_character_.empty()) {
    transmit(now_ms, PayloadType::kOutput, std::exchange(cut_character_, {}));
  }
}

void AgentSession::transmit(std::int64_t now_ms, PayloadType type, std::string_view bytes) {
  const bool handshake =
      type == PayloadType::kHandshakeRequest || type == PayloadType::kHandshakeComplete;
  if (!handshake && state_ != State::kOpen) {
    held_bytes_ += bytes.size();
    held_.emplace_back(type, bytes);
    return;
  }
  const auto& frame = outbox_.push(now_ms, type, bytes);
  if (attached_) events_.send(frame);
}

bool AgentSession::wants_output() const {
  return state_ != State::kClosed && !draining_ &&
         outbox_.bytes() + held_bytes_ < options_.window_bytes &&
         outbox_.count() + held_.size() < kMaxUnacknowledged;
}

void AgentSession::send_acknowledgement(std::int64_t now_ms, const Message& message) {
  if (attached_ && state_ != State::kClosed) {
    events_.send(serialize(make_acknowledgement(message, now_ms)));
  }
}

void AgentSession::finish(std::int64_t now_ms, std::string text) {
  if (state_ == State::kClosed || draining_) return;
  flush_text(now_ms);
  draining_ = true;
  last_words_ = std::move(text);
  arm_drain(now_ms);
  settle(now_ms);
}

void AgentSession::arm_drain(std::int64_t now_ms) {
  if (!draining_) return;
  drain_silence_at_ms_ = now_ms + options_.drain_silence_ms;
  drain_limit_at_ms_ = now_ms + (attached_ ? options_.drain_limit_ms : options_.drain_detached_ms);
}

// A client that is away has its own, longer time; a session nobody ever opened has nobody to wait
// for.
bool AgentSession::drained(std::int64_t now_ms) const {
  if (state_ == State::kBegin) return true;
  if (attached_ && state_ == State::kOpen && outbox_.empty()) return true;
  if (now_ms >= drain_limit_at_ms_) return true;
  return attached_ && state_ == State::kOpen && now_ms >= drain_silence_at_ms_;
}

void AgentSession::close(std::int64_t now_ms, std::string text) {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  if (attached_) {
    events_.send(serialize(make_channel_closed(options_.session_id, client_id_, text, now_ms)));
  }
  attached_ = false;
  held_.clear();
  events_.closed();
}

std::optional<std::int64_t> AgentSession::wake_at() const {
  if (state_ == State::kClosed) return std::nullopt;
  std::optional<std::int64_t> at = cut_limit_ms_;
  if (attached_) at = earlier(at, earlier(state_limit_ms_, outbox_.due_ms()));
  if (draining_) {
    at = earlier(at, drain_limit_at_ms_);
    if (attached_ && state_ == State::kOpen) at = earlier(at, drain_silence_at_ms_);
  }
  return at;
}

void AgentSession::wake(std::int64_t now_ms) {
  if (state_ == State::kClosed) return;
  if (cut_limit_ms_ && now_ms >= *cut_limit_ms_) flush_text(now_ms);
  if (attached_) {
    if (const auto* frame = outbox_.overdue(now_ms)) events_.send(*frame);
    if (state_limit_ms_ && now_ms >= *state_limit_ms_) {
      if (state_ == State::kHandshake) {
        close(now_ms, error_text("Handshake timed out. Please ensure that you have the latest "
                                 "version of the session manager plugin."));
        return;
      }
      if (state_ == State::kAwaitSize) open(now_ms);
    }
  }
  settle(now_ms);
}

}  // namespace enibox::stream

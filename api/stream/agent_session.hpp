#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/stream/delivery.hpp"
#include "api/stream/handshake.hpp"
#include "api/stream/message.hpp"

// The far side of one session's data channel: the AWS message gateway and the SSM agent in one. A
// state machine without sockets, processes or a clock: it is told what happened and at which time,
// and answers through AgentEvents. It outlives its connections: a client may go and come back.
//
//   begin ──attach──▶ handshake ──answered, or a client without handshake──▶ waiting for the first
//   Size (1 s at most) ──▶ open ──finish()──▶ draining ──▶ closed
//
// One thread. AgentEvents may be called from within every member function, and may call back into
// output(), finish() and close() but must not destroy the session.
namespace enibox::stream {

class AgentEvents {
 public:
  virtual ~AgentEvents() = default;
  // A binary frame for the newest connection.
  virtual void send(std::string frame) = 0;
  // The client can take output: start the process. Once in a session's life.
  virtual void start(TerminalSize size) = 0;
  // Keystrokes, or the bytes of a port session. False: not now; the client will send them again,
  // and the owner calls input_ready() when it can take some.
  virtual bool input(std::string_view bytes) = 0;
  virtual void resize(TerminalSize size) = 0;
  virtual void flag(Flag flag) = 0;
  // wants_output() has become true again.
  virtual void window_opened() = 0;
  // The client was told (channel_closed) if there is one; close its connection. The last call.
  virtual void closed() = 0;
};

class AgentSession {
 public:
  struct Options {
    std::string session_id;
    SessionType type = SessionType::kStandardStream;
    Json properties = nullptr;                 // of the handshake request
    std::size_t window_bytes = 1 << 20;        // un-acknowledged output that stops reading
    std::int64_t handshake_limit_ms = 15'000;  // as the agent's
    std::int64_t first_size_limit_ms = 1'000;  // clients that never send a Size start then
    std::int64_t drain_silence_ms = 2'000;     // no acknowledgement for so long: close anyway
    std::int64_t drain_limit_ms = 30'000;      // at most this long in all
    std::int64_t drain_detached_ms = 30'000;   // the client is away: time to come back
  };
  AgentSession(Options options, AgentEvents& events);

  // A connection whose token was right. A second one replaces the first. The same client (by
  // ClientId) goes on where it was; another one begins anew and gets what nobody acknowledged.
  void attach(std::int64_t now_ms, const std::string& client_id);
  // The connection is gone.
  void detach(std::int64_t now_ms);
  // A binary message of the connection; what is no message is dropped.
  void receive(std::int64_t now_ms, std::string_view frame);

  // What the process wrote. Takes all of it; the owner stops reading while !wants_output().
  void output(std::int64_t now_ms, PayloadType type, std::string_view bytes);
  bool wants_output() const;
  // AgentEvents::input() would take something again.
  void input_ready(std::int64_t now_ms);

  // The process ended and all its output was given: waits for acknowledgements (bounded), then
  // closes. `text` is what the client prints; empty for its usual last line.
  void finish(std::int64_t now_ms, std::string text);
  // Tells the client at once, over un-acknowledged output.
  void close(std::int64_t now_ms, std::string text);

  // When wake() is to be called; empty: never.
  std::optional<std::int64_t> wake_at() const;
  void wake(std::int64_t now_ms);

  bool is_closed() const { return state_ == State::kClosed; }
  bool is_attached() const { return attached_; }
  bool is_started() const { return started_; }
  const std::string& client_version() const { return client_version_; }

 private:
  enum class State { kBegin, kHandshake, kAwaitSize, kOpen, kClosed };

  void begin_handshake(std::int64_t now_ms);
  void take_over(std::int64_t now_ms);
  bool deliver(std::int64_t now_ms, const Message& message);
  void skip_handshake(std::int64_t now_ms);
  void take_handshake_response(const Message& message);
  bool take_size(const Message& message);
  void take_flag(const Message& message);
  void finish_handshake(std::int64_t now_ms);
  void open(std::int64_t now_ms);
  void settle(std::int64_t now_ms);  // does what the last event made possible
  void transmit(std::int64_t now_ms, PayloadType type, std::string_view bytes);
  void flush_text(std::int64_t now_ms);
  void send_acknowledgement(std::int64_t now_ms, const Message& message);
  void arm_drain(std::int64_t now_ms);
  bool drained(std::int64_t now_ms) const;

  Options options_;
  AgentEvents& events_;
  State state_ = State::kBegin;
  bool attached_ = false, started_ = false, window_full_ = false;
  Outbox outbox_{kOutputStreamData};
  Inbox inbox_;
  std::string client_id_, client_version_;
  std::optional<HandshakeResponse> response_;  // came, not yet acted on
  std::int64_t handshake_began_ms_ = 0;
  std::optional<std::int64_t> state_limit_ms_;  // end of handshake or wait for Size
  std::optional<TerminalSize> size_;
  std::deque<std::pair<PayloadType, std::string>> held_;  // output from before the client is open
  std::size_t held_bytes_ = 0;
  std::string cut_character_;  // the begin of a UTF-8 character whose rest is not there yet
  std::optional<std::int64_t> cut_limit_ms_;
  bool draining_ = false;
  std::string last_words_;
  std::int64_t drain_silence_at_ms_ = 0, drain_limit_at_ms_ = 0;
};

}  // namespace enibox::stream

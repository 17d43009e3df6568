#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/stream/delivery.hpp"
#include "api/stream/handshake.hpp"
#include "api/stream/message.hpp"

// The near side of a session's data channel: what session-manager-plugin is. A state machine like
// AgentSession: no sockets, no terminal, no clock of its own. One thread; ClientEvents may call
// back but must not destroy the session.
namespace enibox::stream {

class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  virtual void send(std::string frame) = 0;  // a binary frame for the connection
  // The session's kind is known: send the terminal's size and begin to read input. Once.
  virtual void begin(SessionType type, const Json& properties) = 0;
  virtual void output(PayloadType stream, std::string_view bytes) = 0;  // kOutput or kStdErr
  virtual void notice(const std::string& text) = 0;                     // the service says
  virtual void flag(std::uint32_t value) = 0;
  virtual void exit_code(int code) = 0;
  // The last call: the service has ended the session. `text` may be empty.
  virtual void closed(const std::string& text) = 0;
};

class ClientSession {
 public:
  struct Options {
    std::string client_version = "1.2.677.0";
    std::size_t window_bytes = 256 << 10;  // un-acknowledged input that stops reading
  };
  ClientSession(Options options, ClientEvents& events);

  // The first, textual message of a connection.
  std::string open_message(const std::string& token) const;
  void attach(std::int64_t now_ms);  // after the open message was sent
  void detach(std::int64_t now_ms);
  void receive(std::int64_t now_ms, std::string_view frame);

  void input(std::int64_t now_ms, std::string_view bytes);
  void resize(std::int64_t now_ms, TerminalSize size);
  void flag(std::int64_t now_ms, Flag flag);
  bool wants_input() const { return outbox_.bytes() < options_.window_bytes; }
  bool all_acknowledged() const { return outbox_.empty(); }

  std::optional<std::int64_t> wake_at() const;
  void wake(std::int64_t now_ms);

  // Since when the far side has not acknowledged anything it should; empty: it owes nothing.
  std::optional<std::int64_t> unanswered_since_ms() const { return outbox_.oldest_since_ms(); }
  bool is_begun() const { return begun_; }
  bool is_closed() const { return closed_; }

 private:
  bool deliver(std::int64_t now_ms, const Message& message);
  void answer_handshake(std::int64_t now_ms, const Message& message);
  void begin();
  void transmit(std::int64_t now_ms, PayloadType type, std::string_view payload);

  Options options_;
  ClientEvents& events_;
  std::string client_id_;
  bool attached_ = false, begun_ = false, closed_ = false;
  std::optional<SessionType> type_;
  Json properties_;
  Outbox outbox_{kInputStreamData};
  Inbox inbox_;
};

}  // namespace enibox::stream

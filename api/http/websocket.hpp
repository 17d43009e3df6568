#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace enibox::api::http {

// An accepted WebSocket (RFC 6455, no extensions, so never compressed). Pings of the peer are
// answered and fragments put together below this interface.
//
// Loop thread only. The connection keeps the object alive until it is closed; a user holds it by
// shared_ptr and may keep it longer: after the end every call is a no-op. A socket that
// nobody listens to is closed.
class WebSocket {
 public:
  struct Events {
    // A whole message. The bytes are valid during the call only.
    std::function<void(std::string_view message, bool is_text)> on_message;
    // queued_bytes() fell to kLowWaterBytes or less after it had been above. May be empty.
    std::function<void()> on_drained;
    // The end, whoever caused it: close frame, lost connection, protocol error, close(), server
    // stop. Exactly once, never from within a call of this interface; no event follows it.
    std::function<void()> on_closed;
  };
  static constexpr std::size_t kLowWaterBytes = 64 << 10;
  // A sender that ignores queued_bytes() and passes this bound loses the connection.
  static constexpr std::size_t kMaxQueuedBytes = 64 << 20;

  // Close codes of RFC 6455 section 7.4.1.
  enum CloseCode : std::uint16_t { kNormal = 1000, kGoingAway = 1001, kInternalError = 1011 };

  virtual ~WebSocket() = default;

  // Call it once, in the handler that got the socket: reading begins after that.
  virtual void listen(Events events) = 0;

  // Each call is one message in one frame; messages leave in the order of the calls.
  virtual void send_text(std::string message) = 0;
  virtual void send_binary(std::string message) = 0;
  // Bytes of messages that are not yet with the kernel. A producer stops reading its source when
  // this is above kLowWaterBytes and goes on at on_drained.
  virtual std::size_t queued_bytes() const = 0;

  // Back-pressure towards the peer: no on_message until resume_reading(). Pings wait too.
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

  // Sends what is queued, then a close frame; gives the peer 2 seconds to answer it.
  virtual void close(std::uint16_t code = kNormal, std::string reason = {}) = 0;
  // Drops the connection at once: the peer sees no close frame.
  virtual void abort() = 0;

  virtual bool is_open() const = 0;
};

}  // namespace enibox::api::http

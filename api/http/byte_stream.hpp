#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace enibox::api::http {

// Bytes after an HTTP head: the body of an answer whose length is not known (Exchange::stream), or
// both directions of a connection taken over from HTTP (Exchange::hijack).
//
// Loop thread only. The connection keeps the object alive until its end; afterwards every call is a
// no-op.
class ByteStream {
 public:
  struct Events {
    // Bytes of the peer, valid during the call only. Never for a streamed answer.
    std::function<void(std::string_view bytes)> on_data;
    // The peer sends no more but may still read (shutdown(SHUT_WR): end of stdin). Only for a
    // hijacked connection: for a streamed answer it counts as the peer's end.
    std::function<void()> on_eof;
    // queued_bytes() fell to kLowWaterBytes or less after it had been above.
    std::function<void()> on_drained;
    // The end, whoever caused it. Exactly once, never from within a call of this interface.
    std::function<void()> on_closed;
  };
  static constexpr std::size_t kLowWaterBytes = 64 << 10;
  // A writer that ignores queued_bytes() and passes this bound loses the connection.
  static constexpr std::size_t kMaxQueuedBytes = 64 << 20;

  virtual ~ByteStream() = default;

  // Call it once, at once; any event may be empty.
  virtual void listen(Events events) = 0;

  virtual void write(std::string bytes) = 0;
  virtual std::size_t queued_bytes() const = 0;

  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;

  // Sends what is queued, then ends: a streamed answer is complete (a kept-alive connection goes
  // on), a hijacked connection is closed in an order that loses nothing.
  virtual void end() = 0;
  // Drops the connection at once.
  virtual void abort() = 0;

  virtual bool is_open() const = 0;
};

}  // namespace enibox::api::http

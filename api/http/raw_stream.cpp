#include "api/http/raw_stream.hpp"

#include <boost/asio/post.hpp>

#include "api/http/guarded.hpp"

namespace asio = boost::asio;

namespace enibox::api::http {

RawStream::RawStream(std::shared_ptr<Pipe> pipe, std::shared_ptr<Registry> registry,
                     std::uint64_t listener, const Limits& limits, Leftover leftover)
    : Tracked(std::move(registry), listener),
      pipe_(std::move(pipe)),
      limits_(limits),
      leftover_(std::move(leftover)) {
  // Until somebody listens.
  mark_busy(std::chrono::steady_clock::now() + limits_.header_timeout);
}

void RawStream::listen(Events events) {
  if (closed_ || listening_) return;
  listening_ = true;
  events_ = std::move(events);
  mark_busy(kNever);
  asio::post(pipe_->executor(), [self = shared_from_this()] { self->deliver_leftover(); });
}

void RawStream::deliver_leftover() {
  if (closed_ || paused_) return;
  if (!leftover_.bytes.empty()) {
    const auto bytes = std::exchange(leftover_.bytes, {});
    on_bytes(bytes);
  }
  if (closed_ || paused_ || peer_ended_) return;
  if (leftover_.eof) return on_eof();
  pipe_->start_reading();
}

void RawStream::write(std::string bytes) {
  if (closed_ || ending_) return;
  pipe_->write(std::move(bytes));
  if (pipe_->queued() > kLowWaterBytes) above_low_water_ = true;
  if (pipe_->queued() > kMaxQueuedBytes) cut();
}

void RawStream::pause_reading() {
  paused_ = true;
  if (!closed_) pipe_->stop_reading();
}

void RawStream::resume_reading() {
  if (!paused_) return;
  paused_ = false;
  if (closed_ || !listening_) return;
  asio::post(pipe_->executor(), [self = shared_from_this()] { self->deliver_leftover(); });
}

// FIN, then wait for the peer's: closing with unread bytes in our buffer would make the kernel
// reset the connection and the peer lose our last bytes.
void RawStream::end() {
  if (closed_ || ending_) return;
  ending_ = true;
  pipe_->shutdown_send();
  const auto now = std::chrono::steady_clock::now();
  mark_busy(now + (pipe_->queued() > 0 ? limits_.write_timeout : limits_.linger));
  if (peer_ended_ && pipe_->queued() == 0) return cut();
  paused_ = false;
  pipe_->start_reading();
}

void RawStream::on_bytes(std::string_view bytes) {
  if (ending_) return;
  if (!guarded("stream data", events_.on_data, bytes)) cut();
}

void RawStream::on_eof() {
  peer_ended_ = true;
  if (ending_ && pipe_->queued() == 0) return cut();
  if (!ending_ && !guarded("stream eof", events_.on_eof)) cut();
}

void RawStream::on_progress() {
  const auto now = std::chrono::steady_clock::now();
  if (ending_) {
    if (pipe_->queued() == 0 && peer_ended_) return cut();
    mark_busy(now + (pipe_->queued() > 0 ? limits_.write_timeout : limits_.linger));
    return;
  }
  if (!above_low_water_ || pipe_->queued() > kLowWaterBytes) return;
  above_low_water_ = false;
  if (!guarded("stream drained", events_.on_drained)) cut();
}

void RawStream::cut() {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  untrack();
  const auto pipe = std::exchange(pipe_, nullptr);
  pipe->close();
  asio::post(pipe->executor(),
             [events = std::exchange(events_, {})] { guarded("stream end", events.on_closed); });
}

}  // namespace enibox::api::http

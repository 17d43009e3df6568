#include "api/http/websocket_session.hpp"

#include "api/http/guarded.hpp"

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;

namespace enibox::api::http {

WebSocketSession::WebSocketSession(Socket socket, std::shared_ptr<Registry> registry,
                                   std::uint64_t listener, const Limits& limits)
    : Tracked(std::move(registry), listener),
      stream_(std::make_shared<Stream>(WebSocketSocket(std::move(socket)))),
      limits_(limits) {
  stream_->auto_fragment(false);
  stream_->read_message_max(kMaxMessageBytes);
  mark_busy(std::chrono::steady_clock::now() + limits_.header_timeout);
}

void WebSocketSession::accept(std::string handshake, Opened opened) {
  const auto bytes = std::make_shared<std::string>(std::move(handshake));
  stream_->async_accept(asio::buffer(*bytes),
                        [self = shared_from_this(), stream = stream_, bytes,
                         opened = std::move(opened)](const boost::system::error_code& error) {
                          if (error) return self->cut();
                          if (self->closed_) return;
                          if (!guarded("websocket", opened, self)) self->cut();
                        });
}

void WebSocketSession::listen(Events events) {
  if (closed_ || listening_) return;
  listening_ = true;
  events_ = std::move(events);
  mark_busy(kNever);
  // Not from within the user's call.
  asio::post(stream_->get_executor(), [self = shared_from_this()] { self->read_next(); });
}

void WebSocketSession::resume_reading() {
  if (!paused_) return;
  paused_ = false;
  if (closed_) return;
  asio::post(stream_->get_executor(), [self = shared_from_this()] { self->read_next(); });
}

void WebSocketSession::read_next() {
  if (reading_ || closed_ || !listening_ || (paused_ && !close_sent_)) return;
  reading_ = true;
  stream_->async_read(
      message_, [self = shared_from_this(), stream = stream_](
                    const boost::system::error_code& error, std::size_t) { self->on_read(error); });
}

void WebSocketSession::on_read(const boost::system::error_code& error) {
  reading_ = false;
  if (closed_) return;
  // After our close frame Beast itself reads until the peer's.
  if (error) {
    if (!close_sent_) cut();
    return;
  }
  const auto bytes = message_.data();
  const std::string_view message(static_cast<const char*>(bytes.data()), bytes.size());
  if (!closing_ &&
      !guarded("websocket message", events_.on_message, message, stream_->got_text())) {
    return cut();
  }
  message_.consume(message_.size());
  read_next();
}

void WebSocketSession::send(std::string message, bool is_text) {
  if (closed_ || closing_) return;
  queued_ += message.size();
  queue_.push_back({std::move(message), is_text});
  if (queued_ > kLowWaterBytes) above_low_water_ = true;
  if (queued_ > kMaxQueuedBytes) return cut();
  write_next();
}

void WebSocketSession::write_next() {
  if (writing_ || closed_) return;
  if (queue_.empty()) {
    if (closing_) send_close();
    return;
  }
  writing_ = true;
  stream_->text(queue_.front().is_text);
  stream_->async_write(asio::buffer(queue_.front().bytes),
                       [self = shared_from_this()](const boost::system::error_code& error,
                                                   std::size_t) { self->on_written(error); });
}

void WebSocketSession::on_written(const boost::system::error_code& error) {
  writing_ = false;
  if (closed_) return;
  if (error) return cut();
  queued_ -= queue_.front().bytes.size();
  queue_.pop_front();
  write_next();
  if (!above_low_water_ || closing_ || queued_ > kLowWaterBytes) return;
  above_low_water_ = false;
  if (!guarded("websocket drained", events_.on_drained)) cut();
}

void WebSocketSession::close(std::uint16_t code, std::string reason) {
  if (closed_ || closing_) return;
  closing_ = true;
  constexpr std::size_t kMaxReason = 123;  // a control frame carries 125 bytes, two are the code
  if (reason.size() > kMaxReason) reason.resize(kMaxReason);
  close_reason_ = websocket::close_reason(static_cast<websocket::close_code>(code), reason);
  mark_busy(std::chrono::steady_clock::now() +
            (queue_.empty() ? limits_.linger : limits_.write_timeout));
  write_next();
}

void WebSocketSession::send_close() {
  if (close_sent_) return;
  close_sent_ = true;
  mark_busy(std::chrono::steady_clock::now() + limits_.linger);
  stream_->async_close(close_reason_, [self = shared_from_this(), stream = stream_](
                                          const boost::system::error_code&) { self->cut(); });
}

void WebSocketSession::cut() {
  if (closed_) return;
  closed_ = true;
  const auto self = shared_from_this();
  untrack();
  boost::system::error_code ignored;
  stream_->next_layer().close(ignored);
  asio::post(stream_->get_executor(),
             [events = std::exchange(events_, {})] { guarded("websocket end", events.on_closed); });
}

}  // namespace enibox::api::http

#pragma once
#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <memory>
#include <string>

#include "api/http/limits.hpp"
#include "api/http/pipe.hpp"
#include "api/http/registry.hpp"
#include "api/http/websocket.hpp"

namespace enibox::api::http {

// The socket below Beast's WebSocket. A type of its own, because Beast ends a WebSocket by waiting
// for the peer's FIN, however long that takes.
struct WebSocketSocket : Socket {
  using Socket::Socket;
  explicit WebSocketSocket(Socket socket) : Socket(std::move(socket)) {}
};
// Found by Beast through argument-dependent lookup.
template <typename TeardownHandler>
void async_teardown(boost::beast::role_type, WebSocketSocket& socket, TeardownHandler&& handler) {
  boost::system::error_code error;
  socket.shutdown(Socket::shutdown_send, error);
  boost::asio::post(socket.get_executor(),
                    boost::beast::bind_front_handler(std::forward<TeardownHandler>(handler),
                                                     boost::system::error_code{}));
}

// WebSocket over Beast.
class WebSocketSession final : public WebSocket,
                               public Tracked,
                               public std::enable_shared_from_this<WebSocketSession> {
 public:
  using Opened = std::function<void(std::shared_ptr<WebSocket>)>;
  // Larger messages close the socket with 1009.
  static constexpr std::size_t kMaxMessageBytes = 1 << 20;

  WebSocketSession(Socket socket, std::shared_ptr<Registry> registry, std::uint64_t listener,
                   const Limits& limits);

  // `handshake`: the request's head with the lines that matter, and what followed it.
  void accept(std::string handshake, Opened opened);

  void listen(Events events) override;
  void send_text(std::string message) override { send(std::move(message), true); }
  void send_binary(std::string message) override { send(std::move(message), false); }
  std::size_t queued_bytes() const override { return queued_; }
  void pause_reading() override { paused_ = true; }
  void resume_reading() override;
  void close(std::uint16_t code, std::string reason) override;
  void abort() override { cut(); }
  bool is_open() const override { return !closed_ && !closing_; }

  void on_deadline() override { cut(); }
  void drain() override { close(kGoingAway, "the server stops"); }
  void cut() override;

 private:
  struct Message {
    std::string bytes;
    bool is_text;
  };
  using Stream = boost::beast::websocket::stream<WebSocketSocket>;

  void send(std::string message, bool is_text);
  void read_next();
  void on_read(const boost::system::error_code& error);
  void write_next();
  void on_written(const boost::system::error_code& error);
  void send_close();

  // Shared with the running operations, so that a user may keep this object longer than the loop.
  std::shared_ptr<Stream> stream_;
  Limits limits_;
  Events events_;
  boost::beast::flat_buffer message_;
  std::deque<Message> queue_;
  std::size_t queued_ = 0;
  boost::beast::websocket::close_reason close_reason_;
  bool listening_ = false, paused_ = false;
  bool reading_ = false, writing_ = false;
  bool above_low_water_ = false;
  bool closing_ = false, close_sent_ = false, closed_ = false;
};

}  // namespace enibox::api::http

#include "emulator/vpc/internet_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <string>

namespace enibox::vpc {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kLongestHead = 8192;
constexpr std::chrono::seconds kPatience{30};

// A connection that ends when nothing happens on it for a while.
struct Visit : std::enable_shared_from_this<Visit> {
  explicit Visit(tcp::socket taken) : socket(std::move(taken)), timer(socket.get_executor()) {}

  void wait() {
    timer.expires_after(kPatience);
    timer.async_wait([self = shared_from_this()](const ErrorCode& error) {
      if (!error) self->close();
    });
  }
  void close() {
    ErrorCode ignored;
    timer.cancel();
    socket.close(ignored);
  }

  tcp::socket socket;
  asio::steady_timer timer;
  std::string text;
  std::array<char, 16384> bytes{};
};

std::string answer_to(const tcp::socket& socket, bool with_body) {
  ErrorCode error;
  const auto peer = socket.remote_endpoint(error);
  const std::string body = error ? "" : peer.address().to_string() + "\n";
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + (with_body ? body : "");
}

void answer_http(tcp::socket socket) {
  auto visit = std::make_shared<Visit>(std::move(socket));
  visit->wait();
  asio::async_read_until(
      visit->socket, asio::dynamic_buffer(visit->text, kLongestHead), "\r\n\r\n",
      [visit](const ErrorCode& error, std::size_t) {
        if (error) return visit->close();
        visit->text = answer_to(visit->socket, !visit->text.starts_with("HEAD "));
        asio::async_write(visit->socket, asio::buffer(visit->text),
                          [visit](const ErrorCode&, std::size_t) { visit->close(); });
      });
}

void echo_more(const std::shared_ptr<Visit>& visit) {
  visit->wait();
  visit->socket.async_read_some(
      asio::buffer(visit->bytes), [visit](const ErrorCode& error, std::size_t size) {
        if (error) return visit->close();
        asio::async_write(visit->socket, asio::buffer(visit->bytes.data(), size),
                          [visit](const ErrorCode& failed, std::size_t) {
                            if (failed) return visit->close();
                            echo_more(visit);
                          });
      });
}

void begin_echo(tcp::socket socket) { echo_more(std::make_shared<Visit>(std::move(socket))); }

}  // namespace

void InternetServer::serve(InternetSockets sockets) {
  http_.emplace(loop_, tcp::v4(), sockets.http.release());
  echo_.emplace(loop_, tcp::v4(), sockets.echo.release());
  datagrams_.emplace(loop_, udp::v4(), sockets.echo_udp.release());
  accept(*http_, answer_http);
  accept(*echo_, begin_echo);
  echo_datagrams();
}

void InternetServer::accept(Acceptor& acceptor, Begin begin) {
  acceptor.async_accept([this, &acceptor, begin](const ErrorCode& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
    if (!error) begin(std::move(socket));
    accept(acceptor, begin);
  });
}

void InternetServer::echo_datagrams() {
  datagrams_->async_receive_from(
      asio::buffer(datagram_), datagram_from_, [this](const ErrorCode& error, std::size_t size) {
        if (error == asio::error::operation_aborted) return;
        ErrorCode ignored;
        if (!error)
          datagrams_->send_to(asio::buffer(datagram_.data(), size), datagram_from_, 0, ignored);
        echo_datagrams();
      });
}

}  // namespace enibox::vpc

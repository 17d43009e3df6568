#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <list>

#include "emulator/dns/port.hpp"

namespace enibox::dns {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kMostConnections = 128;
constexpr std::chrono::seconds kPatience{10};  // for the next question, or for its end

// One client: questions are answered one after the other.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, Ask ask, std::function<void(Connection*)> ended)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        ask_(std::move(ask)),
        ended_(std::move(ended)) {}

  void read_question() {
    await_progress();
    boost::asio::async_read(socket_, boost::asio::buffer(size_), guarded([this] {
                              message_.resize(static_cast<std::size_t>(size_[0] << 8 | size_[1]));
                              boost::asio::async_read(socket_, boost::asio::buffer(message_),
                                                      guarded([this] { answer_question(); }));
                            }));
  }

  void close() {
    timer_.cancel();
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  void answer_question() {
    const bool understood = ask_(message_, [self = weak_from_this()](const Bytes& answer) {
      if (const auto connection = self.lock()) connection->write(answer);
    });
    if (!understood) end();
  }

  void write(const Bytes& answer) {
    answer_ = {static_cast<std::uint8_t>(answer.size() >> 8),
               static_cast<std::uint8_t>(answer.size() & 0xff)};
    answer_.insert(answer_.end(), answer.begin(), answer.end());
    boost::asio::async_write(socket_, boost::asio::buffer(answer_),
                             guarded([this] { read_question(); }));
  }

  // A callback that keeps the connection while it waits, and ends it on an error.
  std::function<void(const error_code&, std::size_t)> guarded(std::function<void()> next) {
    return
        [self = shared_from_this(), next = std::move(next)](const error_code& error, std::size_t) {
          if (error)
            self->end();
          else
            next();
        };
  }

  void await_progress() {
    timer_.expires_after(kPatience);
    timer_.async_wait([self = weak_from_this()](const error_code& error) {
      const auto connection = self.lock();
      if (connection && !error) connection->end();
    });
  }

  void end() {
    close();
    if (auto ended = std::exchange(ended_, nullptr)) ended(this);
  }

  tcp::socket socket_;
  boost::asio::steady_timer timer_;
  Ask ask_;
  std::function<void(Connection*)> ended_;
  std::array<std::uint8_t, 2> size_{};
  Bytes message_, answer_;
};

class TcpPort final : public std::enable_shared_from_this<TcpPort> {
 public:
  TcpPort(boost::asio::io_context& loop, netns::UniqueFd socket, Ask ask)
      : acceptor_(loop, tcp::v4(), socket.release()), pause_(loop), ask_(std::move(ask)) {}

  void accept() {
    acceptor_.async_accept([self = weak_from_this()](const error_code& error, tcp::socket socket) {
      const auto port = self.lock();
      if (!port || error == boost::asio::error::operation_aborted) return;
      if (error) return port->accept_later();
      port->take(std::move(socket));
      port->accept();
    });
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (const auto& connection : connections_) connection->close();
    connections_.clear();
  }

 private:
  // Out of descriptors, most likely.
  void accept_later() {
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([self = weak_from_this()](const error_code& error) {
      const auto port = self.lock();
      if (port && !error) port->accept();
    });
  }

  void take(tcp::socket socket) {
    if (connections_.size() >= kMostConnections) {  // the oldest makes room
      connections_.front()->close();
      connections_.pop_front();
    }
    const auto connection = std::make_shared<Connection>(
        std::move(socket), ask_, [self = weak_from_this()](Connection* ended) {
          const auto port = self.lock();
          if (!port) return;
          std::erase_if(port->connections_, [&](const auto& c) { return c.get() == ended; });
        });
    connections_.push_back(connection);
    connection->read_question();
  }

  tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  Ask ask_;
  std::list<std::shared_ptr<Connection>> connections_;
};

struct TcpHandle final : Port {
  explicit TcpHandle(std::shared_ptr<TcpPort> p) : port(std::move(p)) {}
  ~TcpHandle() override { port->close(); }
  std::shared_ptr<TcpPort> port;
};

}  // namespace

std::unique_ptr<Port> open_tcp_port(boost::asio::io_context& loop, netns::UniqueFd socket,
                                    Ask ask) {
  auto port = std::make_shared<TcpPort>(loop, std::move(socket), std::move(ask));
  port->accept();
  return std::make_unique<TcpHandle>(std::move(port));
}

}  // namespace enibox::dns

#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "api/stream/smux.hpp"

// The client's side of a multiplexed port session: a local port whose connections travel through
// the data channel. One thread.
namespace enibox::stream {

class PortListener {
 public:
  struct Events {
    std::function<void(std::string_view)> send;  // bytes for the far side
    std::function<bool()> may_send;              // false: resume() comes later
    std::function<void()> accepted;              // the first local connection
  };
  PortListener(boost::asio::io_context& loop, Events events);
  ~PortListener();

  // On 127.0.0.1; port 0: a free one. Gives the port. Throws std::system_error.
  std::uint16_t listen(std::uint16_t port);
  bool receive(std::string_view bytes);  // from the far side; false: it is no smux
  void resume();
  // What local connections have not read yet; the owner stops listening to the far side above some.
  std::size_t queued_bytes() const { return queued_bytes_; }

 private:
  struct Connection {
    explicit Connection(boost::asio::ip::tcp::socket accepted)
        : socket(std::move(accepted)), room(socket.get_executor()) {}
    boost::asio::ip::tcp::socket socket;
    boost::asio::steady_timer room;  // cancelled when the reader may go on
    std::string queued, in_flight;
    std::uint32_t id = 0;
    bool writing = false, gone = false, closes_after_queue = false;
  };
  using Link = std::shared_ptr<Connection>;
  boost::asio::awaitable<void> accept_all();
  boost::asio::awaitable<void> read_all(Link link);
  void take_frame(const SmuxFrame& frame);
  void write(const Link& link);
  void drop(const Link& link);

  boost::asio::io_context& loop_;
  Events events_;
  boost::asio::ip::tcp::acceptor acceptor_;
  SmuxReader reader_;
  std::map<std::uint32_t, Link> links_;
  std::uint32_t next_id_ = kFirstSmuxStream;
  std::size_t queued_bytes_ = 0;
};

}  // namespace enibox::stream

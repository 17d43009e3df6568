#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "api/http/connection.hpp"

namespace enibox::api::http {

// One listening socket: accepts in bursts and makes room when connections or descriptors run out.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(boost::asio::io_context& loop, int listening_fd, Connection::Setup setup,
           std::shared_ptr<std::vector<char>> scratch);
  void start() { wait(); }
  void close();

 private:
  void wait();
  void accept_burst();
  void open_connection(int fd, int family);
  void retry_later();

  boost::asio::io_context& loop_;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer retry_timer_;
  Connection::Setup setup_;
  std::shared_ptr<std::vector<char>> scratch_;
};

}  // namespace enibox::api::http

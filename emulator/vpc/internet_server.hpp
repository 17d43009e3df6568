#pragma once
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

#include "emulator/vpc/internet.hpp"

namespace enibox::vpc {

// Whom everybody can ask in the internet that a box has (192.0.2.1), so that ways out can be tried
// without a network: HTTP on port 80 answers with the client's address as the internet sees it,
// port 7 (TCP and UDP, RFC 862) with what it gets. The sockets were opened in that namespace. Loop
// thread only.
class InternetServer {
 public:
  explicit InternetServer(boost::asio::io_context& loop) : loop_(loop) {}

  // Takes over from the sockets before.
  void serve(InternetSockets sockets);

 private:
  using Acceptor = boost::asio::ip::tcp::acceptor;
  using Begin = void (*)(boost::asio::ip::tcp::socket);
  void accept(Acceptor& acceptor, Begin begin);
  void echo_datagrams();

  boost::asio::io_context& loop_;
  std::optional<Acceptor> http_, echo_;
  std::optional<boost::asio::ip::udp::socket> datagrams_;
  boost::asio::ip::udp::endpoint datagram_from_;
  std::array<char, 65536> datagram_;
};

}  // namespace enibox::vpc

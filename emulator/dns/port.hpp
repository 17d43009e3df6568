#pragma once
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "emulator/dns/resolver.hpp"
#include "netns/handle.hpp"

namespace enibox::dns {

// One socket that questions come by. Destroying it closes it; answers that come later are dropped.
// Loop thread only.
class Port {
 public:
  virtual ~Port() = default;
};

// Gives a whole message to the resolver. False: it gets no answer; else it comes at once or later.
using Ask = std::function<bool(const Bytes& message, Resolver::Answered answered)>;

// Takes a bound, non-blocking datagram socket.
std::unique_ptr<Port> open_udp_port(boost::asio::io_context& loop, netns::UniqueFd socket, Ask ask);
// Takes a listening, non-blocking stream socket.
std::unique_ptr<Port> open_tcp_port(boost::asio::io_context& loop, netns::UniqueFd socket, Ask ask);

}  // namespace enibox::dns

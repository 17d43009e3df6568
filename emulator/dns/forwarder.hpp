#pragma once
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>

#include "emulator/dns/resolver.hpp"
#include "emulator/outcome.hpp"
#include "netns/handle.hpp"

namespace enibox::dns {

// A socket to one of the resolvers that questions are passed on to.
struct ResolverSocket {
  netns::UniqueFd socket;  // connected (a stream: connecting), non-blocking
  int servers = 1;         // how many resolvers there are
};

// Passes questions on to other resolvers: over UDP, each under an id of its own and from a socket
// and so a source port of its own, over TCP when the answer is cut; the next resolver when one is
// silent, refuses or fails. What is no answer to the question is not heard, and who asks what is
// being asked already waits for that answer (RFC 5452): a question that comes back to us, by way of
// a resolver that asks ours, goes round once. Nothing is kept. Loop thread only; nothing blocks.
class Forwarder final : public Upstream {
 public:
  // Opens a socket to resolver number `server`, counted on beyond the last; once, at once or later.
  using Open = std::function<void(Transport transport, int server, Done<ResolverSocket> done)>;
  struct Limits {
    std::size_t in_flight = 256;  // questions on their way
    std::size_t waiting = 64;     // for the answer to one of them
    int tries = 3;                // all of them are over before a stub resolver's five seconds are
    std::chrono::milliseconds udp_patience{1500};
    std::chrono::milliseconds tcp_patience{3000};
  };

  Forwarder(boost::asio::io_context& loop, Open open, Limits limits);
  Forwarder(boost::asio::io_context& loop, Open open) : Forwarder(loop, std::move(open), {}) {}
  ~Forwarder() override;

  // Nothing also when too many are in flight.
  void ask(const Query& query, Answered answered) override;

 private:
  class Exchange;
  void ended(const Exchange* exchange);

  boost::asio::io_context& loop_;
  Open open_;
  Limits limits_;
  std::list<std::shared_ptr<Exchange>> exchanges_;
};

}  // namespace enibox::dns

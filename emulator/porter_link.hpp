#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "emulator/outcome.hpp"
#include "netns/handle.hpp"

namespace enibox {

// The daemon's end of the socketpair it shares with the porter, the process the user started, which
// alone is on the host's network. Each datagram (SOCK_SEQPACKET) is one JSON object with a "kind".
// The daemon sends {"kind":"ready"}; what the porter does not know it answers with
// {"kind":"error","message":...}. A request has a "number", and so has its answer, which may come
// with a descriptor. Loop thread only.
class PorterLink {
 public:
  struct Events {
    // The porter has ended, even by SIGKILL: the daemon must end, too. Called once.
    std::function<void()> gone;
  };
  struct Reply {
    nlohmann::json message;
    netns::UniqueFd descriptor;  // none: the porter sent none
  };
  PorterLink(boost::asio::io_context& loop, netns::UniqueFd socket, Events events);

  // A porter that is gone is fine: `gone` tells.
  void send(const nlohmann::json& message);
  // Never blocks: a porter that does not read makes it fail.
  void request(nlohmann::json message, Done<Reply> done);
  // The daemon answers requests from now on; the porter tells the user.
  void ready() { send({{"kind", "ready"}}); }

 private:
  void wait();
  void read_all();
  void received(nlohmann::json message, netns::UniqueFd descriptor);
  void lost();

  boost::asio::posix::stream_descriptor socket_;
  Events events_;
  std::uint64_t requests_ = 0;
  std::map<std::uint64_t, Done<Reply>> asked_;
};

}  // namespace enibox

#pragma once
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "emulator/dns/forwarder.hpp"

namespace enibox::ssm {

// A DNS server; by default the one of every VPC (VPC User Guide, "Amazon DNS server").
struct NameServer {
  std::string address = dns::kLinkLocalResolver;
  std::uint16_t port = 53;
};

// Names of remote hosts as the target of a session would find them: its VPC's resolver is asked,
// over sockets of the target's network. Names are asked as they stand, no search domain is added.
// Loop thread only.
class TargetNames {
 public:
  // An IPv4 socket of that type (SOCK_DGRAM, SOCK_STREAM) in the target's network namespace.
  using OpenSocket = std::function<void(int type, Done<netns::UniqueFd> done)>;
  TargetNames(boost::asio::io_context& loop, OpenSocket open_socket, const NameServer& server);

  // The first IPv4 address. Errors: "lookup db.local: no such host", in Go's words.
  void find(const std::string& name, Done<std::string> done);

 private:
  dns::Forwarder forwarder_;
};

}  // namespace enibox::ssm

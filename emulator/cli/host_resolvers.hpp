#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "netns/handle.hpp"

// The resolvers of the host, which the box's own pass questions on to with --uplink. Any thread.
namespace enibox::cli {

struct ResolverAddress {
  std::string host;  // an IP literal, for IPv6 without brackets, with "%eth0" where it needs one
  std::uint16_t port = 53;
  bool operator==(const ResolverAddress&) const = default;
  std::string text() const;  // "192.0.2.53:53", "[2001:db8::53]:53"
};

// "192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:5353". Throws UsageError.
ResolverAddress parse_resolver_address(std::string_view text);

// The nameserver lines of a resolv.conf(5), the first three; without any, the local host. A line
// with no address is passed over, as the C library does.
std::vector<ResolverAddress> resolvers_in(std::string_view resolv_conf);

enum class ResolverProtocol { kUdp, kTcp };
// A non-blocking socket in the network of the calling thread: connected, or, TCP, connecting. The
// kernel draws its port. Throws std::system_error.
netns::UniqueFd connect_to_resolver(const ResolverAddress& address, ResolverProtocol protocol);

}  // namespace enibox::cli

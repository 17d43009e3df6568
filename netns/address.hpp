#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netns/route_socket.hpp"

namespace enibox::netns {

struct InterfaceAddress {
  std::string prefix;                            // "10.0.100.57/24"
  std::optional<std::string> broadcast = {};     // none: `ip addr` shows no brd
  std::optional<std::uint32_t> lifetime_s = {};  // none: for ever; else shown as "dynamic"
  bool operator==(const InterfaceAddress&) const = default;
};

// Adds the address to the device, or renews the lifetime of one that is there.
void put_address(RouteSocket& where, int link_index, const InterfaceAddress& address);
// False: it was not there.
bool delete_address(RouteSocket& where, int link_index, const std::string& prefix);
// IPv4 addresses of the device, in the kernel's order.
std::vector<InterfaceAddress> list_addresses(RouteSocket& where, int link_index);

}  // namespace enibox::netns

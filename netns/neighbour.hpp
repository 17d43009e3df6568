#pragma once
#include <string>
#include <vector>

#include "netns/route_socket.hpp"

namespace enibox::netns {

struct Neighbour {
  std::string address;
  std::string mac;
  int link_index = 0;
  bool permanent = false;
  bool operator==(const Neighbour&) const = default;
};

// A permanent entry: never asked for by ARP, never overwritten by it, never evicted from the
// kernel's one table for all namespaces (net.ipv4.neigh.default.gc_thresh3).
void put_neighbour(RouteSocket& where, int link_index, const std::string& address,
                   const std::string& mac);
// False: it was not there.
bool delete_neighbour(RouteSocket& where, int link_index, const std::string& address);
// All IPv4 entries that name a peer, also those ARP has learnt.
std::vector<Neighbour> list_neighbours(RouteSocket& where);

// How long proxy ARP makes a request wait on this device, in milliseconds. The default is up to
// 800, and zero answers at once. By netlink, since the kernel hides the sysctl from user
// namespaces.
void set_proxy_delay(RouteSocket& where, int link_index, std::uint64_t delay_ms);
// -1: no such device.
std::int64_t proxy_delay_ms(RouteSocket& where, int link_index);

}  // namespace enibox::netns

#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "netns/route_socket.hpp"

namespace enibox::netns {

enum class RouteKind { kUnicast, kBlackhole, kThrow };
enum class RouteScope { kGlobal, kLink };

// An IPv4 route. Kernel: `man ip-route`.
struct Route {
  std::string destination;  // "10.0.0.0/16", "0.0.0.0/0"
  RouteKind kind = RouteKind::kUnicast;
  std::string gateway = {};  // empty: on the link itself
  int link_index = 0;
  RouteScope scope = RouteScope::kGlobal;
  std::uint32_t table = 254;  // main
  // The gateway is on the link whatever the routes say: it needs no route to itself.
  bool onlink = false;
  bool operator==(const Route&) const = default;
};

// Adds the route or replaces one to the same destination.
void put_route(RouteSocket& where, const Route& route);
// False: it was not there (or its device is gone, and the route with it).
bool delete_route(RouteSocket& where, const Route& route);
// The IPv4 routes of a table, without the kernel's local and broadcast ones.
std::vector<Route> list_routes(RouteSocket& where, std::uint32_t table = 254);

}  // namespace enibox::netns

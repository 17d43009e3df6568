#include "netns/route.hpp"

#include <linux/rtnetlink.h>

#include "netns/internal/channel.hpp"

namespace enibox::netns {
namespace {

std::uint8_t kernel_type(RouteKind kind) {
  switch (kind) {
    case RouteKind::kBlackhole:
      return RTN_BLACKHOLE;
    case RouteKind::kThrow:
      return RTN_THROW;
    case RouteKind::kUnicast:
      break;
  }
  return RTN_UNICAST;
}

Message route_message(int type, int flags, const Route& route) {
  const RawPrefix destination = parse_prefix(route.destination);
  rtmsg header{};
  header.rtm_family = static_cast<std::uint8_t>(destination.address.family);
  header.rtm_dst_len = destination.length;
  header.rtm_table = RT_TABLE_UNSPEC;
  header.rtm_protocol = RTPROT_BOOT;  // as `ip route` sets it; it prints no "proto" for it
  header.rtm_type = kernel_type(route.kind);
  header.rtm_scope = route.scope == RouteScope::kLink ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  if (route.onlink) header.rtm_flags = RTNH_F_ONLINK;
  if (type == RTM_DELROUTE) {  // whoever made it, and whatever its scope
    header.rtm_protocol = RTPROT_UNSPEC;
    header.rtm_scope = RT_SCOPE_NOWHERE;
  }
  Message message(type, flags, header);
  message.put(RTA_TABLE, route.table);
  if (destination.length != 0) message.put(RTA_DST, destination.address);
  if (!route.gateway.empty()) message.put(RTA_GATEWAY, parse_address(route.gateway));
  if (route.link_index != 0) message.put(RTA_OIF, route.link_index);
  return message;
}

bool is_ours(const rtmsg& header) {
  return header.rtm_type == RTN_UNICAST || header.rtm_type == RTN_BLACKHOLE ||
         header.rtm_type == RTN_THROW;
}

Route read_route(const rtmsg& header, const Attributes& attributes) {
  Route route;
  const std::string address = attributes.address(RTA_DST, header.rtm_family);
  route.destination =
      (address.empty() ? "0.0.0.0" : address) + "/" + std::to_string(header.rtm_dst_len);
  if (header.rtm_type == RTN_BLACKHOLE) route.kind = RouteKind::kBlackhole;
  if (header.rtm_type == RTN_THROW) route.kind = RouteKind::kThrow;
  route.gateway = attributes.address(RTA_GATEWAY, header.rtm_family);
  route.link_index = attributes.get<int>(RTA_OIF);
  route.scope = header.rtm_scope == RT_SCOPE_UNIVERSE ? RouteScope::kGlobal : RouteScope::kLink;
  route.table = attributes.get<std::uint32_t>(RTA_TABLE, header.rtm_table);
  route.onlink = (header.rtm_flags & RTNH_F_ONLINK) != 0;
  return route;
}

}  // namespace

void put_route(RouteSocket& where, const Route& route) {
  Message message = route_message(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, route);
  where.channel().request(message, "add route to " + route.destination);
}

bool delete_route(RouteSocket& where, const Route& route) {
  Message message = route_message(RTM_DELROUTE, NLM_F_ACK, route);
  return where.channel().request_unless(message, "delete route to " + route.destination,
                                        {ESRCH, ENODEV});
}

std::vector<Route> list_routes(RouteSocket& where, std::uint32_t table) {
  rtmsg header{};
  header.rtm_family = AF_INET;
  Message message(RTM_GETROUTE, NLM_F_DUMP, header);
  message.put(RTA_TABLE, table);
  std::vector<Route> routes;
  where.channel().ask(
      message, "list routes",
      [&](nlmsghdr* answer) {
        const auto& found = *static_cast<rtmsg*>(nlmsg_data(answer));
        if (is_ours(found)) routes.push_back(read_route(found, Attributes(answer, sizeof found)));
      },
      {ENOENT}, [&] { routes.clear(); });
  return routes;
}

}  // namespace enibox::netns

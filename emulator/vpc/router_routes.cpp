#include <spdlog/spdlog.h>

#include <algorithm>

#include "emulator/vpc/eni_device.hpp"
#include "emulator/vpc/router.hpp"
#include "netns/neighbour.hpp"

// Where a router's packets go beyond its own ENIs: route tables and portals.
namespace enibox::vpc {
namespace {

// Portals have addresses of a range that no VPC has: they are only next hops.
std::string portal_address(int slot) { return "169.254.0." + std::to_string(slot); }
constexpr int kLastSlot = 250;

}  // namespace

std::string portal_device_name(const std::string& id) {
  constexpr std::size_t kDigits = 11;
  const auto dash = id.find('-');
  if (dash == std::string::npos || id.size() - dash - 1 <= kDigits) return id;
  return id.substr(0, dash + 1) + id.substr(id.size() - kDigits);
}

std::optional<NextHop> Router::next_hop(const std::string& target) const {
  if (const auto eni = enis_.find(target); eni != enis_.end())
    return NextHop{eni->second.spec.address, eni->second.number};
  if (!open_portals_.contains(target)) return std::nullopt;
  const Portal& portal = portals_.find(target)->second;
  return NextHop{portal.address, portal.number};
}

void Router::render_routes(const SubnetRoutesSpec& routes) {
  const int number = subnet_number(routes.subnet_cidr);
  tables_.put(number, render_table({number, routes, vpc_.cidrs},
                                   [this](const std::string& target) { return next_hop(target); }));
}

void Router::put_routes(const SubnetRoutesSpec& routes) {
  step("put routes of " + routes.subnet_cidr);
  render_routes(routes);
  if (routes.routes.empty())
    routes_.erase(routes.subnet_cidr);
  else
    routes_.insert_or_assign(routes.subnet_cidr, routes);
}

void Router::reroute(const std::string& target) {
  for (const auto& [subnet, routes] : routes_)
    if (std::any_of(routes.routes.begin(), routes.routes.end(),
                    [&](const RouteSpec& route) { return route.target == target; }))
      render_routes(routes);
}

const Portal& Router::admit_portal(const std::string& id, const std::string& mac) {
  Portal portal{.id = id, .mac = mac, .number = next_number()};
  const auto taken = [&](const std::string& address) {
    return std::any_of(portals_.begin(), portals_.end(),
                       [&](const auto& entry) { return entry.second.address == address; });
  };
  int slot = 1;
  while (slot <= kLastSlot && taken(portal_address(slot))) ++slot;
  if (slot > kLastSlot)
    throw std::system_error(ENOSPC, std::generic_category(), "find an address for " + id);
  portal.address = portal_address(slot);
  filter(
      "admit " + id,
      [&](Ruleset& rules) {
        return rules.put_eni({.number = portal.number,
                              .link_index = portal.number,
                              .mac = portal.mac,
                              .address = portal.address,
                              .subnet_number = 0,
                              .group_ids = {},
                              .source_dest_check = false,
                              .judged_by_groups = false});
      },
      [&](Ruleset& rules) { return rules.remove_eni(portal.number); });
  return portals_.emplace(id, std::move(portal)).first->second;
}

void Router::open_portal(const std::string& id) {
  const Portal& portal = portals_.at(id);
  step("open " + id + ": set device up");
  netns::set_up(links_, portal.number);
  step("open " + id + ": add neighbour");
  netns::put_neighbour(links_, portal.number, portal.address, portal.mac);
  step("open " + id + ": route to it");
  open_portals_.insert(id);
  reroute(id);
}

void Router::close_portal(const std::string& id) {
  const auto known = portals_.find(id);
  if (known == portals_.end()) return;
  open_portals_.erase(id);
  try {
    reroute(id);
  } catch (const std::exception& error) {
    spdlog::error("{}: routes to {}: {}", vpc_.vpc_id, id, error.what());
  }
  const int number = known->second.number;
  unfilter(number);
  netns::delete_link(links_, number);
  portals_.erase(known);
}

}  // namespace enibox::vpc

#include "emulator/vpc/eni_device.hpp"

#include <algorithm>
#include <optional>

#include "emulator/vpc/cidr.hpp"
#include "emulator/vpc/router.hpp"
#include "netns/address.hpp"
#include "netns/route.hpp"
#include "netns/sysctl.hpp"

namespace enibox::vpc {
namespace {

// Indexes on an instance as they come about: lo, eth0, docker0, the first task's ENI, ecs-bridge,
// then a veth and an ENI for each task.
constexpr int kInstanceEniIndex = 2;
constexpr int kFirstTaskEniIndex = 4;
constexpr int kBridgeIndex = 5;

std::vector<netns::Sysctl> sysctls_of(const EniSpec& eni) {
  const std::string ipv6_off = eni.dhcp_like ? "0" : "1";
  return {
      {"net/ipv4/conf/all/rp_filter", "0"},
      {"net/ipv4/conf/default/rp_filter", "0"},
      {"net/ipv6/conf/all/accept_ra", "0", /*optional=*/true},
      {"net/ipv6/conf/default/accept_ra", "0", /*optional=*/true},
      {"net/ipv6/conf/all/disable_ipv6", ipv6_off, /*optional=*/true},
      {"net/ipv6/conf/default/disable_ipv6", ipv6_off, /*optional=*/true},
  };
}

Cidr subnet_of(const EniSpec& eni) {
  const auto subnet = Cidr::parse(eni.subnet_cidr);
  const auto address = IpAddress::parse(eni.address);
  if (!subnet || !address || !subnet->contains(*address))
    throw std::system_error(EINVAL, std::generic_category(),
                            "attach " + eni.eni_id + ": address '" + eni.address + "' of subnet '" +
                                eni.subnet_cidr + "'");
  return *subnet;
}

netns::InterfaceAddress address_of(const EniSpec& eni) {
  const Cidr subnet = subnet_of(eni);
  netns::InterfaceAddress address{.prefix = eni.address + "/" + std::to_string(subnet.prefix())};
  // dhclient leaves a broadcast address and a lifetime; the ECS plugins set neither.
  if (eni.dhcp_like) {
    address.broadcast = subnet.broadcast().text();
    address.lifetime_s = kLeaseSeconds;
  }
  return address;
}

int highest_index(netns::RouteSocket& links) {
  int highest = 0;
  for (const auto& link : netns::list_links(links)) highest = std::max(highest, link.index);
  return highest;
}

}  // namespace

std::string router_end_name(const std::string& eni_id) {
  constexpr std::size_t kDigits = 11;
  std::string digits = eni_id.starts_with("eni-") ? eni_id.substr(4) : eni_id;
  if (digits.size() > kDigits) digits = digits.substr(digits.size() - kDigits);
  return "eni-" + digits;
}

EniTarget open_eni_target(const EniSpec& eni) {
  subnet_of(eni);  // a malformed spec fails before anything is touched
  netns::Namespace where = netns::Namespace::open(eni.netns_path);
  std::optional<netns::RouteSocket> links;
  where.run([&] {
    netns::write_sysctls(sysctls_of(eni));
    links.emplace();
  });
  return {std::move(where), std::move(*links)};
}

int choose_device_index(const EniSpec& eni, netns::RouteSocket& target) {
  int wanted = eni.dhcp_like ? kInstanceEniIndex : kFirstTaskEniIndex;
  if (!eni.host_netns_path.empty()) {
    netns::RouteSocket host(netns::Namespace::open(eni.host_netns_path));
    const int highest = highest_index(host);
    if (highest > kBridgeIndex) wanted = highest + 1;
  }
  return netns::find_link(target, wanted) ? 0 : wanted;
}

void configure_eni_device(const EniSpec& eni, EniTarget& target, const StepName& step) {
  const auto device = netns::find_link(target.links, eni.interface_name);
  if (!device)
    throw std::system_error(ENODEV, std::generic_category(), "find " + eni.interface_name);
  step("set device up");
  netns::set_up(target.links, device->index);
  step("add address");
  netns::put_address(target.links, device->index, address_of(eni));
  step("add default route");
  netns::put_route(target.links, {.destination = "0.0.0.0/0",
                                  .gateway = subnet_of(eni).host(1).text(),
                                  .link_index = device->index});
  if (eni.dhcp_like) {
    step("add metadata route");
    netns::put_route(target.links,
                     {.destination = "169.254.169.254/32", .link_index = device->index});
  }
  step("set loopback up");
  netns::set_loopback_up(target.links);
}

bool eni_device_matches(const EniSpec& eni, const netns::Link& router_end) {
  if (!netns::Namespace::exists(eni.netns_path)) return false;
  netns::RouteSocket target(netns::Namespace::open(eni.netns_path));
  const auto device = netns::find_link(target, eni.interface_name);
  return device && device->mac == eni.mac && device->mtu_bytes == eni.mtu_bytes &&
         device->peer_index == router_end.index && device->index == router_end.peer_index;
}

void renew_lease(const EniSpec& eni) {
  if (!netns::Namespace::exists(eni.netns_path)) return;
  netns::RouteSocket target(netns::Namespace::open(eni.netns_path));
  if (const auto device = netns::find_link(target, eni.interface_name))
    netns::put_address(target, device->index, address_of(eni));
}

}  // namespace enibox::vpc

#include "emulator/vpc/gateway.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "emulator/undo.hpp"
#include "emulator/vpc/forwarding_place.hpp"
#include "netns/link.hpp"
#include "netns/neighbour.hpp"
#include "netns/route.hpp"
#include "netns/sysctl.hpp"
#include "netns/veth.hpp"

namespace enibox::vpc {
namespace {

constexpr const char* kVpcDevice = "vpc";
constexpr const char* kVpcMac = "0e:00:00:00:00:04";  // of a gateway's device to the router
constexpr const char* kRouterHop = "169.254.0.252";   // as a gateway sees the router

// AWS: a NAT gateway forgets an idle connection after 350 seconds, and resets what comes later.
const std::vector<netns::Sysctl> kNatSysctls = {
    {"net/netfilter/nf_conntrack_tcp_loose", "0"},
    {"net/netfilter/nf_conntrack_tcp_be_liberal", "1"},
    {"net/netfilter/nf_conntrack_tcp_timeout_established", "350"},
    {"net/netfilter/nf_conntrack_udp_timeout_stream", "350"},
};
// A flow that was there before the daemon, or before the address was moved here, goes on.
const std::vector<netns::Sysctl> kInternetGatewaySysctls = {
    {"net/netfilter/nf_conntrack_tcp_loose", "1"},
    {"net/netfilter/nf_conntrack_tcp_be_liberal", "1"},
};

std::string element(const std::string& verb, const std::string& map, const std::string& key,
                    const std::string& value = {}) {
  return verb + " element ip gateway " + map + " { " + key + (value.empty() ? "" : " : " + value) +
         " }\n";
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

// An address, or in nft's language one of several by chance.
std::string one_of(const std::vector<std::string>& addresses) {
  if (addresses.size() == 1) return addresses.front();
  std::string map;
  for (std::size_t i = 0; i < addresses.size(); ++i)
    map += (i == 0 ? "" : ", ") + std::to_string(i) + " : " + addresses[i];
  return "numgen random mod " + std::to_string(addresses.size()) + " map { " + map + " }";
}

// A gateway only forwards: it hears nothing itself, and says but what `rules` let out.
std::string nothing_local(const std::string& rules = "") {
  return "  chain local-in {\n"
         "    type filter hook input priority filter; policy drop;\n"
         "  }\n"
         "  chain local-out {\n"
         "    type filter hook output priority filter; policy drop;\n" +
         rules + "  }\n";
}

void log_failure(const std::string& what, const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    spdlog::error("{}: {}", what, error.what());
  }
}

}  // namespace

std::string render_internet_gateway() {
  return "add table ip gateway\n"
         "delete table ip gateway\n"
         "table ip gateway {\n"
         "  map public { type ipv4_addr : ipv4_addr; }\n"
         "  map private { type ipv4_addr : ipv4_addr; }\n"
         "  chain to-private {\n"
         "    type nat hook prerouting priority dstnat; policy accept;\n"
         "    dnat to ip daddr map @private\n"
         "    iifname \"internet\" drop\n"
         "  }\n"
         "  chain to-public {\n"
         "    type nat hook postrouting priority srcnat; policy accept;\n"
         "    iifname \"vpc\" snat to ip saddr map @public\n"
         "    iifname \"vpc\" drop\n"
         "  }\n"
         "  chain forward {\n"
         "    type filter hook forward priority filter; policy accept;\n"
         "    ct state invalid drop\n"
         "  }\n" +
         nothing_local() + "}\n";
}

std::string render_nat_gateway(const std::vector<std::string>& private_addresses) {
  const std::string address = one_of(private_addresses);
  return "add table ip gateway\n"
         "delete table ip gateway\n"
         "table ip gateway {\n"
         "  chain translate {\n"
         "    type nat hook postrouting priority srcnat; policy accept;\n"
         "    meta l4proto { tcp, udp } snat to " +
         address +
         ":1024-65535\n"
         "    meta l4proto icmp snat to " +
         address +
         "\n"
         "    drop\n"
         "  }\n"
         "  chain forward {\n"
         "    type filter hook forward priority filter; policy accept;\n"
         "    ct state invalid meta l4proto tcp reject with tcp reset\n"
         "    ct state invalid drop\n"
         "  }\n" +
         nothing_local("    tcp flags rst accept\n") + "}\n";
}

InternetGateway::InternetGateway(const GatewayPlace& place, const GatewaySpec& spec, Router& router,
                                 Internet& internet)
    : step_(place.step),
      path_(place.path),
      spec_(spec),
      router_(router),
      internet_(internet),
      namespace_(make_or_adopt(place.path, place.adopt)),
      links_(namespace_),
      filters_(namespace_),
      flows_(namespace_) {
  Undo undo;
  undo.add([this] { netns::Namespace::remove(path_); });
  const std::string what = "attach " + spec_.gateway_id + ": ";
  step_(what + "set sysctls");
  configure_forwarding(namespace_);
  netns::write_sysctls(namespace_, kInternetGatewaySysctls);
  // Without any address the kernel takes every next hop for a broadcast address.
  netns::set_loopback_up(links_);
  step_(what + "add translation");
  filters_.apply(render_internet_gateway(), what + "add translation");
  undo.add([this] { internet_.disconnect(spec_.gateway_id); });
  internet_.connect(spec_.gateway_id, namespace_, links_);
  undo.add([this] { router_.close_portal(spec_.gateway_id); });
  join_router();
  undo.dismiss();
}

void InternetGateway::join_router() {
  if (const auto stale = netns::find_link(links_, kVpcDevice))
    netns::delete_link(links_, stale->index);
  const Portal& portal = router_.admit_portal(spec_.gateway_id, kVpcMac);
  const std::string what = "attach " + spec_.gateway_id + ": ";
  step_(what + "add veth");
  netns::create_veth(
      router_.links(),
      {.name = portal_device_name(spec_.gateway_id),
       .index = portal.number,
       .mac = kRouterMac,
       .mtu_bytes = kInternetMtu},
      {.name = kVpcDevice, .mac = kVpcMac, .mtu_bytes = kInternetMtu, .where = &namespace_});
  const auto here = netns::find_link(links_, kVpcDevice);
  if (!here) throw std::system_error(ENODEV, std::generic_category(), what + "find device");
  vpc_link_ = here->index;
  step_(what + "set device up");
  netns::set_up(links_, vpc_link_);
  netns::put_neighbour(links_, vpc_link_, kRouterHop, kRouterMac);
  step_(what + "add routes");
  update(router_.vpc().cidrs);
  router_.open_portal(spec_.gateway_id);
}

void InternetGateway::close() {
  const std::string what = "detach " + spec_.gateway_id;
  log_failure(what, [&] { router_.close_portal(spec_.gateway_id); });
  log_failure(what, [&] { internet_.disconnect(spec_.gateway_id); });
  log_failure(what, [&] { netns::Namespace::remove(path_); });
}

void InternetGateway::update(const std::vector<std::string>& vpc_cidrs) {
  for (const auto& cidr : vpc_cidrs)
    netns::put_route(
        links_,
        {.destination = cidr, .gateway = kRouterHop, .link_index = vpc_link_, .onlink = true});
  for (const auto& cidr : cidrs_)
    if (!contains(vpc_cidrs, cidr))
      netns::delete_route(links_, {.destination = cidr, .link_index = vpc_link_});
  cidrs_ = vpc_cidrs;
}

void InternetGateway::put_address(const PublicAddressSpec& address) {
  const auto before = addresses_.find(address.address);
  if (before != addresses_.end() && before->second == address) return;
  const auto other = std::find_if(addresses_.begin(), addresses_.end(), [&](const auto& entry) {
    return entry.first != address.address &&
           entry.second.private_address == address.private_address;
  });
  if (other != addresses_.end()) remove_address(std::string(other->first));
  step_("map " + address.address);
  std::string commands;
  if (before != addresses_.end()) {
    const auto& old = before->second;
    commands = element("delete", "public", old.private_address) +
               element("delete", "private", old.address);
  }
  commands += element("add", "public", address.private_address, address.address) +
              element("add", "private", address.address, address.private_address);
  filters_.apply(commands, "map " + address.address);
  const auto old = before == addresses_.end() ? address : before->second;
  addresses_.insert_or_assign(address.address, address);
  Undo undo;
  undo.add([&] { remove_address(address.address); });
  step_("route " + address.address);
  internet_.put_address(address.address, spec_.gateway_id);
  undo.dismiss();
  forget(old);
  forget(address);
}

void InternetGateway::remove_address(const std::string& address) {
  const auto known = addresses_.find(address);
  if (known == addresses_.end()) return;
  const auto old = known->second;
  internet_.remove_address(address);
  filters_.apply(
      element("delete", "public", old.private_address) + element("delete", "private", old.address),
      "unmap " + address);
  addresses_.erase(known);
  forget(old);
}

void InternetGateway::forget(const PublicAddressSpec& address) {
  flows_.forget({address.address, address.private_address});
}

NatGateway::NatGateway(const GatewayPlace& place, const NatGatewaySpec& spec, Router& router)
    : step_(place.step),
      path_(place.path),
      spec_(spec),
      router_(router),
      namespace_(make_or_adopt(place.path, place.adopt)) {
  Undo undo;
  undo.add([this] { netns::Namespace::remove(path_); });
  step_("make " + spec_.nat_gateway_id + ": set sysctls");
  configure_forwarding(namespace_);
  netns::write_sysctls(namespace_, kNatSysctls);
  translate(spec_);
  put_interface(spec_);
  undo.dismiss();
}

void NatGateway::translate(const NatGatewaySpec& spec) {
  const std::string step = "make " + spec.nat_gateway_id + ": add translation";
  step_(step);
  auto addresses = spec.secondary_addresses;
  addresses.insert(addresses.begin(), spec.address);
  netns::Nftables(namespace_).apply(render_nat_gateway(addresses), step);
}

void NatGateway::put_interface(const NatGatewaySpec& spec) {
  router_.put_eni({.eni_id = spec.eni_id,
                   .vpc_id = spec.vpc_id,
                   .subnet_cidr = spec.subnet_cidr,
                   .address = spec.address,
                   .secondary_addresses = spec.secondary_addresses,
                   .mac = spec.mac,
                   .group_ids = {},
                   .source_dest_check = false,
                   .judged_by_groups = false,
                   .netns_path = path_});
}

// An address answers before a connection leaves by it, and goes after none does.
void NatGateway::update(const std::vector<std::string>& secondary_addresses) {
  if (secondary_addresses == spec_.secondary_addresses) return;
  auto wanted = spec_, both = spec_;
  wanted.secondary_addresses = secondary_addresses;
  std::vector<std::string> gone;
  for (const auto& address : spec_.secondary_addresses)
    if (!contains(secondary_addresses, address)) gone.push_back(address);
  for (const auto& address : secondary_addresses)
    if (!contains(both.secondary_addresses, address)) both.secondary_addresses.push_back(address);
  Undo undo;
  undo.add([this] { put_interface(spec_); });
  put_interface(both);
  undo.add([this] { translate(spec_); });
  translate(wanted);
  put_interface(wanted);
  undo.dismiss();
  spec_ = wanted;
  if (!gone.empty()) netns::Conntrack(namespace_).forget(gone);
}

void NatGateway::close() {
  const std::string what = "end " + spec_.nat_gateway_id;
  log_failure(what, [&] { router_.remove_eni(spec_.eni_id); });
  log_failure(what, [&] { netns::Namespace::remove(path_); });
}

}  // namespace enibox::vpc

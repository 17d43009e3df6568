#include "emulator/vpc/router.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "emulator/vpc/cidr.hpp"
#include "emulator/vpc/eni_device.hpp"
#include "emulator/vpc/flow_counters.hpp"
#include "emulator/vpc/forwarding_place.hpp"
#include "netns/neighbour.hpp"
#include "netns/route.hpp"
#include "netns/service_socket.hpp"
#include "netns/sysctl.hpp"
#include "netns/veth.hpp"

namespace enibox::vpc {
namespace {

constexpr int kLoopback = 1;
constexpr int kLastNumber = 0x3ffff;  // 18 bits of the packet mark
// A stream costs the router by the packet: with larger ones than the kernel's 64 KB it is about
// twice as fast (docs/data-path.md).
constexpr int kGsoMaxBytes = 192 * 1024;

// Everything that matters is said: a new namespace inherits some of the host's values. "all" first,
// where writing it changes others (ip_forward resets the redirect switches).
const std::vector<netns::Sysctl> kRouterSysctls = {
    {"net/ipv4/ip_forward", "1"},
    // Devices take the defaults when they are born, so an ENI costs no write.
    {"net/ipv4/conf/default/proxy_arp", "1"},
    {"net/ipv4/conf/default/rp_filter", "0"},
    {"net/ipv4/conf/all/rp_filter", "0"},
    {"net/ipv4/conf/default/accept_redirects", "0"},
    {"net/ipv4/conf/all/accept_redirects", "0"},
    {"net/ipv4/conf/default/send_redirects", "0"},
    {"net/ipv4/conf/all/send_redirects", "0"},
    {"net/ipv4/conf/default/accept_source_route", "0"},
    {"net/ipv4/conf/all/accept_source_route", "0"},
    // The router's own "fragmentation needed" may come back through an interface that translates.
    {"net/ipv4/conf/default/accept_local", "1"},
    {"net/ipv4/conf/all/accept_local", "1"},
    {"net/ipv4/conf/default/log_martians", "0"},
    {"net/ipv4/conf/all/log_martians", "0"},
    {"net/ipv4/conf/default/arp_ignore", "0"},
    {"net/ipv4/conf/all/arp_ignore", "0"},
    {"net/ipv6/conf/all/disable_ipv6", "1", /*optional=*/true},
    {"net/ipv6/conf/default/disable_ipv6", "1", /*optional=*/true},
    // EC2 connection tracking: an established flow begins with SYN; idle timeouts of the User
    // Guide, "Security group connection tracking". Windows are the end points' business.
    {"net/netfilter/nf_conntrack_tcp_loose", "0"},
    {"net/netfilter/nf_conntrack_tcp_be_liberal", "1"},
    {"net/netfilter/nf_conntrack_tcp_timeout_established", "432000"},
    {"net/netfilter/nf_conntrack_udp_timeout", "30"},
    {"net/netfilter/nf_conntrack_udp_timeout_stream", "180"},
    {"net/netfilter/nf_conntrack_generic_timeout", "600"},
};

std::string host_route(const std::string& address) { return address + "/32"; }

// The primary address is on the link; packets for the others are handed to it.
std::vector<netns::Route> routes_of(const EniSpec& eni, int number) {
  std::vector<netns::Route> routes{{.destination = host_route(eni.address),
                                    .link_index = number,
                                    .scope = netns::RouteScope::kLink}};
  for (const auto& address : eni.secondary_addresses)
    routes.push_back(
        {.destination = host_route(address), .gateway = eni.address, .link_index = number});
  return routes;
}

std::vector<std::string> addresses_of(const EniSpec& eni) {
  std::vector<std::string> all{eni.address};
  all.insert(all.end(), eni.secondary_addresses.begin(), eni.secondary_addresses.end());
  return all;
}

// What may change of an ENI whose device stays.
EniSpec with_changeable(EniSpec eni, const EniSpec& other) {
  eni.group_ids = other.group_ids;
  eni.source_dest_check = other.source_dest_check;
  eni.secondary_addresses = other.secondary_addresses;
  return eni;
}

CountedEni counted(const EniSpec& eni, int number, bool gone) {
  return {.eni_id = eni.eni_id,
          .address = eni.address,
          .secondary_addresses = eni.secondary_addresses,
          .number = number,
          .source_dest_check = eni.source_dest_check,
          .gone = gone};
}

}  // namespace

Router::Router(RouterContext context, Place place, const VpcSpec& vpc)
    : context_(std::move(context)),
      path_(std::move(place.path)),
      namespace_(make_or_adopt(path_, place.adopt)),
      links_(namespace_),
      filters_(namespace_),
      remains_(std::make_shared<Remains>(namespace_)),
      ruleset_(context_.service_packets_per_second),
      held_(place.held),
      tables_(links_) {
  Undo undo;
  if (!place.adopt) undo.add([this] { netns::Namespace::remove(path_); });
  if (place.adopt) tables_.clear();
  std::vector<int> portals;  // made anew, with the other ends
  for (auto& link : netns::list_links(links_)) {
    if (link.index == kLoopback) continue;
    last_number_ = std::max(last_number_, link.index);
    if (link.name.starts_with("eni-"))
      unclaimed_.emplace(link.index, std::move(link));
    else
      portals.push_back(link.index);
  }
  if (!portals.empty()) netns::delete_links(links_, portals);
  configure(/*keep_filters=*/place.adopt && place.held);
  update(vpc);
  undo.dismiss();
}

Router::~Router() = default;

void Router::configure(bool keep_filters) {
  step("set router sysctls");
  netns::write_sysctls(namespace_, kRouterSysctls);
  step("add gates");
  if (!keep_filters) apply(render_gates(context_.service_packets_per_second), "add gates");
  behind_ = keep_filters;
  step("set router loopback up");
  netns::set_loopback_up(links_);
  // What has no route ends silently; without this the router would answer "network unreachable".
  step("add router routes");
  netns::put_route(links_, {.destination = "0.0.0.0/0", .kind = netns::RouteKind::kBlackhole});
}

void Router::update(const VpcSpec& vpc) {
  put_addresses(own_addresses(vpc));
  vpc_ = vpc;
  for (const auto& [subnet, routes] : routes_) render_routes(routes);
}

std::set<std::string> Router::own_addresses(const VpcSpec& vpc) const {
  std::set<std::string> own;
  for (const auto& subnet : vpc.subnets)
    if (const auto cidr = Cidr::parse(subnet); cidr && !cidr->is_v6())
      own.insert(host_route(cidr->host(1).text()));
  for (const auto& service : services_) own.insert(host_route(service.address));
  return own;
}

void Router::put_addresses(const std::set<std::string>& wanted) {
  std::set<std::string> present;
  for (const auto& address : netns::list_addresses(links_, kLoopback))
    if (!address.prefix.starts_with("127.")) present.insert(address.prefix);

  Undo undo;
  for (const auto& address : wanted) {
    if (present.contains(address)) continue;
    step("add router address " + address);
    netns::put_address(links_, kLoopback, {.prefix = address});
    undo.add([this, address] { netns::delete_address(links_, kLoopback, address); });
  }
  undo.dismiss();
  for (const auto& address : present)
    if (!wanted.contains(address)) netns::delete_address(links_, kLoopback, address);
}

// The door in the filters last: nothing answers "connection refused" before the socket is there.
netns::UniqueFd Router::open_service(const LocalService& service) {
  const std::string what = "open service " + service.address + " " + service.protocol + ": ";
  Undo undo;
  const bool added = services_.insert(service).second;
  if (added) undo.add([this, service] { close_service(service); });
  put_addresses(own_addresses(vpc_));
  step(what + "open socket");
  netns::UniqueFd socket = netns::open_service_socket(
      namespace_,
      {.address = service.address, .port = service.port, .tcp = service.protocol == "tcp"});
  filter(
      what + "add filters", [&](Ruleset& rules) { return rules.put_service(service); },
      [&](Ruleset& rules) { return added ? rules.remove_service(service) : Commands{}; });
  undo.dismiss();
  return socket;
}

void Router::close_service(const LocalService& service) {
  if (services_.erase(service) == 0) return;
  filter(
      "close service " + service.address,
      [&](Ruleset& rules) { return rules.remove_service(service); },
      [&](Ruleset& rules) { return rules.put_service(service); });
  put_addresses(own_addresses(vpc_));
}

void Router::apply(const Commands& commands, const std::string& what) {
  for (const auto& transaction : transactions(commands)) filters_.apply(transaction, what);
}

void Router::apply_all(const std::string& what) {
  behind_ = true;
  apply(ruleset_.render(), what);
  behind_ = false;
}

void Router::release_filters() {
  held_ = false;
  if (behind_) apply_all("apply filters of " + vpc_.vpc_id);
}

void Router::filter(const std::string& what, const Change& change, const Change& opposite) {
  step(what);
  const Commands commands = change(ruleset_);
  if (commands.empty()) return;
  if (held_) {
    behind_ = true;
    return;
  }
  try {
    if (behind_)
      apply_all(what);
    else
      apply(commands, what);
  } catch (...) {
    opposite(ruleset_);
    // A transaction is all or nothing; of several, some may have passed.
    if (behind_ || transactions(commands).size() > 1) apply_all(what + ": put back");
    throw;
  }
}

// Must not leave stale elements: an ENI's number and address go to others.
void Router::unfilter(int number) {
  const Commands commands = ruleset_.remove_eni(number);
  if (held_) {
    behind_ = true;
    return;
  }
  try {
    apply(commands, "remove filters");
  } catch (const std::exception& error) {
    spdlog::warn("{}: {}; rendering all filters anew", vpc_.vpc_id, error.what());
    apply_all("render filters");
  }
}

void Router::put_group(const GroupSpec& group) {
  const auto before = ruleset_.group(group.group_id);
  filter(
      "put group " + group.group_id, [&](Ruleset& rules) { return rules.put_group(group); },
      [&](Ruleset& rules) {
        return before ? rules.put_group(*before) : rules.remove_group(group.group_id);
      });
}

void Router::remove_group(const std::string& group_id) {
  const auto before = ruleset_.group(group_id);
  if (!before) return;
  filter(
      "remove group " + group_id, [&](Ruleset& rules) { return rules.remove_group(group_id); },
      [&](Ruleset& rules) { return rules.put_group(*before); });
}

void Router::put_prefix_list(const PrefixListSpec& list) {
  const auto before = ruleset_.prefix_list(list.prefix_list_id);
  filter(
      "put prefix list " + list.prefix_list_id,
      [&](Ruleset& rules) { return rules.put_prefix_list(list); },
      [&](Ruleset& rules) {
        return before ? rules.put_prefix_list(*before)
                      : rules.remove_prefix_list(list.prefix_list_id);
      });
}

void Router::remove_prefix_list(const std::string& prefix_list_id) {
  const auto before = ruleset_.prefix_list(prefix_list_id);
  if (!before) return;
  filter(
      "remove prefix list " + prefix_list_id,
      [&](Ruleset& rules) { return rules.remove_prefix_list(prefix_list_id); },
      [&](Ruleset& rules) { return rules.put_prefix_list(*before); });
}

void Router::put_acl(const NetworkAclSpec& acl) {
  FilteredAcl filtered{.acl_id = acl.acl_id, .subnets = {}, .entries = acl.entries};
  for (const auto& cidr : acl.subnets) filtered.subnets.push_back({subnet_number(cidr), cidr});
  const auto before = ruleset_.acls();
  filter(
      "put network ACL " + acl.acl_id, [&](Ruleset& rules) { return rules.put_acl(filtered); },
      [&](Ruleset& rules) { return rules.replace_acls(before); });
}

void Router::remove_acl(const std::string& acl_id) {
  const auto before = ruleset_.acls();
  filter(
      "remove network ACL " + acl_id, [&](Ruleset& rules) { return rules.remove_acl(acl_id); },
      [&](Ruleset& rules) { return rules.replace_acls(before); });
}

void Router::refresh_foreign_members(
    const std::function<std::set<std::string>(const std::string&)>& members_of) {
  for (const auto& id : ruleset_.foreign_groups()) {
    const auto before = ruleset_.foreign_members(id);
    const auto after = members_of(id);
    filter(
        "put members of " + id,
        [&](Ruleset& rules) { return rules.set_foreign_members(id, after); },
        [&](Ruleset& rules) { return rules.set_foreign_members(id, before); });
  }
}

int Router::subnet_number(const std::string& subnet_cidr) {
  constexpr int kLastSubnet = static_cast<int>(kSubnetMask);
  const int next = static_cast<int>(subnet_numbers_.size()) + 1;
  if (next > kLastSubnet && !subnet_numbers_.contains(subnet_cidr))
    throw std::system_error(ENOSPC, std::generic_category(), "number subnet " + subnet_cidr);
  return subnet_numbers_.try_emplace(subnet_cidr, next).first->second;
}

FilteredEni Router::filtered(const EniSpec& eni, int number) {
  return {.number = number,
          .link_index = number,
          .mac = eni.mac,
          .address = eni.address,
          .secondary_addresses = eni.secondary_addresses,
          .subnet_number = subnet_number(eni.subnet_cidr),
          .group_ids = eni.group_ids,
          .source_dest_check = eni.source_dest_check,
          .judged_by_groups = eni.judged_by_groups};
}

void Router::put_eni(const EniSpec& eni) {
  const auto known = enis_.find(eni.eni_id);
  if (known != enis_.end()) {
    if (with_changeable(known->second.spec, eni) == eni && is_alive(known->second))
      return change(known->second, eni);
    remove_eni(eni.eni_id);
  }
  if (!adopt_link(eni)) attach(eni);
}

// Its device stays: only what the router makes of it changes.
void Router::change(Eni& entry, const EniSpec& eni) {
  const auto before = filtered(entry.spec, entry.number);
  const auto after = filtered(eni, entry.number);
  filter(
      "change filters of " + eni.eni_id, [&](Ruleset& rules) { return rules.put_eni(after); },
      [&](Ruleset& rules) { return rules.put_eni(before); });
  route_secondaries(entry.spec, eni, entry.number);
  entry.spec = eni;
}

void Router::route_secondaries(const EniSpec& before, const EniSpec& after, int number) {
  const auto old_routes = routes_of(before, number);
  const auto new_routes = routes_of(after, number);
  const auto has = [](const auto& list, const auto& one) {
    return std::find(list.begin(), list.end(), one) != list.end();
  };
  Remains::Dead dead;
  for (const auto& route : old_routes)
    if (!has(new_routes, route)) netns::delete_route(links_, route);
  for (const auto& address : before.secondary_addresses)
    if (!has(after.secondary_addresses, address)) dead.addresses.push_back(address);
  wait_until_free(after.secondary_addresses);
  release(dead);
  for (const auto& route : new_routes)
    if (!has(old_routes, route)) netns::put_route(links_, route);
}

bool Router::is_alive(const Eni& eni) {
  const auto link = netns::find_link(links_, eni.number);
  return link && link->name == router_end_name(eni.spec.eni_id);
}

int Router::next_number() {
  for (int tries = 0; tries < kLastNumber; ++tries) {
    last_number_ = last_number_ >= kLastNumber ? kFirstNumber : last_number_ + 1;
    if (!unclaimed_.contains(last_number_) &&
        std::none_of(enis_.begin(), enis_.end(),
                     [&](const auto& entry) { return entry.second.number == last_number_; }) &&
        std::none_of(portals_.begin(), portals_.end(),
                     [&](const auto& entry) { return entry.second.number == last_number_; }))
      return last_number_;
  }
  throw std::system_error(ENOSPC, std::generic_category(), "number an ENI of " + vpc_.vpc_id);
}

// Else the burial of the former owner's flows would take the new one's.
void Router::wait_until_free(const std::vector<std::string>& addresses) {
  if (std::none_of(addresses.begin(), addresses.end(),
                   [&](const auto& address) { return released_.contains(address); }))
    return;
  context_.background.wait_idle();
  released_.clear();
}

// While a deletion is under way a device of the same name is still there.
void Router::clear_the_way(const EniSpec& eni, netns::RouteSocket& target) {
  const std::string name = router_end_name(eni.eni_id);
  const auto taken = [&] {
    return netns::find_link(links_, name) || netns::find_link(target, eni.interface_name);
  };
  wait_until_free(addresses_of(eni));
  if (!taken()) return;
  context_.background.wait_idle();
  if (const auto stale = netns::find_link(links_, name)) {
    netns::delete_link(links_, stale->index);
    unclaimed_.erase(stale->index);
  }
}

void Router::attach(const EniSpec& eni) {
  const std::string what = "attach " + eni.eni_id + ": ";
  step(what + "enter namespace");
  EniTarget target = open_eni_target(eni);
  clear_the_way(eni, target.links);
  Eni entry{eni, next_number()};
  const int number = entry.number;
  Undo undo;

  // The filters first: the device's first packet is judged already.
  filter(
      what + "add filters", [&](Ruleset& rules) { return rules.put_eni(filtered(eni, number)); },
      [&](Ruleset& rules) { return rules.remove_eni(number); });
  undo.add([this, number] { unfilter(number); });
  step(what + "add veth");
  netns::create_veth(links_,
                     {.name = router_end_name(eni.eni_id),
                      .index = number,
                      .mac = kRouterMac,
                      .mtu_bytes = eni.mtu_bytes,
                      .gso_max_bytes = kGsoMaxBytes},
                     {.name = eni.interface_name,
                      .index = choose_device_index(eni, target.links),
                      .mac = eni.mac,
                      .mtu_bytes = eni.mtu_bytes,
                      .gso_max_bytes = kGsoMaxBytes,
                      .where = &target.where});
  undo.add([this, number] { netns::delete_link(links_, number); });
  step(what + "name router end");
  netns::add_alternative_name(links_, number, eni.eni_id);
  announce(eni, number, what);
  configure_eni_device(eni, target, [&](const std::string& name) { step(what + name); });
  enis_.emplace(eni.eni_id, std::move(entry));
  undo.add([&] {
    enis_.erase(eni.eni_id);
    reroute(eni.eni_id);
  });
  step(what + "route to it");
  reroute(eni.eni_id);
  undo.dismiss();
}

void Router::announce(const EniSpec& eni, int number, const std::string& what) {
  step(what + "set proxy ARP");
  netns::set_proxy_delay(links_, number, 0);
  step(what + "add neighbour");
  netns::put_neighbour(links_, number, eni.address, eni.mac);
  step(what + "add route");
  for (const auto& route : routes_of(eni, number)) netns::put_route(links_, route);
}

bool Router::remove_eni(const std::string& eni_id) {
  const auto known = enis_.find(eni_id);
  if (known == enis_.end()) return false;
  const Eni eni = std::move(known->second);
  enis_.erase(known);
  // Before the device goes, and the kernel with it forgets the routes: a blackhole stays one.
  try {
    reroute(eni_id);
  } catch (const std::exception& error) {
    spdlog::error("{}: routes to {}: {}", vpc_.vpc_id, eni_id, error.what());
  }
  detach(eni);
  return true;
}

// The filters close at once; the rest takes long and waits for nobody.
void Router::detach(const Eni& eni) {
  unfilter(eni.number);
  if (counters_) departed_.push_back(counted(eni.spec, eni.number, /*gone=*/true));
  for (const auto& route : routes_of(eni.spec, eni.number)) netns::delete_route(links_, route);
  release({.addresses = addresses_of(eni.spec), .link_indexes = {eni.number}});
}

void Router::release(const Remains::Dead& dead) {
  if (dead.addresses.empty()) return;
  if (context_.background.idle()) released_.clear();
  released_.insert(dead.addresses.begin(), dead.addresses.end());
  bury(dead);
}

void Router::bury(const Remains::Dead& dead) {
  if (remains_->add(dead)) context_.background.submit([remains = remains_] { remains->bury(); });
}

// After a restart of the daemon: the device of an ENI that is as the spec says stays untouched, so
// that its flows go on.
bool Router::adopt_link(const EniSpec& eni) {
  const std::string name = router_end_name(eni.eni_id);
  const auto found = std::find_if(unclaimed_.begin(), unclaimed_.end(),
                                  [&](const auto& entry) { return entry.second.name == name; });
  if (found == unclaimed_.end()) return false;
  const netns::Link link = found->second;
  unclaimed_.erase(found);
  if (link.kind != "veth" || link.mtu_bytes != eni.mtu_bytes || link.mac != kRouterMac ||
      !eni_device_matches(eni, link)) {
    netns::delete_link(links_, link.index);
    return false;
  }
  const std::string what = "adopt " + eni.eni_id + ": ";
  filter(
      what + "add filters",
      [&](Ruleset& rules) { return rules.put_eni(filtered(eni, link.index)); },
      [&](Ruleset& rules) { return rules.remove_eni(link.index); });
  announce(eni, link.index, what);
  // The daemon may have died half-way through attach().
  EniTarget target = open_eni_target(eni);
  configure_eni_device(eni, target, [&](const std::string& sub_step) { step(what + sub_step); });
  enis_.emplace(eni.eni_id, Eni{eni, link.index});
  reroute(eni.eni_id);
  return true;
}

void Router::renew_leases() {
  for (const auto& [id, eni] : enis_) {
    if (!eni.spec.dhcp_like) continue;
    try {
      renew_lease(eni.spec);
    } catch (const std::exception& error) {  // the others' leases must not end with it
      spdlog::warn("renew lease of {}: {}", id, error.what());
    }
  }
}

void Router::forget_unclaimed() {
  Remains::Dead dead;
  for (const auto& [index, link] : unclaimed_) dead.link_indexes.push_back(index);
  if (!dead.link_indexes.empty()) bury(dead);
  unclaimed_.clear();
}

void Router::count_flows(bool on) {
  if (on == (counters_ != nullptr)) return;
  auto counters = on ? std::make_shared<netns::SetReader>(namespace_) : nullptr;
  filter(
      "count flows", [&](Ruleset& rules) { return rules.count_flows(on); },
      [&](Ruleset& rules) { return rules.count_flows(!on); });
  counters_ = std::move(counters);
  departed_.clear();
}

FlowStretch Router::end_flow_stretch() {
  const auto half = ruleset_.flow_half();
  if (!half || !counters_)
    throw std::system_error(ENOENT, std::generic_category(), "count flows of " + vpc_.vpc_id);
  filter(
      "turn flow counters", [](Ruleset& rules) { return rules.turn_flow_counters(); },
      [](Ruleset& rules) { return rules.turn_flow_counters(); });
  FlowStretch stretch;
  stretch.ended_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
  stretch.read = [counters = counters_, half = *half] {
    return read_flow_counters(*counters, half);
  };
  stretch.enis = std::exchange(departed_, {});
  for (const auto& [id, eni] : enis_)
    stretch.enis.push_back(counted(eni.spec, eni.number, /*gone=*/false));
  return stretch;
}

void Router::destroy() { netns::Namespace::remove(path_); }

}  // namespace enibox::vpc

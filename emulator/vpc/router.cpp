#include "emulator/vpc/router.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "emulator/vpc/cidr.hpp"
#include "emulator/vpc/eni_device.hpp"
#include "netns/neighbour.hpp"
#include "netns/route.hpp"
#include "netns/sysctl.hpp"
#include "netns/veth.hpp"

namespace enibox::vpc {
namespace {

constexpr int kLoopback = 1;
constexpr int kLastNumber = 0x3ffff;  // 18 bits of the packet mark

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

netns::Namespace make_or_adopt(const std::string& path, bool adopt) {
  if (netns::Namespace::exists(path)) {
    if (adopt) return netns::Namespace::open(path);
    netns::Namespace::remove(path);  // of a former life that was not to be kept
  }
  return netns::Namespace::create(path);
}

std::string host_route(const std::string& address) { return address + "/32"; }

netns::Route route_of(const EniSpec& eni, int number) {
  return {.destination = host_route(eni.address),
          .link_index = number,
          .scope = netns::RouteScope::kLink};
}

}  // namespace

Router::Router(RouterContext context, std::string path, const VpcSpec& vpc, bool adopt)
    : context_(std::move(context)),
      path_(std::move(path)),
      namespace_(make_or_adopt(path_, adopt)),
      links_(namespace_),
      filters_(namespace_),
      remains_(std::make_shared<Remains>(namespace_)) {
  Undo undo;
  if (!adopt) undo.add([this] { netns::Namespace::remove(path_); });
  for (auto& link : netns::list_links(links_)) {
    if (link.index == kLoopback) continue;
    last_number_ = std::max(last_number_, link.index);
    unclaimed_.emplace(link.index, std::move(link));
  }
  configure();
  update(vpc);
  undo.dismiss();
}

Router::~Router() = default;

void Router::configure() {
  step("set router sysctls");
  netns::write_sysctls(namespace_, kRouterSysctls);
  step("add gates");
  apply(render_gates(), "add gates");
  step("set router loopback up");
  netns::set_loopback_up(links_);
  // What has no route ends silently; without this the router would answer "network unreachable".
  step("add router routes");
  netns::put_route(links_, {.destination = "0.0.0.0/0", .kind = netns::RouteKind::kBlackhole});
}

void Router::update(const VpcSpec& vpc) {
  std::set<std::string> gateways;
  for (const auto& subnet : vpc.subnets)
    if (const auto cidr = Cidr::parse(subnet); cidr && !cidr->is_v6())
      gateways.insert(host_route(cidr->host(1).text()));
  std::set<std::string> present;
  for (const auto& address : netns::list_addresses(links_, kLoopback))
    if (!address.prefix.starts_with("127.")) present.insert(address.prefix);

  Undo undo;
  for (const auto& gateway : gateways) {
    if (present.contains(gateway)) continue;
    step("add router address " + gateway);
    netns::put_address(links_, kLoopback, {.prefix = gateway});
    undo.add([this, gateway] { netns::delete_address(links_, kLoopback, gateway); });
  }
  undo.dismiss();
  for (const auto& address : present)
    if (!gateways.contains(address)) netns::delete_address(links_, kLoopback, address);
  vpc_ = vpc;
}

void Router::apply(const Commands& commands, const std::string& what) {
  for (const auto& transaction : transactions(commands)) filters_.apply(transaction, what);
}

void Router::filter(const std::string& what, const Change& change, const Change& opposite) {
  step(what);
  const Commands commands = change(ruleset_);
  try {
    apply(commands, what);
  } catch (...) {
    opposite(ruleset_);
    // A transaction is all or nothing; of several, some may have passed.
    if (transactions(commands).size() > 1) apply(ruleset_.render(), what + ": put back");
    throw;
  }
}

// Must not leave stale elements: an ENI's number and address go to others.
void Router::unfilter(int number) {
  try {
    apply(ruleset_.remove_eni(number), "remove filters");
  } catch (const std::exception& error) {
    spdlog::warn("{}: {}; rendering all filters anew", vpc_.vpc_id, error.what());
    apply(ruleset_.render(), "render filters");
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

int Router::subnet_number(const std::string& subnet_cidr) {
  constexpr int kLastSubnet = (1 << kSubnetBits) - 1;
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
          .subnet_number = subnet_number(eni.subnet_cidr),
          .group_ids = eni.group_ids,
          .source_dest_check = eni.source_dest_check};
}

void Router::put_eni(const EniSpec& eni) {
  const auto known = enis_.find(eni.eni_id);
  if (known != enis_.end()) {
    Eni& entry = known->second;
    EniSpec same_device = eni;
    same_device.group_ids = entry.spec.group_ids;
    same_device.source_dest_check = entry.spec.source_dest_check;
    if (same_device == entry.spec && is_alive(entry)) {
      const auto before = filtered(entry.spec, entry.number);
      const auto after = filtered(eni, entry.number);
      filter(
          "change filters of " + eni.eni_id, [&](Ruleset& rules) { return rules.put_eni(after); },
          [&](Ruleset& rules) { return rules.put_eni(before); });
      entry.spec = eni;
      return;
    }
    remove_eni(eni.eni_id);
  }
  if (!adopt_link(eni)) attach(eni);
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
                     [&](const auto& entry) { return entry.second.number == last_number_; }))
      return last_number_;
  }
  throw std::system_error(ENOSPC, std::generic_category(), "number an ENI of " + vpc_.vpc_id);
}

// While a deletion is under way a device of the same name is still there, or the address's flows.
void Router::clear_the_way(const EniSpec& eni, netns::RouteSocket& target) {
  const std::string name = router_end_name(eni.eni_id);
  const auto taken = [&] {
    return netns::find_link(links_, name) || netns::find_link(target, eni.interface_name);
  };
  if (!released_.contains(eni.address) && !taken()) return;
  context_.background.wait_idle();
  released_.clear();
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
                      .mtu_bytes = eni.mtu_bytes},
                     {.name = eni.interface_name,
                      .index = choose_device_index(eni, target.links),
                      .mac = eni.mac,
                      .mtu_bytes = eni.mtu_bytes,
                      .where = &target.where});
  undo.add([this, number] { netns::delete_link(links_, number); });
  step(what + "name router end");
  netns::add_alternative_name(links_, number, eni.eni_id);
  announce(eni, number, what);
  configure_eni_device(eni, target, [&](const std::string& name) { step(what + name); });
  undo.dismiss();
  enis_.emplace(eni.eni_id, std::move(entry));
}

void Router::announce(const EniSpec& eni, int number, const std::string& what) {
  step(what + "set proxy ARP");
  netns::set_proxy_delay(links_, number, 0);
  step(what + "add neighbour");
  netns::put_neighbour(links_, number, eni.address, eni.mac);
  step(what + "add route");
  netns::put_route(links_, route_of(eni, number));
}

bool Router::remove_eni(const std::string& eni_id) {
  const auto known = enis_.find(eni_id);
  if (known == enis_.end()) return false;
  detach(known->second);
  enis_.erase(known);
  return true;
}

// The filters close at once; the rest takes long and waits for nobody.
void Router::detach(const Eni& eni) {
  unfilter(eni.number);
  netns::delete_route(links_, route_of(eni.spec, eni.number));
  if (context_.background.idle()) released_.clear();
  released_.insert(eni.spec.address);
  bury({.addresses = {eni.spec.address}, .link_indexes = {eni.number}});
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

void Router::destroy() { netns::Namespace::remove(path_); }

}  // namespace enibox::vpc

#include "emulator/vpc/uplink.hpp"

#include <spdlog/spdlog.h>

#include <functional>
#include <set>
#include <system_error>

#include "emulator/undo.hpp"
#include "emulator/vpc/internet.hpp"
#include "netns/address.hpp"
#include "netns/link.hpp"
#include "netns/route.hpp"
#include "netns/sysctl.hpp"
#include "netns/veth.hpp"

namespace enibox::vpc {
namespace {

constexpr const char* kInternetDevice = "uplink";
constexpr const char* kForwarding = "net/ipv4/ip_forward";
// What the box's internet has itself, and what no internet leads to.
constexpr const char* kNotOutside[] = {"192.0.2.0/24",   "198.51.100.0/24", "203.0.113.0/24",
                                       "198.18.0.0/15",  "10.0.0.0/8",      "172.16.0.0/12",
                                       "192.168.0.0/16", "100.64.0.0/10",   "169.254.0.0/16"};
// Both halves, so that the blackhole default is what is left when the device goes.
constexpr const char* kEverything[] = {"0.0.0.0/1", "128.0.0.0/1"};

// The first pair of link-local addresses that the host does not use.
struct Pair {
  std::string host, box;
};
Pair free_pair(netns::RouteSocket& host) {
  std::set<std::string> used;
  for (const auto& link : netns::list_links(host))
    for (const auto& address : netns::list_addresses(host, link.index))
      used.insert(address.prefix.substr(0, address.prefix.find('/')));
  for (int net = 0; net < 256; net += 4) {
    const std::string base = "169.254.241.";
    Pair pair{base + std::to_string(net + 1), base + std::to_string(net + 2)};
    if (!used.contains(pair.host)) return pair;
  }
  throw std::system_error(EADDRNOTAVAIL, std::generic_category(), "find addresses for the uplink");
}

std::string host_rules(const std::string& name) {
  const std::string from_box = "iifname \"" + name + "\" ";
  return "add table ip " + name + "\ndelete table ip " + name + "\ntable ip " + name +
         " {\n"
         "  chain to-outside {\n"
         "    type nat hook postrouting priority srcnat; policy accept;\n"
         "    " +
         from_box +
         "masquerade\n"
         "  }\n"
         "  chain to-host {\n"
         "    type filter hook input priority filter - 10; policy accept;\n"
         "    " +
         from_box +
         "drop\n"
         "  }\n"
         "  chain to-box {\n"
         "    type filter hook forward priority filter - 10; policy accept;\n"
         "    oifname \"" +
         name +
         "\" ct state != { established, related } drop\n"
         "  }\n"
         "}\n";
}

constexpr const char* kInternetRules =
    "add table ip uplink\ndelete table ip uplink\n"
    "table ip uplink {\n"
    "  chain to-outside {\n"
    "    type nat hook postrouting priority srcnat; policy accept;\n"
    "    oifname \"uplink\" masquerade\n"
    "  }\n"
    "}\n";

}  // namespace

Uplink::Uplink(Options options)
    : host_(std::move(options.host)),
      name_(options.name),
      host_links_(host_),
      host_filters_(host_) {
  Undo undo;
  undo.add([this] { take_away(); });
  connect(options);
  lead_out(options);
  undo.dismiss();
}

Uplink::~Uplink() { take_away(); }

void Uplink::connect(const Options& options) {
  netns::RouteSocket internet(options.internet);
  if (const auto stale = netns::find_link(internet, kInternetDevice))
    netns::delete_link(internet, stale->index);
  const Pair pair = free_pair(host_links_);
  options.before_step("uplink: add veth");
  netns::create_veth(
      host_links_, {.name = name_, .mtu_bytes = kInternetMtu},
      {.name = kInternetDevice, .mtu_bytes = kInternetMtu, .where = &options.internet});
  const auto outer = netns::find_link(host_links_, name_);
  const auto inner = netns::find_link(internet, kInternetDevice);
  if (!outer || !inner)
    throw std::system_error(ENODEV, std::generic_category(), "find the uplink's device");
  options.before_step("uplink: add addresses");
  netns::put_address(host_links_, outer->index, {.prefix = pair.host + "/30"});
  netns::put_address(internet, inner->index, {.prefix = pair.box + "/30"});
  netns::set_up(internet, inner->index);
  options.before_step("uplink: add routes");
  for (const auto* block : kNotOutside)
    netns::put_route(internet, {.destination = block, .kind = netns::RouteKind::kBlackhole});
  for (const auto* half : kEverything)
    netns::put_route(internet,
                     {.destination = half, .gateway = pair.host, .link_index = inner->index});
}

void Uplink::lead_out(const Options& options) {
  options.before_step("uplink: add translation");
  netns::Nftables(options.internet).apply(kInternetRules, "add translation of the internet");
  host_filters_.apply(host_rules(name_), "add translation on the host");
  options.before_step("uplink: forward");
  forwarding_was_off_ = netns::read_sysctl(host_, kForwarding) == "0";
  if (forwarding_was_off_) netns::write_sysctls(host_, {{kForwarding, "1"}});
}

void Uplink::take_away() {
  const auto each = [](const char* step, const std::function<void()>& work) {
    try {
      work();
    } catch (const std::exception& error) {
      spdlog::warn("uplink: {}: {}", step, error.what());
    }
  };
  each("device", [&] {
    if (const auto link = netns::find_link(host_links_, name_))
      netns::delete_link(host_links_, link->index);
  });
  each("translation", [&] {
    host_filters_.apply("add table ip " + name_ + "\ndelete table ip " + name_ + "\n",
                        "remove translation on the host");
  });
  each("forwarding", [&] {
    if (forwarding_was_off_) netns::write_sysctls(host_, {{kForwarding, "0"}});
  });
}

}  // namespace enibox::vpc

#include "emulator/vpc/uplink.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <functional>
#include <set>
#include <sstream>
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
constexpr const char* kPrefix = "enibox-";  // of the names of all uplinks
constexpr const char* kWasOff = "forwarding-was-off";
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

std::string host_rules(const std::string& name, const std::string& note) {
  const std::string from_box = "iifname \"" + name + "\" ";
  return "add table ip " + name + "\ndelete table ip " + name + "\ntable ip " + name +
         " {\n"
         "  comment \"" +
         note +
         "\"\n"
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

// What is known of an uplink of the host from its table.
struct Trace {
  std::string name, owner;
  bool forwarding_was_off = false;
};

// The comment is the owner and, where it is so, that forwarding was off.
Trace read_trace(netns::Nftables& host, const std::string& name) {
  Trace trace{.name = name, .owner = {}};
  const std::string table = host.query("list table ip " + name);
  const std::string opening = "comment \"";
  const auto begin = table.find(opening);
  if (begin == std::string::npos) return trace;
  const auto text = begin + opening.size();
  std::istringstream words(table.substr(text, table.find('"', text) - text));
  std::string word;
  words >> trace.owner >> word;
  trace.forwarding_was_off = word == kWasOff;
  return trace;
}

std::vector<Trace> traces(netns::Nftables& host) {
  std::vector<Trace> all;
  std::istringstream lines(host.query("list tables ip"));
  for (std::string table, family, name; lines >> table >> family >> name;)
    if (name.starts_with(kPrefix)) all.push_back(read_trace(host, name));
  std::erase_if(all, [](const Trace& trace) { return trace.owner.empty(); });  // somebody else's
  return all;
}

void take_from(const netns::Namespace& host, netns::Nftables& filters, const Trace& trace) {
  const auto each = [](const char* step, const std::function<void()>& work) {
    try {
      work();
    } catch (const std::exception& error) {
      spdlog::warn("uplink: {}: {}", step, error.what());
    }
  };
  each("device", [&] {
    netns::RouteSocket links(host);
    if (const auto link = netns::find_link(links, trace.name))
      netns::delete_link(links, link->index);
  });
  each("translation", [&] {
    filters.apply("add table ip " + trace.name + "\ndelete table ip " + trace.name + "\n",
                  "remove translation on the host");
  });
  each("forwarding", [&] {
    if (trace.forwarding_was_off && traces(filters).empty())
      netns::write_sysctls(host, {{kForwarding, "0"}});
  });
}

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
  forwarding_was_off_ = forwarding_was_off();
  host_filters_.apply(
      host_rules(name_, options.owner + (forwarding_was_off_ ? std::string(" ") + kWasOff : "")),
      "add translation on the host");
  options.before_step("uplink: forward");
  if (forwarding_was_off_) netns::write_sysctls(host_, {{kForwarding, "1"}});
}

// Before the first of the uplinks that there are.
bool Uplink::forwarding_was_off() {
  if (netns::read_sysctl(host_, kForwarding) == "0") return true;
  const auto others = traces(host_filters_);
  return std::any_of(others.begin(), others.end(),
                     [](const Trace& other) { return other.forwarding_was_off; });
}

void Uplink::take_away() {
  take_from(host_, host_filters_,
            {.name = name_, .owner = {}, .forwarding_was_off = forwarding_was_off_});
}

void sweep_uplinks(const netns::Namespace& host,
                   const std::function<bool(const std::string& owner)>& is_dead) {
  try {
    netns::Nftables filters(host);
    for (const auto& trace : traces(filters))
      if (is_dead(trace.owner)) take_from(host, filters, trace);
  } catch (const std::exception& error) {
    spdlog::debug("uplinks of the host: {}", error.what());
  }
}

}  // namespace enibox::vpc

#include "emulator/vpc/gates.hpp"

#include <string>
#include <utility>

namespace enibox::vpc {
namespace {

constexpr int kTtlGivenBack = 64;  // Linux's initial TTL; below it are traceroute's

constexpr const char* kMaps =
    "  map senders { type iface_index . ether_addr . ipv4_addr : mark; }\n"
    "  map unchecked-senders { type iface_index . ether_addr : mark; }\n"
    "  set receivers { type ipv4_addr . ipv4_addr; }\n"
    "  set unchecked-receivers { type ipv4_addr; }\n"
    "  map egress { type mark : verdict; }\n"
    "  map ingress { type ipv4_addr : verdict; }\n"
    "  map acl-out { type mark : verdict; }\n"
    "  map acl-in { type ipv4_addr : verdict; flags interval; }\n"
    "  set services { type ipv4_addr . inet_proto . inet_service; }\n"
    "  set service-senders { type mark; size 65535; flags dynamic,timeout; timeout 2s; }\n";

constexpr const char* kToService = "    ip daddr . meta l4proto . th dport @services ";

std::string ttl_chain() {
  // The router decrements, the VPC's does not show: what comes is raised by one before. nft cannot
  // add, so the values that occur are listed, the usual one first.
  std::string text = "  chain give-back-ttl {\n";
  const auto line = [&](int ttl) {
    text += "    ip ttl " + std::to_string(ttl) + " ip ttl set " + std::to_string(ttl + 1) +
            " accept\n";
  };
  line(kTtlGivenBack);
  for (int ttl = 1; ttl < kTtlGivenBack; ++ttl) line(ttl);
  return text + "    accept\n  }\n";
}

std::string open_chain(const char* name, std::uint32_t bit) {
  std::string text = std::string("  chain ") + name + " {\n";
  for (const auto& [protocol, open] : {std::pair{"tcp", kOpenTcp}, std::pair{"udp", kOpenUdp}})
    text += "    ct state new meta l4proto " + std::string(protocol) + " meta mark & " + hex(open) +
            " == " + hex(open) + " ct mark set ct mark | " + hex(bit) + "\n";
  return text + "    accept\n  }\n";
}

std::string base_chain(const char* name, const char* hook, int priority, const std::string& rules) {
  return std::string("  chain ") + name + " {\n    type filter hook " + hook + " priority " +
         std::to_string(priority) + "; policy drop;\n" + rules + "  }\n";
}

// What a gate has tracked passes, in the direction that this gate saw it in.
std::string pass_tracked(std::uint32_t original, std::uint32_t reply) {
  return "    ct direction original ct state established,related ct mark & " + hex(original) +
         " == 0 accept\n    ct direction reply ct mark & " + hex(reply) +
         " == 0 accept\n    ct state related accept\n";
}

std::string gate_rules(const std::string& refuse, const std::string& tracked, const char* judge) {
  return "    ct state invalid goto " + refuse + "\n" + tracked + "    " + judge + "\n    goto " +
         refuse + "\n";
}

std::string forward_chains() {
  return base_chain("egress-gate", "forward", -20,
                    gate_rules(kRefusedOut, pass_tracked(kUntrackedAtSender, kUntrackedAtReceiver),
                               "meta mark vmap @egress")) +
         base_chain("acl-out-edge", "forward", -10,
                    "    meta mark & " + hex(kSubnetMask) + " vmap @acl-out\n    accept\n") +
         base_chain("acl-in-edge", "forward", 10, "    rt ip nexthop vmap @acl-in\n    accept\n") +
         base_chain(
             "ingress-gate", "forward", 20,
             "    rt ip nexthop . ip daddr != @receivers rt ip nexthop != "
             "@unchecked-receivers drop\n" +
                 gate_rules(kRefusedIn, pass_tracked(kUntrackedAtReceiver, kUntrackedAtSender),
                            "rt ip nexthop vmap @ingress"));
}

// The router's own services are neither tracked nor judged, but their senders are held to a rate.
std::string local_chains(int service_packets_per_second) {
  const std::string rate = std::to_string(service_packets_per_second);
  return base_chain("local-in", "input", 0,
                    std::string("    iif lo accept\n") + kToService +
                        "update @service-senders { meta mark limit rate over " + rate +
                        "/second burst " + rate + " packets } drop\n" + kToService + "accept\n") +
         "  chain service-answers {\n"
         "    type filter hook output priority raw; policy accept;\n"
         "    ip saddr . meta l4proto . th sport @services notrack\n"
         "  }\n" +
         base_chain("local-out", "output", 0,
                    "    icmp type destination-unreachable icmp code frag-needed accept\n"
                    "    meta l4proto != icmp accept\n");
}

}  // namespace

Commands render_gates(int service_packets_per_second) {
  Commands out;
  for (const char* table : {"ip vpc", "arp vpc"}) {
    add_text(out, std::string("add table ") + table);
    add_text(out, std::string("delete table ") + table);
  }
  std::string ip = std::string("table ip vpc {\n") + kMaps + ttl_chain();
  for (const char* chain : {kRefusedOut, kRefusedIn})
    ip += std::string("  chain ") + chain + " {\n  }\n";
  ip += open_chain(kOpenOut, kUntrackedAtSender) + open_chain(kOpenIn, kUntrackedAtReceiver) +
        base_chain("sender", "prerouting", -300,
                   std::string("    iif lo accept\n") + kToService +
                       "notrack\n"
                       "    meta mark set iif . ether saddr . ip saddr map @senders goto "
                       "give-back-ttl\n"
                       "    meta mark set iif . ether saddr map @unchecked-senders goto "
                       "give-back-ttl\n") +
        forward_chains() + local_chains(service_packets_per_second) + "}";
  add_text(out, std::move(ip));
  add_text(out,
           "table arp vpc {\n"
           "  set senders { type iface_index . ether_addr . ipv4_addr; }\n"
           "  chain request {\n"
           "    type filter hook input priority filter; policy drop;\n"
           "    iif . arp saddr ether . arp saddr ip @senders accept\n"
           "  }\n"
           "}");
  return out;
}

}  // namespace enibox::vpc

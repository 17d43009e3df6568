#include "emulator/vpc/group_rules.hpp"

#include <charconv>
#include <map>
#include <optional>
#include <system_error>

#include "emulator/vpc/cidr.hpp"
#include "emulator/vpc/ruleset.hpp"

namespace enibox::vpc {
namespace {

[[noreturn]] void invalid(const std::string& what) {
  throw std::system_error(EINVAL, std::generic_category(), "security group rule: " + what);
}

// IANA protocol number; none: all protocols.
std::optional<int> protocol_number(const std::string& protocol) {
  if (protocol == "-1") return std::nullopt;
  if (protocol == "tcp") return 6;
  if (protocol == "udp") return 17;
  if (protocol == "icmp") return 1;
  if (protocol == "icmpv6") return 58;
  int number = -1;
  const auto [end, error] =
      std::from_chars(protocol.data(), protocol.data() + protocol.size(), number);
  if (error != std::errc() || end != protocol.data() + protocol.size() || number < 0 ||
      number > 255)
    invalid("protocol '" + protocol + "'");
  return number;
}

bool all_ports(const GroupRule& rule) {
  return rule.from_port == -1 || (rule.from_port == 0 && rule.to_port == 65535);
}

std::string port_match(const std::string& protocol, const GroupRule& rule) {
  if (all_ports(rule)) return "meta l4proto " + protocol;
  if (rule.from_port < 0 || rule.to_port > 65535 || rule.from_port > rule.to_port)
    invalid("ports " + std::to_string(rule.from_port) + " to " + std::to_string(rule.to_port));
  const std::string match = protocol + " dport " + std::to_string(rule.from_port);
  return rule.from_port == rule.to_port ? match : match + "-" + std::to_string(rule.to_port);
}

std::string icmp_match(const GroupRule& rule) {
  if (rule.from_port == -1) return "meta l4proto icmp";
  if (rule.from_port < 0 || rule.from_port > 255 || rule.to_port < -1 || rule.to_port > 255)
    invalid("ICMP type " + std::to_string(rule.from_port) + " code " +
            std::to_string(rule.to_port));
  const std::string match = "icmp type " + std::to_string(rule.from_port);
  return rule.to_port == -1 ? match : match + " icmp code " + std::to_string(rule.to_port);
}

// Which packets by protocol and ports; empty: all.
std::string service_match(const GroupRule& rule) {
  const auto number = protocol_number(rule.protocol);
  if (!number) return {};
  switch (*number) {
    case 1:
      return icmp_match(rule);
    case 6:
      return port_match("tcp", rule);
    case 17:
      return port_match("udp", rule);
    default:
      return "meta l4proto " + std::to_string(*number);
  }
}

Cidr block_of(const GroupRule& rule) {
  const auto block = Cidr::parse(*rule.cidr);
  if (!block) invalid("block '" + *rule.cidr + "'");
  return *block;
}

// The peers of all rules for one service.
struct Peers {
  std::set<Cidr> blocks;
  std::set<std::string> groups;
};

std::string braces(const std::set<Cidr>& blocks) {
  if (blocks.size() == 1) return blocks.begin()->text();
  std::string text;
  for (const auto& block : blocks) text += (text.empty() ? "{ " : ", ") + block.text();
  return text + " }";
}

// Blocks are nested or apart; nft refuses an interval set with nested ones. In their order a block
// comes after all that hold it.
std::set<Cidr> outermost(const std::set<Cidr>& blocks) {
  std::set<Cidr> kept;
  const Cidr* last = nullptr;
  for (const auto& block : blocks) {
    if (last != nullptr && last->contains(block)) continue;
    last = &*kept.insert(block).first;
  }
  return kept;
}

std::string joined(const std::string& peer, const std::string& service, const std::string& end) {
  std::string rule = peer;
  for (const auto& part : {service, end})
    if (!part.empty()) rule += (rule.empty() ? "" : " ") + part;
  return rule;
}

}  // namespace

std::string members_set(const std::string& group_id) { return group_id + "-members"; }

std::vector<std::string> render_rules(const std::vector<GroupRule>& rules, bool egress) {
  std::map<std::string, Peers> services;
  for (const auto& rule : rules) {
    if (rule.egress != egress) continue;
    const std::string service = service_match(rule);
    if (rule.group_id) services[service].groups.insert(*rule.group_id);
    if (rule.cidr)
      if (const Cidr block = block_of(rule); !block.is_v6()) services[service].blocks.insert(block);
  }
  const std::string peer = egress ? "ip daddr " : "ip saddr ";
  std::vector<std::string> open, specific;
  for (const auto& [service, peers] : services) {
    if (!peers.blocks.empty() && peers.blocks.begin()->is_everything()) {
      open.push_back(joined("", service, std::string("goto ") + (egress ? kOpenOut : kOpenIn)));
      continue;  // nobody is left for the more specific rules of this service
    }
    if (!peers.blocks.empty())
      specific.push_back(joined(peer + braces(outermost(peers.blocks)), service, "accept"));
    for (const auto& group : peers.groups)
      specific.push_back(joined(peer + "@" + members_set(group), service, "accept"));
  }
  open.insert(open.end(), specific.begin(), specific.end());
  return open;
}

std::uint32_t open_protocols(const std::vector<GroupRule>& rules, bool egress) {
  std::uint32_t open = 0;
  for (const auto& rule : rules) {
    if (rule.egress != egress || !rule.cidr || !block_of(rule).is_everything()) continue;
    if (block_of(rule).is_v6()) continue;
    const auto protocol = protocol_number(rule.protocol);
    if (!protocol) open |= kOpenTcp | kOpenUdp;
    if (protocol == 6 && all_ports(rule)) open |= kOpenTcp;
    if (protocol == 17 && all_ports(rule)) open |= kOpenUdp;
  }
  return open;
}

std::set<std::string> named_groups(const std::vector<GroupRule>& rules) {
  std::set<std::string> groups;
  for (const auto& rule : rules)
    if (rule.group_id) groups.insert(*rule.group_id);
  return groups;
}

}  // namespace enibox::vpc

#include "emulator/vpc/group_rules.hpp"

#include <map>
#include <system_error>

#include "emulator/vpc/cidr.hpp"
#include "emulator/vpc/gates.hpp"
#include "emulator/vpc/service_match.hpp"

namespace enibox::vpc {
namespace {

Cidr block_of(const GroupRule& rule) {
  const auto block = Cidr::parse(*rule.cidr);
  if (!block)
    throw std::system_error(EINVAL, std::generic_category(), "rule: block '" + *rule.cidr + "'");
  return *block;
}

// The peers of all rules for one service.
struct Peers {
  std::set<Cidr> blocks;
  std::set<std::string> sets;  // of groups' members and of lists' blocks
};

// nft refuses an interval set with nested blocks.
std::string braces(const std::set<Cidr>& blocks) {
  if (blocks.size() == 1) return blocks.begin()->text();
  std::string text;
  for (const auto& block : blocks) text += (text.empty() ? "{ " : ", ") + block.text();
  return text + " }";
}

std::string joined(const std::string& peer, const std::string& service, const std::string& end) {
  std::string rule = peer;
  for (const auto& part : {service, end})
    if (!part.empty()) rule += (rule.empty() ? "" : " ") + part;
  return rule;
}

std::map<std::string, Peers> peers_by_service(const std::vector<GroupRule>& rules, bool egress) {
  std::map<std::string, Peers> services;
  for (const auto& rule : rules) {
    if (rule.egress != egress) continue;
    Peers& peers = services[service_match(rule.protocol, rule.from_port, rule.to_port)];
    if (rule.group_id) peers.sets.insert(members_set(*rule.group_id));
    if (rule.prefix_list_id) peers.sets.insert(*rule.prefix_list_id);
    if (rule.cidr)
      if (const Cidr block = block_of(rule); !block.is_v6()) peers.blocks.insert(block);
  }
  return services;
}

std::set<std::string> named(const std::vector<GroupRule>& rules,
                            std::optional<std::string> GroupRule::*peer) {
  std::set<std::string> names;
  for (const auto& rule : rules)
    if (rule.*peer) names.insert(*(rule.*peer));
  return names;
}

}  // namespace

std::string members_set(const std::string& group_id) { return group_id + "-members"; }

std::vector<std::string> render_rules(const std::vector<GroupRule>& rules, bool egress) {
  const std::string peer = egress ? "ip daddr " : "ip saddr ";
  std::vector<std::string> open, specific;
  for (const auto& [service, peers] : peers_by_service(rules, egress)) {
    if (!peers.blocks.empty() && peers.blocks.begin()->is_everything()) {
      open.push_back(joined("", service, std::string("goto ") + (egress ? kOpenOut : kOpenIn)));
      continue;  // nobody is left for the more specific rules of this service
    }
    if (!peers.blocks.empty())
      specific.push_back(joined(peer + braces(outermost(peers.blocks)), service, "accept"));
    for (const auto& set : peers.sets)
      specific.push_back(joined(peer + "@" + set, service, "accept"));
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
    if (protocol == 6 && all_ports(rule.from_port, rule.to_port)) open |= kOpenTcp;
    if (protocol == 17 && all_ports(rule.from_port, rule.to_port)) open |= kOpenUdp;
  }
  return open;
}

std::set<std::string> named_groups(const std::vector<GroupRule>& rules) {
  return named(rules, &GroupRule::group_id);
}

std::set<std::string> named_lists(const std::vector<GroupRule>& rules) {
  return named(rules, &GroupRule::prefix_list_id);
}

}  // namespace enibox::vpc

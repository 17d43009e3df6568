#include "emulator/reachability/filters.hpp"

#include <algorithm>

#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/aws_prefix_lists.hpp"
#include "emulator/ec2/peering.hpp"
#include "emulator/vpc/service_match.hpp"

namespace enibox::reachability {
namespace {

using ec2::Ec2State;

constexpr int kLastAclEntry = 32767;

// A protocol with its ports, or ICMP's type and code: -1 is all.
struct Service {
  std::string protocol;
  int from = -1, to = -1;
};

bool icmp_matches(const Service& service, const Packet& packet) {
  if (service.from == -1) return true;
  return service.from == packet.icmp_type && (service.to == -1 || service.to == packet.icmp_code);
}

// The packet's destination ports that the service has. What has no ports has all of them or none.
Ports ports_of(const Service& service, const Packet& packet) {
  const auto number = vpc::protocol_number(service.protocol);
  if (!number) return packet.destination_ports;
  if (*number != packet.protocol) return {};
  if (packet.protocol == kIcmp)
    return icmp_matches(service, packet) ? packet.destination_ports : Ports{};
  if (!packet.has_ports() || vpc::all_ports(service.from, service.to))
    return packet.destination_ports;
  return common(packet.destination_ports, {service.from, service.to});
}

bool in_block(const std::string& text, const vpc::IpAddress& address) {
  const auto block = vpc::Cidr::parse(text);
  return block && block->contains(address);
}

bool in_list(Ec2State& ec2, const ec2::GroupRuleRow& rule, const vpc::IpAddress& address) {
  std::vector<std::string> cidrs;
  if (const auto list = ec2.prefix_lists.find(rule.peer)) {
    for (const auto& entry : ec2.prefix_lists.entries(list->prefix_list_id, list->version))
      cidrs.push_back(entry.cidr);
  } else if (const auto aws = ec2::find_aws_prefix_list(rule.region, rule.peer)) {
    cidrs = aws->cidrs;
  }
  return std::any_of(cidrs.begin(), cidrs.end(),
                     [&](const auto& cidr) { return in_block(cidr, address); });
}

// Whether it is a private address of a member; of another VPC only while the two are peered.
bool in_group(Ec2State& ec2, const std::string& vpc_id, const std::string& group_id,
              const vpc::IpAddress& address) {
  const auto group = ec2.groups.find(group_id);
  if (!group) return false;
  if (group->vpc_id != vpc_id && !ec2::are_peered(ec2, group->vpc_id, vpc_id)) return false;
  const auto eni = owner_of(ec2, group->vpc_id, address);
  if (!eni) return false;
  const auto groups = ec2.enis.groups(eni->eni_id);
  return std::find(groups.begin(), groups.end(), group_id) != groups.end();
}

bool names_peer(Ec2State& ec2, const std::string& vpc_id, const ec2::GroupRuleRow& rule,
                const vpc::IpAddress& peer) {
  if (rule.peer_kind == "cidr") return in_block(rule.peer, peer);
  if (rule.peer_kind == "prefix-list") return in_list(ec2, rule, peer);
  if (rule.peer_kind == "group") return in_group(ec2, vpc_id, rule.peer, peer);
  return false;  // IPv6
}

std::string acl_of(Ec2State& ec2, const ec2::SubnetRow& subnet) {
  for (const auto& acl : ec2.acls.of_vpc(subnet.vpc_id))
    for (const auto& association : ec2.acls.associations(acl.acl_id))
      if (association.subnet_id == subnet.subnet_id) return acl.acl_id;
  return {};
}

std::vector<ec2::AclEntryRow> entries_in_order(Ec2State& ec2, const std::string& acl_id,
                                               bool egress) {
  auto entries = ec2.acls.entries(acl_id);
  std::erase_if(entries, [&](const auto& row) { return row.egress != egress || !row.cidr; });
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.rule_number < b.rule_number; });
  if (entries.empty() || entries.back().rule_number != kLastAclEntry) {
    ec2::AclEntryRow last;
    last.acl_id = acl_id;
    last.egress = egress;
    last.rule_number = kLastAclEntry;
    last.protocol = "-1";
    last.rule_action = "deny";
    last.cidr = "0.0.0.0/0";
    entries.push_back(std::move(last));
  }
  return entries;
}

Service service_of(const ec2::AclEntryRow& row) {
  if (row.icmp_type) return {row.protocol, *row.icmp_type, row.icmp_code.value_or(-1)};
  return {row.protocol, row.from_port.value_or(-1), row.to_port.value_or(-1)};
}

}  // namespace

std::optional<ec2::EniRow> owner_of(Ec2State& ec2, const std::string& vpc_id,
                                    const vpc::IpAddress& address) {
  if (address.is_v6()) return std::nullopt;
  for (const auto& subnet : ec2.subnets.of_vpc(vpc_id)) {
    if (!ec2::block_of(subnet.cidr).contains(address)) continue;
    const auto eni_id = ec2.enis.owner_of(subnet.subnet_id, address.to_v4());
    return eni_id ? ec2.enis.find(*eni_id) : std::nullopt;
  }
  return std::nullopt;
}

GroupVerdict judge_groups(Ec2State& ec2, const ec2::EniRow& eni, bool egress,
                          const Packet& packet) {
  GroupVerdict verdict{.group_ids = ec2.enis.groups(eni.eni_id), .rule = std::nullopt, .ports = {}};
  const auto& peer = egress ? packet.destination : packet.source;
  for (const auto& group_id : verdict.group_ids) {
    for (const auto& rule : ec2.groups.rules(group_id)) {
      if (rule.egress != egress) continue;
      const auto ports = ports_of({rule.protocol, rule.from_port, rule.to_port}, packet);
      if (ports.empty() || !names_peer(ec2, eni.vpc_id, rule, peer)) continue;
      if (!verdict.rule) verdict.rule = rule;
      verdict.ports = joined(verdict.ports, ports);
    }
  }
  return verdict;
}

AclVerdict judge_acl(Ec2State& ec2, const ec2::SubnetRow& subnet, bool egress,
                     const Packet& packet) {
  AclVerdict verdict{.acl_id = acl_of(ec2, subnet), .entry = {}, .ports = {}};
  const auto& peer = egress ? packet.destination : packet.source;
  Packet left = packet;  // with the ports that nothing has decided on
  std::optional<ec2::AclEntryRow> refusal;
  for (const auto& row : entries_in_order(ec2, verdict.acl_id, egress)) {
    if (!in_block(*row.cidr, peer)) continue;
    const auto decided = ports_of(service_of(row), left);
    if (decided.empty()) continue;
    if (row.rule_action == "allow") {
      if (!verdict.passes) verdict.entry = row;
      verdict.passes = true;
      verdict.ports = joined(verdict.ports, decided);
    } else if (!refusal) {
      refusal = row;
    }
    for (const auto& range : decided)
      left.destination_ports = without(left.destination_ports, range);
    if (left.destination_ports.empty()) break;
  }
  if (!verdict.passes) verdict.entry = *refusal;
  return verdict;
}

}  // namespace enibox::reachability

#include "emulator/vpc/network_sync.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "emulator/ec2/aws_prefix_lists.hpp"

namespace enibox::vpc {
namespace {

// IPv6 peers open nothing: the network of a VPC is IPv4.
std::optional<GroupRule> rule_of(const ec2::GroupRuleRow& row) {
  GroupRule rule{.egress = row.egress,
                 .protocol = row.protocol,
                 .from_port = row.from_port,
                 .to_port = row.to_port,
                 .cidr = std::nullopt,
                 .group_id = std::nullopt};
  if (row.peer_kind == "cidr") {
    rule.cidr = row.peer;
  } else if (row.peer_kind == "group") {
    rule.group_id = row.peer;
  } else if (row.peer_kind == "prefix-list") {
    rule.prefix_list_id = row.peer;
  } else {
    return std::nullopt;
  }
  return rule;
}

// The entry that nobody can remove, 32767, is what an ACL ends with anyway.
AclEntry entry_of(const ec2::AclEntryRow& row) {
  const bool icmp = row.icmp_type.has_value();
  return {.egress = row.egress,
          .number = row.rule_number,
          .allow = row.rule_action == "allow",
          .protocol = row.protocol,
          .from_port = icmp ? *row.icmp_type : row.from_port.value_or(-1),
          .to_port = icmp ? row.icmp_code.value_or(-1) : row.to_port.value_or(-1),
          .cidr = *row.cidr};
}

}  // namespace

NetworkSync::NetworkSync(store::Database& db, Network& network, ec2::VpcRows& vpcs,
                         ec2::SubnetRows& subnets, ec2::GroupRows& groups, ec2::AclRows& acls,
                         ec2::PrefixListRows& prefix_lists)
    : db_(db),
      network_(network),
      vpcs_(vpcs),
      subnets_(subnets),
      groups_(groups),
      acls_(acls),
      prefix_lists_(prefix_lists) {}

void NetworkSync::vpc_changed(const std::string& vpc_id) {
  db_.after_commit([this, vpc_id] { push_vpc(vpc_id); });
}

void NetworkSync::group_changed(const std::string& group_id) {
  db_.after_commit([this, group_id] { push_group(group_id); });
}

void NetworkSync::acl_changed(const std::string& acl_id) {
  db_.after_commit([this, acl_id] { push_acl(acl_id); });
}

void NetworkSync::prefix_list_changed(const std::string& prefix_list_id) {
  db_.after_commit([this, prefix_list_id] { push_list(prefix_list_id); });
}

void NetworkSync::sync_all() {
  for (const auto& list : prefix_lists_.all()) push_list(list.prefix_list_id);
  for (const auto& vpc : vpcs_.all()) push_vpc(vpc.vpc_id);
  for (const auto& group : groups_.all()) push_group(group.group_id);
}

void NetworkSync::push_vpc(const std::string& vpc_id) {
  push(failed_vpcs_, vpc_id, &NetworkSync::put_vpc);
  for (const auto& acl : acls_.of_vpc(vpc_id)) push_acl(acl.acl_id);
  if (vpc_told) vpc_told(vpc_id);
}

void NetworkSync::push_group(const std::string& group_id) {
  push(failed_groups_, group_id, &NetworkSync::put_group);
}

void NetworkSync::push_acl(const std::string& acl_id) {
  push(failed_acls_, acl_id, &NetworkSync::put_acl);
}

void NetworkSync::push_list(const std::string& prefix_list_id) {
  push(failed_lists_, prefix_list_id, &NetworkSync::put_list);
}

void NetworkSync::push(std::set<std::string>& failed, const std::string& id,
                       void (NetworkSync::*put)(const std::string&)) {
  auto wanted = std::exchange(failed, {});
  wanted.insert(id);
  for (const auto& each : wanted) {
    try {
      (this->*put)(each);
    } catch (const std::exception& error) {
      spdlog::error("network refuses {}: {}", each, error.what());
      failed.insert(each);
    }
  }
}

void NetworkSync::put_vpc(const std::string& vpc_id) {
  if (!vpcs_.find(vpc_id)) return network_.remove_vpc(vpc_id, note_failure(failed_vpcs_, vpc_id));
  VpcSpec spec{.vpc_id = vpc_id, .cidrs = {}, .subnets = {}};
  for (const auto& block : vpcs_.cidrs(vpc_id)) spec.cidrs.push_back(block.cidr);
  for (const auto& subnet : subnets_.of_vpc(vpc_id)) spec.subnets.push_back(subnet.cidr);
  network_.put_vpc(std::move(spec), note_failure(failed_vpcs_, vpc_id));
}

void NetworkSync::put_group(const std::string& group_id) {
  const auto group = groups_.find(group_id);
  if (!group) return network_.remove_group(group_id, note_failure(failed_groups_, group_id));
  GroupSpec spec{.group_id = group_id, .vpc_id = group->vpc_id, .rules = {}};
  for (const auto& row : groups_.rules(group_id)) {
    auto rule = rule_of(row);
    if (!rule) continue;
    if (rule->prefix_list_id)
      if (const auto list = ec2::find_aws_prefix_list(row.region, *rule->prefix_list_id))
        network_.put_prefix_list({list->prefix_list_id, list->cidrs}, {});
    spec.rules.push_back(std::move(*rule));
  }
  network_.put_group(std::move(spec), note_failure(failed_groups_, group_id));
}

void NetworkSync::put_acl(const std::string& acl_id) {
  const auto acl = acls_.find(acl_id);
  if (!acl) return network_.remove_acl(acl_id, note_failure(failed_acls_, acl_id));
  NetworkAclSpec spec{.acl_id = acl_id, .vpc_id = acl->vpc_id, .subnets = {}, .entries = {}};
  for (const auto& association : acls_.associations(acl_id))
    if (const auto subnet = subnets_.find(association.subnet_id))
      spec.subnets.push_back(subnet->cidr);
  for (const auto& row : acls_.entries(acl_id))
    if (row.cidr) spec.entries.push_back(entry_of(row));
  network_.put_acl(std::move(spec), note_failure(failed_acls_, acl_id));
}

void NetworkSync::put_list(const std::string& prefix_list_id) {
  const auto list = prefix_lists_.find(prefix_list_id);
  if (!list)
    return network_.remove_prefix_list(prefix_list_id, note_failure(failed_lists_, prefix_list_id));
  PrefixListSpec spec{prefix_list_id, {}};
  for (const auto& entry : prefix_lists_.entries(prefix_list_id, list->version))
    spec.cidrs.push_back(entry.cidr);
  network_.put_prefix_list(std::move(spec), note_failure(failed_lists_, prefix_list_id));
}

Done<Nothing> NetworkSync::note_failure(std::set<std::string>& failed, const std::string& id) {
  return [&failed, id](Outcome<Nothing> outcome) {
    if (outcome.ok()) return;
    spdlog::error("network: {}: {}", id, outcome.error());
    failed.insert(id);
  };
}

}  // namespace enibox::vpc

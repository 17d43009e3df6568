#include "emulator/vpc/network_sync.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace enibox::vpc {
namespace {

// IPv6 peers and prefix lists open nothing: the network of a VPC is IPv4.
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
  } else {
    return std::nullopt;
  }
  return rule;
}

}  // namespace

NetworkSync::NetworkSync(store::Database& db, Network& network, ec2::VpcRows& vpcs,
                         ec2::SubnetRows& subnets, ec2::GroupRows& groups)
    : db_(db), network_(network), vpcs_(vpcs), subnets_(subnets), groups_(groups) {}

void NetworkSync::vpc_changed(const std::string& vpc_id) {
  db_.after_commit([this, vpc_id] { push_vpc(vpc_id); });
}

void NetworkSync::group_changed(const std::string& group_id) {
  db_.after_commit([this, group_id] { push_group(group_id); });
}

void NetworkSync::sync_all() {
  for (const auto& vpc : vpcs_.all()) push_vpc(vpc.vpc_id);
  for (const auto& group : groups_.all()) push_group(group.group_id);
}

void NetworkSync::push_vpc(const std::string& vpc_id) {
  push(failed_vpcs_, vpc_id, &NetworkSync::put_vpc);
}

void NetworkSync::push_group(const std::string& group_id) {
  push(failed_groups_, group_id, &NetworkSync::put_group);
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
    if (auto rule = rule_of(row)) spec.rules.push_back(std::move(*rule));
  }
  network_.put_group(std::move(spec), note_failure(failed_groups_, group_id));
}

Done<Nothing> NetworkSync::note_failure(std::set<std::string>& failed, const std::string& id) {
  return [&failed, id](Outcome<Nothing> outcome) {
    if (outcome.ok()) return;
    spdlog::error("network: {}: {}", id, outcome.error());
    failed.insert(id);
  };
}

}  // namespace enibox::vpc

#include "emulator/ec2/security_group.hpp"

#include "emulator/ec2/aws_prefix_lists.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2 {
namespace {

// A prefix list counts by its size, one of AWS's by the weight AWS gives it.
std::int64_t weight_of(Ec2State& ec2, const GroupRuleRow& rule) {
  if (rule.peer_kind != "prefix-list") return 1;
  if (const auto list = find_aws_prefix_list(rule.region, rule.peer)) return list->weight;
  const auto list = ec2.prefix_lists.find(rule.peer);
  return list ? list->max_entries : 1;
}

// An IPv6 rule counts for IPv6, a CIDR for IPv4, the others for both.
bool counts_for(Ec2State& ec2, const GroupRuleRow& rule, bool v6) {
  if (rule.peer_kind == "cidr" || rule.peer_kind == "cidr6")
    return v6 == (rule.peer_kind == "cidr6");
  if (rule.peer_kind != "prefix-list") return true;
  const auto list = ec2.prefix_lists.find(rule.peer);
  return v6 == (list && list->address_family == "IPv6");
}

}  // namespace

void check_rule_limit(Ec2State& ec2, const std::vector<GroupRuleRow>& rules) {
  for (const bool v6 : {false, true}) {
    for (const bool egress : {false, true}) {
      std::int64_t count = 0;
      for (const auto& rule : rules) {
        if (rule.egress == egress && counts_for(ec2, rule, v6)) count += weight_of(ec2, rule);
      }
      if (count > ec2.quotas.rules_per_direction) {
        throw AwsError("RulesPerSecurityGroupLimitExceeded",
                       "The maximum number of rules per security group has been reached.");
      }
    }
  }
}

void allow_all_egress(Ec2State& ec2, const GroupRow& group, const std::string& peer_kind) {
  ec2.groups.insert_rule({.rule_id = ec2_id("sgr"),
                          .region = group.region,
                          .group_id = group.group_id,
                          .egress = true,
                          .protocol = "-1",
                          .peer_kind = peer_kind,
                          .peer = peer_kind == "cidr6" ? "::/0" : "0.0.0.0/0",
                          .description = std::nullopt,
                          .peer_vpc = {}});
}

GroupRow create_group(Ec2State& ec2, const GroupWanted& wanted) {
  if (ec2.groups.find_named(wanted.vpc.vpc_id, wanted.name)) {
    throw AwsError("InvalidGroup.Duplicate", "The security group '" + wanted.name +
                                                 "' already exists for VPC '" + wanted.vpc.vpc_id +
                                                 "'");
  }
  GroupRow row{.group_id = ec2_id("sg"),
               .region = wanted.vpc.region,
               .vpc_id = wanted.vpc.vpc_id,
               .name = wanted.name,
               .description = wanted.description,
               .created_ms = ec2.clock.now_ms()};
  ec2.groups.insert(row);
  allow_all_egress(ec2, row, "cidr");
  if (!ec2.ipv6.of_vpc(row.vpc_id).empty()) allow_all_egress(ec2, row, "cidr6");
  if (wanted.name == "default") {
    ec2.groups.insert_rule({.rule_id = ec2_id("sgr"),
                            .region = row.region,
                            .group_id = row.group_id,
                            .egress = false,
                            .protocol = "-1",
                            .peer_kind = "group",
                            .peer = row.group_id,
                            .description = std::nullopt,
                            .peer_vpc = row.vpc_id});
  }
  ec2.sync.group_changed(row.group_id);
  return row;
}

GroupRow group_of_request(Ec2State& ec2, const std::string& region, const Json& in) {
  if (in.contains("GroupId")) {
    const std::string group_id = in.at("GroupId");
    return ec2.group(region, group_id);
  }
  if (!in.contains("GroupName")) {
    throw AwsError("MissingParameter",
                   "The request must contain the parameter groupName or groupId");
  }
  const std::string name = in.at("GroupName");
  const auto vpc = ec2.vpcs.default_of(region);
  const auto group = vpc ? ec2.groups.find_named(vpc->vpc_id, name) : std::nullopt;
  if (!group) {
    throw AwsError("InvalidGroup.NotFound", "The security group '" + name +
                                                "' does not exist in default VPC '" +
                                                (vpc ? vpc->vpc_id : "none") + "'");
  }
  return *group;
}

}  // namespace enibox::ec2

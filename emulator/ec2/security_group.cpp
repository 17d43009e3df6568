#include "emulator/ec2/security_group.hpp"

#include "emulator/ids.hpp"

namespace enibox::ec2 {

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
  GroupRuleRow rule{.rule_id = ec2_id("sgr"),
                    .region = row.region,
                    .group_id = row.group_id,
                    .egress = true,
                    .protocol = "-1",
                    .peer_kind = "cidr",
                    .peer = "0.0.0.0/0",
                    .description = std::nullopt};
  ec2.groups.insert_rule(rule);
  if (wanted.name == "default") {
    rule.rule_id = ec2_id("sgr");
    rule.egress = false;
    rule.peer_kind = "group";
    rule.peer = row.group_id;
    ec2.groups.insert_rule(rule);
  }
  ec2.sync.group_changed(row.group_id);
  return row;
}

void check_group_id(const std::string& group_id) {
  if (group_id.starts_with("sg-")) return;
  throw AwsError("InvalidGroupId.Malformed",
                 "Invalid id: \"" + group_id + "\" (expecting \"sg-...\")");
}

GroupRow group_of_request(Ec2State& ec2, const std::string& region, const Json& in) {
  if (in.contains("GroupId")) {
    const std::string group_id = in.at("GroupId");
    check_group_id(group_id);
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

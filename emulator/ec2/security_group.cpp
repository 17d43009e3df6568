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

}  // namespace enibox::ec2

#pragma once
#include <string>
#include <vector>

#include "emulator/ec2/state.hpp"

// IpPermissions, EC2's nested spelling of security group rules, to rows and back. Errors: AwsError
// with EC2's codes. Loop thread only.
namespace enibox::ec2 {

// The rules an Authorize or Revoke input names, in its IpPermissions or, in the older form, at its
// top level. Without ids. A group that they name may be none that a rule can have any more: see
// check_peer(). Throws InvalidParameterValue.
std::vector<GroupRuleRow> rules_of(Ec2State& ec2, const GroupRow& group, bool egress,
                                   const Json& in);

// Throws InvalidGroup.NotFound for a group as peer that is not there, or in a VPC that the rule's
// own has no active connection with.
void check_peer(Ec2State& ec2, const GroupRow& group, const GroupRuleRow& rule);

// One rule of ModifySecurityGroupRules (a SecurityGroupRuleRequest) into `row`.
void apply_rule_request(Ec2State& ec2, const GroupRow& group, const Json& wanted,
                        GroupRuleRow& row);

// [IpPermission]: the rules of one direction, those that differ only by their peer together.
Json permissions_json(Ec2State& ec2, const std::vector<GroupRuleRow>& rules, bool egress);
// SecurityGroupRule
Json rule_json(Ec2State& ec2, const GroupRuleRow& rule);

// "peer: 10.0.0.0/16, TCP, from port: 80, to port: 80, ALLOW"
std::string rule_text(const GroupRuleRow& rule);

}  // namespace enibox::ec2

#pragma once
#include <string>

#include "emulator/ec2/state.hpp"

// Security groups. Run in the caller's transaction. Errors: AwsError with EC2's codes. Loop thread
// only.
namespace enibox::ec2 {

struct GroupWanted {
  VpcRow vpc;
  std::string name, description;
};

// With its egress rules that allow everything (IPv6, too, where the VPC has it); the default group
// also admits itself. Throws InvalidGroup.Duplicate.
GroupRow create_group(Ec2State& ec2, const GroupWanted& wanted);
void allow_all_egress(Ec2State& ec2, const GroupRow& group, const std::string& peer_kind);

// The rules of one group. Throws RulesPerSecurityGroupLimitExceeded.
void check_rule_limit(Ec2State& ec2, const std::vector<GroupRuleRow>& rules);

// The group a request names by GroupId or, in the default VPC, by GroupName. Throws
// InvalidGroup.NotFound, InvalidGroupId.Malformed, MissingParameter.
GroupRow group_of_request(Ec2State& ec2, const std::string& region, const Json& in);

}  // namespace enibox::ec2

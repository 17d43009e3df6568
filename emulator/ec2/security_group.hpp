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

// With its one egress rule that allows everything; the default group also admits itself. Throws
// InvalidGroup.Duplicate.
GroupRow create_group(Ec2State& ec2, const GroupWanted& wanted);

// The group a request names by GroupId or, in the default VPC, by GroupName. Throws
// InvalidGroup.NotFound, InvalidGroupId.Malformed, MissingParameter.
GroupRow group_of_request(Ec2State& ec2, const std::string& region, const Json& in);
// Throws InvalidGroupId.Malformed.
void check_group_id(const std::string& group_id);

}  // namespace enibox::ec2

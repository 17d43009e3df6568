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

}  // namespace enibox::ec2

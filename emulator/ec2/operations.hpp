#pragma once
#include "api/wire/service.hpp"
#include "emulator/ec2/state.hpp"

namespace enibox::ec2 {

// The table of EC2's operations. Each runs in one transaction; a changing one's answer waits until
// the network has heard and done what the change told it.
api::Service make_operations(Ec2State& state);

}  // namespace enibox::ec2

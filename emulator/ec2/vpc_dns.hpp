#pragma once
#include <optional>
#include <string>

#include "emulator/ec2/ec2.hpp"
#include "emulator/ec2/state.hpp"

namespace enibox::ec2 {

// The DNS attributes of a VPC and what its DHCP options say. Nothing: there is no such VPC. Loop
// thread only.
std::optional<VpcDns> vpc_dns(Ec2State& ec2, const std::string& vpc_id);

}  // namespace enibox::ec2

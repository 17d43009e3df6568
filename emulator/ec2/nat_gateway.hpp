#pragma once
#include <string>
#include <vector>

#include "emulator/ec2/state.hpp"

// NAT gateways: what their operations share. Run in the caller's transaction. Errors: AwsError with
// EC2's codes. Loop thread only.
namespace enibox::ec2 {

// Throws NatGatewayMalformed, NatGatewayNotFound.
NatGatewayRow require_nat_gateway(Ec2State& ec2, const std::string& region, const std::string& id);

// NatGatewayAddresses: the private addresses of its interface with what is mapped to them; of a
// gateway that is gone, what it had.
Json nat_addresses_json(Ec2State& ec2, const NatGatewayRow& row);

// An allocation that is free to be mapped. Throws Resource.AlreadyAssociated.
AddressRow free_allocation(Ec2State& ec2, const std::string& region,
                           const std::string& allocation_id);

struct NatAddresses {
  std::vector<std::string> allocation_ids;  // public: one for each private address
  std::vector<std::string> private_addresses;
  int count = 0;  // of private addresses that are not named
};
// Adds secondary addresses; gives the private ones.
std::vector<std::string> add_nat_addresses(Ec2State& ec2, const NatGatewayRow& row,
                                           const NatAddresses& wanted);

}  // namespace enibox::ec2

#pragma once
#include <string>

#include "emulator/ec2/state.hpp"

// Elastic IP addresses and their associations. Run in the caller's transaction. Errors: AwsError
// with EC2's codes. Loop thread only.
namespace enibox::ec2 {

AddressRow allocate_address(Ec2State& ec2, const std::string& region);

// Of this region, by allocation. Throws InvalidAllocationID.NotFound.
AddressRow require_allocation(Ec2State& ec2, const std::string& region, const std::string& id);

// Maps the address to a private address of the interface. Throws Gateway.NotAttached while the VPC
// has no internet gateway.
AddressRow associate_address(Ec2State& ec2, AddressRow row, const EniRow& eni,
                             const std::string& private_address);
void disassociate_address(Ec2State& ec2, AddressRow row);

// The Association member of an interface or of one of its addresses.
Json association_json(const AddressRow& row, const std::string& account_id);

}  // namespace enibox::ec2

#pragma once
#include <string>

#include "emulator/ec2/state.hpp"

// The public addresses that EC2 gives to an instance's first interface at launch and takes back
// when the instance stops. Run in the caller's transaction. Errors: AwsError. Loop thread only.
namespace enibox::ec2 {

// A free address of the box's internet: of 203.0.113.0/24 and 198.51.100.0/24 (RFC 5737), and when
// these are used up of 198.18.0.0/15 (RFC 2544). Throws InsufficientAddressCapacity.
std::string pick_public_address(Ec2State& ec2);

// At launch: the interface shall have one from now on while its instance is up.
void give_public_address(Ec2State& ec2, const EniRow& eni);
// The interface has none for now: its instance stops, an elastic address takes its place.
void withdraw_public_address(Ec2State& ec2, const std::string& eni_id);
// It gets one again, if it shall have one.
void restore_public_address(Ec2State& ec2, const std::string& eni_id);

// The Association member of an interface with such an address; null without one.
Json public_association_json(Ec2State& ec2, const EniRow& eni);

}  // namespace enibox::ec2

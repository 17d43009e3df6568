#pragma once
#include <string>

#include "emulator/ec2/state.hpp"

// The states of a NAT gateway follow its namespace: pending until it is there, deleting until it
// is gone. Each in a transaction of its own. Loop thread only.
namespace enibox::ec2 {

// The namespace is there; or it could not be made, and its interface and address are given back.
void nat_gateway_made(Ec2State& ec2, const std::string& id, bool ok);
void nat_gateway_removed(Ec2State& ec2, const std::string& id);
// At start-up: whose removal the last daemon did not see the end of.
void finish_nat_gateways(Ec2State& ec2);

// In the caller's transaction: from here on it leads nowhere.
void delete_nat_gateway(Ec2State& ec2, const NatGatewayRow& row);

}  // namespace enibox::ec2

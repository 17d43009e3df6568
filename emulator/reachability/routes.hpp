#pragma once
#include <optional>

#include "emulator/ec2/state.hpp"
#include "emulator/reachability/packet.hpp"

namespace enibox::reachability {

// The route of a subnet's table that an address takes: the longest prefix; to the subnet's own
// block always the local one. Loop thread only.
std::optional<ec2::RouteRow> route_for(ec2::Ec2State& ec2, const ec2::SubnetRow& subnet,
                                       const vpc::IpAddress& destination);

// The interface that a public or elastic address is mapped to, and the private address there.
struct Mapping {
  ec2::EniRow eni;
  vpc::IpAddress public_address, private_address;
};
std::optional<Mapping> mapping_of_public(ec2::Ec2State& ec2, const vpc::IpAddress& address);
std::optional<Mapping> mapping_of_private(ec2::Ec2State& ec2, const std::string& vpc_id,
                                          const vpc::IpAddress& address);

// The NAT gateway that an interface is of.
std::optional<ec2::NatGatewayRow> nat_gateway_at(ec2::Ec2State& ec2, const ec2::EniRow& eni);

}  // namespace enibox::reachability

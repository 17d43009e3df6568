#pragma once
#include <string>
#include <vector>

#include "emulator/ec2/state.hpp"

// Which routes a subnet has, and whether they lead anywhere. Loop thread only.
namespace enibox::ec2 {

// The table the subnet is associated with, or else its VPC's main one.
std::string route_table_of(Ec2State& ec2, const SubnetRow& subnet);
// Its routes, and the local ones.
std::vector<RouteRow> routes_of(Ec2State& ec2, const SubnetRow& subnet);
// Whether the target is there: otherwise the route is a blackhole.
bool target_lives(Ec2State& ec2, const RouteRow& route);

}  // namespace enibox::ec2

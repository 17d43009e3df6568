#pragma once
#include <string>
#include <vector>

#include "emulator/ec2/state.hpp"

// IPv6 blocks of VPCs and subnets and IPv6 addresses of interfaces: what the API says of them. No
// packet has one: the data path is IPv4. Run in the caller's transaction. Errors: AwsError with
// EC2's codes. Loop thread only.
namespace enibox::ec2 {

// A /56 of 2001:db8::/32, the range kept for documentation, as "Amazon-provided".
VpcIpv6Row add_vpc_ipv6(Ec2State& ec2, const VpcRow& vpc, const std::string& border_group);
void remove_vpc_ipv6(Ec2State& ec2, const VpcIpv6Row& row);

// Throws InvalidSubnet.Range, InvalidSubnet.Conflict.
SubnetIpv6Row add_subnet_ipv6(Ec2State& ec2, const SubnetRow& subnet, const std::string& cidr);
void remove_subnet_ipv6(Ec2State& ec2, const SubnetIpv6Row& row);

struct Ipv6Wanted {
  std::vector<std::string> fixed;
  int count = 0;
};
// Gives the new ones. Throws InvalidParameterValue where the subnet has no IPv6 block.
std::vector<std::string> assign_ipv6(Ec2State& ec2, const EniRow& eni, const Ipv6Wanted& wanted);

Json vpc_ipv6_json(Ec2State& ec2, const std::string& vpc_id);
Json vpc_ipv6_json(const VpcIpv6Row& row, const char* state);
Json subnet_ipv6_json(Ec2State& ec2, const std::string& subnet_id);
Json subnet_ipv6_json(const SubnetIpv6Row& row, const char* state);
Json eni_ipv6_json(Ec2State& ec2, const std::string& eni_id);

}  // namespace enibox::ec2

#pragma once
#include <string>

#include "emulator/ec2/state.hpp"

// VPCs and subnets with the parts EC2 makes with them. Run in the caller's transaction. Errors:
// AwsError with EC2's codes. Loop thread only.
namespace enibox::ec2 {

struct VpcWanted {
  std::string region;
  std::string cidr;  // already checked
  std::string instance_tenancy = "default";
  bool is_default = false;
};

// With its default group, main route table and default network ACL.
VpcRow create_vpc(Ec2State& ec2, const VpcWanted& wanted);

// The default one admits everything; another nothing.
AclRow create_acl(Ec2State& ec2, const VpcRow& vpc, bool is_default);

// The entries for IPv6 of an ACL whose VPC has a block of it.
void add_ipv6_entries(Ec2State& ec2, const AclRow& acl);

struct SubnetWanted {
  VpcRow vpc;
  std::string cidr;                 // as the user wrote it
  std::string availability_zone{};  // empty: the region's first
  bool is_default = false;
};

// Throws InvalidSubnet.Range, InvalidSubnet.Conflict, InvalidParameterValue, SubnetLimitExceeded.
SubnetRow create_subnet(Ec2State& ec2, const SubnetWanted& wanted);

// The default subnet of a zone that has none. Throws DefaultVpcDoesNotExist,
// DefaultSubnetAlreadyExistsInAvailabilityZone.
SubnetRow create_default_subnet(Ec2State& ec2, const std::string& region, const std::string& zone);

// Throw DependencyViolation while something is in them.
void delete_subnet(Ec2State& ec2, const SubnetRow& row);
void delete_vpc(Ec2State& ec2, const VpcRow& row);

// 172.31.0.0/16 with a subnet in each zone, an internet gateway and a route to it, for a region
// seen for the first time: AWS gives them with the account. Does nothing later on, also when the
// user has deleted them.
void ensure_region(Ec2State& ec2, const std::string& region);
// The same, when the region has no default VPC. Throws DefaultVpcAlreadyExists.
VpcRow create_default_vpc(Ec2State& ec2, const std::string& region);

}  // namespace enibox::ec2

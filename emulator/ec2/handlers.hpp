#pragma once
#include "api/wire/service.hpp"
#include "emulator/ec2/state.hpp"

// The handlers of EC2's operations, one file for each resource. Input and answer are named as in
// the model; the table (operations.cpp) gives the transaction and the barrier.
namespace enibox::ec2::op {

using Handler = Json(Ec2State& ec2, const api::RequestContext& request, const Json& in);

// vpc_operations.cpp
Handler create_vpc, create_default_vpc, delete_vpc, describe_vpcs;
Handler modify_vpc_attribute, describe_vpc_attribute, modify_vpc_tenancy;
Handler associate_vpc_cidr_block, disassociate_vpc_cidr_block;
// subnet_operations.cpp
Handler create_subnet, create_default_subnet, delete_subnet, describe_subnets;
Handler modify_subnet_attribute;

}  // namespace enibox::ec2::op

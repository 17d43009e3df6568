#pragma once
#include "api/json.hpp"
#include "emulator/ec2/state.hpp"

namespace enibox::ec2 {

// Everything with a place on the network:
//   {"Regions":[{"Region","Vpcs":[{"VpcId","Name","IsDefault","CidrBlocks","Subnets":[
//     {"SubnetId","Name","CidrBlock","AvailabilityZone","Instances":[...],"Tasks":[],
//      "NetworkInterfaces":[...]}]}]}]}
// Names are the tag's. Members are there always, empty where there is nothing to say. The tasks are
// another's to fill in. Loop thread only.
Json topology_json(Ec2State& ec2);

}  // namespace enibox::ec2

#pragma once
#include "api/json.hpp"
#include "emulator/ec2/service.hpp"
#include "emulator/ecs/ecs.hpp"

namespace enibox {

// GET /_enibox/topology: ec2/topology.hpp with each subnet's tasks, where their interfaces are:
// {"TaskId","Cluster","TaskDefinition","LastStatus","NetworkInterfaceId","InstanceId"}.
Json topology_json(ec2::Ec2Service& ec2, ecs::Ecs& ecs);

}  // namespace enibox

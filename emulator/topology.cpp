#include "emulator/topology.hpp"

#include <map>
#include <vector>

namespace enibox {
namespace {

Json task_json(const ecs::Task& task) {
  return {{"TaskId", task.id},
          {"Cluster", task.cluster},
          {"TaskDefinition", task.family + ":" + std::to_string(task.revision)},
          {"LastStatus", task.last_status},
          {"NetworkInterfaceId", task.attachment.eni_id},
          {"InstanceId", task.ec2_instance_id}};
}

}  // namespace

Json topology_json(ec2::Ec2Service& ec2, ecs::Ecs& ecs) {
  std::map<std::string, std::vector<Json>> by_subnet;
  for (const auto& task : ecs.tasks.unfinished())
    by_subnet[task.attachment.subnet_id].push_back(task_json(task));
  Json topology = ec2.topology();
  for (auto& region : topology["Regions"])
    for (auto& vpc : region["Vpcs"])
      for (auto& subnet : vpc["Subnets"])
        for (auto& task : by_subnet[subnet["SubnetId"]]) subnet["Tasks"].push_back(std::move(task));
  return topology;
}

}  // namespace enibox

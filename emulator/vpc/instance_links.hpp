#pragma once
#include <functional>
#include <string>

#include "emulator/vpc/network.hpp"

// What stands on a container instance besides its ENI, and the second interface of its tasks.
// Facts: ECS agent, plugins ecs-bridge and ecs-ipam; Docker's default bridge.
namespace enibox::vpc {

using StepName = std::function<void(const std::string&)>;

void prepare_instance_links(const std::string& netns_path, const StepName& step);
void put_task_bridge_links(const TaskBridgeSpec& bridge, const StepName& step);

}  // namespace enibox::vpc

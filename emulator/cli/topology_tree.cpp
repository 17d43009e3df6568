#include "emulator/cli/topology_tree.hpp"

#include <set>
#include <vector>

namespace enibox::cli {
namespace {

struct Node {
  std::string text;
  std::vector<Node> below = {};
};

std::string joined(const Json& list) {
  std::string text;
  for (const auto& item : list) text += (text.empty() ? "" : ",") + item.get<std::string>();
  return text;
}

// Words with spaces between them; empty ones are left out.
std::string words(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts)
    if (!part.empty()) text += (text.empty() ? "" : "  ") + part;
  return text;
}

std::string quoted_name(const Json& thing) {
  const auto name = thing.value("Name", "");
  return name.empty() ? "" : "\"" + name + "\"";
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

Node interface_node(const Json& eni) {
  const auto index = eni.value("DeviceIndex", -1);
  const bool on_instance = !eni.value("InstanceId", "").empty();
  const auto publics = joined(eni.at("PublicIps"));
  const auto type = eni.value("InterfaceType", "");
  return {
      words({on_instance ? "eth" + std::to_string(index) : "", eni.value("NetworkInterfaceId", ""),
             quoted_name(eni), eni.value("PrivateIpAddress", ""),
             publics.empty() ? "" : "public " + publics, type == "interface" ? "" : type,
             joined(eni.at("Groups")), eni.value("Status", "") == "available" ? "available" : "",
             on_instance ? "" : eni.value("Description", "")})};
}

Node without_device(Node node) {
  const auto at = node.text.find("eni-");
  if (at != std::string::npos) node.text.erase(0, at);
  return node;
}

Node task_node(const Json& task, const Json& interfaces) {
  Node node{words({"task " + task.value("TaskId", ""), task.value("TaskDefinition", ""),
                   task.value("LastStatus", ""), "cluster " + task.value("Cluster", ""),
                   "on " + task.value("InstanceId", "")})};
  for (const auto& eni : interfaces) {
    if (eni["NetworkInterfaceId"] != task["NetworkInterfaceId"]) continue;
    Json plain = eni;
    plain["Description"] = "";  // the attachment's ARN
    node.below.push_back(without_device(interface_node(plain)));
  }
  return node;
}

Node instance_node(const Json& instance, const Json& interfaces,
                   const std::set<std::string>& of_tasks) {
  Node node{words({instance.value("InstanceId", ""), quoted_name(instance),
                   instance.value("InstanceType", ""), instance.value("State", ""),
                   instance.value("PrivateIpAddress", "")})};
  for (const auto& eni : interfaces) {
    if (eni["InstanceId"] == instance["InstanceId"] &&
        !of_tasks.contains(eni["NetworkInterfaceId"]))
      node.below.push_back(interface_node(eni));
  }
  return node;
}

Node subnet_node(const Json& subnet) {
  const Json& interfaces = subnet.at("NetworkInterfaces");
  Node node{words({subnet.value("SubnetId", ""), quoted_name(subnet), subnet.value("CidrBlock", ""),
                   subnet.value("AvailabilityZone", "")})};
  std::set<std::string> of_tasks, instances;
  for (const auto& task : subnet.at("Tasks")) of_tasks.insert(task.value("NetworkInterfaceId", ""));
  for (const auto& instance : subnet.at("Instances")) {
    instances.insert(instance.value("InstanceId", ""));
    node.below.push_back(instance_node(instance, interfaces, of_tasks));
  }
  for (const auto& task : subnet.at("Tasks")) node.below.push_back(task_node(task, interfaces));
  for (const auto& eni : interfaces) {
    const auto instance = eni.value("InstanceId", "");
    if (of_tasks.contains(eni.value("NetworkInterfaceId", "")) || instances.contains(instance))
      continue;
    Node other = interface_node(eni);  // a second one of an instance elsewhere, or nobody's
    if (!instance.empty()) other.text += "  of " + instance;
    node.below.push_back(std::move(other));
  }
  return node;
}

Node vpc_node(const Json& vpc, const TreeOptions& options) {
  Node node{words({vpc.value("VpcId", ""), quoted_name(vpc), joined(vpc.at("CidrBlocks")),
                   vpc.value("IsDefault", false) ? "default" : ""})};
  std::size_t empty = 0;
  for (const auto& subnet : vpc.at("Subnets")) {
    Node child = subnet_node(subnet);
    if (child.below.empty() && !options.everything) {
      ++empty;
    } else {
      node.below.push_back(std::move(child));
    }
  }
  if (empty > 0) node.below.push_back({counted(empty, "empty subnet")});
  return node;
}

// A default VPC that nobody used says nothing.
bool is_untouched(const Json& vpc) {
  if (!vpc.value("IsDefault", false)) return false;
  for (const auto& subnet : vpc.at("Subnets"))
    if (!subnet.at("NetworkInterfaces").empty()) return false;
  return true;
}

Node region_node(const Json& region, const TreeOptions& options) {
  Node node{region.value("Region", "")};
  for (const auto& vpc : region.at("Vpcs"))
    if (options.everything || !is_untouched(vpc)) node.below.push_back(vpc_node(vpc, options));
  return node;
}

void print(const Node& node, const std::string& indent, std::string& out) {
  for (std::size_t i = 0; i < node.below.size(); ++i) {
    const bool last = i + 1 == node.below.size();
    out += indent + (last ? "└── " : "├── ") + node.below[i].text + "\n";
    print(node.below[i], indent + (last ? "    " : "│   "), out);
  }
}

}  // namespace

std::string topology_tree(const Json& topology, const TreeOptions& options) {
  std::string out;
  for (const auto& region : topology.at("Regions")) {
    const Node node = region_node(region, options);
    if (node.below.empty() && !options.everything) continue;
    out += node.text + "\n";
    print(node, "", out);
  }
  return out.empty() ? "There is nothing on the network yet.\n" : out;
}

}  // namespace enibox::cli

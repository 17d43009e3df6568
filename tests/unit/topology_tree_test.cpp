#include "emulator/cli/topology_tree.hpp"

#include <gtest/gtest.h>

namespace enibox::cli {
namespace {

Json eni(const std::string& id, const std::string& address, const std::string& instance,
         int device_index, const std::string& description = "") {
  return {{"NetworkInterfaceId", id},     {"Name", ""},
          {"PrivateIpAddress", address},  {"MacAddress", "0a:ff"},
          {"InterfaceType", "interface"}, {"Description", description},
          {"Status", "in-use"},           {"InstanceId", instance},
          {"DeviceIndex", device_index},  {"Groups", {"sg-1"}},
          {"PublicIps", Json::array()}};
}

Json subnet(const std::string& id, Json instances, Json tasks, Json interfaces) {
  return {{"SubnetId", id},
          {"Name", ""},
          {"CidrBlock", "10.0.100.0/24"},
          {"AvailabilityZone", "us-east-1a"},
          {"Instances", std::move(instances)},
          {"Tasks", std::move(tasks)},
          {"NetworkInterfaces", std::move(interfaces)}};
}

Json vpc(const std::string& id, bool is_default, Json subnets) {
  return {{"VpcId", id},
          {"Name", is_default ? "" : "lab"},
          {"IsDefault", is_default},
          {"CidrBlocks", {"10.0.0.0/16"}},
          {"Subnets", std::move(subnets)}};
}

Json lab() {
  const Json instance = {{"InstanceId", "i-1"},
                         {"Name", ""},
                         {"InstanceType", "t3.medium"},
                         {"State", "running"},
                         {"PrivateIpAddress", "10.0.100.21"}};
  const Json task = {{"TaskId", "4f"},
                     {"Cluster", "demo"},
                     {"TaskDefinition", "web:1"},
                     {"LastStatus", "RUNNING"},
                     {"NetworkInterfaceId", "eni-2"},
                     {"InstanceId", "i-1"}};
  Json spare = eni("eni-3", "10.0.100.9", "", -1, "by hand");
  spare["Status"] = "available";
  spare["PublicIps"] = {"203.0.113.7"};
  const auto none = Json::array();
  return {{"Regions",
           {{{"Region", "us-east-1"},
             {"Vpcs",
              {vpc("vpc-0", true, {subnet("subnet-0", none, none, none)}),
               vpc("vpc-1", false,
                   {subnet("subnet-1", {instance}, {task},
                           {eni("eni-1", "10.0.100.21", "i-1", 0),
                            eni("eni-2", "10.0.100.62", "i-1", 1, "arn:..."), spare}),
                    subnet("subnet-2", none, none, none)})}}}}}};
}

TEST(TopologyTree, ShowsWhereEverythingIs) {
  EXPECT_EQ(topology_tree(lab(), {}),
            "us-east-1\n"
            "└── vpc-1  \"lab\"  10.0.0.0/16\n"
            "    ├── subnet-1  10.0.100.0/24  us-east-1a\n"
            "    │   ├── i-1  t3.medium  running  10.0.100.21\n"
            "    │   │   └── eth0  eni-1  10.0.100.21  sg-1\n"
            "    │   ├── task 4f  web:1  RUNNING  cluster demo  on i-1\n"
            "    │   │   └── eni-2  10.0.100.62  sg-1\n"
            "    │   └── eni-3  10.0.100.9  public 203.0.113.7  sg-1  available  by hand\n"
            "    └── 1 empty subnet\n");
}

TEST(TopologyTree, ShowsEverythingWhenAsked) {
  const auto text = topology_tree(lab(), {.everything = true});
  EXPECT_NE(text.find("├── vpc-0  10.0.0.0/16  default\n"), std::string::npos);
  EXPECT_NE(text.find("└── subnet-2"), std::string::npos);
  EXPECT_EQ(text.find("empty"), std::string::npos);
}

TEST(TopologyTree, AnInterfaceOfAnInstanceElsewhereSaysWhose) {
  auto topology = lab();
  auto& subnets = topology["Regions"][0]["Vpcs"][1]["Subnets"];
  subnets[1]["NetworkInterfaces"].push_back(eni("eni-4", "10.0.101.5", "i-1", 2));
  EXPECT_NE(topology_tree(topology, {}).find("└── eth2  eni-4  10.0.101.5  sg-1  of i-1\n"),
            std::string::npos);
}

TEST(TopologyTree, SaysWhenThereIsNothing) {
  EXPECT_EQ(topology_tree({{"Regions", Json::array()}}, {}),
            "There is nothing on the network yet.\n");
}

}  // namespace
}  // namespace enibox::cli

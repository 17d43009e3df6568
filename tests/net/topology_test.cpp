#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "emulator/vpc/data_path.hpp"
#include "tests/net/sandbox.hpp"

// What `ip` shows inside a task and on an instance, against what a real instance shows.
namespace enibox::vpc {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

const VpcSpec kVpc{"vpc-1", {"10.0.0.0/16"}, {"10.0.100.0/24", "10.0.101.0/24"}};

EniSpec instance_eni(const std::string& netns) {
  EniSpec eni;
  eni.eni_id = "eni-0aaaaaaaaaaaaaaa1";
  eni.vpc_id = "vpc-1";
  eni.subnet_cidr = "10.0.100.0/24";
  eni.address = "10.0.100.21";
  eni.mac = "0a:ff:00:00:00:15";
  eni.netns_path = netns;
  eni.dhcp_like = true;
  return eni;
}

EniSpec task_eni(const std::string& netns, const std::string& host, int number) {
  EniSpec eni = instance_eni(netns);
  eni.eni_id = "eni-0bbbbbbbbbbbbbbb" + std::to_string(number);
  eni.address = "10.0.100." + std::to_string(100 + number);
  eni.mac = "0a:ff:00:00:01:0" + std::to_string(number);
  eni.dhcp_like = false;
  eni.host_netns_path = host;
  return eni;
}

TEST(Topology, TaskAndInstanceLookAsOnARealInstance) {
  test::in_sandbox([] {
    DataPath path({.netns_directory = test::router_directory()});
    const std::string host = test::make_namespace("host");
    const std::string task = test::make_namespace("task");
    path.put_vpc(kVpc);
    path.put_eni(instance_eni(host));
    path.prepare_instance(host);
    path.put_eni(task_eni(task, host, 1));
    path.put_task_bridge({host, task, "169.254.172.2"});

    const std::string in_task = test::output_in(task, "ip address show");
    EXPECT_THAT(in_task, HasSubstr("3: ecs-eth0@if6: "));
    EXPECT_THAT(in_task, HasSubstr("4: eth0@if"));
    EXPECT_THAT(in_task, ContainsRegex("eth0@if[0-9]*: .*mtu 9001"));
    EXPECT_THAT(in_task, HasSubstr("inet 10.0.100.101/24 scope global eth0\n"));
    EXPECT_THAT(in_task, HasSubstr("link/ether 0a:ff:00:00:01:01 "));
    EXPECT_THAT(in_task, HasSubstr("inet 169.254.172.2/22 scope global ecs-eth0\n"));
    EXPECT_THAT(in_task, HasSubstr("link/ether 0a:58:a9:fe:ac:02 "));
    EXPECT_THAT(in_task, Not(HasSubstr("inet6")));

    EXPECT_EQ(test::output_in(task, "ip route show"),
              "default via 10.0.100.1 dev eth0 \n"
              "10.0.100.0/24 dev eth0 proto kernel scope link src 10.0.100.101 \n"
              "169.254.170.2 via 169.254.172.1 dev ecs-eth0 \n"
              "169.254.172.1 via 169.254.172.1 dev ecs-eth0 \n");

    const std::string on_host = test::output_in(host, "ip address show");
    EXPECT_THAT(on_host, HasSubstr("2: eth0@if"));
    EXPECT_THAT(on_host,
                HasSubstr("inet 10.0.100.21/24 brd 10.0.100.255 scope global dynamic eth0"));
    EXPECT_THAT(on_host, HasSubstr("3: docker0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500"));
    EXPECT_THAT(on_host, HasSubstr("inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0"));
    EXPECT_THAT(on_host, HasSubstr("5: ecs-bridge: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500"));
    EXPECT_THAT(on_host, HasSubstr("inet 169.254.172.1/22 scope global ecs-bridge"));
    EXPECT_THAT(on_host, ContainsRegex("6: veth[0-9a-f]{8}@if3: .*master ecs-bridge"));
    EXPECT_THAT(test::output_in(host, "ip route show"), HasSubstr("169.254.169.254 dev eth0"));
  });
}

TEST(Topology, SecondTaskGetsTheNextIndexes) {
  test::in_sandbox([] {
    DataPath path({.netns_directory = test::router_directory()});
    const std::string host = test::make_namespace("host");
    path.put_vpc(kVpc);
    path.put_eni(instance_eni(host));
    path.prepare_instance(host);
    for (int number : {1, 2}) {
      const std::string task = test::make_namespace("task" + std::to_string(number));
      path.put_eni(task_eni(task, host, number));
      path.put_task_bridge({host, task, "169.254.172." + std::to_string(number + 1)});
    }
    const std::string second = test::output_in("/run/netns-test/task2", "ip -o link show");
    EXPECT_THAT(second, HasSubstr("3: ecs-eth0@if8: "));
    EXPECT_THAT(second, HasSubstr("7: eth0@if"));
  });
}

}  // namespace
}  // namespace enibox::vpc

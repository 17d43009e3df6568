#include "emulator/ec2/images.hpp"
#include "tests/unit/ec2/ec2_fixture.hpp"

// What the network is told of route tables, gateways, addresses and peerings.
namespace enibox::ec2 {
namespace {

using vpc::RouteSpec;

class RoutingNetworkTest : public Ec2Test {
 protected:
  std::string vpc_id = make_vpc();
  std::string subnet_id = make_subnet(vpc_id, "10.0.0.0/24");

  std::vector<RouteSpec> routes(const std::string& cidr = "10.0.0.0/24") {
    const auto found = network.routes.find(cidr + " of " + vpc_id);
    return found == network.routes.end() ? std::vector<RouteSpec>() : found->second.routes;
  }
  std::string make_gateway() {
    const std::string id = call("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"];
    call("AttachInternetGateway", {{"InternetGatewayId", id}, {"VpcId", vpc_id}});
    return id;
  }
  std::string main_table() {
    const Json of_vpc = {
        {"Filters", {{{"Name", "vpc-id"}, {"Values", std::vector<std::string>{vpc_id}}}}}};
    return call("DescribeRouteTables", of_vpc)["RouteTables"][0]["RouteTableId"];
  }
  std::string make_table() {
    return call("CreateRouteTable", {{"VpcId", vpc_id}})["RouteTable"]["RouteTableId"];
  }
  void route(const std::string& table, const std::string& destination, const std::string& kind,
             const std::string& target) {
    call("CreateRoute",
         {{"RouteTableId", table}, {"DestinationCidrBlock", destination}, {kind, target}});
  }
};

TEST_F(RoutingNetworkTest, ASubnetFollowsItsOwnTableOrElseTheMainOne) {
  const auto gateway = make_gateway();
  EXPECT_EQ(network.gateways.at(gateway).vpc_id, vpc_id);
  route(main_table(), "0.0.0.0/0", "GatewayId", gateway);
  EXPECT_EQ(routes(), (std::vector<RouteSpec>{{"0.0.0.0/0", gateway}}));

  const auto table = make_table();
  const auto answered =
      answer("AssociateRouteTable", {{"RouteTableId", table}, {"SubnetId", subnet_id}});
  EXPECT_NE(answered.after, 0u);  // it leaves when packets meet it
  EXPECT_TRUE(routes().empty());
  route(table, "192.168.0.0/16", "GatewayId", gateway);
  EXPECT_EQ(routes(), (std::vector<RouteSpec>{{"192.168.0.0/16", gateway}}));
  call("DeleteRoute", {{"RouteTableId", table}, {"DestinationCidrBlock", "192.168.0.0/16"}});
  EXPECT_TRUE(routes().empty());
  call("DisassociateRouteTable", {{"AssociationId", answered.output["AssociationId"]}});
  EXPECT_EQ(routes(), (std::vector<RouteSpec>{{"0.0.0.0/0", gateway}}));

  make_subnet(vpc_id, "10.0.1.0/24");
  EXPECT_EQ(routes("10.0.1.0/24"), (std::vector<RouteSpec>{{"0.0.0.0/0", gateway}}));
  call("DetachInternetGateway", {{"InternetGatewayId", gateway}, {"VpcId", vpc_id}});
  EXPECT_FALSE(network.gateways.contains(gateway));
}

TEST_F(RoutingNetworkTest, WhatTheNetworkRefusesIsToldAgain) {
  network.fail_call(1);
  const auto gateway = make_gateway();
  EXPECT_FALSE(network.gateways.contains(gateway));
  route(main_table(), "0.0.0.0/0", "GatewayId", gateway);
  EXPECT_TRUE(network.gateways.contains(gateway));
  EXPECT_EQ(routes().size(), 1u);
}

// A change behind the triggers' back shows who reads.
TEST_F(RoutingNetworkTest, WritesBesideRoutingDoNotReadIt) {
  const auto gateway = make_gateway();
  route(main_table(), "0.0.0.0/0", "GatewayId", gateway);
  db.run("DROP TRIGGER ec2_route_stamp_delete");
  db.run("DELETE FROM ec2_route");
  const std::string eni = call("CreateNetworkInterface",
                               {{"SubnetId", subnet_id}})["NetworkInterface"]["NetworkInterfaceId"];
  call("CreateTags", {{"Resources", {eni}}, {"Tags", {{{"Key", "k"}, {"Value", "v"}}}}});
  call("AssignPrivateIpAddresses",
       {{"NetworkInterfaceId", eni}, {"PrivateIpAddresses", {"10.0.0.99"}}});
  call("CreateSecurityGroup", {{"GroupName", "g"}, {"Description", "d"}, {"VpcId", vpc_id}});
  EXPECT_EQ(routes().size(), 1u);
  call("AllocateAddress");
  EXPECT_TRUE(routes().empty());
}

TEST_F(RoutingNetworkTest, ANatGatewayHasAllItsAddresses) {
  const std::string id =
      call("CreateNatGateway",
           {{"SubnetId", subnet_id},
            {"ConnectivityType", "private"},
            {"PrivateIpAddress", "10.0.0.10"},
            {"SecondaryPrivateIpAddresses", {"10.0.0.12"}}})["NatGateway"]["NatGatewayId"];
  const auto secondary = [&] { return network.nat_gateways.at(id).secondary_addresses; };
  EXPECT_EQ(network.nat_gateways.at(id).address, "10.0.0.10");
  EXPECT_EQ(secondary(), std::vector<std::string>{"10.0.0.12"});
  const Json more = {{"NatGatewayId", id}, {"PrivateIpAddresses", {"10.0.0.11"}}};
  EXPECT_NE(answer("AssignPrivateNatGatewayAddress", more).after, 0u);
  EXPECT_EQ(secondary(), (std::vector<std::string>{"10.0.0.11", "10.0.0.12"}));
  call("UnassignPrivateNatGatewayAddress", more);
  EXPECT_EQ(secondary(), std::vector<std::string>{"10.0.0.12"});
}

TEST_F(RoutingNetworkTest, ARolledBackChangeIsNotTold) {
  const auto calls = network.calls.size();
  EXPECT_NE(error("AttachInternetGateway",
                  {{"InternetGatewayId", "igw-0123456789abcdef0"}, {"VpcId", vpc_id}}),
            "");
  EXPECT_EQ(network.calls.size(), calls);
}

TEST_F(RoutingNetworkTest, AnElasticAddressFollowsItsAssociation) {
  make_gateway();
  const auto eni = call("CreateNetworkInterface", {{"SubnetId", subnet_id}})["NetworkInterface"];
  const auto elastic = call("AllocateAddress");
  const std::string address = elastic["PublicIp"];
  EXPECT_TRUE(network.public_addresses.empty());
  const auto association =
      call("AssociateAddress", {{"AllocationId", elastic["AllocationId"]},
                                {"NetworkInterfaceId", eni["NetworkInterfaceId"]}});
  EXPECT_EQ(network.public_addresses.at(address),
            (vpc::PublicAddressSpec{address, vpc_id, eni["PrivateIpAddress"]}));
  call("DisassociateAddress", {{"AssociationId", association["AssociationId"]}});
  EXPECT_TRUE(network.public_addresses.empty());
}

TEST_F(RoutingNetworkTest, ANatGatewayIsPendingUntilItIsThere) {
  make_gateway();
  const std::string allocation = call("AllocateAddress")["AllocationId"];
  network.hold();
  const std::string id =
      call("CreateNatGateway",
           {{"SubnetId", subnet_id}, {"AllocationId", allocation}})["NatGateway"]["NatGatewayId"];
  const auto shown = [&] {
    return call("DescribeNatGateways", {{"NatGatewayIds", {id}}})["NatGateways"][0];
  };
  EXPECT_EQ(shown()["State"], "pending");
  network.release();
  EXPECT_EQ(shown()["State"], "available");
  const std::string eni = shown()["NatGatewayAddresses"][0]["NetworkInterfaceId"];
  EXPECT_EQ(network.nat_gateways.at(id).eni_id, eni);
  EXPECT_EQ(network.public_addresses.size(), 1u);
  route(main_table(), "0.0.0.0/0", "NatGatewayId", id);
  EXPECT_EQ(routes(), (std::vector<RouteSpec>{{"0.0.0.0/0", eni}}));

  network.hold();
  call("DeleteNatGateway", {{"NatGatewayId", id}});
  EXPECT_EQ(shown()["State"], "deleting");
  network.release();
  EXPECT_EQ(shown()["State"], "deleted");
  EXPECT_TRUE(network.nat_gateways.empty());
  EXPECT_TRUE(network.public_addresses.empty());
  call("ReleaseAddress", {{"AllocationId", allocation}});
}

TEST_F(RoutingNetworkTest, ANatGatewayThatCannotBeMadeFailsAndGivesItsAddressBack) {
  make_gateway();
  const std::string allocation = call("AllocateAddress")["AllocationId"];
  network.fail_call(1);
  const std::string id =
      call("CreateNatGateway",
           {{"SubnetId", subnet_id}, {"AllocationId", allocation}})["NatGateway"]["NatGatewayId"];
  const auto shown = call("DescribeNatGateways", {{"NatGatewayIds", {id}}})["NatGateways"][0];
  EXPECT_EQ(shown["State"], "failed");
  EXPECT_EQ(shown["FailureCode"], "InternalError");
  call("ReleaseAddress", {{"AllocationId", allocation}});
  EXPECT_EQ(error("DeleteSubnet", {{"SubnetId", subnet_id}}), "");
}

TEST_F(RoutingNetworkTest, APublicAddressLivesWithItsInstance) {
  make_gateway();
  call("ModifySubnetAttribute",
       {{"SubnetId", subnet_id}, {"MapPublicIpOnLaunch", {{"Value", true}}}});
  const auto instance = call("RunInstances", {{"ImageId", images_of("us-east-1").front().image_id},
                                              {"InstanceType", "t3.medium"},
                                              {"MinCount", 1},
                                              {"MaxCount", 1},
                                              {"SubnetId", subnet_id}})["Instances"][0];
  const std::string id = instance["InstanceId"];
  const std::string address = instance["PublicIpAddress"];
  EXPECT_EQ(instance["NetworkInterfaces"][0]["Association"]["IpOwnerId"], "amazon");
  ASSERT_EQ(network.public_addresses.count(address), 1u);
  EXPECT_EQ(network.public_addresses.at(address).private_address, instance["PrivateIpAddress"]);

  ec2->set_instance_state(id, "running", "");
  ec2->set_instance_state(id, "stopped", "");
  EXPECT_TRUE(network.public_addresses.empty());
  ec2->set_instance_state(id, "pending", "");
  ASSERT_EQ(network.public_addresses.size(), 1u);

  // An elastic address takes its place, and gives it back.
  const auto elastic = call("AllocateAddress");
  const auto association =
      call("AssociateAddress", {{"AllocationId", elastic["AllocationId"]}, {"InstanceId", id}});
  ASSERT_EQ(network.public_addresses.size(), 1u);
  EXPECT_EQ(network.public_addresses.begin()->first, elastic["PublicIp"]);
  call("DisassociateAddress", {{"AssociationId", association["AssociationId"]}});
  ASSERT_EQ(network.public_addresses.size(), 1u);
  EXPECT_NE(network.public_addresses.begin()->first, elastic["PublicIp"]);

  ec2->set_instance_state(id, "terminated", "");
  EXPECT_TRUE(network.public_addresses.empty());
}

TEST_F(RoutingNetworkTest, ResetTakesEverythingAway) {
  const auto gateway = make_gateway();
  route(main_table(), "0.0.0.0/0", "GatewayId", gateway);
  ec2->clear_network();
  EXPECT_TRUE(network.gateways.empty());
  EXPECT_TRUE(routes().empty());
  ec2->sync_network();
  EXPECT_TRUE(network.gateways.contains(gateway));
  EXPECT_EQ(routes().size(), 1u);
}

}  // namespace
}  // namespace enibox::ec2

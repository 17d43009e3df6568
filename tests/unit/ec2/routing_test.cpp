#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {
namespace {

class RoutingTest : public Ec2Test {
 protected:
  std::string vpc_id = make_vpc();
  std::string subnet_id = make_subnet(vpc_id, "10.0.0.0/24");
  std::string make_table() {
    return call("CreateRouteTable", {{"VpcId", vpc_id}})["RouteTable"]["RouteTableId"];
  }
  std::string make_gateway() {
    const std::string id = call("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"];
    call("AttachInternetGateway", {{"InternetGatewayId", id}, {"VpcId", vpc_id}});
    return id;
  }
  Json table(const std::string& id) {
    return call("DescribeRouteTables", {{"RouteTableIds", {id}}})["RouteTables"][0];
  }
};

TEST_F(RoutingTest, AVpcIsBornWithAMainTableAndADefaultAcl) {
  const Json in_vpc = {
      {"Filters", {{{"Name", "vpc-id"}, {"Values", std::vector<std::string>{vpc_id}}}}}};
  const auto tables = call("DescribeRouteTables", in_vpc)["RouteTables"];
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0]["Associations"][0]["Main"], true);
  EXPECT_EQ(tables[0]["Routes"][0]["GatewayId"], "local");
  const auto acls = call("DescribeNetworkAcls", in_vpc)["NetworkAcls"];
  ASSERT_EQ(acls.size(), 1u);
  EXPECT_EQ(acls[0]["Entries"].size(), 4u);
  EXPECT_EQ(acls[0]["Associations"][0]["SubnetId"], subnet_id);
}

TEST_F(RoutingTest, ARouteFollowsItsGateway) {
  const auto table_id = make_table();
  const auto gateway = make_gateway();
  const Json route = {
      {"RouteTableId", table_id}, {"DestinationCidrBlock", "0.0.0.0/0"}, {"GatewayId", gateway}};
  call("CreateRoute", route);
  EXPECT_EQ(table(table_id)["Routes"][1]["State"], "active");
  EXPECT_EQ(error("CreateRoute", {{"RouteTableId", table_id},
                                  {"DestinationCidrBlock", "10.0.0.0/16"},
                                  {"GatewayId", gateway}})
                .substr(0, 21),
            "InvalidParameterValue");
  call("DetachInternetGateway", {{"InternetGatewayId", gateway}, {"VpcId", vpc_id}});
  EXPECT_EQ(table(table_id)["Routes"][1]["State"], "blackhole");
  call("DeleteRoute", {{"RouteTableId", table_id}, {"DestinationCidrBlock", "0.0.0.0/0"}});
  EXPECT_EQ(
      error("DeleteRoute", {{"RouteTableId", table_id}, {"DestinationCidrBlock", "0.0.0.0/0"}}),
      "InvalidRoute.NotFound: no route with destination-cidr-block 0.0.0.0/0 in route table " +
          table_id);
}

TEST_F(RoutingTest, ASubnetHasOneTable) {
  const auto first = make_table();
  const auto second = make_table();
  const auto association = call(
      "AssociateRouteTable", {{"RouteTableId", first}, {"SubnetId", subnet_id}})["AssociationId"];
  EXPECT_TRUE(error("AssociateRouteTable", {{"RouteTableId", second}, {"SubnetId", subnet_id}})
                  .starts_with("Resource.AlreadyAssociated"));
  EXPECT_EQ(
      error("AssociateRouteTable", {{"RouteTableId", second}, {"GatewayId", "igw-1"}}),
      "UnsupportedOperation: Associations of route tables with gateways are not served here.");
  EXPECT_TRUE(
      error("DeleteRouteTable", {{"RouteTableId", first}}).starts_with("DependencyViolation"));
  call("ReplaceRouteTableAssociation", {{"AssociationId", association}, {"RouteTableId", second}});
  call("DeleteRouteTable", {{"RouteTableId", first}});
  EXPECT_EQ(table(second)["Associations"][0]["SubnetId"], subnet_id);
  EXPECT_TRUE(error("DeleteVpc", {{"VpcId", vpc_id}}).starts_with("DependencyViolation"));
}

TEST_F(RoutingTest, AnElasticIpIsMappedThroughTheInternetGateway) {
  const std::string eni = call("CreateNetworkInterface",
                               {{"SubnetId", subnet_id}})["NetworkInterface"]["NetworkInterfaceId"];
  const auto allocated = call("AllocateAddress", {{"Domain", "vpc"}});
  const Json in = {{"AllocationId", allocated["AllocationId"]}, {"NetworkInterfaceId", eni}};
  EXPECT_TRUE(error("AssociateAddress", in).starts_with("Gateway.NotAttached"));
  const auto gateway = make_gateway();
  call("AssociateAddress", in);
  const auto shown =
      call("DescribeNetworkInterfaces", {{"NetworkInterfaceIds", {eni}}})["NetworkInterfaces"][0];
  EXPECT_EQ(shown["Association"]["PublicIp"], allocated["PublicIp"]);
  EXPECT_TRUE(error("ReleaseAddress", {{"AllocationId", allocated["AllocationId"]}})
                  .starts_with("InvalidIPAddress.InUse"));
  EXPECT_TRUE(error("DetachInternetGateway", {{"InternetGatewayId", gateway}, {"VpcId", vpc_id}})
                  .starts_with("DependencyViolation"));
  call("DeleteNetworkInterface", {{"NetworkInterfaceId", eni}});
  call("ReleaseAddress", {{"AllocationId", allocated["AllocationId"]}});
  EXPECT_EQ(call("DescribeAddresses")["Addresses"], Json::array());
}

TEST_F(RoutingTest, ANatGatewayHoldsAnInterfaceUntilItIsDeleted) {
  const auto allocation = call("AllocateAddress")["AllocationId"];
  const Json in = {{"SubnetId", subnet_id}, {"AllocationId", allocation}};
  const std::string failed = call("CreateNatGateway", in)["NatGateway"]["NatGatewayId"];
  EXPECT_EQ(
      call("DescribeNatGateways", {{"NatGatewayIds", {failed}}})["NatGateways"][0]["FailureCode"],
      "Gateway.NotAttached");
  make_gateway();
  const auto made = call("CreateNatGateway", in)["NatGateway"];
  EXPECT_EQ(made["State"], "pending");
  const std::string id = made["NatGatewayId"];
  const std::string eni = made["NatGatewayAddresses"][0]["NetworkInterfaceId"];
  const auto shown =
      call("DescribeNetworkInterfaces", {{"NetworkInterfaceIds", {eni}}})["NetworkInterfaces"][0];
  EXPECT_EQ(shown["SourceDestCheck"], false);
  EXPECT_EQ(shown["Description"], "Interface for NAT Gateway " + id);
  EXPECT_TRUE(ec2->all_attached().empty());
  EXPECT_TRUE(error("DeleteSubnet", {{"SubnetId", subnet_id}}).starts_with("DependencyViolation"));
  call("DeleteNatGateway", {{"NatGatewayId", id}});
  call("ReleaseAddress", {{"AllocationId", allocation}});
  call("DeleteSubnet", {{"SubnetId", subnet_id}});
}

TEST_F(RoutingTest, AclEntriesAreNumbered) {
  const std::string acl =
      call("CreateNetworkAcl", {{"VpcId", vpc_id}})["NetworkAcl"]["NetworkAclId"];
  const Json entry = {{"NetworkAclId", acl},
                      {"Egress", false},
                      {"RuleNumber", 100},
                      {"Protocol", "tcp"},
                      {"RuleAction", "allow"},
                      {"CidrBlock", "0.0.0.0/0"},
                      {"PortRange", {{"From", 80}, {"To", 80}}}};
  call("CreateNetworkAclEntry", entry);
  EXPECT_TRUE(error("CreateNetworkAclEntry", entry).starts_with("NetworkAclEntryAlreadyExists"));
  const auto entries =
      call("DescribeNetworkAcls", {{"NetworkAclIds", {acl}}})["NetworkAcls"][0]["Entries"];
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[1]["Protocol"], "6");
  call("DeleteNetworkAclEntry", {{"NetworkAclId", acl}, {"Egress", false}, {"RuleNumber", 100}});
  EXPECT_TRUE(error("DeleteNetworkAclEntry",
                    {{"NetworkAclId", acl}, {"Egress", false}, {"RuleNumber", 100}})
                  .starts_with("InvalidNetworkAclEntry.NotFound"));
  call("DeleteNetworkAcl", {{"NetworkAclId", acl}});
}

TEST_F(RoutingTest, APublicNatGatewayTakesASecondAddress) {
  make_gateway();
  const auto allocate = [&] { return call("AllocateAddress")["AllocationId"]; };
  const std::string nat =
      call("CreateNatGateway",
           {{"SubnetId", subnet_id}, {"AllocationId", allocate()}})["NatGateway"]["NatGatewayId"];
  const auto addresses = [&] {
    return call("DescribeNatGateways",
                {{"NatGatewayIds", {nat}}})["NatGateways"][0]["NatGatewayAddresses"];
  };
  const auto added =
      call("AssociateNatGatewayAddress", {{"NatGatewayId", nat}, {"AllocationIds", {allocate()}}});
  ASSERT_EQ(addresses().size(), 2u);
  EXPECT_EQ(addresses()[0]["IsPrimary"], true);
  EXPECT_EQ(addresses()[1]["PublicIp"], added["NatGatewayAddresses"][0]["PublicIp"]);
  EXPECT_TRUE(
      error("AssociateNatGatewayAddress", {{"NatGatewayId", nat}, {"AllocationIds", {allocate()}}})
          .starts_with("NatGatewayAddressLimitExceeded"));
  EXPECT_TRUE(error("DisassociateNatGatewayAddress",
                    {{"NatGatewayId", nat}, {"AssociationIds", {addresses()[0]["AssociationId"]}}})
                  .starts_with("InvalidParameterValue"));
  call("DisassociateNatGatewayAddress",
       {{"NatGatewayId", nat}, {"AssociationIds", {addresses()[1]["AssociationId"]}}});
  EXPECT_EQ(addresses().size(), 1u);
  EXPECT_EQ(error("DescribeNatGateways", {{"NatGatewayIds", {"nat-0"}}}),
            "NatGatewayNotFound: NAT gateway nat-0 was not found");
}

TEST_F(RoutingTest, APrivateNatGatewayTakesPrivateAddresses) {
  const std::string nat =
      call("CreateNatGateway",
           {{"SubnetId", subnet_id},
            {"ConnectivityType", "private"},
            {"PrivateIpAddress", "10.0.0.10"},
            {"SecondaryPrivateIpAddresses", {"10.0.0.11"}}})["NatGateway"]["NatGatewayId"];
  call("AssignPrivateNatGatewayAddress",
       {{"NatGatewayId", nat}, {"PrivateIpAddresses", {"10.0.0.77"}}});
  const auto addresses = [&] {
    return call("DescribeNatGateways",
                {{"NatGatewayIds", {nat}}})["NatGateways"][0]["NatGatewayAddresses"];
  };
  EXPECT_EQ(addresses().size(), 3u);
  call("UnassignPrivateNatGatewayAddress",
       {{"NatGatewayId", nat}, {"PrivateIpAddresses", {"10.0.0.77"}}});
  EXPECT_EQ(addresses().size(), 2u);
  EXPECT_TRUE(
      error("AssociateNatGatewayAddress",
            {{"NatGatewayId", nat}, {"AllocationIds", {call("AllocateAddress")["AllocationId"]}}})
          .starts_with("InvalidParameter:"));
}

TEST_F(RoutingTest, AnAddressKeepsItsReverseName) {
  const std::string id = call("AllocateAddress")["AllocationId"];
  call("ModifyAddressAttribute", {{"AllocationId", id}, {"DomainName", "host.example.com"}});
  const auto all = call("DescribeAddressesAttribute", {{"Attribute", "domain-name"}})["Addresses"];
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["PtrRecord"], "host.example.com.");
  call("ResetAddressAttribute", {{"AllocationId", id}, {"Attribute", "domain-name"}});
  EXPECT_EQ(call("DescribeAddressesAttribute", {{"AllocationIds", {id}}})["Addresses"][0].count(
                "PtrRecord"),
            0u);
}

}  // namespace
}  // namespace enibox::ec2

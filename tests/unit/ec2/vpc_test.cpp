#include <algorithm>

#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {
namespace {

TEST_F(Ec2Test, ARegionBeginsWithADefaultVpc) {
  const auto vpcs = call("DescribeVpcs")["Vpcs"];
  ASSERT_EQ(vpcs.size(), 1u);
  EXPECT_EQ(vpcs[0]["CidrBlock"], "172.31.0.0/16");
  EXPECT_EQ(vpcs[0]["IsDefault"], true);
  const auto subnets = call("DescribeSubnets")["Subnets"];
  ASSERT_EQ(subnets.size(), 6u);
  EXPECT_EQ(subnets[0]["AvailableIpAddressCount"], 4091);
  EXPECT_EQ(network.vpcs.at(vpcs[0]["VpcId"]).subnets.size(), 6u);

  // Deleted, it stays away; another region has its own.
  for (const auto& subnet : subnets) call("DeleteSubnet", {{"SubnetId", subnet["SubnetId"]}});
  EXPECT_EQ(call("DescribeVpcs", {}, "eu-west-1")["Vpcs"].size(), 1u);
}

TEST_F(Ec2Test, AVpcIsToldToTheNetworkBeforeItsAnswerLeaves) {
  network.hold();
  const auto made = answer("CreateVpc", {{"CidrBlock", "10.0.0.5/16"}});
  EXPECT_EQ(made.output["Vpc"]["CidrBlock"], "10.0.0.0/16");
  EXPECT_EQ(made.output["Vpc"]["State"], "pending");
  bool left = false;
  network.when_passed(made.after, [&] { left = true; });
  EXPECT_FALSE(left);
  network.release();
  EXPECT_TRUE(left);
  const std::string vpc_id = made.output["Vpc"]["VpcId"];
  EXPECT_EQ(network.vpcs.at(vpc_id).cidrs, std::vector<std::string>{"10.0.0.0/16"});
}

TEST_F(Ec2Test, ABadBlockMakesNothing) {
  call("DescribeVpcs");
  const auto calls = network.calls.size();
  EXPECT_EQ(error("CreateVpc", {{"CidrBlock", "10.0.0.0/8"}}),
            "InvalidVpc.Range: The CIDR '10.0.0.0/8' is invalid.");
  EXPECT_EQ(error("CreateVpc", {{"CidrBlock", "10.0.0"}}),
            "InvalidParameterValue: Value (10.0.0) for parameter cidrBlock is invalid. This is "
            "not a valid CIDR block.");
  // Tags are looked at last, and a bad one takes the VPC back.
  EXPECT_EQ(error("CreateVpc",
                  {{"CidrBlock", "10.0.0.0/16"},
                   {"TagSpecifications",
                    {{{"ResourceType", "vpc"}, {"Tags", {{{"Key", "aws:x"}, {"Value", "y"}}}}}}}}),
            "InvalidParameterValue: Tag keys starting with 'aws:' are reserved for internal use");
  EXPECT_EQ(call("DescribeVpcs")["Vpcs"].size(), 1u);
  EXPECT_EQ(network.calls.size(), calls);
}

TEST_F(Ec2Test, SubnetsLieInTheVpcAndBesideEachOther) {
  const auto vpc_id = make_vpc();
  const auto subnet_id = make_subnet(vpc_id, "10.0.1.0/24");
  const auto create = [&](const std::string& cidr) {
    return error("CreateSubnet", {{"VpcId", vpc_id}, {"CidrBlock", cidr}});
  };
  EXPECT_EQ(create("10.0.1.128/25"),
            "InvalidSubnet.Conflict: The CIDR '10.0.1.128/25' conflicts with another subnet");
  EXPECT_EQ(create("10.1.0.0/24"), "InvalidSubnet.Range: The CIDR '10.1.0.0/24' is invalid.");
  EXPECT_EQ(create("10.0.2.0/29"), "InvalidSubnet.Range: The CIDR '10.0.2.0/29' is invalid.");
  EXPECT_EQ(error("CreateSubnet", {{"VpcId", "vpc-0"}, {"CidrBlock", "10.0.2.0/24"}}),
            "InvalidVpcID.NotFound: The vpc ID 'vpc-0' does not exist");
  EXPECT_EQ(call("DescribeSubnets",
                 {{"SubnetIds", {subnet_id}}})["Subnets"][0]["AvailableIpAddressCount"],
            251);
  EXPECT_EQ(error("DescribeSubnets", {{"SubnetIds", {subnet_id}}}, "eu-west-1"),
            "InvalidSubnetID.NotFound: The subnet ID '" + subnet_id + "' does not exist");
}

TEST_F(Ec2Test, AVpcGoesOnlyWhenEmpty) {
  const auto vpc_id = make_vpc();
  const auto subnet_id = make_subnet(vpc_id, "10.0.1.0/24");
  EXPECT_EQ(
      error("DeleteVpc", {{"VpcId", vpc_id}}),
      "DependencyViolation: The vpc '" + vpc_id + "' has dependencies and cannot be deleted.");
  call("DeleteSubnet", {{"SubnetId", subnet_id}});
  call("DeleteVpc", {{"VpcId", vpc_id}});
  EXPECT_FALSE(network.vpcs.contains(vpc_id));
  EXPECT_EQ(error("DeleteVpc", {{"VpcId", vpc_id}}),
            "InvalidVpcID.NotFound: The vpc ID '" + vpc_id + "' does not exist");
}

TEST_F(Ec2Test, ARefusalOfTheNetworkIsMadeGoodWithTheNextChange) {
  call("DescribeVpcs");
  network.fail_call(1);
  const auto vpc_id = make_vpc();
  EXPECT_FALSE(network.vpcs.contains(vpc_id));
  make_vpc("10.1.0.0/16");
  EXPECT_TRUE(network.vpcs.contains(vpc_id));
}

TEST_F(Ec2Test, AttributesOfAVpc) {
  const auto vpc_id = make_vpc();
  call("ModifyVpcAttribute", {{"VpcId", vpc_id}, {"EnableDnsHostnames", {{"Value", true}}}});
  const auto asked =
      call("DescribeVpcAttribute", {{"VpcId", vpc_id}, {"Attribute", "enableDnsHostnames"}});
  EXPECT_EQ(asked, (Json{{"VpcId", vpc_id}, {"EnableDnsHostnames", {{"Value", true}}}}));
}

TEST_F(Ec2Test, ASecondBlockCanBeAddedAndTakenAway) {
  const auto vpc_id = make_vpc();
  EXPECT_EQ(error("AssociateVpcCidrBlock", {{"VpcId", vpc_id}, {"CidrBlock", "10.0.0.0/20"}}),
            "CidrConflict: The CIDR '10.0.0.0/20' conflicts with another CIDR in VPC.");
  const auto added =
      call("AssociateVpcCidrBlock", {{"VpcId", vpc_id}, {"CidrBlock", "10.9.0.0/16"}});
  const std::string id = added["CidrBlockAssociation"]["AssociationId"];
  const auto subnet_id = make_subnet(vpc_id, "10.9.1.0/24");
  EXPECT_EQ(network.vpcs.at(vpc_id).cidrs.size(), 2u);
  EXPECT_TRUE(error("DisassociateVpcCidrBlock", {{"AssociationId", id}})
                  .starts_with("InvalidCidrBlock.InUse"));
  call("DeleteSubnet", {{"SubnetId", subnet_id}});
  call("DisassociateVpcCidrBlock", {{"AssociationId", id}});
  EXPECT_EQ(network.vpcs.at(vpc_id).cidrs.size(), 1u);
}

}  // namespace
}  // namespace enibox::ec2

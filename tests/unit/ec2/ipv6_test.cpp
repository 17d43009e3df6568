#include "tests/unit/ec2/instance_fixture.hpp"

namespace enibox::ec2 {
namespace {

class Ipv6Test : public LaunchFixture {
 protected:
  std::string vpc_block() {
    return call("AssociateVpcCidrBlock", {{"VpcId", vpc_id},
                                          {"AmazonProvidedIpv6CidrBlock",
                                           true}})["Ipv6CidrBlockAssociation"]["Ipv6CidrBlock"];
  }
  // The first /64 of a /56.
  static std::string subnet_block(const std::string& block) {
    return block.substr(0, block.find('/')) + "/64";
  }
};

TEST_F(Ipv6Test, BlocksGoFromTheVpcToItsSubnets) {
  const auto block = vpc_block();
  EXPECT_TRUE(block.starts_with("2001:db8:"));
  const auto vpc = call("DescribeVpcs", {{"VpcIds", {vpc_id}}})["Vpcs"][0];
  const std::string vpc_association = vpc["Ipv6CidrBlockAssociationSet"][0]["AssociationId"];
  EXPECT_EQ(error("AssociateSubnetCidrBlock",
                  {{"SubnetId", subnet_id}, {"Ipv6CidrBlock", "2001:db9::/64"}}),
            "InvalidSubnet.Range: The CIDR '2001:db9::/64' is invalid.");
  const std::string association =
      call("AssociateSubnetCidrBlock",
           {{"SubnetId", subnet_id},
            {"Ipv6CidrBlock", subnet_block(block)}})["Ipv6CidrBlockAssociation"]["AssociationId"];
  EXPECT_TRUE(error("DisassociateVpcCidrBlock", {{"AssociationId", vpc_association}})
                  .starts_with("InvalidCidrBlock.InUse"));
  call("DisassociateSubnetCidrBlock", {{"AssociationId", association}});
  call("DisassociateVpcCidrBlock", {{"AssociationId", vpc_association}});
  EXPECT_EQ(call("DescribeVpcs", {{"VpcIds", {vpc_id}}})["Vpcs"][0]["Ipv6CidrBlockAssociationSet"],
            Json::array());
}

TEST_F(Ipv6Test, AnInterfaceHasAddressesOfItsSubnet) {
  EXPECT_TRUE(error("CreateNetworkInterface", {{"SubnetId", subnet_id}, {"Ipv6AddressCount", 1}})
                  .starts_with("InvalidParameterValue"));
  const auto block = subnet_block(vpc_block());
  call("AssociateSubnetCidrBlock", {{"SubnetId", subnet_id}, {"Ipv6CidrBlock", block}});
  const auto eni = call("CreateNetworkInterface",
                        {{"SubnetId", subnet_id}, {"Ipv6AddressCount", 2}})["NetworkInterface"];
  ASSERT_EQ(eni["Ipv6Addresses"].size(), 2u);
  const std::string id = eni["NetworkInterfaceId"];
  const std::string taken = eni["Ipv6Addresses"][0]["Ipv6Address"];
  EXPECT_EQ(error("AssignIpv6Addresses", {{"NetworkInterfaceId", id}, {"Ipv6Addresses", {taken}}}),
            "InvalidIPAddress.InUse: Address " + taken + " is in use.");
  EXPECT_EQ(call("AssignIpv6Addresses",
                 {{"NetworkInterfaceId", id}, {"Ipv6AddressCount", 1}})["AssignedIpv6Addresses"]
                .size(),
            1u);
  call("UnassignIpv6Addresses", {{"NetworkInterfaceId", id}, {"Ipv6Addresses", {taken}}});
  EXPECT_EQ(call("DescribeNetworkInterfaces",
                 filter("ipv6-addresses.ipv6-address", {taken}))["NetworkInterfaces"]
                .size(),
            0u);
  // With the attribute every new interface of the subnet has one.
  call("ModifySubnetAttribute",
       {{"SubnetId", subnet_id}, {"AssignIpv6AddressOnCreation", {{"Value", true}}}});
  EXPECT_TRUE(launch().contains("Ipv6Address"));
}

TEST_F(Ipv6Test, ReservedBlocksAreGivenOnlyByName) {
  const auto small = make_subnet(vpc_id, "10.0.0.0/28");
  const std::string id =
      call("CreateSubnetCidrReservation",
           {{"SubnetId", small},
            {"Cidr", "10.0.0.8/29"},
            {"ReservationType", "explicit"}})["SubnetCidrReservation"]["SubnetCidrReservationId"];
  EXPECT_TRUE(error("CreateSubnetCidrReservation",
                    {{"SubnetId", small}, {"Cidr", "10.0.0.8/30"}, {"ReservationType", "prefix"}})
                  .starts_with("InvalidParameterValue"));
  // .4 to .7 are left; .8 only when it is asked for.
  std::set<std::string> given;
  for (int i = 0; i < 4; ++i) {
    given.insert(call("CreateNetworkInterface",
                      {{"SubnetId", small}})["NetworkInterface"]["PrivateIpAddress"]);
  }
  EXPECT_EQ(given, (std::set<std::string>{"10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7"}));
  EXPECT_TRUE(error("CreateNetworkInterface", {{"SubnetId", small}})
                  .starts_with("InsufficientFreeAddressesInSubnet"));
  call("CreateNetworkInterface", {{"SubnetId", small}, {"PrivateIpAddress", "10.0.0.8"}});
  EXPECT_EQ(call("GetSubnetCidrReservations",
                 {{"SubnetId", small}})["SubnetIpv4CidrReservations"][0]["Cidr"],
            "10.0.0.8/29");
  call("DeleteSubnetCidrReservation", {{"SubnetCidrReservationId", id}});
  call("CreateNetworkInterface", {{"SubnetId", small}});
}

}  // namespace
}  // namespace enibox::ec2

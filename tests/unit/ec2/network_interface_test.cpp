#include <set>

#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {
namespace {

TEST_F(Ec2Test, AnInterfaceOfTheSeamHasAFreeAddressAndTheDefaultGroup) {
  const auto vpc_id = make_vpc();
  const auto subnet_id = make_subnet(vpc_id, "10.0.100.0/24");
  const auto eni = ec2->create_network_interface({.region = "us-east-1",
                                                  .subnet_id = subnet_id,
                                                  .address = std::nullopt,
                                                  .group_ids = {},
                                                  .description = "arn:aws:ecs:x:attachment/1",
                                                  .requester_id = "amazon-ecs"});
  EXPECT_TRUE(eni.address.starts_with("10.0.100."));
  EXPECT_TRUE(eni.mac.starts_with("02:"));
  EXPECT_EQ(eni.status, "available");
  EXPECT_EQ(eni.group_ids, std::vector{ec2->default_group("us-east-1", vpc_id)});
  EXPECT_EQ(eni.private_dns_name, "");
  EXPECT_EQ(ec2->vpc_dns(vpc_id)->resolver, "10.0.0.2");
  ec2->delete_network_interface(eni.eni_id);
  EXPECT_THROW(ec2->network_interface(eni.eni_id), AwsError);
}

TEST_F(Ec2Test, EveryUsableAddressIsGivenOnceAndNoReservedOne) {
  const auto vpc_id = make_vpc();
  const auto subnet_id = make_subnet(vpc_id, "10.0.1.0/28");
  std::set<std::string> addresses;
  const NewNetworkInterface wanted{.region = "us-east-1",
                                   .subnet_id = subnet_id,
                                   .address = std::nullopt,
                                   .group_ids = {},
                                   .description = "",
                                   .requester_id = ""};
  for (int i = 0; i < 11; ++i) addresses.insert(ec2->create_network_interface(wanted).address);
  EXPECT_EQ(addresses.size(), 11u);
  for (const auto* reserved : {"10.0.1.0", "10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.15"}) {
    EXPECT_FALSE(addresses.contains(reserved)) << reserved;
  }
  try {
    ec2->create_network_interface(wanted);
    FAIL() << "an exhausted subnet gave an address";
  } catch (const AwsError& e) {
    EXPECT_EQ(e.code(), "InsufficientFreeAddressesInSubnet");
  }
  EXPECT_EQ(call("DescribeSubnets",
                 {{"SubnetIds", {subnet_id}}})["Subnets"][0]["AvailableIpAddressCount"],
            0);
}

}  // namespace
}  // namespace enibox::ec2

#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {
namespace {

TEST_F(Ec2Test, ARequestWithItsClientTokenAgainIsDoneOnce) {
  const auto vpc_id = make_vpc();
  const Json in = {{"VpcId", vpc_id}, {"ClientToken", "t1"}};
  const auto first = call("CreateRouteTable", in);
  EXPECT_EQ(call("CreateRouteTable", in), first);
  const Json listed = {{"Filters", {{{"Name", "vpc-id"}, {"Values", {vpc_id}}}}}};
  EXPECT_EQ(call("DescribeRouteTables", listed)["RouteTables"].size(), 2u) << "the main one and it";
  // Another region, another operation: another token.
  const auto elsewhere = make_vpc();
  EXPECT_EQ(error("CreateRouteTable", {{"VpcId", elsewhere}, {"ClientToken", "t1"}}),
            "IdempotentParameterMismatch: Arguments on this idempotent request are inconsistent "
            "with arguments used in previous request(s).");
  call("CreateNetworkAcl", {{"VpcId", elsewhere}, {"ClientToken", "t1"}});
  clock.advance(std::chrono::hours(25));
  EXPECT_NE(call("CreateRouteTable", in), first) << "a token is good for a day";
}

TEST_F(Ec2Test, AFailureIsNotRemembered) {
  const auto vpc_id = make_vpc();
  const Json in = {{"SubnetId", "subnet-0123456789abcdef0"}, {"ClientToken", "t"}};
  EXPECT_TRUE(error("CreateNetworkInterface", in).starts_with("InvalidSubnetID.NotFound"));
  call("CreateNetworkInterface",
       {{"SubnetId", make_subnet(vpc_id, "10.0.3.0/24")}, {"ClientToken", "t"}});
}

}  // namespace
}  // namespace enibox::ec2

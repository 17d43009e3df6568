#include <gmock/gmock.h>

#include "tests/unit/ec2/ec2_fixture.hpp"

// What the network hears of network ACLs.
namespace enibox::ec2 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NetworkAclTest : public Ec2Test {
 protected:
  Json acls(const std::string& vpc) {
    return call("DescribeNetworkAcls",
                {{"Filters", {{{"Name", "vpc-id"}, {"Values", {vpc}}}}}})["NetworkAcls"];
  }
  Json entry(int number, const Json& more = Json::object()) {
    Json in = {{"NetworkAclId", acl_id}, {"RuleNumber", number},      {"Egress", false},
               {"Protocol", "-1"},       {"CidrBlock", "10.0.0.0/8"}, {"RuleAction", "deny"}};
    in.update(more);
    return in;
  }
  const vpc::NetworkAclSpec& told() { return network.acls.at(acl_id); }

  std::string vpc_id = make_vpc();
  std::string subnet_id = make_subnet(vpc_id, "10.0.100.0/24");
  std::string acl_id = acls(vpc_id)[0]["NetworkAclId"];
};

TEST_F(NetworkAclTest, TheDefaultOneGuardsEverySubnetAndAdmitsAll) {
  EXPECT_THAT(told().subnets, ElementsAre("10.0.100.0/24"));
  make_subnet(vpc_id, "10.0.101.0/24");
  EXPECT_THAT(told().subnets, ::testing::UnorderedElementsAre("10.0.100.0/24", "10.0.101.0/24"));
  ASSERT_EQ(told().entries.size(), 4u);
  for (const auto& each : told().entries) EXPECT_EQ(each.allow, each.number == 100);
}

TEST_F(NetworkAclTest, EntriesComeChangeAndGo) {
  network.hold();
  const auto answer =
      this->answer("CreateNetworkAclEntry",
                   entry(50, {{"Protocol", "6"}, {"PortRange", {{"From", 80}, {"To", 90}}}}));
  EXPECT_EQ(answer.after, network.generation());
  network.release();
  const auto found = [&] {
    for (const auto& each : told().entries)
      if (each.number == 50) return each;
    return vpc::AclEntry{};
  };
  EXPECT_EQ(found(), (vpc::AclEntry{.egress = false,
                                    .number = 50,
                                    .allow = false,
                                    .protocol = "6",
                                    .from_port = 80,
                                    .to_port = 90,
                                    .cidr = "10.0.0.0/8"}));
  call("ReplaceNetworkAclEntry", entry(50, {{"Protocol", "1"},
                                            {"RuleAction", "allow"},
                                            {"IcmpTypeCode", {{"Type", 8}, {"Code", -1}}}}));
  EXPECT_TRUE(found().allow);
  EXPECT_EQ(found().from_port, 8);
  EXPECT_EQ(found().to_port, -1);
  call("DeleteNetworkAclEntry", {{"NetworkAclId", acl_id}, {"RuleNumber", 50}, {"Egress", false}});
  EXPECT_EQ(told().entries.size(), 4u);
}

TEST_F(NetworkAclTest, AnotherOneTakesTheSubnet) {
  const std::string other =
      call("CreateNetworkAcl", {{"VpcId", vpc_id}})["NetworkAcl"]["NetworkAclId"];
  std::string association;
  for (const Json all = acls(vpc_id); const auto& each : all) {
    if (each["NetworkAclId"] != acl_id) continue;
    association = each["Associations"][0]["NetworkAclAssociationId"];
  }
  call("ReplaceNetworkAclAssociation", {{"AssociationId", association}, {"NetworkAclId", other}});
  EXPECT_THAT(network.acls.at(other).subnets, ElementsAre("10.0.100.0/24"));
  EXPECT_THAT(told().subnets, IsEmpty());
  EXPECT_EQ(network.calls.back(), "put_acl " + acl_id);  // the new one came first
  call("DeleteSubnet", {{"SubnetId", subnet_id}});
  EXPECT_THAT(network.acls.at(other).subnets, IsEmpty());
  call("DeleteNetworkAcl", {{"NetworkAclId", other}});
  EXPECT_FALSE(network.acls.contains(other));
}

TEST_F(NetworkAclTest, ANetworkThatStartsLaterIsToldOfIt) {
  network.acls.clear();
  ec2->sync_network();
  EXPECT_THAT(told().subnets, ElementsAre("10.0.100.0/24"));
}

}  // namespace
}  // namespace enibox::ec2

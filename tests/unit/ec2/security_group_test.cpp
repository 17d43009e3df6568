#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {
namespace {

Json tcp(int port, const std::string& cidr) {
  return {{"IpProtocol", "tcp"},
          {"FromPort", port},
          {"ToPort", port},
          {"IpRanges", {{{"CidrIp", cidr}}}}};
}

class SecurityGroupTest : public Ec2Test {
 protected:
  std::string vpc_id = make_vpc();
  std::string make_group(const std::string& name) {
    return call("CreateSecurityGroup",
                {{"GroupName", name}, {"Description", "d"}, {"VpcId", vpc_id}})["GroupId"];
  }
  std::string group_id = make_group("web");
  const std::vector<vpc::GroupRule>& rules() { return network.groups.at(group_id).rules; }
};

TEST_F(SecurityGroupTest, ANewGroupLetsEverythingOutAndNothingIn) {
  const auto group =
      call("DescribeSecurityGroups", {{"GroupIds", {group_id}}})["SecurityGroups"][0];
  EXPECT_EQ(group["IpPermissions"], Json::array());
  ASSERT_EQ(group["IpPermissionsEgress"].size(), 1u);
  EXPECT_EQ(group["IpPermissionsEgress"][0]["IpProtocol"], "-1");
  EXPECT_FALSE(group["IpPermissionsEgress"][0].contains("FromPort"));
  ASSERT_EQ(rules().size(), 1u);
  EXPECT_TRUE(rules()[0].egress);
}

TEST_F(SecurityGroupTest, ARuleIsAuthorizedOnceAndRevokedOnce) {
  const Json in = {{"GroupId", group_id}, {"IpPermissions", {tcp(80, "10.0.0.7/16")}}};
  network.hold();
  const auto authorized = answer("AuthorizeSecurityGroupIngress", in);
  EXPECT_EQ(authorized.output["SecurityGroupRules"][0]["CidrIpv4"], "10.0.0.0/16");
  EXPECT_EQ(authorized.after, network.generation());
  network.release();
  ASSERT_EQ(rules().size(), 2u);
  EXPECT_EQ(rules()[1].from_port, 80);

  EXPECT_EQ(error("AuthorizeSecurityGroupIngress", in),
            "InvalidPermission.Duplicate: the specified rule \"peer: 10.0.0.0/16, TCP, from port: "
            "80, to port: 80, ALLOW\" already exists");
  call("RevokeSecurityGroupIngress", in);
  EXPECT_EQ(rules().size(), 1u);
  EXPECT_EQ(error("RevokeSecurityGroupIngress", in),
            "InvalidPermission.NotFound: The specified rule does not exist in this security "
            "group.");
}

TEST_F(SecurityGroupTest, OneBadRuleOfSeveralTakesTheOthersBack) {
  EXPECT_EQ(error("AuthorizeSecurityGroupIngress",
                  {{"GroupId", group_id},
                   {"IpPermissions", {tcp(80, "10.0.0.0/16"), tcp(81, "10.0.0.0/33")}}}),
            "InvalidParameterValue: CIDR block 10.0.0.0/33 is malformed");
  EXPECT_EQ(rules().size(), 1u);
  EXPECT_EQ(call("DescribeSecurityGroups",
                 {{"GroupIds", {group_id}}})["SecurityGroups"][0]["IpPermissions"],
            Json::array());
}

TEST_F(SecurityGroupTest, AGroupThatIsNamedElsewhereStays) {
  const auto other = make_group("db");
  const Json from_web = {
      {"GroupId", other},
      {"IpPermissions", {{{"IpProtocol", "-1"}, {"UserIdGroupPairs", {{{"GroupId", group_id}}}}}}}};
  call("AuthorizeSecurityGroupIngress", from_web);
  EXPECT_EQ(network.groups.at(other).rules[1].group_id, group_id);
  EXPECT_EQ(error("DeleteSecurityGroup", {{"GroupId", group_id}}),
            "DependencyViolation: resource " + group_id + " has a dependent object");
  call("RevokeSecurityGroupIngress", from_web);
  call("DeleteSecurityGroup", {{"GroupId", group_id}});
  EXPECT_FALSE(network.groups.contains(group_id));
  EXPECT_EQ(error("DeleteSecurityGroup", {{"GroupId", group_id}}),
            "InvalidGroup.NotFound: The security group '" + group_id + "' does not exist");
}

TEST_F(SecurityGroupTest, TheDefaultGroupCannotGo) {
  const auto id = ec2->default_group("us-east-1", vpc_id);
  EXPECT_EQ(error("DeleteSecurityGroup", {{"GroupId", id}}),
            "CannotDelete: the specified group: \"" + id +
                "\" name: \"default\" cannot be deleted by a user");
}

TEST_F(SecurityGroupTest, SixtyRulesADirection) {
  for (int i = 0; i < 60; ++i) {
    call("AuthorizeSecurityGroupIngress",
         {{"GroupId", group_id}, {"IpPermissions", {tcp(1000 + i, "10.0.0.0/16")}}});
  }
  EXPECT_TRUE(error("AuthorizeSecurityGroupIngress",
                    {{"GroupId", group_id}, {"IpPermissions", {tcp(2000, "10.0.0.0/16")}}})
                  .starts_with("RulesPerSecurityGroupLimitExceeded"));
  EXPECT_EQ(call("DescribeSecurityGroupRules")["SecurityGroupRules"].size(),
            60u + 1 + 2 + 2);  // this group's egress, two default groups
}

TEST_F(SecurityGroupTest, ARuleIsModifiedByItsId) {
  const auto made = call("AuthorizeSecurityGroupIngress",
                         {{"GroupId", group_id}, {"IpPermissions", {tcp(80, "10.0.0.0/16")}}});
  const std::string rule_id = made["SecurityGroupRules"][0]["SecurityGroupRuleId"];
  call("ModifySecurityGroupRules", {{"GroupId", group_id},
                                    {"SecurityGroupRules",
                                     {{{"SecurityGroupRuleId", rule_id},
                                       {"SecurityGroupRule",
                                        {{"IpProtocol", "udp"},
                                         {"FromPort", 53},
                                         {"ToPort", 53},
                                         {"CidrIpv4", "10.0.1.0/24"},
                                         {"Description", "dns"}}}}}}});
  const auto rule = call("DescribeSecurityGroupRules",
                         {{"SecurityGroupRuleIds", {rule_id}}})["SecurityGroupRules"][0];
  EXPECT_EQ(rule["Description"], "dns");
  EXPECT_EQ(rules()[1].protocol, "udp");
  EXPECT_EQ(rules()[1].cidr, "10.0.1.0/24");
  const auto refusal = [&](const Json& wanted) {
    return error("ModifySecurityGroupRules",
                 {{"GroupId", group_id},
                  {"SecurityGroupRules",
                   {{{"SecurityGroupRuleId", rule_id}, {"SecurityGroupRule", wanted}}}}});
  };
  EXPECT_EQ(
      refusal({{"FromPort", 1}, {"ToPort", 2}, {"CidrIpv4", "10.0.0.0/8"}}),
      "InvalidParameterValue: Invalid value 'null' for protocol. VPC security group rules must "
      "specify protocols explicitly.");
  EXPECT_EQ(refusal({{"IpProtocol", "-1"}}),
            "MissingParameter: The request must contain exactly one of: cidrIp, cidrIpv6, "
            "prefixListId, or referencedGroupId");
  EXPECT_EQ(refusal({{"IpProtocol", "-1"}, {"CidrIpv4", "10.0.0.0/8"}, {"CidrIpv6", "::/0"}}),
            "InvalidParameterCombination: Only one of cidrIp, cidrIpv6, prefixListId, or "
            "referencedGroupId can be specified");
  EXPECT_EQ(error("RevokeSecurityGroupIngress",
                  {{"GroupId", group_id}, {"SecurityGroupRuleIds", {"sgr-0"}}}),
            "InvalidSecurityGroupRuleId.NotFound: The security group rule ID 'sgr-0' does not "
            "exist");
}

}  // namespace
}  // namespace enibox::ec2

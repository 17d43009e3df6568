#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {
namespace {

class PeeringTest : public Ec2Test {
 protected:
  std::string requester = make_vpc("10.0.0.0/16");
  std::string accepter = make_vpc("10.1.0.0/16");

  std::string request() {
    return call("CreateVpcPeeringConnection",
                {{"VpcId", requester},
                 {"PeerVpcId", accepter}})["VpcPeeringConnection"]["VpcPeeringConnectionId"];
  }
  static Json named(const std::string& id) { return {{"VpcPeeringConnectionId", id}}; }
  Json shown(const std::string& id, const std::string& region = "us-east-1") {
    return call("DescribeVpcPeeringConnections", {{"VpcPeeringConnectionIds", {id}}},
                region)["VpcPeeringConnections"][0];
  }
  std::string main_table(const std::string& vpc_id) {
    const Json of_vpc = {
        {"Filters", {{{"Name", "vpc-id"}, {"Values", std::vector<std::string>{vpc_id}}}}}};
    return call("DescribeRouteTables", of_vpc)["RouteTables"][0]["RouteTableId"];
  }
};

TEST_F(PeeringTest, IsAskedForAcceptedAndDeleted) {
  const auto made = call("CreateVpcPeeringConnection",
                         {{"VpcId", requester}, {"PeerVpcId", accepter}})["VpcPeeringConnection"];
  EXPECT_EQ(made["Status"]["Code"], "initiating-request");
  const std::string id = made["VpcPeeringConnectionId"];
  EXPECT_EQ(shown(id)["Status"], (Json{{"Code", "pending-acceptance"},
                                       {"Message", "Pending Acceptance by 111122223333"}}));
  EXPECT_FALSE(shown(id)["AccepterVpcInfo"].contains("CidrBlock"));
  EXPECT_TRUE(network.peerings.empty());

  EXPECT_EQ(call("AcceptVpcPeeringConnection", named(id))["VpcPeeringConnection"]["Status"]["Code"],
            "provisioning");
  EXPECT_EQ(shown(id)["Status"]["Code"], "active");
  EXPECT_EQ(shown(id)["AccepterVpcInfo"]["CidrBlock"], "10.1.0.0/16");
  EXPECT_EQ(network.peerings.at(id), (vpc::PeeringSpec{id, requester, accepter, 9001}));

  EXPECT_EQ(error("AcceptVpcPeeringConnection", named(id)),
            "InvalidStateTransition: Invalid state transition for " + id +
                ", attempted to transition from active to provisioning");
  EXPECT_TRUE(error("RejectVpcPeeringConnection", named(id)).starts_with("InvalidStateTransition"));
  call("DeleteVpcPeeringConnection", named(id));
  EXPECT_EQ(shown(id)["Status"]["Code"], "deleted");
  EXPECT_TRUE(network.peerings.empty());
  EXPECT_TRUE(error("DeleteVpcPeeringConnection", named(id)).starts_with("InvalidStateTransition"));
  clock.advance(std::chrono::hours(3));
  EXPECT_EQ(call("DescribeVpcPeeringConnections")["VpcPeeringConnections"], Json::array());
}

TEST_F(PeeringTest, MayBeRejectedOrExpire) {
  const auto id = request();
  call("RejectVpcPeeringConnection", named(id));
  EXPECT_EQ(shown(id)["Status"]["Message"], "Rejected by 111122223333");
  const auto second = request();
  clock.advance(std::chrono::hours(24 * 7));
  EXPECT_EQ(shown(second)["Status"]["Code"], "expired");
  EXPECT_TRUE(
      error("AcceptVpcPeeringConnection", named(second)).starts_with("InvalidStateTransition"));
}

TEST_F(PeeringTest, BadRequests) {
  const auto twin = make_vpc("10.0.128.0/20");
  const std::string failed =
      call("CreateVpcPeeringConnection",
           {{"VpcId", requester},
            {"PeerVpcId", twin}})["VpcPeeringConnection"]["VpcPeeringConnectionId"];
  EXPECT_EQ(shown(failed)["Status"]["Code"], "failed");
  EXPECT_EQ(shown(failed)["Status"]["Message"],
            "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range");
  EXPECT_EQ(error("CreateVpcPeeringConnection", {{"VpcId", requester}}),
            "MissingParameter: The request must contain the parameter peerVpcId");
  EXPECT_EQ(error("CreateVpcPeeringConnection",
                  {{"VpcId", requester}, {"PeerVpcId", "vpc-0123456789abcdef0"}}),
            "InvalidVpcID.NotFound: The vpc ID 'vpc-0123456789abcdef0' does not exist");
  EXPECT_EQ(error("AcceptVpcPeeringConnection", named("pcx-0123456789abcdef0")),
            "InvalidVpcPeeringConnectionID.NotFound: The vpcPeeringConnection ID "
            "'pcx-0123456789abcdef0' does not exist");
  for (const char* malformed : {"pcx-", "pcx-xyz", "vpc-0123456789abcdef0", "0123456789abcdef0"}) {
    const auto said = "InvalidVpcPeeringConnectionId.Malformed: Invalid id: \"" +
                      std::string(malformed) + "\" (expecting \"pcx-...\")";
    EXPECT_EQ(error("AcceptVpcPeeringConnection", named(malformed)), said);
    EXPECT_EQ(error("DescribeVpcPeeringConnections", {{"VpcPeeringConnectionIds", {malformed}}}),
              said);
  }
  request();
  EXPECT_TRUE(error("CreateVpcPeeringConnection", {{"VpcId", accepter}, {"PeerVpcId", requester}})
                  .starts_with("VpcPeeringConnectionAlreadyExists"));
}

TEST_F(PeeringTest, BetweenRegionsTheOtherRegionAccepts) {
  const std::string far =
      call("CreateVpc", {{"CidrBlock", "10.2.0.0/16"}}, "eu-west-1")["Vpc"]["VpcId"];
  const std::string id =
      call("CreateVpcPeeringConnection",
           {{"VpcId", requester},
            {"PeerVpcId", far},
            {"PeerRegion", "eu-west-1"}})["VpcPeeringConnection"]["VpcPeeringConnectionId"];
  EXPECT_TRUE(error("AcceptVpcPeeringConnection", named(id)).starts_with("OperationNotPermitted"));
  call("AcceptVpcPeeringConnection", named(id), "eu-west-1");
  EXPECT_EQ(shown(id)["Status"]["Code"], "active");
  EXPECT_EQ(shown(id, "eu-west-1")["AccepterVpcInfo"]["Region"], "eu-west-1");
  EXPECT_EQ(network.peerings.at(id).mtu_bytes, 1500);
  EXPECT_TRUE(
      error("DescribeVpcPeeringConnections", {{"VpcPeeringConnectionIds", {id}}}, "us-west-2")
          .starts_with("InvalidVpcPeeringConnectionID.NotFound"));
}

TEST_F(PeeringTest, OptionsAreOfActiveOnes) {
  const auto id = request();
  const Json in = {
      {"VpcPeeringConnectionId", id},
      {"RequesterPeeringConnectionOptions", {{"AllowDnsResolutionFromRemoteVpc", true}}}};
  EXPECT_TRUE(error("ModifyVpcPeeringConnectionOptions", in).starts_with("OperationNotPermitted"));
  call("AcceptVpcPeeringConnection", named(id));
  EXPECT_EQ(call("ModifyVpcPeeringConnectionOptions",
                 in)["RequesterPeeringConnectionOptions"]["AllowDnsResolutionFromRemoteVpc"],
            true);
  EXPECT_EQ(shown(id)["RequesterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"],
            true);
  EXPECT_EQ(shown(id)["AccepterVpcInfo"]["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"],
            false);
}

TEST_F(PeeringTest, RoutesAndGroupsMayNameIt) {
  const auto id = request();
  make_subnet(requester, "10.0.0.0/24");
  const Json route = {{"RouteTableId", main_table(requester)},
                      {"DestinationCidrBlock", "10.1.0.0/16"},
                      {"VpcPeeringConnectionId", id}};
  const auto group = [&](const std::string& vpc_id) -> std::string {
    return call("CreateSecurityGroup",
                {{"GroupName", "g"}, {"Description", "d"}, {"VpcId", vpc_id}})["GroupId"];
  };
  const auto own = group(requester), other = group(accepter);
  const Json rule = {
      {"GroupId", own},
      {"IpPermissions", {{{"IpProtocol", "-1"}, {"UserIdGroupPairs", {{{"GroupId", other}}}}}}}};
  EXPECT_TRUE(error("AuthorizeSecurityGroupIngress", rule).starts_with("InvalidGroup.NotFound"));
  call("AcceptVpcPeeringConnection", named(id));
  call("CreateRoute", route);
  EXPECT_EQ(network.routes.at("10.0.0.0/24 of " + requester).routes,
            (std::vector<vpc::RouteSpec>{{"10.1.0.0/16", id}}));
  call("AuthorizeSecurityGroupIngress", rule);
  const auto pair =
      call("DescribeSecurityGroups",
           {{"GroupIds", {own}}})["SecurityGroups"][0]["IpPermissions"][0]["UserIdGroupPairs"][0];
  EXPECT_EQ(pair["VpcPeeringConnectionId"], id);
  EXPECT_EQ(pair["PeeringStatus"], "active");

  call("DeleteVpcPeeringConnection", named(id));
  const auto routes =
      call("DescribeRouteTables",
           {{"RouteTableIds", {route["RouteTableId"]}}})["RouteTables"][0]["Routes"];
  EXPECT_EQ(routes[1]["State"], "blackhole");
  EXPECT_EQ(routes[1]["VpcPeeringConnectionId"], id);
}

class StaleRulesTest : public PeeringTest {
 protected:
  StaleRulesTest() {
    call("AcceptVpcPeeringConnection", named(peering));
    authorize("Ingress", 443);
    authorize("Egress", 22);
    call("AuthorizeSecurityGroupIngress",
         {{"GroupId", own},
          {"IpPermissions",
           {{{"IpProtocol", "-1"}, {"UserIdGroupPairs", {{{"GroupId", neighbour}}}}},
            {{"IpProtocol", "-1"}, {"IpRanges", {{{"CidrIp", "10.0.0.0/8"}}}}}}}});
  }
  std::string group(const std::string& vpc_id, const std::string& name) {
    return call("CreateSecurityGroup",
                {{"GroupName", name}, {"Description", "of " + name}, {"VpcId", vpc_id}})["GroupId"];
  }
  void authorize(const std::string& direction, int port) {
    call("AuthorizeSecurityGroup" + direction,
         {{"GroupId", own},
          {"IpPermissions",
           {{{"IpProtocol", "tcp"},
             {"FromPort", port},
             {"ToPort", port},
             {"UserIdGroupPairs", {{{"GroupId", other}}}}}}}});
  }
  Json stale(const std::string& vpc_id) {
    return call("DescribeStaleSecurityGroups", {{"VpcId", vpc_id}})["StaleSecurityGroupSet"];
  }
  Json references() {
    return call("DescribeSecurityGroupReferences",
                {{"GroupId", {other}}})["SecurityGroupReferenceSet"];
  }
  std::string peering = request();
  std::string own = group(requester, "web"), neighbour = group(requester, "near"),
              other = group(accepter, "far");
};

TEST_F(StaleRulesTest, RulesAreStaleWithoutTheConnection) {
  EXPECT_EQ(stale(requester), Json::array());
  EXPECT_EQ(references(), Json::array({{{"GroupId", other},
                                        {"ReferencingVpcId", requester},
                                        {"VpcPeeringConnectionId", peering}}}));
  call("DeleteVpcPeeringConnection", named(peering));
  const auto groups = stale(requester);
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0]["GroupId"], own);
  EXPECT_EQ(groups[0]["GroupName"], "web");
  EXPECT_EQ(groups[0]["Description"], "of web");
  EXPECT_EQ(groups[0]["VpcId"], requester);
  const Json pair = {{"GroupId", other},
                     {"UserId", "111122223333"},
                     {"VpcId", accepter},
                     {"VpcPeeringConnectionId", peering},
                     {"PeeringStatus", "deleted"}};
  EXPECT_EQ(groups[0]["StaleIpPermissions"], Json::array({{{"IpProtocol", "tcp"},
                                                           {"FromPort", 443},
                                                           {"ToPort", 443},
                                                           {"IpRanges", Json::array()},
                                                           {"PrefixListIds", Json::array()},
                                                           {"UserIdGroupPairs", {pair}}}}));
  EXPECT_EQ(groups[0]["StaleIpPermissionsEgress"][0]["FromPort"], 22);
  EXPECT_EQ(stale(accepter), Json::array());

  // Another connection between the two makes them whole.
  call("AcceptVpcPeeringConnection", named(request()));
  EXPECT_EQ(stale(requester), Json::array());
}

TEST_F(StaleRulesTest, APeersGroupMayGoAndLeaveThem) {
  EXPECT_TRUE(
      error("DeleteSecurityGroup", {{"GroupId", neighbour}}).starts_with("DependencyViolation"));
  call("DeleteSecurityGroup", {{"GroupId", other}});
  const auto groups = stale(requester);
  ASSERT_EQ(groups.size(), 1u);
  const auto pair = groups[0]["StaleIpPermissions"][0]["UserIdGroupPairs"][0];
  EXPECT_EQ(pair["GroupId"], other);
  EXPECT_EQ(pair["VpcId"], accepter);
  EXPECT_EQ(pair["PeeringStatus"], "active");
  const auto rules = network.groups.at(own).rules;
  EXPECT_EQ(rules.size(), 5u);  // they stay until somebody revokes them, and nobody is meant
  call("RevokeSecurityGroupIngress", {{"GroupId", own},
                                      {"IpPermissions",
                                       {{{"IpProtocol", "tcp"},
                                         {"FromPort", 443},
                                         {"ToPort", 443},
                                         {"UserIdGroupPairs", {{{"GroupId", other}}}}}}}});
  EXPECT_EQ(stale(requester)[0]["StaleIpPermissions"], Json::array());
  const Json again = {{"GroupId", own},
                      {"IpPermissions",
                       {{{"IpProtocol", "tcp"},
                         {"FromPort", 443},
                         {"ToPort", 443},
                         {"UserIdGroupPairs", {{{"GroupId", other}}}}}}}};
  const auto gone = "InvalidGroup.NotFound: The security group '" + other + "' does not exist";
  EXPECT_EQ(error("RevokeSecurityGroupIngress", again), gone);
  EXPECT_EQ(error("AuthorizeSecurityGroupIngress", again), gone);
}

TEST_F(StaleRulesTest, TheConnectionIsForgottenAndTheRulesStayStale) {
  call("DeleteVpcPeeringConnection", named(peering));
  clock.advance(std::chrono::hours(3));
  call("DescribeVpcPeeringConnections");
  const auto pair = stale(requester)[0]["StaleIpPermissions"][0]["UserIdGroupPairs"][0];
  EXPECT_EQ(pair["PeeringStatus"], "deleted");
  EXPECT_FALSE(pair.contains("VpcPeeringConnectionId"));
}

TEST_F(StaleRulesTest, BadRequests) {
  EXPECT_TRUE(error("DescribeStaleSecurityGroups", {{"VpcId", "vpc-0123456789abcdef0"}})
                  .starts_with("InvalidVpcID.NotFound"));
  EXPECT_TRUE(error("DescribeSecurityGroupReferences", {{"GroupId", {"sg-x"}}})
                  .starts_with("InvalidGroupId.Malformed"));
}

}  // namespace
}  // namespace enibox::ec2

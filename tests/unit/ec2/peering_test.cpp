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

}  // namespace
}  // namespace enibox::ec2

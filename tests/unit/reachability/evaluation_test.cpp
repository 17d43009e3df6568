#include <gmock/gmock.h>

#include "tests/unit/reachability/reach_fixture.hpp"

namespace enibox::ec2 {
namespace {

using reachability::Answer;
using reachability::kIcmp;
using reachability::Kind;
using reachability::kTcp;
using reachability::kUdp;
using reachability::Step;
using testing::ElementsAre;
using testing::IsEmpty;

// Everything that refuses, there and back.
std::vector<std::string> codes(const Answer& answer) {
  std::vector<std::string> all;
  for (const auto* way : {&answer.forward, &answer.back})
    for (const auto& step : way->steps)
      if (!step.code.empty()) all.push_back(step.code);
  return all;
}

std::vector<std::string> passed(const reachability::Way& way) {
  std::vector<std::string> all;
  for (const auto& step : way.steps) all.push_back(step.component_id);
  return all;
}

const Step& step_with(const reachability::Way& way, Kind kind, bool egress) {
  for (const auto& step : way.steps)
    if (step.kind == kind && step.egress == egress) return step;
  throw std::out_of_range("no such step");
}

class Evaluation : public ReachFixture {
 protected:
  std::string clients = make_group("clients"), servers = make_group("servers");
  std::string client = make_eni(near_subnet, "10.0.1.10", {clients});
  std::string server = make_eni(far_subnet, "10.0.2.10", {servers});

  Answer ask(const std::string& from, const std::string& to, std::optional<int> port = 80,
             int protocol = kTcp) {
    return ec2->why({.source = from,
                     .destination = to,
                     .vpc_id = "",
                     .protocol = protocol,
                     .port = protocol == kIcmp ? std::nullopt : port});
  }
  std::string why_not(const std::string& from, const std::string& to) {
    try {
      ask(from, to);
      return "";
    } catch (const AwsError& error) {
      return error.code() + ": " + error.message();
    }
  }
};

TEST_F(Evaluation, NamesEachComponentAndTheRuleThatMatched) {
  const auto rule = allow_in(servers, block("tcp", 80, 81, "10.0.1.0/24"));
  const auto answer = ask(client, server);
  EXPECT_TRUE(answer.reachable());
  const auto table = main_table();
  const std::string acl = answer.forward.steps[2].component_id;
  EXPECT_THAT(passed(answer.forward),
              ElementsAre(client, clients, acl, table, acl, servers, server));
  EXPECT_THAT(passed(answer.back), ElementsAre(server, servers, acl, table, acl, clients, client));
  EXPECT_EQ(step_with(answer.forward, Kind::kGroups, false).group_rule->rule_id, rule);
  EXPECT_EQ(step_with(answer.forward, Kind::kAcl, true).acl_entry->rule_number, 100);
  EXPECT_EQ(step_with(answer.forward, Kind::kRouteTable, false).route->destination, "10.0.0.0/16");
  // The way back is a known flow's: no rule of a group is asked.
  EXPECT_FALSE(step_with(answer.back, Kind::kGroups, true).group_rule);
}

TEST_F(Evaluation, AGroupWithoutAFittingRuleRefuses) {
  allow_in(servers, block("tcp", 80, 81, "10.0.1.0/24"));
  EXPECT_TRUE(ask(client, server, 81).reachable());
  EXPECT_THAT(codes(ask(client, server, 82)), ElementsAre("ENI_SG_RULES_MISMATCH"));
  EXPECT_THAT(codes(ask(client, server, 80, kUdp)), ElementsAre("ENI_SG_RULES_MISMATCH"));
  EXPECT_THAT(codes(ask(client, server, 80, kIcmp)), ElementsAre("ENI_SG_RULES_MISMATCH"));
  // Of another subnet, whose block the rule does not have.
  const auto stranger = make_eni(far_subnet, "10.0.2.11", {clients});
  EXPECT_THAT(codes(ask(stranger, server)), ElementsAre("ENI_SG_RULES_MISMATCH"));
  // Both ends refuse, and both are named.
  close_out(clients);
  const auto answer = ask(client, server, 82);
  EXPECT_THAT(codes(answer), ElementsAre("ENI_SG_RULES_MISMATCH", "ENI_SG_RULES_MISMATCH"));
  EXPECT_TRUE(step_with(answer.forward, Kind::kGroups, true).egress);
}

TEST_F(Evaluation, GroupsAddUpAndNameEachOther) {
  const auto more = make_group("more");
  const auto both = make_eni(far_subnet, "10.0.2.20", {servers, more});
  EXPECT_FALSE(ask(client, both).reachable());
  const Json from_clients = {{"IpProtocol", "tcp"},
                             {"FromPort", 80},
                             {"ToPort", 80},
                             {"UserIdGroupPairs", {{{"GroupId", clients}}}}};
  allow_in(more, from_clients);
  const auto answer = ask(client, both);
  EXPECT_TRUE(answer.reachable());
  EXPECT_EQ(step_with(answer.forward, Kind::kGroups, false).component_id, more);
  EXPECT_FALSE(ask(server, both).reachable());  // no member
  call("ModifyNetworkInterfaceAttribute",
       {{"NetworkInterfaceId", client}, {"Groups", std::vector<std::string>{servers}}});
  EXPECT_FALSE(ask(client, both).reachable());
}

TEST_F(Evaluation, PrefixListsProtocolNumbersAndIcmpTypesAreRead) {
  const std::string list =
      call("CreateManagedPrefixList",
           {{"PrefixListName", "near"},
            {"MaxEntries", 3},
            {"AddressFamily", "IPv4"},
            {"Entries", {{{"Cidr", "10.0.1.8/29"}}}}})["PrefixList"]["PrefixListId"];
  allow_in(servers, {{"IpProtocol", "17"},
                     {"FromPort", 0},
                     {"ToPort", 65535},
                     {"PrefixListIds", {{{"PrefixListId", list}}}}});
  EXPECT_TRUE(ask(client, server, 9999, kUdp).reachable());
  EXPECT_FALSE(ask(client, server, 9999, kTcp).reachable());
  call("ModifyManagedPrefixList", {{"PrefixListId", list},
                                   {"CurrentVersion", 1},
                                   {"RemoveEntries", {{{"Cidr", "10.0.1.8/29"}}}}});
  EXPECT_FALSE(ask(client, server, 9999, kUdp).reachable());

  allow_in(servers, block("icmp", 0, -1, "0.0.0.0/0"));  // echo replies only
  EXPECT_FALSE(ask(client, server, 0, kIcmp).reachable());
  allow_in(servers, block("icmp", 8, 0, "0.0.0.0/0"));
  EXPECT_TRUE(ask(client, server, 0, kIcmp).reachable());
}

TEST_F(Evaluation, ANetworkAclIsAskedAtTheEdgeInTheOrderOfItsNumbers) {
  allow_in(servers, block("-1", -1, -1, "0.0.0.0/0"));
  const auto neighbour = make_eni(far_subnet, "10.0.2.20", {servers});
  const auto acl = make_acl(far_subnet);
  const auto refused = ask(client, server);
  EXPECT_THAT(codes(refused), ElementsAre("SUBNET_ACL_RESTRICTION"));
  EXPECT_EQ(refused.forward.steps[4].acl_entry->rule_number, 32767);
  EXPECT_TRUE(ask(neighbour, server).reachable());  // it never meets the edge

  add_entry(acl, {.number = 200});
  add_entry(acl, {.number = 100, .action = "deny", .protocol = "6", .from = 80, .to = 80});
  add_entry(acl, {.number = 100, .egress = true});
  EXPECT_TRUE(ask(client, server, 81).reachable());
  const auto denied = ask(client, server, 80);
  EXPECT_THAT(codes(denied), ElementsAre("SUBNET_ACL_RESTRICTION"));
  EXPECT_EQ(denied.forward.steps[4].acl_entry->rule_number, 100);
}

TEST_F(Evaluation, TheWayBackMeetsTheAclsWithEphemeralPorts) {
  allow_in(servers, block("-1", -1, -1, "0.0.0.0/0"));
  const auto acl = make_acl(far_subnet);
  add_entry(acl, {.number = 100});
  const auto answer = ask(client, server);
  EXPECT_TRUE(answer.forward.open());
  EXPECT_THAT(codes(answer), ElementsAre("SUBNET_ACL_RESTRICTION"));
  EXPECT_TRUE(step_with(answer.back, Kind::kAcl, true).egress);

  add_entry(acl, {.number = 100, .egress = true, .protocol = "6", .from = 1024, .to = 65535});
  EXPECT_TRUE(ask(client, server).reachable());
  EXPECT_EQ(ask(client, server).source_ports, reachability::kEphemeralPorts);
  EXPECT_FALSE(ask(client, server, 80, kUdp).reachable());
  // Some of the ports only: it depends on which one the client picks.
  add_entry(acl, {.number = 50,
                  .egress = true,
                  .action = "deny",
                  .protocol = "6",
                  .from = 40000,
                  .to = 65535});
  EXPECT_TRUE(ask(client, server).reachable());
  EXPECT_EQ(ask(client, server).source_ports, (reachability::Ports{{32768, 39999}}));
}

TEST_F(Evaluation, ARouteTableDecidesByTheLongestPrefix) {
  allow_in(servers, block("-1", -1, -1, "0.0.0.0/0"));
  EXPECT_THAT(codes(ask(client, "192.0.2.1")), ElementsAre("NO_ROUTE_TO_DESTINATION"));
  EXPECT_THAT(codes(ask(client, "10.0.2.99")), ElementsAre("NO_POSSIBLE_DESTINATION"));

  const auto appliance = make_eni(far_subnet, "10.0.2.30", {servers});
  const auto table = make_table(near_subnet);
  add_route(table, "10.0.2.0/24", "NetworkInterfaceId", appliance);
  EXPECT_THAT(codes(ask(client, server)), ElementsAre("ENI_SOURCE_DEST_CHECK_RESTRICTION"));
  call("ModifyNetworkInterfaceAttribute",
       {{"NetworkInterfaceId", appliance}, {"SourceDestCheck", {{"Value", false}}}});
  const auto answer = ask(client, server);
  EXPECT_TRUE(answer.reachable());
  EXPECT_EQ(answer.forward.steps[6].component_id, appliance);
  // Its own groups judge what it takes and what it forwards.
  close_out(servers);
  EXPECT_THAT(codes(ask(client, server)), ElementsAre("ENI_SG_RULES_MISMATCH"));
}

TEST_F(Evaluation, ARouteWhoseTargetIsGoneIsABlackhole) {
  const auto gateway = make_gateway();
  add_route(main_table(), "0.0.0.0/0", "GatewayId", gateway);
  EXPECT_THAT(codes(ask(client, "192.0.2.1")), ElementsAre("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"));
  call("DetachInternetGateway", {{"InternetGatewayId", gateway}, {"VpcId", vpc_id}});
  EXPECT_THAT(codes(ask(client, "192.0.2.1")), ElementsAre("BAD_STATE_ROUTE"));
}

TEST_F(Evaluation, AnInternetGatewayTranslatesOneToOne) {
  const auto gateway = make_gateway();
  add_route(main_table(), "0.0.0.0/0", "GatewayId", gateway);
  const auto outer = make_public(client);
  const auto answer = ask(client, "192.0.2.1");
  EXPECT_TRUE(answer.reachable());
  EXPECT_EQ(answer.arrived.source.text(), outer);
  EXPECT_EQ(answer.forward.steps.back().kind, Kind::kInternet);
  EXPECT_THAT(codes(ask(client, "192.168.0.1")),
              ElementsAre("IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"));

  // From the internet: by the public address, judged by the groups.
  EXPECT_THAT(codes(ask("192.0.2.1", client)), ElementsAre("ENI_SG_RULES_MISMATCH"));
  allow_in(clients, block("tcp", 80, 80, "192.0.2.0/24"));
  EXPECT_TRUE(ask("192.0.2.1", outer).reachable());
  EXPECT_THAT(why_not("192.0.2.1", server), testing::HasSubstr("no public address"));

  // From inside by the public address: out and in again, and the group sees the public address.
  const auto other = make_public(server);
  EXPECT_THAT(codes(ask(client, other)), ElementsAre("ENI_SG_RULES_MISMATCH"));
  allow_in(servers, block("tcp", 80, 80, outer + "/32"));
  EXPECT_TRUE(ask(client, other).reachable());
  EXPECT_FALSE(ask(client, server).reachable());
}

TEST_F(Evaluation, ANatGatewayTakesItsOwnAddress) {
  add_route(main_table(), "0.0.0.0/0", "GatewayId", make_gateway());
  const auto allocation = call("AllocateAddress", {{"Domain", "vpc"}});
  const std::string nat =
      call("CreateNatGateway",
           {{"SubnetId", far_subnet},
            {"AllocationId", allocation["AllocationId"]}})["NatGateway"]["NatGatewayId"];
  add_route(make_table(near_subnet), "0.0.0.0/0", "NatGatewayId", nat);
  const auto answer = ask(client, "192.0.2.1");
  EXPECT_THAT(codes(answer), IsEmpty());
  EXPECT_TRUE(answer.reachable());
  EXPECT_EQ(answer.arrived.source.text(), allocation["PublicIp"]);
  EXPECT_EQ(answer.back.steps.back().component_id, client);
  // The ACL of the gateway's subnet is asked at each of its edges.
  const auto acl = make_acl(far_subnet);
  add_entry(acl, {.number = 100});
  EXPECT_THAT(codes(ask(client, "192.0.2.1")), ElementsAre("SUBNET_ACL_RESTRICTION"));
  call("DeleteNatGateway", {{"NatGatewayId", nat}});
  EXPECT_THAT(codes(ask(client, "192.0.2.1")), ElementsAre("BAD_STATE_ROUTE"));
}

TEST_F(Evaluation, APeeringNeedsARouteOnBothSides) {
  const auto other_vpc = make_vpc("10.9.0.0/16");
  const auto other_subnet = make_subnet(other_vpc, "10.9.1.0/24");
  const auto other_group = make_group("other", other_vpc);
  const auto there = make_eni(other_subnet, "10.9.1.10", {other_group});
  const std::string peering =
      call("CreateVpcPeeringConnection",
           {{"VpcId", vpc_id},
            {"PeerVpcId", other_vpc}})["VpcPeeringConnection"]["VpcPeeringConnectionId"];
  call("AcceptVpcPeeringConnection", {{"VpcPeeringConnectionId", peering}});
  allow_in(other_group, {{"IpProtocol", "-1"},
                         {"UserIdGroupPairs", {{{"GroupId", clients}, {"VpcId", vpc_id}}}}});
  EXPECT_THAT(codes(ask(client, there)), ElementsAre("NO_ROUTE_TO_DESTINATION"));
  add_route(main_table(), "10.9.0.0/16", "VpcPeeringConnectionId", peering);
  const auto one_way = ask(client, there);
  EXPECT_TRUE(one_way.forward.open());
  EXPECT_THAT(codes(one_way), ElementsAre("NO_ROUTE_TO_DESTINATION"));
  const std::string back_table = call(
      "DescribeRouteTables",
      {{"Filters",
        {{{"Name", "vpc-id"},
          {"Values", std::vector<std::string>{other_vpc}}}}}})["RouteTables"][0]["RouteTableId"];
  add_route(back_table, "10.0.0.0/16", "VpcPeeringConnectionId", peering);
  EXPECT_TRUE(ask(client, there).reachable());
  EXPECT_THAT(codes(ask(server, there)), ElementsAre("ENI_SG_RULES_MISMATCH"));
  EXPECT_THAT(codes(ask(client, "10.9.1.99")), ElementsAre("NO_POSSIBLE_DESTINATION"));
  call("DeleteVpcPeeringConnection", {{"VpcPeeringConnectionId", peering}});
  EXPECT_THAT(codes(ask(client, there)), ElementsAre("BAD_STATE_ROUTE"));
}

TEST_F(Evaluation, OnlyWhatIsInServiceSendsAndTakes) {
  allow_in(servers, block("-1", -1, -1, "0.0.0.0/0"));
  const std::string idle = call(
      "CreateNetworkInterface",
      {{"SubnetId", far_subnet}, {"Groups", {servers}}})["NetworkInterface"]["NetworkInterfaceId"];
  EXPECT_THAT(codes(ask(client, idle)), ElementsAre("BAD_STATE_ATTACHMENT"));
  EXPECT_THAT(codes(ask(idle, server)), ElementsAre("BAD_STATE_ATTACHMENT"));
}

TEST_F(Evaluation, TheResolverIsJudgedByNobody) {
  close_out(clients);
  make_acl(near_subnet);
  EXPECT_TRUE(ask(client, "10.0.0.2", 53, kUdp).reachable());
  EXPECT_TRUE(ask(client, "169.254.169.253", 53, kTcp).reachable());
  EXPECT_THAT(codes(ask(client, "10.0.0.2", 80)), ElementsAre("NO_POSSIBLE_DESTINATION"));
}

TEST_F(Evaluation, WhatIsNoPlaceIsToldPlainly) {
  EXPECT_THAT(why_not("eni-0123456789abcdef0", server),
              testing::HasSubstr("InvalidNetworkInterfaceID.NotFound"));
  EXPECT_THAT(why_not(client, "i-0123456789abcdef0"),
              testing::HasSubstr("InvalidInstanceID.NotFound"));
  EXPECT_THAT(why_not("10.0.1.99", server), testing::HasSubstr("No interface has"));
  EXPECT_THAT(why_not(client, "nonsense"), testing::HasSubstr("'nonsense' is no interface"));
  EXPECT_THAT(why_not("fd00::1", server), testing::HasSubstr("IPv4"));
  const auto twin_subnet = make_subnet(make_vpc(), "10.0.1.0/24");
  make_eni(twin_subnet, "10.0.1.10", {});
  EXPECT_THAT(why_not("10.0.1.10", server), testing::HasSubstr("Say in which VPC"));
  EXPECT_THAT(codes(ec2->why({.source = "10.0.1.10",
                              .destination = server,
                              .vpc_id = vpc_id,
                              .protocol = kTcp,
                              .port = 80})),
              ElementsAre("ENI_SG_RULES_MISMATCH"));
}

}  // namespace
}  // namespace enibox::ec2

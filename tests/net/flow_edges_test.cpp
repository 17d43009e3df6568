#include <gtest/gtest.h>

#include <algorithm>

#include "emulator/flow_logs/records.hpp"
#include "netns/sysctl.hpp"
#include "tests/net/edges_world.hpp"

// Flow records where more than two interfaces take part: network ACLs, appliances, NAT gateways.
namespace enibox::test {
namespace {

using Texts = std::vector<std::string>;

std::string text(std::uint32_t address) { return vpc::IpAddress::v4(address).text(); }

// "eni-1 out ACCEPT 10.0.100.7>10.0.101.8 (10.0.100.7>10.0.101.8)": the record's addresses and, in
// brackets, the packets'.
Texts end_stretch(World& world) {
  const auto stretch = world.path.end_flow_stretch("vpc-1");
  Texts all;
  for (const auto& [eni, record] : flow_logs::records_of(stretch.read(), stretch.enis))
    all.push_back(eni + (record.egress ? " out " : " in ") +
                  (record.accepted ? "ACCEPT " : "REJECT ") + text(record.source) + ">" +
                  text(record.destination) + " (" + text(record.tuple.source) + ">" +
                  text(record.tuple.destination) + ")");
  std::sort(all.begin(), all.end());
  return all;
}

Texts sorted(Texts texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

// A datagram there, and one back.
void exchange(const Task& client, const Task& server) {
  const auto inbox = bind_udp(server.netns, server.address, 5000);
  const auto out = bind_udp(client.netns, client.address, 5001);
  send_udp(out, server.address, 5000, "hello");
  hear(inbox, kSilenceMs);
  send_udp(inbox, client.address, 5001, "hello yourself");
  hear(out, kSilenceMs);
}

TEST(FlowEdges, ARefusedAnswerIsOneRecordOfTheSubnetThatRefusesIt) {
  in_sandbox([] {
    World world;
    open_group(world, "sg-all");
    const Task a = world.task(7, {"sg-all"}, 100);
    const Task b = world.task(8, {"sg-all"}, 101);
    const auto entry = [](bool egress, bool allow) {
      return vpc::AclEntry{.egress = egress,
                           .number = 100,
                           .allow = allow,
                           .protocol = "-1",
                           .from_port = -1,
                           .to_port = -1,
                           .cidr = "0.0.0.0/0"};
    };
    // B's subnet lets in and not out: AWS's example of a ping.
    world.path.put_acl(
        {"acl-b", "vpc-1", {"10.0.101.0/24"}, {entry(false, true), entry(true, false)}});
    world.path.count_flows("vpc-1", true);
    exchange(a, b);
    const std::string there = "10.0.100.7>10.0.101.8 (10.0.100.7>10.0.101.8)";
    const std::string back = "10.0.101.8>10.0.100.7 (10.0.101.8>10.0.100.7)";
    EXPECT_EQ(end_stretch(world),
              sorted({a.eni.eni_id + " out ACCEPT " + there, b.eni.eni_id + " in ACCEPT " + there,
                      b.eni.eni_id + " out REJECT " + back}));
    // And the other way about: refused when it comes in, it has left A's subnet.
    world.path.put_acl({"acl-b", "vpc-1", {"10.0.101.0/24"}, {entry(true, true)}});
    const auto out = bind_udp(a.netns, a.address, 5001);
    send_udp(out, b.address, 5000, "hello");
    EXPECT_EQ(end_stretch(world), sorted({a.eni.eni_id + " out ACCEPT " + there,
                                          b.eni.eni_id + " in REJECT " + there}));
  });
}

TEST(FlowEdges, AnApplianceHasBothPasses) {
  in_sandbox([] {
    World world;
    world.path.put_vpc(
        {"vpc-1", {"10.0.0.0/16"}, {"10.0.100.0/24", "10.0.101.0/24", "10.0.102.0/24"}});
    open_group(world, "sg-all");
    const Task a = world.task(7, {"sg-all"}, 100);
    const Task b = world.task(8, {"sg-all"}, 101);
    Task x = world.task(9, {"sg-all"}, 102);
    x.eni.source_dest_check = false;
    world.path.put_eni(x.eni);
    netns::write_sysctls(netns::Namespace::open(x.netns),
                         {{"net/ipv4/ip_forward", "1"},
                          {"net/ipv4/conf/all/send_redirects", "0"},
                          {"net/ipv4/conf/eth0/send_redirects", "0"}});
    route(world, 100, {{"10.0.101.0/24", x.eni.eni_id}});
    route(world, 101, {{"10.0.100.0/24", x.eni.eni_id}});
    world.path.count_flows("vpc-1", true);
    exchange(a, b);
    const std::string there = " (10.0.100.7>10.0.101.8)", back = " (10.0.101.8>10.0.100.7)";
    EXPECT_EQ(end_stretch(world),
              sorted({a.eni.eni_id + " out ACCEPT 10.0.100.7>10.0.101.8" + there,
                      x.eni.eni_id + " in ACCEPT 10.0.100.7>10.0.102.9" + there,
                      x.eni.eni_id + " out ACCEPT 10.0.102.9>10.0.101.8" + there,
                      b.eni.eni_id + " in ACCEPT 10.0.100.7>10.0.101.8" + there,
                      b.eni.eni_id + " out ACCEPT 10.0.101.8>10.0.100.7" + back,
                      x.eni.eni_id + " in ACCEPT 10.0.101.8>10.0.102.9" + back,
                      x.eni.eni_id + " out ACCEPT 10.0.102.9>10.0.100.7" + back,
                      a.eni.eni_id + " in ACCEPT 10.0.101.8>10.0.100.7" + back}));
  });
}

TEST(FlowEdges, ANatGatewayHasFourRecordsAndItsClientTwo) {
  in_sandbox([] {
    World world;
    Outside outside(world);
    open_group(world, "sg-all");
    const std::string gateway = "igw-0123456789abcdef0", nat = "eni-0aaaaaaaaaaaaaaaa";
    world.path.put_gateway({gateway, "vpc-1"});
    route(world, 100, {{kEverywhere, gateway}});
    world.path.put_nat_gateway({.nat_gateway_id = "nat-0123456789abcdef0",
                                .eni_id = nat,
                                .vpc_id = "vpc-1",
                                .subnet_cidr = "10.0.100.0/24",
                                .address = "10.0.100.200",
                                .mac = "0a:ff:00:00:01:01"});
    world.path.put_public_address({"203.0.113.200", "vpc-1", "10.0.100.200"});
    route(world, 101, {{kEverywhere, nat}});
    const Task client = world.task(7, {"sg-all"}, 101);
    world.path.count_flows("vpc-1", true);
    ASSERT_EQ(outside.seen_from(client), "203.0.113.200");
    const std::string server = vpc::kInternetServer, c = "10.0.101.7", n = "10.0.100.200";
    const std::string there = " (" + c + ">" + server + ")", back = " (" + server + ">" + c + ")";
    EXPECT_EQ(end_stretch(world),
              sorted({client.eni.eni_id + " out ACCEPT " + c + ">" + server + there,
                      client.eni.eni_id + " in ACCEPT " + server + ">" + c + back,
                      nat + " in ACCEPT " + c + ">" + n + there,
                      nat + " out ACCEPT " + n + ">" + server + " (" + n + ">" + server + ")",
                      nat + " in ACCEPT " + server + ">" + n + " (" + server + ">" + n + ")",
                      nat + " out ACCEPT " + n + ">" + c + back}));
  });
}

}  // namespace
}  // namespace enibox::test

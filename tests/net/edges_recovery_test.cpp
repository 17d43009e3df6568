#include <gtest/gtest.h>

#include <optional>

#include "tests/net/edges_world.hpp"

// A daemon ends and the next one takes over what its box has: ways out, too.
namespace enibox::test {
namespace {

constexpr const char* kGateway = "igw-0123456789abcdef0";
constexpr const char* kNatEni = "eni-0aaaaaaaaaaaaaaa1";
const vpc::NatGatewaySpec kNat{.nat_gateway_id = "nat-0123456789abcdef0",
                               .eni_id = kNatEni,
                               .vpc_id = "vpc-1",
                               .subnet_cidr = "10.0.100.0/24",
                               .address = "10.0.100.200",
                               .mac = "0a:ff:00:00:01:0a"};

void put_ways_out(World& world) {
  open_group(world, "sg-all");
  world.path.put_gateway({kGateway, "vpc-1"});
  world.path.put_nat_gateway(kNat);
  world.path.put_public_address({"203.0.113.20", "vpc-1", kNat.address});
  route(world, 100, {{kEverywhere, kGateway}});
  route(world, 101, {{kEverywhere, kNatEni}});
}

TEST(EdgesRecovery, FlowsThroughGatewaysGoOn) {
  in_sandbox([] {
    std::optional<World> world(std::in_place);
    vpc::InternetSockets sockets = world->path.open_internet();
    put_ways_out(*world);
    const Task task = world->task(7, {"sg-all"}, 101);
    const Attempt flow = connect_tcp(task.netns, vpc::kInternetServer, 80);
    const auto peer = accept_tcp(sockets.http);
    say(flow.socket, "before");
    ASSERT_EQ(hear(peer), "before");
    world.reset();

    World next({.netns_directory = router_directory(), .adopt = true});
    put_ways_out(next);
    next.path.put_eni(task.eni);
    next.path.forget_unclaimed();
    say(flow.socket, "after");
    EXPECT_EQ(hear(peer), "after");
    say(peer, "and back");
    EXPECT_EQ(hear(flow.socket), "and back");
  });
}

TEST(EdgesRecovery, WhatIsNotPutAgainEnds) {
  in_sandbox([] {
    std::optional<World> world(std::in_place);
    put_ways_out(*world);
    const Task task = world->task(7, {"sg-all"}, 101);
    world.reset();

    World next({.netns_directory = router_directory(), .adopt = true});
    Outside outside(next);
    open_group(next, "sg-all");
    next.path.put_eni(task.eni);
    next.path.forget_unclaimed();
    next.path.settle();
    EXPECT_TRUE(outside.never_sees(task));
    const std::string left = output_in(
        next.router(), "ls " + router_directory() + "; ip rule; ip -o link | cut -d: -f2");
    for (const auto* gone : {"igw-", "nat-", "fwmark", "eni-aaaaaaaaaa1"})
      EXPECT_EQ(left.find(gone), std::string::npos) << left;
  });
}

}  // namespace
}  // namespace enibox::test

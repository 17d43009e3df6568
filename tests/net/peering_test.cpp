#include <gtest/gtest.h>

#include "tests/net/edges_world.hpp"

// Two VPCs joined by a peering connection: packets need routes on both sides.
namespace enibox::test {
namespace {

constexpr const char* kPeering = "pcx-0123456789abcdef0";

// 10.0.100.0/24 of vpc-1, and 10.1.100.0/24 of vpc-2.
struct Scene {
  Scene() {
    open_group(world, "sg-one");
    world.path.put_vpc({"vpc-2", {"10.1.0.0/16"}, {"10.1.100.0/24"}});
    open_group(world, "sg-two", "vpc-2");
    one = world.task(7, {"sg-one"}, 100);
    two.netns = make_namespace("two");
    two.address = "10.1.100.8";
    two.mac = "0a:ff:00:00:02:08";
    two.eni.eni_id = "eni-20008";
    two.eni.vpc_id = "vpc-2";
    two.eni.subnet_cidr = "10.1.100.0/24";
    two.eni.address = two.address;
    two.eni.mac = two.mac;
    two.eni.group_ids = {"sg-two"};
    two.eni.netns_path = two.netns;
    world.path.put_eni(two.eni);
  }
  void peer() { world.path.put_peering({kPeering, "vpc-1", "vpc-2"}); }
  void route_there() { route(world, 100, {{"10.1.0.0/16", kPeering}}); }
  void route_back() {
    world.path.put_subnet_routes({"vpc-2", "10.1.100.0/24", {{"10.0.0.0/16", kPeering}}});
  }
  bool connected(int wait_ms = kPatienceMs) {
    const auto listener = listen_tcp(two.netns, 80);
    return connect_tcp(one.netns, two.address, 80, wait_ms).meeting == Meeting::kConnected;
  }
  bool silent() { return !connected(kSilenceMs); }
  World world;
  Task one, two;
};

TEST(Peering, NeedsTheConnectionAndRoutesOnBothSides) {
  in_sandbox([] {
    Scene scene;
    scene.route_there();
    scene.route_back();
    EXPECT_TRUE(scene.silent());
    scene.peer();
    EXPECT_TRUE(scene.connected());
    scene.world.path.put_subnet_routes({"vpc-2", "10.1.100.0/24", {}});
    EXPECT_TRUE(scene.silent());
    // The way there works: only the answer does not come back.
    const auto inbox = bind_udp(scene.two.netns, scene.two.address, 5000);
    const auto out = bind_udp(scene.one.netns, scene.one.address, 5001);
    send_udp(out, scene.two.address, 5000, "one way");
    EXPECT_EQ(hear_from(inbox).from, scene.one.address);
    scene.route_back();
    EXPECT_TRUE(scene.connected());
    route(scene.world, 100, {});
    EXPECT_TRUE(scene.silent());
    scene.route_there();
    scene.world.path.remove_peering(kPeering);
    EXPECT_TRUE(scene.silent());
  });
}

TEST(Peering, GroupsJudgeByThePeersAddress) {
  in_sandbox([] {
    Scene scene;
    scene.peer();
    scene.route_there();
    scene.route_back();
    scene.world.group("sg-two", {from_block("10.0.100.8/32"), to_anywhere()}, "vpc-2");
    EXPECT_TRUE(scene.silent());
    scene.world.group("sg-two", {from_block("10.0.100.7/32"), to_anywhere()}, "vpc-2");
    EXPECT_TRUE(scene.connected());
  });
}

TEST(Peering, RulesMayNameThePeersGroups) {
  in_sandbox([] {
    Scene scene;
    scene.route_there();
    scene.route_back();
    scene.world.group("sg-two", {from_group("sg-one"), to_anywhere()}, "vpc-2");
    scene.peer();
    EXPECT_TRUE(scene.connected());
    // Members come and go at once.
    auto changed = scene.one.eni;
    open_group(scene.world, "sg-else");
    changed.group_ids = {"sg-else"};
    scene.world.path.put_eni(changed);
    EXPECT_TRUE(scene.silent());
    scene.world.path.put_eni(scene.one.eni);
    EXPECT_TRUE(scene.connected());
    scene.world.path.remove_peering(kPeering);
    scene.peer();
    EXPECT_TRUE(scene.connected());
  });
}

TEST(Peering, LeadsToInterfacesOnlyAndNotOn) {
  in_sandbox([] {
    Scene scene;
    const Outside outside(scene.world);
    const std::string gateway = "igw-0123456789abcdef0";
    scene.world.path.put_gateway({gateway, "vpc-2"});
    scene.world.path.put_public_address({"203.0.113.7", "vpc-2", scene.one.address});
    scene.world.path.put_subnet_routes(
        {"vpc-2", "10.1.100.0/24", {{"10.0.0.0/16", kPeering}, {kEverywhere, gateway}}});
    scene.peer();
    route(scene.world, 100, {{kEverywhere, kPeering}});
    EXPECT_TRUE(scene.connected());
    EXPECT_EQ(connect_in_vain(scene.one.netns, vpc::kInternetServer, 80).meeting,
              Meeting::kNothing);
  });
}

TEST(Peering, FailingStepsLeaveNothing) {
  in_sandbox([] {
    int wanted = 0, count = 0;
    World world(
        {.netns_directory = router_directory(), .before_step = [&](const std::string& step) {
           if (++count == wanted) throw std::runtime_error(step);
         }});
    world.path.put_vpc({"vpc-2", {"10.1.0.0/16"}, {"10.1.100.0/24"}});
    route(world, 100, {{"10.1.0.0/16", kPeering}});
    const auto kernel = [&] {
      std::string all = world.filters();
      for (const auto* vpc_id : {"vpc-1", "vpc-2"})
        all += output_in(world.router(vpc_id),
                         "ip -o link | cut -d: -f2 | sort; ip route show table all; ip neighbour; "
                         "nft list ruleset");
      return all;
    };
    const std::string before = kernel();
    for (wanted = 1; wanted < 100; ++wanted) {
      count = 0;
      try {
        world.path.put_peering({kPeering, "vpc-1", "vpc-2"});
        break;
      } catch (const std::runtime_error& failed) {
        EXPECT_EQ(kernel(), before) << failed.what();
      }
    }
    EXPECT_GT(wanted, 6);
    wanted = 0;
    world.path.remove_peering(kPeering);
    EXPECT_EQ(kernel(), before);
  });
}

}  // namespace
}  // namespace enibox::test

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/net/edges_world.hpp"

// What leads out of a VPC: internet gateways and NAT gateways, allowed and not.
namespace enibox::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kGateway = "igw-0123456789abcdef0";
constexpr const char* kNat = "nat-0123456789abcdef0";
const std::vector<vpc::RouteSpec> kToGateway = {{kEverywhere, kGateway}};

vpc::NatGatewaySpec nat_spec(int third = 100, const std::string& nat_id = kNat) {
  const std::string address = "10.0." + std::to_string(third) + ".200";
  return {.nat_gateway_id = nat_id,
          .eni_id = "eni-0aaaaaaaaaaaaa" + std::to_string(third),
          .vpc_id = "vpc-1",
          .subnet_cidr = "10.0." + std::to_string(third) + ".0/24",
          .address = address,
          .mac = "0a:ff:00:00:01:" + std::to_string(third - 90)};
}

// 10.0.100.0/24 is public, 10.0.101.0/24 private.
struct Scene {
  Scene() : outside(world) {
    open_group(world, "sg-all");
    world.path.put_gateway({kGateway, "vpc-1"});
    route(world, 100, kToGateway);
  }
  Task with_address(int number, const std::string& public_address,
                    std::vector<std::string> groups = {"sg-all"}) {
    const Task task = world.task(number, std::move(groups), 100);
    world.path.put_public_address({public_address, "vpc-1", task.address});
    return task;
  }
  World world;
  Outside outside;
};

TEST(InternetGateway, TranslatesWhoHasAPublicAddressAndNobodyElse) {
  in_sandbox([] {
    Scene scene;
    const Task public_task = scene.with_address(7, "203.0.113.7");
    const Task without = scene.world.task(8, {"sg-all"}, 100);
    const Task elsewhere = scene.world.task(9, {"sg-all"}, 101);
    scene.world.path.put_public_address({"203.0.113.9", "vpc-1", elsewhere.address});
    EXPECT_EQ(scene.outside.seen_from(public_task), "203.0.113.7");
    EXPECT_TRUE(scene.outside.never_sees(without));
    EXPECT_TRUE(scene.outside.never_sees(elsewhere));  // its table has no route there
    route(scene.world, 101, kToGateway);
    EXPECT_EQ(scene.outside.seen_from(elsewhere), "203.0.113.9");
  });
}

TEST(InternetGateway, TheInternetReachesAPublicAddressThroughItsGroups) {
  in_sandbox([] {
    Scene scene;
    scene.world.group("sg-web", {from_block(kEverywhere, "tcp", 80, 80)});  // and nothing out
    const Task web = scene.with_address(7, "203.0.113.7", {"sg-web"});
    const auto listener = listen_tcp(web.netns, 80);
    const auto other = listen_tcp(web.netns, 81);
    EXPECT_EQ(connect_tcp(internet(), "203.0.113.7", 80).meeting, Meeting::kConnected);
    EXPECT_EQ(connect_in_vain(internet(), "203.0.113.7", 81).meeting, Meeting::kNothing);
    const Task other_task = scene.with_address(8, "203.0.113.8");
    EXPECT_EQ(connect_tcp(other_task.netns, "203.0.113.7", 80).meeting, Meeting::kConnected);
    EXPECT_EQ(connect_in_vain(other_task.netns, "203.0.113.9", 80).meeting, Meeting::kNothing);
    EXPECT_TRUE(scene.outside.never_sees(web));  // what it opens itself its group refuses
  });
}

TEST(InternetGateway, ChangesOfAnAddressActAtOnceAlsoOnOpenFlows) {
  in_sandbox([] {
    Scene scene;
    const Task one = scene.with_address(7, "203.0.113.7");
    const Task other = scene.world.task(8, {"sg-all"}, 100);
    const auto one_listens = listen_tcp(one.netns, 80);
    const auto other_listens = listen_tcp(other.netns, 80);
    const Attempt flow = connect_tcp(internet(), "203.0.113.7", 80);
    const auto end = accept_tcp(one_listens);
    say(flow.socket, "before");
    EXPECT_EQ(hear(end), "before");

    scene.world.path.put_public_address({"203.0.113.7", "vpc-1", other.address});
    say(flow.socket, "after");
    EXPECT_EQ(hear(end, kSilenceMs), "");
    EXPECT_EQ(connect_tcp(internet(), "203.0.113.7", 80).meeting, Meeting::kConnected);
    EXPECT_TRUE(accept_tcp(other_listens));
    EXPECT_TRUE(scene.outside.never_sees(one));
    EXPECT_EQ(scene.outside.seen_from(other), "203.0.113.7");

    scene.world.path.put_public_address({"198.51.100.4", "vpc-1", other.address});
    EXPECT_EQ(scene.outside.seen_from(other), "198.51.100.4");
    const Task third = scene.with_address(9, "203.0.113.9");
    EXPECT_EQ(connect_in_vain(third.netns, "203.0.113.7", 80).meeting, Meeting::kNothing);
    scene.world.path.remove_public_address("198.51.100.4");
    EXPECT_TRUE(scene.outside.never_sees(other));
  });
}

TEST(InternetGateway, DetachedOneIsABlackhole) {
  in_sandbox([] {
    Scene scene;
    const Task task = scene.with_address(7, "203.0.113.7");
    ASSERT_EQ(scene.outside.seen_from(task), "203.0.113.7");
    scene.world.path.remove_gateway(kGateway);
    EXPECT_TRUE(scene.outside.never_sees(task));
    scene.world.path.put_gateway({kGateway, "vpc-1"});
    EXPECT_EQ(scene.outside.seen_from(task), "203.0.113.7");
    route(scene.world, 100, {});
    EXPECT_TRUE(scene.outside.never_sees(task));
  });
}

TEST(InternetGateway, AnElasticAddressFromInsideMeetsItsGroupsWithAPublicAddress) {
  in_sandbox([] {
    Scene scene;
    scene.world.group("sg-of-private", {from_block("10.0.0.0/16"), to_anywhere()});
    scene.world.group("sg-of-public", {from_block("203.0.113.7/32"), to_anywhere()});
    const Task client = scene.with_address(7, "203.0.113.7");
    const Task server = scene.with_address(8, "203.0.113.8", {"sg-of-private"});
    const auto listener = listen_tcp(server.netns, 80);
    EXPECT_EQ(connect_tcp(client.netns, server.address, 80).meeting, Meeting::kConnected);
    EXPECT_EQ(connect_in_vain(client.netns, "203.0.113.8", 80).meeting, Meeting::kNothing);
    auto changed = server.eni;
    changed.group_ids = {"sg-of-public"};
    scene.world.path.put_eni(changed);
    EXPECT_EQ(connect_in_vain(client.netns, server.address, 80).meeting, Meeting::kNothing);
    EXPECT_EQ(connect_tcp(client.netns, "203.0.113.8", 80).meeting, Meeting::kConnected);
  });
}

TEST(InternetGateway, LargePacketsAreToldOfTheInternetsMtu) {
  in_sandbox([] {
    Scene scene;
    const Task task = scene.with_address(7, "203.0.113.7");
    const std::string ping = "ping -c 1 -W 1 -M do -s 4000 ";
    EXPECT_THAT(output_in(task.netns, ping + vpc::kInternetServer),
                HasSubstr("Frag needed and DF set (mtu = 1500)"));
    const Task neighbour = scene.world.task(8, {"sg-all"}, 101);
    EXPECT_THAT(output_in(task.netns, ping + neighbour.address), HasSubstr("1 received"));
  });
}

TEST(InternetGateway, TwoVpcsWithOneBlockDoNotTouch) {
  in_sandbox([] {
    Scene scene;
    scene.world.path.put_vpc({"vpc-2", {"10.0.0.0/16"}, {"10.0.100.0/24"}});
    open_group(scene.world, "sg-two", "vpc-2");
    const Task one = scene.with_address(7, "203.0.113.7");
    const Task twin = scene.world.task(7, {"sg-two"}, 100, "vpc-2");
    const Task neighbour = scene.world.task(8, {"sg-two"}, 100, "vpc-2");
    ASSERT_EQ(one.address, twin.address);
    const auto listener = listen_tcp(twin.netns, 80);
    EXPECT_EQ(connect_tcp(neighbour.netns, twin.address, 80).meeting, Meeting::kConnected);
    EXPECT_EQ(scene.outside.seen_from(one), "203.0.113.7");
    EXPECT_TRUE(scene.outside.never_sees(twin));

    const std::string second = "igw-0fedcba9876543210";
    scene.world.path.put_gateway({second, "vpc-2"});
    route(scene.world, 100, {{kEverywhere, second}}, "vpc-2");
    scene.world.path.put_public_address({"198.51.100.7", "vpc-2", twin.address});
    EXPECT_EQ(scene.outside.seen_from(twin), "198.51.100.7");
    // Over the internet, one reaches the other.
    EXPECT_EQ(connect_tcp(one.netns, "198.51.100.7", 80).meeting, Meeting::kConnected);
    scene.world.path.remove_vpc("vpc-2");
    EXPECT_EQ(scene.outside.seen_from(one), "203.0.113.7");
  });
}

TEST(InternetGateway, FailingStepsLeaveNothing) {
  in_sandbox([] {
    int wanted = 0, count = 0;
    World world(
        {.netns_directory = router_directory(), .before_step = [&](const std::string& step) {
           if (++count == wanted) throw std::runtime_error(step);
         }});
    const Outside outside(world);
    const auto kernel = [&] {
      return output_in(world.router(), "ip -o link | cut -d: -f2 | sort; ip route; ip neighbour") +
             output_in(internet(), "ip -o link | cut -d: -f2 | sort; ip route") + world.filters() +
             output_in(world.router(), "ls " + router_directory());
    };
    world.path.put_public_address({"203.0.113.7", "vpc-1", "10.0.100.7"});
    const std::string before = kernel();
    for (wanted = 1; wanted < 100; ++wanted) {
      count = 0;
      try {
        world.path.put_gateway({kGateway, "vpc-1"});
        break;
      } catch (const std::runtime_error& failed) {
        EXPECT_EQ(kernel(), before) << failed.what();
      }
    }
    EXPECT_GT(wanted, 10);
    wanted = 0;
    world.path.remove_gateway(kGateway);
    EXPECT_EQ(kernel(), before);
  });
}

struct NatScene : Scene {
  NatScene() : client(world.task(9, {"sg-all"}, 101)) {
    world.path.put_nat_gateway(nat_spec());
    route(world, 101, {{kEverywhere, nat_spec().eni_id}});
    world.path.put_public_address({"203.0.113.20", "vpc-1", nat_spec().address});
  }
  Task client;
};

TEST(NatGateway, LeadsOutThroughItsElasticAddress) {
  in_sandbox([] {
    NatScene scene;
    EXPECT_EQ(scene.outside.seen_from(scene.client), "203.0.113.20");
    const Task second = scene.world.task(10, {"sg-all"}, 101);
    EXPECT_EQ(scene.outside.seen_from(second), "203.0.113.20");
    EXPECT_THAT(
        output_in(scene.client.netns, std::string("ping -c 1 -W 2 ") + vpc::kInternetServer),
        HasSubstr("1 received"));
  });
}

TEST(NatGateway, NeedsItsElasticAddressAndARouteToTheGateway) {
  in_sandbox([] {
    NatScene scene;
    scene.world.path.remove_public_address("203.0.113.20");
    EXPECT_TRUE(scene.outside.never_sees(scene.client));
    scene.world.path.put_public_address({"203.0.113.20", "vpc-1", nat_spec().address});
    EXPECT_EQ(scene.outside.seen_from(scene.client), "203.0.113.20");
    route(scene.world, 100, {});  // the NAT gateway's own subnet
    EXPECT_TRUE(scene.outside.never_sees(scene.client));
    route(scene.world, 100, kToGateway);
    scene.world.path.remove_nat_gateway(kNat);
    EXPECT_TRUE(scene.outside.never_sees(scene.client));
  });
}

TEST(NatGateway, IsNoWayIn) {
  in_sandbox([] {
    NatScene scene;
    const auto listener = listen_tcp(scene.client.netns, 80);
    EXPECT_EQ(connect_in_vain(internet(), "203.0.113.20", 80).meeting, Meeting::kNothing);
    EXPECT_EQ(connect_in_vain(scene.client.netns, nat_spec().address, 80).meeting,
              Meeting::kNothing);
    // The client's groups still judge what it opens.
    scene.world.group("sg-shut", {from_block(kEverywhere)});
    auto shut = scene.client.eni;
    shut.group_ids = {"sg-shut"};
    scene.world.path.put_eni(shut);
    EXPECT_TRUE(scene.outside.never_sees(scene.client));
  });
}

TEST(NatGateway, UsesPortsFrom1024On) {
  in_sandbox([] {
    NatScene scene;
    const auto server = bind_udp(internet(), vpc::kInternetServer, 53);
    const auto low = bind_udp(scene.client.netns, scene.client.address, 53);
    send_udp(low, vpc::kInternetServer, 53, "hello");
    const auto [from, port, text] = hear_from(server);
    EXPECT_EQ(text, "hello");
    EXPECT_EQ(from, "203.0.113.20");
    EXPECT_GE(port, 1024);
    send_udp(server, from, port, "answer");
    EXPECT_EQ(hear(low), "answer");
  });
}

TEST(NatGateway, PrivateOneTranslatesInsideTheVpc) {
  in_sandbox([] {
    NatScene scene;
    scene.world.path.remove_public_address("203.0.113.20");
    scene.world.group("sg-from-nat", {from_block(nat_spec().address + "/32"), to_anywhere()});
    const Task server = scene.world.task(11, {"sg-from-nat"}, 100);
    const auto listener = listen_tcp(server.netns, 80);
    EXPECT_EQ(connect_in_vain(scene.client.netns, server.address, 80).meeting, Meeting::kNothing);
    route(scene.world, 101, {{"10.0.100.0/24", nat_spec().eni_id}});
    EXPECT_EQ(connect_tcp(scene.client.netns, server.address, 80).meeting, Meeting::kConnected);
  });
}

TEST(NatGateway, PathMtuIsToldThroughIt) {
  in_sandbox([] {
    NatScene scene;
    EXPECT_THAT(output_in(scene.client.netns,
                          std::string("ping -c 1 -W 1 -M do -s 4000 ") + vpc::kInternetServer),
                HasSubstr("Frag needed and DF set (mtu = 1500)"));
  });
}

TEST(NatGateway, ResetsWhatItHasForgotten) {
  in_sandbox([] {
    NatScene scene;
    const Attempt flow = connect_tcp(scene.client.netns, vpc::kInternetServer, 80);
    ASSERT_EQ(flow.meeting, Meeting::kConnected);
    const auto nat = router_directory() + "/" + kNat;
    netns::Conntrack(netns::Namespace::open(nat)).forget({scene.client.address});
    say(flow.socket, "late");
    EXPECT_TRUE(reset_came(flow.socket));
  });
}

// Whom the internet sees of so many connections of the client's.
std::set<std::string> seen_of(const Task& client, int connections) {
  std::set<std::string> all;
  const auto server = bind_udp(internet(), vpc::kInternetServer, 53);
  for (int i = 0; i < connections; ++i) {
    const auto socket =
        bind_udp(client.netns, client.address, static_cast<std::uint16_t>(5000 + i));
    send_udp(socket, vpc::kInternetServer, 53, "hello");
    const auto heard = hear_from(server);
    if (heard.text.empty()) continue;
    all.insert(heard.from);
    send_udp(server, heard.from, heard.port, "answer");
    EXPECT_EQ(hear(socket), "answer");
  }
  return all;
}

TEST(NatGateway, SpreadsConnectionsOverItsAddresses) {
  in_sandbox([] {
    NatScene scene;
    const std::string second = "10.0.100.201";
    scene.world.path.put_public_address({"203.0.113.21", "vpc-1", second});
    const Attempt early = connect_tcp(scene.client.netns, vpc::kInternetServer, 80);
    const auto early_peer = accept_tcp(scene.outside.sockets.http);

    auto spec = nat_spec();
    spec.secondary_addresses = {second};
    scene.world.path.put_nat_gateway(spec);
    EXPECT_THAT(seen_of(scene.client, 40), ElementsAre("203.0.113.20", "203.0.113.21"));
    // What was open stays where it is.
    say(early.socket, "still here");
    EXPECT_EQ(hear(early_peer), "still here");

    // Of the address that goes the connections end, and none begins.
    std::vector<Attempt> open;
    std::vector<netns::UniqueFd> peers;
    for (int i = 0; i < 16; ++i) {
      open.push_back(connect_tcp(scene.client.netns, vpc::kInternetServer, 80));
      peers.push_back(accept_tcp(scene.outside.sockets.http));
    }
    scene.world.path.put_nat_gateway(nat_spec());
    EXPECT_THAT(seen_of(scene.client, 20), ElementsAre("203.0.113.20"));
    say(early.socket, "and now");
    EXPECT_EQ(hear(early_peer), "and now");
    int ended = 0;
    for (std::size_t i = 0; i < open.size(); ++i) {
      say(open[i].socket, "late");
      if (hear(peers[i], kSilenceMs).empty()) ++ended;
    }
    EXPECT_GT(ended, 0);
    EXPECT_LT(ended, 16);
  });
}

TEST(NatGateway, APrivateOneUsesAllItsAddresses) {
  in_sandbox([] {
    NatScene scene;
    auto spec = nat_spec();
    spec.secondary_addresses = {"10.0.100.201", "10.0.100.202"};
    scene.world.path.put_nat_gateway(spec);
    const Task server = scene.world.task(11, {"sg-all"}, 100);
    route(scene.world, 101, {{"10.0.100.0/24", spec.eni_id}});
    const auto inbox = bind_udp(server.netns, server.address, 53);
    std::set<std::string> seen;
    for (std::uint16_t port = 5000; port < 5060; ++port) {
      const auto socket = bind_udp(scene.client.netns, scene.client.address, port);
      send_udp(socket, server.address, 53, "hello");
      const auto heard = hear_from(inbox);
      seen.insert(heard.from);
      send_udp(inbox, heard.from, heard.port, "answer");
      EXPECT_EQ(hear(socket), "answer");
    }
    EXPECT_THAT(seen, ElementsAre("10.0.100.200", "10.0.100.201", "10.0.100.202"));
  });
}

TEST(NatGateway, FailingToChangeItsAddressesLeavesThemAsTheyWere) {
  in_sandbox([] {
    int wanted = 0, count = 0;
    World world(
        {.netns_directory = router_directory(), .before_step = [&](const std::string& step) {
           if (++count == wanted) throw std::runtime_error(step);
         }});
    world.path.put_nat_gateway(nat_spec());
    const auto kernel = [&] {
      world.path.settle();
      return output_in(world.router(), "ip route show table all; ip neighbour") + world.filters() +
             output_in(router_directory() + "/" + kNat, "nft list ruleset");
    };
    const std::string before = kernel();
    auto spec = nat_spec();
    spec.secondary_addresses = {"10.0.100.201"};
    int failures = 0;
    for (wanted = 1; wanted < 100; ++wanted) {
      count = 0;
      try {
        world.path.put_nat_gateway(spec);
        break;
      } catch (const std::runtime_error& failed) {
        EXPECT_EQ(kernel(), before) << failed.what();
        ++failures;
      }
    }
    EXPECT_GT(failures, 0);
    wanted = 0;
    EXPECT_NE(kernel(), before);
    world.path.put_nat_gateway(nat_spec());
    EXPECT_EQ(kernel(), before);
  });
}

TEST(NatGateway, FailingStepsLeaveNothing) {
  in_sandbox([] {
    int wanted = 0, count = 0;
    World world(
        {.netns_directory = router_directory(), .before_step = [&](const std::string& step) {
           if (++count == wanted) throw std::runtime_error(step);
         }});
    route(world, 101, {{kEverywhere, nat_spec().eni_id}});
    const auto kernel = [&] {
      world.path.settle();
      return output_in(world.router(),
                       "ip -o link | cut -d: -f2 | sort; ip route show table all; ip neighbour") +
             world.filters() + output_in(world.router(), "ls " + router_directory());
    };
    const std::string before = kernel();
    for (wanted = 1; wanted < 100; ++wanted) {
      count = 0;
      try {
        world.path.put_nat_gateway(nat_spec());
        break;
      } catch (const std::runtime_error& failed) {
        EXPECT_EQ(kernel(), before) << failed.what();
      }
    }
    EXPECT_GT(wanted, 8);
    wanted = 0;
    world.path.remove_nat_gateway(kNat);
    EXPECT_EQ(kernel(), before);
  });
}

}  // namespace
}  // namespace enibox::test

#include "emulator/vpc/uplink.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "netns/address.hpp"
#include "netns/link.hpp"
#include "netns/route.hpp"
#include "netns/sysctl.hpp"
#include "netns/veth.hpp"
#include "tests/net/edges_world.hpp"

// The internet of a box joined to a host's network; two namespaces play the host and a server of
// its network.
namespace enibox::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHostAddress = "8.8.4.1";
constexpr const char* kServer = "8.8.8.8";
constexpr const char* kPrivateServer = "192.168.7.7";

struct Scene {
  Scene() : host(make_namespace("host")), server(make_namespace("server")) {
    const auto there = netns::Namespace::open(server);
    netns::RouteSocket host_links{netns::Namespace::open(host)};
    netns::RouteSocket server_links{there};
    netns::create_veth(host_links, {.name = "lan", .index = 10},
                       {.name = "lan", .index = 10, .where = &there});
    netns::set_up(server_links, 10);
    netns::put_address(host_links, 10, {.prefix = std::string(kHostAddress) + "/24"});
    for (const auto* address : {kServer, kPrivateServer}) {
      netns::put_address(server_links, 10, {.prefix = std::string(address) + "/32"});
      netns::put_route(host_links, {.destination = std::string(address) + "/32", .link_index = 10});
    }
    netns::put_route(server_links, {.destination = "8.8.4.0/24", .link_index = 10});
    netns::write_sysctls(netns::Namespace::open(host), {{"net/ipv4/ip_forward", "0"}});

    open_group(world, "sg-all");
    world.path.open_internet();
    world.path.put_gateway({"igw-0123456789abcdef0", "vpc-1"});
    route(world, 100, {{kEverywhere, "igw-0123456789abcdef0"}});
    task = world.task(7, {"sg-all"}, 100);
    world.path.put_public_address({"203.0.113.7", "vpc-1", task.address});
  }
  std::string host_state() const {
    return output_in(host, "ip -o address; ip route; nft list ruleset; sysctl net.ipv4.ip_forward");
  }
  // Whom the server sees; empty: nobody.
  std::string seen_by(const char* address, int wait_ms = kPatienceMs) {
    const auto inbox = bind_udp(server, address, 53);
    const auto out = bind_udp(task.netns, task.address, 5000);
    send_udp(out, address, 53, "hello");
    const auto datagram = hear_from(inbox, wait_ms);
    if (datagram.text.empty()) return {};
    send_udp(inbox, datagram.from, datagram.port, "answer");
    return hear(out) == "answer" ? datagram.from : "no way back";
  }
  std::string host, server;
  World world;
  Task task;
};

TEST(Uplink, LeadsOutAsTheHostAndGoesWithoutATrace) {
  in_sandbox([] {
    Scene scene;
    const std::string before = scene.host_state();
    EXPECT_EQ(scene.seen_by(kServer, kSilenceMs), "");
    {
      const auto outer = netns::Namespace::open(internet());
      vpc::Uplink uplink({.host = netns::Namespace::open(scene.host),
                          .internet = outer,
                          .name = "enibox-1",
                          .owner = "me"});
      EXPECT_EQ(scene.seen_by(kServer), kHostAddress);
      // Neither the host itself nor its private networks.
      EXPECT_EQ(scene.seen_by(kPrivateServer, kSilenceMs), "");
      const auto listener = listen_tcp(scene.host, 80);
      EXPECT_EQ(connect_in_vain(scene.task.netns, kHostAddress, 80).meeting, Meeting::kNothing);
    }
    EXPECT_EQ(scene.host_state(), before);
    EXPECT_EQ(scene.seen_by(kServer, kSilenceMs), "");
  });
}

// As a porter that was killed leaves it: nobody destroys the object.
void leave_uplink(const Scene& scene, const std::string& name, const std::string& owner) {
  const auto outer = netns::Namespace::open(internet());
  (void)new vpc::Uplink({.host = netns::Namespace::open(scene.host),
                         .internet = outer,
                         .name = name,
                         .owner = owner});
}

TEST(Uplink, WhatADeadOnesLeftIsSweptAway) {
  in_sandbox([] {
    Scene scene;
    const auto host = netns::Namespace::open(scene.host);
    const auto dead = [](const std::string& owner) { return owner == "dead"; };
    const std::string before = scene.host_state();
    leave_uplink(scene, "enibox-1", "alive");
    const std::string with_one = scene.host_state();
    leave_uplink(scene, "enibox-2", "dead");
    output_in(scene.host, "nft add table ip enibox-mine; nft add table ip6 enibox-3");
    vpc::sweep_uplinks(host, dead);
    const std::string swept = scene.host_state();
    EXPECT_THAT(swept, Not(HasSubstr("enibox-2")));
    EXPECT_THAT(swept, HasSubstr("enibox-mine"));  // nobody's, as far as we know
    EXPECT_THAT(swept, HasSubstr("enibox-1"));
    EXPECT_THAT(swept, HasSubstr("ip_forward = 1"));  // the living one needs it
    output_in(scene.host, "nft delete table ip enibox-mine; nft delete table ip6 enibox-3");
    vpc::sweep_uplinks(host, [](const std::string& owner) { return owner == "alive"; });
    EXPECT_EQ(scene.host_state(), before);
    vpc::sweep_uplinks(host, dead);
    EXPECT_EQ(scene.host_state(), before);
    EXPECT_NE(with_one, before);
  });
}

TEST(Uplink, TheLastOneTurnsForwardingOff) {
  in_sandbox([] {
    Scene scene;
    const auto outer = netns::Namespace::open(internet());
    const auto make = [&](const std::string& name) {
      return std::make_unique<vpc::Uplink>(
          vpc::Uplink::Options{.host = netns::Namespace::open(scene.host),
                               .internet = outer,
                               .name = name,
                               .owner = name});
    };
    const std::string before = scene.host_state();
    auto first = make("enibox-1");
    auto second = make("enibox-2");
    first.reset();
    EXPECT_THAT(scene.host_state(), HasSubstr("ip_forward = 1"));
    second.reset();
    EXPECT_EQ(scene.host_state(), before);
  });
}

TEST(Uplink, FailingStepsLeaveTheHostAsItWas) {
  in_sandbox([] {
    Scene scene;
    const std::string before = scene.host_state();
    const auto outer = netns::Namespace::open(internet());
    int steps = 0;
    for (int wanted = 1; wanted < 20; ++wanted) {
      int count = 0;
      try {
        vpc::Uplink uplink({.host = netns::Namespace::open(scene.host),
                            .internet = outer,
                            .name = "enibox-1",
                            .owner = "me",
                            .before_step = [&](const std::string& step) {
                              if (++count == wanted) throw std::runtime_error(step);
                            }});
        break;
      } catch (const std::runtime_error& failed) {
        EXPECT_EQ(scene.host_state(), before) << failed.what();
        ++steps;
      }
    }
    EXPECT_EQ(steps, 5);
    EXPECT_EQ(scene.host_state(), before);
  });
}

}  // namespace
}  // namespace enibox::test

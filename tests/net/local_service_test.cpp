#include <gtest/gtest.h>

#include <chrono>

#include "netns/conntrack.hpp"
#include "tests/net/world.hpp"

// The router's own services: reached whatever groups say, and by nobody's rule but the rate's.
namespace enibox::test {
namespace {

const vpc::LocalService kUdp{"vpc-1", "10.0.0.2", "udp", 53};
const vpc::LocalService kTcp{"vpc-1", "10.0.0.2", "tcp", 53};
const vpc::LocalService kLinkLocal{"vpc-1", "169.254.169.253", "udp", 53};

std::string heard_by(const netns::UniqueFd& service, int wait_ms = kPatienceMs) {
  return hear(service, wait_ms);
}

int flows_of(const std::string& netns) {
  return netns::Conntrack(netns::Namespace::open(netns)).count();
}

TEST(LocalService, AClosedGroupReachesItAndNothingIsTracked) {
  in_sandbox([] {
    World world;
    world.group("sg-closed", {});
    const Task a = world.task(7, {"sg-closed"});
    const auto udp = world.path.open_service(kUdp);
    const auto tcp = world.path.open_service(kTcp);
    const auto link_local = world.path.open_service(kLinkLocal);

    const auto client = bind_udp(a.netns, a.address, 4000);
    send_udp(client, "10.0.0.2", 53, "who?");
    EXPECT_EQ(heard_by(udp), "who?");
    send_udp(client, "169.254.169.253", 53, "and you?");
    EXPECT_EQ(heard_by(link_local), "and you?");
    send_udp(udp, a.address, 4000, "I");
    EXPECT_EQ(hear(client), "I");

    const auto attempt = connect_tcp(a.netns, "10.0.0.2", 53);
    ASSERT_EQ(attempt.meeting, Meeting::kConnected);
    const auto accepted = accept_tcp(tcp);
    say(attempt.socket, "stream");
    EXPECT_EQ(hear(accepted), "stream");
    EXPECT_EQ(flows_of(world.router()), 0);  // so no flow log can ever tell of it

    // The next port is closed, silently.
    EXPECT_EQ(connect_in_vain(a.netns, "10.0.0.2", 54).meeting, Meeting::kNothing);
    EXPECT_EQ(connect_in_vain(a.netns, "169.254.169.253", 53).meeting, Meeting::kNothing);  // tcp
  });
}

TEST(LocalService, ClosedItIsSilentAndTheAddressIsNobodys) {
  in_sandbox([] {
    World world;
    world.group("sg-lab", {to_anywhere()});
    const Task a = world.task(7, {"sg-lab"});
    auto socket = world.path.open_service(kUdp);
    world.path.close_service(kUdp);
    world.path.close_service(kUdp);
    const auto client = bind_udp(a.netns, a.address, 4000);
    send_udp(client, "10.0.0.2", 53, "who?");
    EXPECT_EQ(heard_by(socket, kSilenceMs), "");
    EXPECT_EQ(output_in(world.router(), "ip -4 addr show lo").find("10.0.0.2/"), std::string::npos);

    socket.reset();
    socket = world.path.open_service(kUdp);
    send_udp(client, "10.0.0.2", 53, "again?");
    EXPECT_EQ(heard_by(socket), "again?");
    // The VPC's own changes leave it alone.
    world.path.put_vpc({"vpc-1", {"10.0.0.0/16"}, {"10.0.100.0/24"}});
    send_udp(client, "10.0.0.2", 53, "still?");
    EXPECT_EQ(heard_by(socket), "still?");
    const auto another_vpc = vpc::LocalService{"vpc-9", "10.0.0.2", "udp", 53};
    world.path.close_service(another_vpc);
    EXPECT_THROW(world.path.open_service(another_vpc), std::system_error);
  });
}

TEST(LocalService, ASenderIsHeldToItsRate) {
  in_sandbox([] {
    constexpr int kRate = 50;
    World world({.netns_directory = router_directory(), .service_packets_per_second = kRate});
    world.group("sg-lab", {to_anywhere()});
    const Task flooder = world.task(7, {"sg-lab"});
    const Task calm = world.task(8, {"sg-lab"});
    const auto service = world.path.open_service(kUdp);
    const auto client = bind_udp(flooder.netns, flooder.address, 4000);

    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 500; ++i) send_udp(client, "10.0.0.2", 53, "flood");
    const auto other = bind_udp(calm.netns, calm.address, 4000);
    send_udp(other, "10.0.0.2", 53, "calm");
    int flood = 0;
    std::string last;
    while (last != "calm") {
      last = heard_by(service);
      ASSERT_NE(last, "") << "the other sender is not held back";
      if (last == "flood") ++flood;
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    EXPECT_GE(flood, kRate);
    EXPECT_LE(flood, kRate + static_cast<int>(kRate * took.count()) + 1);
  });
}

TEST(LocalService, EveryStepOfOpeningCanFailAndLeavesNothing) {
  in_sandbox([] {
    int steps_left = -1;
    World world(
        {.netns_directory = router_directory(), .before_step = [&](const std::string& step) {
           if (steps_left >= 0 && steps_left-- == 0)
             throw std::system_error(EIO, std::generic_category(), step);
         }});
    const auto before = world.filters();
    for (int steps = 0; steps < 3; ++steps) {
      steps_left = steps;
      EXPECT_THROW(world.path.open_service(kUdp), std::system_error) << steps;
      steps_left = -1;
      EXPECT_EQ(world.filters(), before) << steps;
      EXPECT_EQ(output_in(world.router(), "ip -4 addr show lo").find("10.0.0.2/"),
                std::string::npos);
    }
    EXPECT_TRUE(world.path.open_service(kUdp));
  });
}

TEST(LocalService, AnotherDaemonOpensItAgain) {
  in_sandbox([] {
    auto world = std::make_unique<World>();
    world->group("sg-lab", {to_anywhere()});
    const Task a = world->task(7, {"sg-lab"});
    auto service = world->path.open_service(kUdp);
    service.reset();
    world = std::make_unique<World>(
        vpc::DataPathOptions{.netns_directory = router_directory(), .adopt = true});
    world->group("sg-lab", {to_anywhere()});
    world->path.put_eni(a.eni);
    service = world->path.open_service(kUdp);
    const auto client = bind_udp(a.netns, a.address, 4000);
    send_udp(client, "10.0.0.2", 53, "who?");
    EXPECT_EQ(heard_by(service), "who?");
  });
}

}  // namespace
}  // namespace enibox::test

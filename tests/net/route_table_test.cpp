#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "emulator/vpc/route_tables.hpp"
#include "netns/sysctl.hpp"
#include "tests/net/edges_world.hpp"

// A subnet's route table: what its interfaces' packets meet.
namespace enibox::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// An appliance that forwards what it gets, as a firewall of the user's would, in a subnet of its
// own: 10.0.102.0/24.
Task appliance(World& world, int number, const std::string& group_id) {
  world.path.put_vpc(
      {"vpc-1", {"10.0.0.0/16"}, {"10.0.100.0/24", "10.0.101.0/24", "10.0.102.0/24"}});
  Task task = world.task(number, {group_id}, 102);
  task.eni.source_dest_check = false;
  world.path.put_eni(task.eni);
  netns::write_sysctls(netns::Namespace::open(task.netns),
                       {{"net/ipv4/ip_forward", "1"},
                        {"net/ipv4/conf/all/send_redirects", "0"},
                        {"net/ipv4/conf/eth0/send_redirects", "0"}});
  return task;
}

// The frames of a task's device.
struct Watch {
  explicit Watch(const Task& task) : socket(open_frames(task.netns, "eth0")) {}
  // Whether anything that came or went since the last time has the text.
  bool sees(const std::string& text) {
    bool seen = false;
    for (std::string frame = hear(socket, kSilenceMs); !frame.empty();
         frame = hear(socket, kSilenceMs))
      seen = seen || frame.find(text) != std::string::npos;
    return seen;
  }
  netns::UniqueFd socket;
};

// Whether a datagram of `client` reaches `server`.
bool reaches(const Task& client, const Task& server, int wait_ms = kPatienceMs) {
  const auto inbox = bind_udp(server.netns, server.address, 5000);
  const auto out = bind_udp(client.netns, client.address, 5001);
  send_udp(out, server.address, 5000, "hello");
  return hear(inbox, wait_ms) == "hello";
}

bool misses(const Task& client, const Task& server) { return !reaches(client, server, kSilenceMs); }

TEST(RouteTable, LongestPrefixWinsAlsoOverTheLocalRoute) {
  in_sandbox([] {
    World world;
    open_group(world, "sg-all");
    const Task client = world.task(7, {"sg-all"}, 100);
    const Task server = world.task(8, {"sg-all"}, 101);
    const Task firewall = appliance(world, 9, "sg-all");
    Watch watch(firewall);
    EXPECT_TRUE(reaches(client, server));
    EXPECT_FALSE(watch.sees("hello"));

    route(world, 100, {{"10.0.101.0/24", firewall.eni.eni_id}});
    EXPECT_TRUE(reaches(client, server));
    EXPECT_TRUE(watch.sees("hello"));

    // The subnet's neighbours are never led through it.
    const Task neighbour = world.task(10, {"sg-all"}, 100);
    route(world, 100, {{"10.0.0.0/16", firewall.eni.eni_id}, {"10.0.100.0/24", ""}});
    EXPECT_TRUE(reaches(client, neighbour));
    EXPECT_FALSE(watch.sees("hello"));
    EXPECT_TRUE(reaches(client, server));
    EXPECT_TRUE(watch.sees("hello"));
  });
}

TEST(RouteTable, AnAppliancesGroupsJudgeWhatItForwards) {
  in_sandbox([] {
    World world;
    open_group(world, "sg-all");
    world.group("sg-closed", {from_block("10.0.100.7/32", "tcp", 1, 1), to_anywhere()});
    const Task client = world.task(7, {"sg-all"}, 100);
    const Task server = world.task(8, {"sg-all"}, 101);
    Task firewall = appliance(world, 9, "sg-closed");
    route(world, 100, {{"10.0.101.0/24", firewall.eni.eni_id}});
    EXPECT_TRUE(misses(client, server));

    world.group("sg-closed", {from_block("10.0.100.7/32"), to_anywhere()});
    EXPECT_TRUE(reaches(client, server));
    world.group("sg-closed", {from_block("10.0.100.7/32")});  // takes it, and lets nothing out
    EXPECT_TRUE(misses(client, server));
    world.group("sg-closed", {from_block("10.0.100.7/32"), to_anywhere()});
    EXPECT_TRUE(reaches(client, server));

    // With the check on, it may not send for others.
    firewall.eni.source_dest_check = true;
    world.path.put_eni(firewall.eni);
    EXPECT_TRUE(misses(client, server));
  });
}

TEST(RouteTable, ATargetThatIsGoneIsABlackhole) {
  in_sandbox([] {
    World world;
    open_group(world, "sg-all");
    const Task client = world.task(7, {"sg-all"}, 100);
    const Task server = world.task(8, {"sg-all"}, 101);
    // Not there yet.
    route(world, 100, {{"10.0.101.0/24", "eni-10102009"}});
    EXPECT_TRUE(misses(client, server));
    const Task firewall = appliance(world, 9, "sg-all");
    ASSERT_EQ(firewall.eni.eni_id, "eni-10102009");
    EXPECT_TRUE(reaches(client, server));
    // Gone again: the less specific local route does not take over.
    world.path.remove_eni(firewall.eni.eni_id);
    EXPECT_TRUE(misses(client, server));
    world.path.settle();
    EXPECT_TRUE(misses(client, server));
    EXPECT_THAT(output_in(world.router(), "ip route show table all"),
                HasSubstr("blackhole 10.0.101.0/24 table 1"));

    route(world, 100, {});
    EXPECT_TRUE(reaches(client, server));
    EXPECT_THAT(output_in(world.router(), "ip rule"), Not(HasSubstr("fwmark")));
  });
}

TEST(RouteTable, EachSubnetHasItsOwn) {
  in_sandbox([] {
    World world;
    open_group(world, "sg-all");
    const Task one = world.task(7, {"sg-all"}, 100);
    const Task other = world.task(8, {"sg-all"}, 101);
    route(world, 100, {{"10.0.101.0/24", ""}});
    EXPECT_TRUE(misses(one, other));
    EXPECT_TRUE(reaches(other, one));
  });
}

TEST(RouteTable, FailingStepsLeaveItAsItWas) {
  in_sandbox([] {
    World world;
    open_group(world, "sg-all");
    const Task target = world.task(7, {"sg-all"}, 100);
    const auto listing = [&] {
      return output_in(world.router(),
                       "ip rule; ip route show table all type unicast; ip route "
                       "show table all type blackhole; ip route show table all "
                       "type throw");
    };
    const std::string nothing = listing();
    const std::vector<vpc::RouteSpec> good = {{"0.0.0.0/0", target.eni.eni_id}};
    const std::vector<vpc::RouteSpec> bad = {{"198.51.100.0/24", target.eni.eni_id},
                                             {"10.0.0/8", ""}};
    EXPECT_THROW(route(world, 101, bad), std::system_error);
    EXPECT_EQ(listing(), nothing);
    route(world, 101, good);
    const std::string before = listing();
    EXPECT_NE(before, nothing);
    EXPECT_THROW(route(world, 101, bad), std::system_error);
    EXPECT_EQ(listing(), before);
    route(world, 101, {});
    EXPECT_EQ(listing(), nothing);
  });
}

}  // namespace
}  // namespace enibox::test

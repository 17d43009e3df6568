#include <gtest/gtest.h>

#include "netns/conntrack.hpp"
#include "tests/net/world.hpp"

// Allow and deny, proved with packets between tasks.
namespace enibox::test {
namespace {

TEST(SecurityGroup, ReferenceToItselfLetsMembersMeet) {
  in_sandbox([] {
    World world;
    world.group("sg-lab", {from_group("sg-lab"), to_anywhere()});
    const Task a = world.task(7, {"sg-lab"});
    const Task b = world.task(8, {"sg-lab"});

    const auto talk = converse(a, b, 80);
    say(talk.client, "hello");
    EXPECT_EQ(hear(talk.server), "hello");
    say(talk.server, "welcome");
    EXPECT_EQ(hear(talk.client), "welcome");
    // Nobody listens there: B itself refuses, which shows that its RST passes as well.
    EXPECT_EQ(connect_tcp(a.netns, b.address, 81).meeting, Meeting::kRefused);
  });
}

TEST(SecurityGroup, WithoutARuleNothingPassesAndNothingAnswers) {
  in_sandbox([] {
    World world;
    world.group("sg-lab", {to_anywhere()});  // a new group: egress only
    const Task a = world.task(7, {"sg-lab"});
    const Task b = world.task(8, {"sg-lab"});
    const auto listener = listen_tcp(b.netns, 80);

    EXPECT_EQ(connect_in_vain(a.netns, b.address, 80).meeting, Meeting::kNothing);
    EXPECT_EQ(connect_in_vain(a.netns, b.address, 81).meeting, Meeting::kNothing);
    // An address that nobody has is silence too, not "unreachable".
    EXPECT_EQ(connect_in_vain(a.netns, "10.0.101.99", 80).meeting, Meeting::kNothing);
    EXPECT_EQ(connect_in_vain(a.netns, "198.51.100.1", 80).meeting, Meeting::kNothing);
  });
}

TEST(SecurityGroup, EgressIsAGateOfItsOwn) {
  in_sandbox([] {
    World world;
    world.group("sg-mute", {from_block("0.0.0.0/0")});  // hears everybody, may begin nothing
    world.group("sg-lab", {from_block("0.0.0.0/0"), to_anywhere()});
    const Task mute = world.task(7, {"sg-mute"});
    const Task b = world.task(8, {"sg-lab"});
    const auto listener = listen_tcp(b.netns, 80);

    EXPECT_EQ(connect_in_vain(mute.netns, b.address, 80).meeting, Meeting::kNothing);
    const auto talk = converse(b, mute, 80);  // but it answers who begins
    say(talk.server, "yes?");
    EXPECT_EQ(hear(talk.client), "yes?");
  });
}

TEST(SecurityGroup, BlocksPortsAndIcmpAreTold) {
  in_sandbox([] {
    World world;
    world.group("sg-web", {from_block("10.0.100.0/24", "tcp", 80, 81),
                           from_block("10.0.101.0/24", "icmp", 8, 0), to_anywhere()});
    world.group("sg-client", {to_anywhere()});
    const Task near = world.task(7, {"sg-client"}, 100);
    const Task far = world.task(7, {"sg-client"}, 101);
    const Task web = world.task(8, {"sg-web"}, 100);

    EXPECT_EQ(connect_tcp(near.netns, web.address, 80).meeting, Meeting::kRefused);
    EXPECT_EQ(connect_tcp(near.netns, web.address, 81).meeting, Meeting::kRefused);
    EXPECT_EQ(connect_in_vain(near.netns, web.address, 82).meeting, Meeting::kNothing);
    EXPECT_EQ(connect_in_vain(far.netns, web.address, 80).meeting, Meeting::kNothing);

    // The echo comes back with the TTL it left with: the router shows in no hop count.
    const std::string ping = " -c 1 -W 1 " + web.address;
    EXPECT_NE(output_in(far.netns, "ping" + ping).find("ttl=64"), std::string::npos);
    EXPECT_NE(output_in(far.netns, "ping -t 1" + ping).find("ttl=64"), std::string::npos);
    EXPECT_NE(output_in(near.netns, "ping" + ping).find("100% packet loss"), std::string::npos);
    EXPECT_NE(output_in(near.netns, "ping -c 1 -W 1 10.0.100.1").find("100% packet loss"),
              std::string::npos);
  });
}

TEST(SecurityGroup, GroupsOfAnEniAddUp) {
  in_sandbox([] {
    World world;
    world.group("sg-http", {from_block("10.0.0.0/16", "tcp", 80, 80), to_anywhere()});
    world.group("sg-ssh", {from_block("10.0.0.0/16", "tcp", 22, 22)});
    const Task a = world.task(7, {"sg-http"});
    Task b = world.task(8, {"sg-http", "sg-ssh"});

    EXPECT_EQ(connect_tcp(a.netns, b.address, 80).meeting, Meeting::kRefused);
    EXPECT_EQ(connect_tcp(a.netns, b.address, 22).meeting, Meeting::kRefused);
    b.eni.group_ids = {"sg-ssh"};
    world.path.put_eni(b.eni);
    EXPECT_EQ(connect_in_vain(a.netns, b.address, 80).meeting, Meeting::kNothing);
    EXPECT_EQ(connect_tcp(a.netns, b.address, 22).meeting, Meeting::kRefused);
  });
}

TEST(SecurityGroup, MembersComeAndGo) {
  in_sandbox([] {
    World world;
    world.group("sg-client", {to_anywhere()});
    world.group("sg-server", {from_group("sg-client"), to_anywhere()});
    Task client = world.task(7, {"sg-client"});
    const Task server = world.task(8, {"sg-server"});

    EXPECT_EQ(connect_tcp(client.netns, server.address, 80).meeting, Meeting::kRefused);
    client.eni.group_ids = {"sg-server"};  // no longer a member of sg-client
    world.path.put_eni(client.eni);
    EXPECT_EQ(connect_in_vain(client.netns, server.address, 80).meeting, Meeting::kNothing);
    client.eni.group_ids = {"sg-client", "sg-server"};
    world.path.put_eni(client.eni);
    EXPECT_EQ(connect_tcp(client.netns, server.address, 80).meeting, Meeting::kRefused);
    world.path.remove_group("sg-client");
    EXPECT_EQ(connect_tcp(client.netns, server.address, 80).meeting, Meeting::kRefused);
    world.group("sg-server", {to_anywhere()});
    EXPECT_EQ(connect_in_vain(client.netns, server.address, 80).meeting, Meeting::kNothing);
  });
}

TEST(SecurityGroup, ATrackedFlowOutlivesItsRule) {
  in_sandbox([] {
    World world;
    world.group("sg-lab", {from_group("sg-lab"), to_anywhere()});
    const Task a = world.task(7, {"sg-lab"});
    const Task b = world.task(8, {"sg-lab"});
    const auto talk = converse(a, b, 80);

    world.group("sg-lab", {to_anywhere()});
    say(talk.client, "still here");
    EXPECT_EQ(hear(talk.server), "still here");
    EXPECT_EQ(connect_in_vain(a.netns, b.address, 80).meeting, Meeting::kNothing);
  });
}

TEST(SecurityGroup, AnUntrackedFlowEndsWithItsRule) {
  in_sandbox([] {
    World world;
    world.group("sg-open", {from_block("0.0.0.0/0", "tcp", 80, 80), to_anywhere()});
    const Task a = world.task(7, {"sg-open"});
    const Task b = world.task(8, {"sg-open"});
    const auto talk = converse(a, b, 80);
    say(talk.client, "open");
    EXPECT_EQ(hear(talk.server), "open");

    world.group("sg-open", {to_anywhere()});
    say(talk.client, "cut");
    EXPECT_EQ(hear(talk.server, kSilenceMs), "");
  });
}

TEST(SecurityGroup, AnAllAddressesRuleTracksWhenTheWayBackIsNotOpen) {
  in_sandbox([] {
    World world;
    world.group("sg-client", {to_anywhere()});
    world.group("sg-server", {from_block("0.0.0.0/0", "tcp", 80, 80)});  // no egress at all
    const Task a = world.task(7, {"sg-client"});
    const Task b = world.task(8, {"sg-server"});
    const auto talk = converse(a, b, 80);

    world.group("sg-server", {});
    say(talk.client, "tracked");
    EXPECT_EQ(hear(talk.server), "tracked");
  });
}

TEST(SecurityGroup, TheNextOwnerOfAnAddressInheritsNoFlow) {
  in_sandbox([] {
    World world;
    world.group("sg-lab", {from_group("sg-lab"), to_anywhere()});
    const Task a = world.task(7, {"sg-lab"});
    const Task b = world.task(8, {"sg-lab"});
    const auto talk = converse(a, b, 80);
    netns::Conntrack flows(netns::Namespace::open(world.router()));
    EXPECT_EQ(flows.count(), 1);

    world.path.remove_eni(b.eni.eni_id);
    // Same address, other task, no rule: what A still sends on the old flow does not pass.
    world.group("sg-closed", {});
    vpc::EniSpec next = b.eni;
    next.eni_id = "eni-next";
    next.netns_path = make_namespace("next");
    next.group_ids = {"sg-closed"};
    world.path.put_eni(next);
    say(talk.client, "still you?");
    EXPECT_EQ(hear(talk.client, kSilenceMs), "");
    EXPECT_EQ(flows.count(), 0);
  });
}

TEST(SecurityGroup, TwoVpcsOfOneBlockDoNotTouch) {
  in_sandbox([] {
    World world;
    world.path.put_vpc({"vpc-2", {"10.0.0.0/16"}, {"10.0.100.0/24"}});
    world.group("sg-one", {from_block("0.0.0.0/0"), to_anywhere()});
    world.group("sg-two", {from_block("0.0.0.0/0"), to_anywhere()}, "vpc-2");
    const Task one = world.task(7, {"sg-one"});
    const Task other = world.task(8, {"sg-two"}, 100, "vpc-2");
    const Task twin = world.task(7, {"sg-two"}, 100, "vpc-2");

    EXPECT_EQ(connect_in_vain(one.netns, other.address, 80).meeting, Meeting::kNothing);
    EXPECT_EQ(connect_tcp(twin.netns, other.address, 80).meeting, Meeting::kRefused);
  });
}

}  // namespace
}  // namespace enibox::test

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

TEST(SecurityGroup, AnUntrackedFlowEndsWithTheSendersRuleToo) {
  in_sandbox([] {
    World world;
    world.group("sg-server", {from_group("sg-client"), to_anywhere()});
    world.group("sg-client", {from_block("0.0.0.0/0"), to_anywhere()});
    const Task a = world.task(7, {"sg-client"});
    const Task b = world.task(8, {"sg-server"});
    const auto talk = converse(a, b, 80);
    say(talk.client, "open");
    EXPECT_EQ(hear(talk.server), "open");

    world.group("sg-client", {from_block("0.0.0.0/0")});  // egress goes
    say(talk.client, "cut");
    EXPECT_EQ(hear(talk.server, kSilenceMs), "");
    world.group("sg-client", {from_block("0.0.0.0/0"), to_anywhere()});
    EXPECT_EQ(hear(talk.server), "cut");        // TCP sends it again
    world.group("sg-client", {to_anywhere()});  // now the way back is judged
    say(talk.server, "answer");
    EXPECT_EQ(hear(talk.client, kSilenceMs), "");
  });
}

TEST(SecurityGroup, ATrackedFlowOutlivesTheSendersRule) {
  in_sandbox([] {
    World world;
    vpc::GroupRule out = from_block("10.0.0.0/16", "tcp", 80, 80);
    out.egress = true;
    world.group("sg-client", {out});
    world.group("sg-server", {from_group("sg-client")});
    const Task a = world.task(7, {"sg-client"});
    const Task b = world.task(8, {"sg-server"});
    const auto talk = converse(a, b, 80);
    EXPECT_EQ(connect_in_vain(a.netns, b.address, 81).meeting, Meeting::kNothing);

    world.group("sg-client", {});
    world.group("sg-server", {});
    say(talk.client, "still here");
    EXPECT_EQ(hear(talk.server), "still here");
    say(talk.server, "me too");
    EXPECT_EQ(hear(talk.client), "me too");
    EXPECT_EQ(connect_in_vain(a.netns, b.address, 80).meeting, Meeting::kNothing);
  });
}

TEST(SecurityGroup, UdpIsToldFromTcpAndTrackedAlike) {
  in_sandbox([] {
    World world;
    world.group("sg-client", {to_anywhere()});
    world.group("sg-server", {from_block("10.0.0.0/16", "udp", 53, 60)});
    const Task a = world.task(7, {"sg-client"});
    const Task b = world.task(8, {"sg-server"});
    const auto asks = bind_udp(a.netns, a.address, 5353);
    const auto answers = bind_udp(b.netns, b.address, 53);
    send_udp(asks, b.address, 53, "question");
    EXPECT_EQ(hear(answers), "question");
    send_udp(answers, a.address, 5353, "answer");  // no egress rule: the flow is tracked
    EXPECT_EQ(hear(asks), "answer");
    EXPECT_EQ(connect_in_vain(a.netns, b.address, 53).meeting, Meeting::kNothing);
    const auto beyond = bind_udp(b.netns, b.address, 61);
    send_udp(asks, b.address, 61, "beyond the range");
    EXPECT_EQ(hear(beyond, kSilenceMs), "");
    send_udp(beyond, a.address, 5353, "nobody asked");
    EXPECT_EQ(hear(asks, kSilenceMs), "");
  });
}

TEST(SecurityGroup, OtherProtocolsGoByNumber) {
  in_sandbox([] {
    World world;
    world.group("sg-client", {to_anywhere()});
    world.group("sg-server", {from_block("10.0.0.0/16", "253")});
    const Task a = world.task(7, {"sg-client"});
    const Task b = world.task(8, {"sg-server"});
    const auto wanted = open_raw(b.netns, 253);
    const auto unwanted = open_raw(b.netns, 254);
    send_udp(open_raw(a.netns, 254), b.address, 0, "unwanted");
    send_udp(open_raw(a.netns, 253), b.address, 0, "wanted");
    EXPECT_EQ(hear(wanted).substr(20), "wanted");
    EXPECT_EQ(hear(unwanted, kSilenceMs), "");
  });
}

TEST(SecurityGroup, IcmpTypesAndCodesAreTold) {
  in_sandbox([] {
    World world;
    world.group("sg-client", {to_anywhere()});
    const Task a = world.task(7, {"sg-client"});
    const Task b = world.task(8, {"sg-server"});
    const auto echoes = [&] {
      return output_in(a.netns, "ping -c 1 -W 1 " + b.address).find(" 0% packet loss") !=
             std::string::npos;
    };
    world.group("sg-server", {from_block("10.0.0.0/16", "icmp", 8, -1)});
    EXPECT_TRUE(echoes());
    world.group("sg-server", {from_block("10.0.0.0/16", "icmp", 13, -1)});
    EXPECT_FALSE(echoes());
    world.group("sg-server", {from_block("10.0.0.0/16", "icmp", 8, 3)});
    EXPECT_FALSE(echoes());
    world.group("sg-server", {from_block("10.0.0.0/16", "icmp", -1, -1)});
    EXPECT_TRUE(echoes());
    world.group("sg-server", {from_block("10.0.0.0/16", "tcp", 0, 65535)});
    EXPECT_FALSE(echoes());
  });
}

TEST(SecurityGroup, FiveGroupsAddUp) {
  in_sandbox([] {
    World world;
    std::vector<std::string> ids;
    for (int number = 1; number <= 5; ++number) {
      ids.push_back("sg-" + std::to_string(number));
      world.group(ids.back(), {from_block("10.0.0.0/16", "tcp", number, number)});
    }
    world.group("sg-client", {to_anywhere()});
    const Task a = world.task(7, {"sg-client"});
    Task b = world.task(8, ids);
    for (std::uint16_t port = 1; port <= 5; ++port)
      EXPECT_EQ(connect_tcp(a.netns, b.address, port).meeting, Meeting::kRefused) << port;
    EXPECT_EQ(connect_in_vain(a.netns, b.address, 6).meeting, Meeting::kNothing);
    b.eni.group_ids = {"sg-1", "sg-2", "sg-3", "sg-5"};
    world.path.put_eni(b.eni);
    EXPECT_EQ(connect_in_vain(a.netns, b.address, 4).meeting, Meeting::kNothing);
    EXPECT_EQ(connect_tcp(a.netns, b.address, 5).meeting, Meeting::kRefused);
  });
}

TEST(SecurityGroup, PrefixListsAdmitTheirBlocks) {
  in_sandbox([] {
    World world;
    world.group("sg-client", {to_anywhere()});
    world.group("sg-server", {from_list("pl-1", "tcp", 80, 80)});
    const Task near = world.task(7, {"sg-client"}, 100);
    const Task far = world.task(7, {"sg-client"}, 101);
    const Task b = world.task(8, {"sg-server"});
    const auto meets = [&](const Task& from) {
      return connect_in_vain(from.netns, b.address, 80).meeting;
    };
    EXPECT_EQ(meets(near), Meeting::kNothing);  // nobody has declared it
    world.path.put_prefix_list({"pl-1", {"10.0.100.0/24", "10.0.100.7/32"}});
    EXPECT_EQ(meets(near), Meeting::kRefused);
    EXPECT_EQ(meets(far), Meeting::kNothing);
    world.path.put_prefix_list({"pl-1", {"10.0.101.7/32", "2001:db8::/32"}});
    EXPECT_EQ(meets(near), Meeting::kNothing);
    EXPECT_EQ(meets(far), Meeting::kRefused);
    world.path.put_prefix_list({"pl-1", {"10.0.0.0/8", "0.0.0.0/0"}});
    EXPECT_EQ(meets(near), Meeting::kRefused);
    EXPECT_EQ(connect_in_vain(near.netns, b.address, 81).meeting, Meeting::kNothing);
    world.path.remove_prefix_list("pl-1");
    EXPECT_EQ(meets(near), Meeting::kNothing);
    // A VPC made later knows it, too.
    world.path.put_prefix_list({"pl-1", {"10.0.0.0/8"}});
    world.path.put_vpc({"vpc-2", {"10.0.0.0/16"}, {"10.0.100.0/24"}});
    world.group("sg-two", {from_list("pl-1"), to_anywhere()}, "vpc-2");
    const Task c = world.task(9, {"sg-two"}, 100, "vpc-2");
    const Task d = world.task(10, {"sg-two"}, 100, "vpc-2");
    EXPECT_EQ(connect_tcp(c.netns, d.address, 80).meeting, Meeting::kRefused);
  });
}

TEST(SecurityGroup, SecondaryAddressesAreTheEnisToo) {
  in_sandbox([] {
    World world;
    world.group("sg-client", {to_anywhere()});
    world.group("sg-server", {from_group("sg-client")});
    Task a = world.task(7, {"sg-client"});
    const Task b = world.task(8, {"sg-server"});
    // The guest configures it by hand; until the ENI has it, nothing passes.
    output_in(a.netns, "ip address add 10.0.100.77/24 dev eth0");
    EXPECT_EQ(connect_tcp(a.netns, b.address, 80).meeting, Meeting::kRefused);  // knows B by ARP
    const auto from_second = bind_udp(a.netns, "10.0.100.77", 5000);
    const auto inbox = bind_udp(b.netns, b.address, 5000);
    send_udp(from_second, b.address, 5000, "too early");
    EXPECT_EQ(hear(inbox, kSilenceMs), "");
    a.eni.secondary_addresses = {"10.0.100.77"};
    world.path.put_eni(a.eni);
    send_udp(from_second, b.address, 5000, "as a member");
    EXPECT_EQ(hear(inbox), "as a member");
    send_udp(inbox, "10.0.100.77", 5000, "answer");
    EXPECT_EQ(hear(from_second), "answer");

    world.group("sg-client", {from_group("sg-server"), to_anywhere()});
    world.group("sg-server", {to_anywhere()});
    EXPECT_EQ(connect_tcp(b.netns, "10.0.100.77", 80).meeting, Meeting::kRefused);
    a.eni.secondary_addresses.clear();
    world.path.put_eni(a.eni);
    EXPECT_EQ(connect_in_vain(b.netns, "10.0.100.77", 80).meeting, Meeting::kNothing);
    EXPECT_EQ(connect_tcp(b.netns, a.address, 80).meeting, Meeting::kRefused);
  });
}

TEST(SecurityGroup, AnAddressThatMovesBringsNoFlowAndLosesNone) {
  in_sandbox([] {
    World world;
    world.group("sg-lab", {from_group("sg-lab"), to_anywhere()});
    Task first = world.task(7, {"sg-lab"});
    Task second = world.task(8, {"sg-lab"});
    const Task client = world.task(9, {"sg-lab"});
    for (const auto* task : {&first, &second})
      output_in(task->netns, "ip address add 10.0.100.77/32 dev lo");
    first.eni.secondary_addresses = {"10.0.100.77"};
    world.path.put_eni(first.eni);
    Task shared = first;
    shared.address = "10.0.100.77";
    const auto before = converse(client, shared, 80);

    first.eni.secondary_addresses.clear();
    world.path.put_eni(first.eni);
    second.eni.secondary_addresses = {"10.0.100.77"};
    world.path.put_eni(second.eni);
    shared.netns = second.netns;
    const auto after = converse(client, shared, 81);
    world.path.settle();  // what the first one left is buried by now
    say(after.client, "lives");
    EXPECT_EQ(hear(after.server), "lives");
    say(before.client, "gone");
    EXPECT_EQ(hear(before.server, kSilenceMs), "");
  });
}

TEST(SecurityGroup, HeldFiltersAreAppliedTogether) {
  in_sandbox([] {
    World world;
    world.path.hold_filters();
    world.group("sg-lab", {from_group("sg-lab"), to_anywhere()});
    const Task a = world.task(7, {"sg-lab"});
    const Task b = world.task(8, {"sg-lab"});
    EXPECT_EQ(connect_in_vain(a.netns, b.address, 80).meeting, Meeting::kNothing);
    world.path.release_filters();
    EXPECT_EQ(connect_tcp(a.netns, b.address, 80).meeting, Meeting::kRefused);
    world.group("sg-lab", {});
    EXPECT_EQ(connect_in_vain(a.netns, b.address, 80).meeting, Meeting::kNothing);
  });
}

}  // namespace
}  // namespace enibox::test

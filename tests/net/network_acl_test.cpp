#include <gtest/gtest.h>

#include "tests/acl_entry.hpp"
#include "tests/net/world.hpp"

// Network ACLs, with packets: stateless, numbered, at the edges of subnets only.
namespace enibox::test {
namespace {

constexpr const char* kNear = "10.0.100.0/24";
constexpr const char* kFar = "10.0.101.0/24";

std::vector<vpc::AclEntry> with_all(std::vector<vpc::AclEntry> entries) {
  for (const bool egress : {false, true}) entries.push_back(acl_entry(1000, egress, true));
  return entries;
}

// Two subnets with a task each, and a second one in the near subnet; the groups allow everything.
struct Scene {
  Scene() {
    world.group("sg-all", {from_block("0.0.0.0/0"), to_anywhere()});
    a = world.task(7, {"sg-all"}, 100);
    neighbour = world.task(8, {"sg-all"}, 100);
    far = world.task(7, {"sg-all"}, 101);
  }
  // Guards the far subnet.
  void guard(std::vector<vpc::AclEntry> entries) {
    world.path.put_acl({"acl-far", "vpc-1", {kFar}, std::move(entries)});
  }
  Meeting meet(const Task& from, const Task& to, std::uint16_t port) {
    return connect_tcp(from.netns, to.address, port).meeting;
  }
  Meeting miss(const Task& from, const Task& to, std::uint16_t port) {
    return connect_in_vain(from.netns, to.address, port).meeting;
  }

  World world;
  Task a, neighbour, far;
};

TEST(NetworkAcl, WithoutEntriesNothingCrossesTheEdge) {
  in_sandbox([] {
    Scene scene;
    EXPECT_EQ(scene.meet(scene.a, scene.far, 80), Meeting::kRefused);
    scene.guard({});
    EXPECT_EQ(scene.miss(scene.a, scene.far, 80), Meeting::kNothing);
    EXPECT_EQ(scene.miss(scene.far, scene.a, 80), Meeting::kNothing);
    // Inside a subnet no ACL judges.
    scene.world.path.put_acl({"acl-near", "vpc-1", {kNear}, {}});
    EXPECT_EQ(scene.meet(scene.a, scene.neighbour, 80), Meeting::kRefused);
    scene.world.path.put_acl({"acl-near", "vpc-1", {kNear}, with_all({})});
    scene.guard(with_all({}));
    EXPECT_EQ(scene.meet(scene.a, scene.far, 80), Meeting::kRefused);
    scene.world.path.remove_acl("acl-far");
    EXPECT_EQ(scene.meet(scene.far, scene.a, 80), Meeting::kRefused);
  });
}

TEST(NetworkAcl, IsStatelessSoAnswersNeedAnEntryOfTheirOwn) {
  in_sandbox([] {
    Scene scene;
    scene.guard({acl_entry(100, false, true, "0.0.0.0/0", "6", 80, 80)});
    EXPECT_EQ(scene.miss(scene.a, scene.far, 80), Meeting::kNothing);
    // The ephemeral ports of the client.
    scene.guard({acl_entry(100, false, true, "0.0.0.0/0", "6", 80, 80),
                 acl_entry(100, true, true, "0.0.0.0/0", "6", 32768, 65535)});
    EXPECT_EQ(scene.meet(scene.a, scene.far, 80), Meeting::kRefused);
    EXPECT_EQ(scene.miss(scene.a, scene.far, 81), Meeting::kNothing);
    // The other way round the answer would have to come in.
    EXPECT_EQ(scene.miss(scene.far, scene.a, 40000), Meeting::kNothing);
  });
}

TEST(NetworkAcl, TheLowestNumberThatMatchesDecides) {
  in_sandbox([] {
    Scene scene;
    scene.guard(with_all({acl_entry(90, false, false, "10.0.100.7/32", "6", 80, 80),
                          acl_entry(100, false, true, "10.0.100.0/24", "6", 80, 80)}));
    EXPECT_EQ(scene.miss(scene.a, scene.far, 80), Meeting::kNothing);
    EXPECT_EQ(scene.meet(scene.neighbour, scene.far, 80), Meeting::kRefused);
    scene.guard(with_all({acl_entry(110, false, false, "10.0.100.7/32", "6", 80, 80),
                          acl_entry(100, false, true, "10.0.100.0/24", "6", 80, 80)}));
    EXPECT_EQ(scene.meet(scene.a, scene.far, 80), Meeting::kRefused);
  });
}

TEST(NetworkAcl, BothSubnetsAreAsked) {
  in_sandbox([] {
    Scene scene;
    scene.world.path.put_acl(
        {"acl-near",
         "vpc-1",
         {kNear},
         with_all({acl_entry(10, true, false, "10.0.101.0/24", "6", 80, 80)})});
    EXPECT_EQ(scene.miss(scene.a, scene.far, 80), Meeting::kNothing);
    EXPECT_EQ(scene.meet(scene.a, scene.far, 81), Meeting::kRefused);
    EXPECT_EQ(scene.meet(scene.far, scene.a, 80), Meeting::kRefused);
  });
}

TEST(NetworkAcl, CutsEstablishedFlowsAtOnce) {
  in_sandbox([] {
    Scene scene;
    const auto talk = converse(scene.a, scene.far, 80);
    say(talk.client, "hello");
    EXPECT_EQ(hear(talk.server), "hello");
    scene.guard(with_all({acl_entry(10, false, false, "10.0.100.7/32")}));
    say(talk.client, "cut");
    EXPECT_EQ(hear(talk.server, kSilenceMs), "");
    scene.guard(with_all({}));
    EXPECT_EQ(hear(talk.server), "cut");  // TCP sends it again
  });
}

TEST(NetworkAcl, ProtocolsAndIcmpTypesAreTold) {
  in_sandbox([] {
    Scene scene;
    const std::string ping = "ping -c 1 -W 1 " + scene.far.address;
    const auto lost = [&] {
      return output_in(scene.a.netns, ping).find("100% packet loss") != std::string::npos;
    };
    scene.guard({acl_entry(100, false, true, "0.0.0.0/0", "1", 8, -1), acl_entry(100, true, true)});
    EXPECT_FALSE(lost());
    EXPECT_EQ(scene.miss(scene.a, scene.far, 80), Meeting::kNothing);
    scene.guard({acl_entry(100, false, true, "0.0.0.0/0", "1", 8, 1), acl_entry(100, true, true)});
    EXPECT_TRUE(lost());
    scene.guard({acl_entry(100, false, true), acl_entry(100, true, true, "0.0.0.0/0", "1", 0, 0)});
    EXPECT_FALSE(lost());
    scene.guard(
        {acl_entry(100, false, true), acl_entry(100, true, true, "0.0.0.0/0", "6", 0, 65535)});
    EXPECT_TRUE(lost());
    EXPECT_EQ(scene.meet(scene.a, scene.far, 80), Meeting::kRefused);

    const auto inbox = bind_udp(scene.far.netns, scene.far.address, 53);
    const auto outbox = bind_udp(scene.a.netns, scene.a.address, 5353);
    scene.guard({acl_entry(100, false, true, "0.0.0.0/0", "17", 53, 53)});
    send_udp(outbox, scene.far.address, 53, "asked");
    EXPECT_EQ(hear(inbox), "asked");
    scene.guard({acl_entry(100, false, true, "0.0.0.0/0", "17", 54, 60)});
    send_udp(outbox, scene.far.address, 53, "asked again");
    EXPECT_EQ(hear(inbox, kSilenceMs), "");
  });
}

TEST(NetworkAcl, AnotherAclTakesTheSubnetAtOnce) {
  in_sandbox([] {
    Scene scene;
    scene.guard({});
    EXPECT_EQ(scene.miss(scene.a, scene.far, 80), Meeting::kNothing);
    scene.world.path.put_acl({"acl-open", "vpc-1", {kFar}, with_all({})});
    EXPECT_EQ(scene.meet(scene.a, scene.far, 80), Meeting::kRefused);
    scene.world.path.put_acl({"acl-far", "vpc-1", {}, {}});  // the old one hears of it later
    EXPECT_EQ(scene.meet(scene.a, scene.far, 80), Meeting::kRefused);
  });
}

}  // namespace
}  // namespace enibox::test

#include <gtest/gtest.h>

#include "emulator/vpc/router.hpp"
#include "netns/neighbour.hpp"
#include "netns/route.hpp"
#include "tests/net/world.hpp"

// A task with NET_RAW, which ECS containers have by default, disturbs nobody.
namespace enibox::test {
namespace {

struct Scene {
  Scene() {
    world.group("sg-lab", {from_group("sg-lab"), to_anywhere()});
    attacker = world.task(7, {"sg-lab"});
    victim = world.task(8, {"sg-lab"});
    friend_of_victim = world.task(9, {"sg-lab"});
    raw = open_frames(attacker.netns, "eth0");
    inbox = bind_udp(victim.netns, victim.address, 9999);
  }
  Forgery honest() const {
    return {attacker.mac, attacker.address, vpc::kRouterMac, victim.address};
  }

  World world;
  Task attacker, victim, friend_of_victim;
  netns::UniqueFd raw, inbox;
};

TEST(Forgery, OnlyTheOwnAddressAndMacPass) {
  in_sandbox([] {
    Scene scene;
    Forgery other_address = scene.honest();
    other_address.source = scene.friend_of_victim.address;
    Forgery other_mac = scene.honest();
    other_mac.source_mac = scene.friend_of_victim.mac;
    Forgery outside = scene.honest();
    outside.source = "198.51.100.9";
    for (const auto& forged : {other_address, other_mac, outside})
      send_frame(scene.raw, udp_frame(forged));
    // Sent last on the same way: what is heard first is what passed.
    auto frame = udp_frame(scene.honest());
    frame[frame.size() - 6] = 'F';
    send_frame(scene.raw, frame);
    EXPECT_EQ(hear(scene.inbox), "Forged");
    EXPECT_EQ(hear(scene.inbox, kSilenceMs), "");
  });
}

TEST(Forgery, SourceCheckOffLetsForeignAddressesPassButNoForeignMac) {
  in_sandbox([] {
    Scene scene;
    scene.world.group("sg-lab", {from_block("0.0.0.0/0"), to_anywhere()});
    scene.attacker.eni.source_dest_check = false;
    scene.world.path.put_eni(scene.attacker.eni);
    Forgery outside = scene.honest();
    outside.source = "198.51.100.9";
    Forgery other_mac = outside;
    other_mac.source_mac = scene.friend_of_victim.mac;
    send_frame(scene.raw, udp_frame(other_mac));
    EXPECT_EQ(hear(scene.inbox, kSilenceMs), "");
    send_frame(scene.raw, udp_frame(outside));
    EXPECT_EQ(hear(scene.inbox), "forged");

    scene.attacker.eni.source_dest_check = true;
    scene.world.path.put_eni(scene.attacker.eni);
    send_frame(scene.raw, udp_frame(outside));
    EXPECT_EQ(hear(scene.inbox, kSilenceMs), "");
  });
}

TEST(Forgery, ACheckedEniIsHandedOnlyWhatIsForIt) {
  in_sandbox([] {
    Scene scene;
    scene.world.group("sg-lab", {from_block("0.0.0.0/0"), to_anywhere()});
    auto links = scene.world.router_links();
    // A route through the victim, as to an appliance.
    for (const auto& link : netns::list_links(links)) {
      const auto& id = scene.victim.eni.eni_id;
      if (link.kind == "veth" && id.find(link.name.substr(4)) != std::string::npos)
        netns::put_route(links, {.destination = "198.51.100.0/24",
                                 .gateway = scene.victim.address,
                                 .link_index = link.index});
    }
    const auto arrives = open_frames(scene.victim.netns, "eth0");
    const auto outbox = bind_udp(scene.attacker.netns, scene.attacker.address, 5000);
    const auto hears = [&](const std::string& text) {
      send_udp(outbox, "198.51.100.9", 5000, text);
      for (int frames = 0; frames < 20; ++frames) {
        const auto frame = hear(arrives, kSilenceMs);
        if (frame.empty()) return false;
        if (frame.find(text) != std::string::npos) return true;
      }
      return false;
    };
    EXPECT_FALSE(hears("checked"));
    scene.victim.eni.source_dest_check = false;
    scene.world.path.put_eni(scene.victim.eni);
    EXPECT_TRUE(hears("unchecked"));
    scene.victim.eni.source_dest_check = true;  // the flow is established by now
    scene.world.path.put_eni(scene.victim.eni);
    EXPECT_FALSE(hears("checked again"));
  });
}

TEST(Forgery, AFloodOfForgedArpDisturbsNobody) {
  in_sandbox([] {
    Scene scene;
    for (int i = 0; i < 1500; ++i) {
      Forgery forged = scene.honest();
      forged.source = "10.0." + std::to_string(102 + i / 250) + "." + std::to_string(i % 250 + 1);
      forged.target = "10.0.100.1";
      send_frame(scene.raw, arp_request(forged));
    }
    Forgery thief = scene.honest();  // claims the victim's address
    thief.source = scene.victim.address;
    thief.target = scene.friend_of_victim.address;
    send_frame(scene.raw, arp_request(thief));

    auto links = scene.world.router_links();
    const auto neighbours = netns::list_neighbours(links);
    EXPECT_EQ(neighbours.size(), 3u);
    for (const auto& neighbour : neighbours) EXPECT_TRUE(neighbour.permanent);
    const auto talk = converse(scene.friend_of_victim, scene.victim, 80);
    say(talk.client, "undisturbed");
    EXPECT_EQ(hear(talk.server), "undisturbed");
  });
}

TEST(Arp, TheRouterAnswersForPeersAtOnce) {
  in_sandbox([] {
    Scene scene;
    auto links = scene.world.router_links();
    int ends = 0;
    for (const auto& link : netns::list_links(links)) {
      if (link.kind != "veth") continue;
      ++ends;
      EXPECT_EQ(netns::proxy_delay_ms(links, link.index), 0) << link.name;
      EXPECT_EQ(link.mac, vpc::kRouterMac);
    }
    EXPECT_EQ(ends, 3);

    Forgery honest = scene.honest();
    send_frame(scene.raw, arp_request(honest));
    std::string answer;
    for (int frames = 0; frames < 20; ++frames) {  // the socket also sees what it sent
      answer = hear(scene.raw);
      if (answer.size() >= 42 && answer[13] == 0x06 && answer[21] == 2) break;
    }
    ASSERT_GE(answer.size(), 42u);
    EXPECT_EQ(answer.substr(22, 6), std::string("\x0e\0\0\0\0\x01", 6));
    // For its own address nobody answers: a task's check for duplicates finds none.
    honest.target = scene.attacker.address;
    send_frame(scene.raw, arp_request(honest));
    EXPECT_TRUE(hear(scene.raw, kSilenceMs).substr(0, 42).find(std::string("\0\2", 2)) != 20);
  });
}

}  // namespace
}  // namespace enibox::test

#include <gtest/gtest.h>

#include <algorithm>

#include "emulator/flow_logs/records.hpp"
#include "tests/net/world.hpp"

// What a router counts of flows, with packets between tasks, as records of their interfaces.
namespace enibox::test {
namespace {

using flow_logs::EniRecord;
using Records = std::vector<EniRecord>;

std::uint32_t number_of(const std::string& address) {
  return vpc::IpAddress::parse(address)->to_v4();
}

Records end_stretch(World& world) {
  const auto stretch = world.path.end_flow_stretch("vpc-1");
  return flow_logs::records_of(stretch.read(), stretch.enis);
}

struct Wanted {
  std::string eni;
  bool egress;
  bool accepted;
  std::string from;
  std::uint16_t from_port;  // 0: any
  std::string to;
  std::uint16_t to_port;  // 0: any
  int protocol;
};

// The one record like that; fails the test without one or with several.
flow_logs::FlowRecord the(const Records& records, const Wanted& wanted) {
  std::vector<flow_logs::FlowRecord> found;
  for (const auto& [eni, record] : records) {
    if (eni != wanted.eni || record.egress != wanted.egress || record.accepted != wanted.accepted)
      continue;
    const auto& tuple = record.tuple;
    if (tuple.source != number_of(wanted.from) || tuple.destination != number_of(wanted.to) ||
        tuple.protocol != wanted.protocol)
      continue;
    if (wanted.from_port != 0 && tuple.source_port != wanted.from_port) continue;
    if (wanted.to_port != 0 && tuple.destination_port != wanted.to_port) continue;
    found.push_back(record);
  }
  EXPECT_EQ(found.size(), 1u) << wanted.eni << (wanted.egress ? " egress " : " ingress ")
                              << wanted.from << " -> " << wanted.to << ":" << wanted.to_port;
  return found.empty() ? flow_logs::FlowRecord{} : found.front();
}

constexpr int kIcmp = 1, kTcp = 6, kUdp = 17;

struct Pair {
  Pair() {
    world.group("sg-client", {to_anywhere()});
    world.group("sg-server", {from_block("10.0.100.0/24", "tcp", 80, 80),
                              from_block("10.0.100.0/24", "udp", 53, 53),
                              from_block("10.0.100.0/24", "icmp", 8, 0)});
    a = world.task(7, {"sg-client"});
    b = world.task(8, {"sg-server"});
    world.path.count_flows("vpc-1", true);
  }

  World world;
  Task a, b;
};

TEST(FlowCounters, AConnectionIsFourRecords) {
  in_sandbox([] {
    Pair pair;
    const auto& [world, a, b] = pair;
    {
      const auto talk = converse(a, b, 80);
      say(talk.client, "hello");
      EXPECT_EQ(hear(talk.server), "hello");
      say(talk.server, "welcome");
      EXPECT_EQ(hear(talk.client), "welcome");
    }
    const auto records = end_stretch(pair.world);
    const auto sent = the(records, {a.eni.eni_id, true, true, a.address, 0, b.address, 80, kTcp});
    const auto got = the(records, {b.eni.eni_id, false, true, a.address, 0, b.address, 80, kTcp});
    EXPECT_EQ(sent.packets, got.packets);
    EXPECT_EQ(sent.bytes, got.bytes);
    EXPECT_GE(sent.packets, 3u);           // SYN, ACK, data
    EXPECT_GE(sent.bytes, 60u + 52 + 57);  // with the IP header, without Ethernet's
    EXPECT_EQ(sent.tcp_flags & 2, 2);      // SYN
    EXPECT_EQ(sent.tcp_flags, got.tcp_flags);
    const auto port = sent.tuple.source_port;
    const auto answer =
        the(records, {b.eni.eni_id, true, true, b.address, 80, a.address, port, kTcp});
    const auto heard =
        the(records, {a.eni.eni_id, false, true, b.address, 80, a.address, port, kTcp});
    EXPECT_EQ(answer.packets, heard.packets);
    EXPECT_EQ(answer.tcp_flags & 18, 18);  // SYN with ACK
    EXPECT_EQ(records.size(), 4u);
    EXPECT_TRUE(end_stretch(pair.world).empty()) << "counted twice";
  });
}

TEST(FlowCounters, RefusedAtTheReceiverWasAcceptedAtTheSender) {
  in_sandbox([] {
    Pair pair;
    const auto& [world, a, b] = pair;
    connect_in_vain(a.netns, b.address, 81);
    const auto records = end_stretch(pair.world);
    const auto sent = the(records, {a.eni.eni_id, true, true, a.address, 0, b.address, 81, kTcp});
    const auto got = the(records, {b.eni.eni_id, false, false, a.address, 0, b.address, 81, kTcp});
    EXPECT_GE(got.packets, 1u);
    EXPECT_EQ(sent.packets, got.packets);
    EXPECT_EQ(sent.bytes, got.bytes);
    EXPECT_EQ(got.tcp_flags, 2);
    EXPECT_EQ(sent.tcp_flags, 2);
    EXPECT_EQ(records.size(), 2u);
  });
}

TEST(FlowCounters, RefusedAtTheSenderNeverMetTheReceiver) {
  in_sandbox([] {
    Pair pair;
    const auto& [world, a, b] = pair;
    connect_in_vain(b.netns, a.address, 80);  // the server's group lets nothing out
    const auto records = end_stretch(pair.world);
    const auto sent = the(records, {b.eni.eni_id, true, false, b.address, 0, a.address, 80, kTcp});
    EXPECT_GE(sent.packets, 1u);
    EXPECT_EQ(sent.tcp_flags, 2);
    EXPECT_EQ(records.size(), 1u);
  });
}

TEST(FlowCounters, DatagramsAndEchoesAreExact) {
  in_sandbox([] {
    Pair pair;
    const auto& [world, a, b] = pair;
    const auto server = bind_udp(b.netns, b.address, 53);
    const auto client = bind_udp(a.netns, a.address, 5353);
    for (const char* text : {"0123456789", "0123456789", "0123456789"})
      send_udp(client, b.address, 53, text);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(hear(server), "0123456789");
    EXPECT_NE(output_in(a.netns, "ping -c 2 -i 0.2 -W 1 " + b.address).find(" 0% packet loss"),
              std::string::npos);
    const auto records = end_stretch(pair.world);
    const auto sent =
        the(records, {a.eni.eni_id, true, true, a.address, 5353, b.address, 53, kUdp});
    EXPECT_EQ(sent.packets, 3u);
    EXPECT_EQ(sent.bytes, 3u * (20 + 8 + 10));
    EXPECT_EQ(sent.tcp_flags, 0);
    const auto echo = the(records, {b.eni.eni_id, false, true, a.address, 0, b.address, 0, kIcmp});
    EXPECT_EQ(echo.packets, 2u);
    EXPECT_EQ(echo.bytes, 2u * 84);
    the(records, {b.eni.eni_id, true, true, b.address, 0, a.address, 0, kIcmp});
    EXPECT_EQ(records.size(), 6u);
  });
}

TEST(FlowCounters, TurningLosesNoPacketAndCountsNoneTwice) {
  in_sandbox([] {
    Pair pair;
    const auto& [world, a, b] = pair;
    const auto server = bind_udp(b.netns, b.address, 53);
    const auto client = bind_udp(a.netns, a.address, 5353);
    constexpr std::uint64_t kRounds = 20, kEach = 50;
    std::uint64_t counted = 0;
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      for (std::uint64_t i = 0; i < kEach; ++i) send_udp(client, b.address, 53, "x");
      for (const auto& [eni, record] : end_stretch(pair.world))
        if (eni == b.eni.eni_id) counted += record.packets;
    }
    EXPECT_EQ(counted, kRounds * kEach);
  });
}

TEST(FlowCounters, WhoIsNotCheckedIsKnownByItsDevice) {
  in_sandbox([] {
    Pair pair;
    auto& world = pair.world;
    Task appliance = world.task(9, {"sg-client"});
    appliance.eni.source_dest_check = false;
    world.path.put_eni(appliance.eni);
    const auto& b = pair.b;
    // It passes on a packet of A's, as a middlebox does, and one of somebody outside the VPC.
    const auto wire = open_frames(appliance.netns, "eth0");
    for (const std::string& source : {pair.a.address, std::string("192.0.2.9")})
      send_frame(wire, udp_frame({appliance.mac, source, "0e:00:00:00:00:01", b.address}));
    const auto records = end_stretch(world);
    const auto passed =
        the(records, {appliance.eni.eni_id, true, true, pair.a.address, 0, b.address, 9999, kUdp});
    EXPECT_EQ(passed.packets, 1u);
    EXPECT_EQ(passed.source, number_of(appliance.address));
    the(records, {appliance.eni.eni_id, true, true, "192.0.2.9", 0, b.address, 9999, kUdp});
    the(records, {b.eni.eni_id, false, false, pair.a.address, 0, b.address, 9999, kUdp});
    for (const auto& [eni, record] : records) EXPECT_NE(eni, pair.a.eni.eni_id);
  });
}

TEST(FlowCounters, AnInterfaceThatIsGoneStillHasItsLastRecords) {
  in_sandbox([] {
    Pair pair;
    auto& world = pair.world;
    connect_in_vain(pair.a.netns, pair.b.address, 81);
    world.path.remove_eni(pair.b.eni.eni_id);
    const auto stretch = world.path.end_flow_stretch("vpc-1");
    const auto gone = std::find_if(stretch.enis.begin(), stretch.enis.end(), [&](const auto& eni) {
      return eni.eni_id == pair.b.eni.eni_id;
    });
    ASSERT_NE(gone, stretch.enis.end());
    EXPECT_TRUE(gone->gone);
    const auto records = flow_logs::records_of(stretch.read(), stretch.enis);
    the(records, {pair.b.eni.eni_id, false, false, pair.a.address, 0, pair.b.address, 81, kTcp});
    for (const auto& eni : world.path.end_flow_stretch("vpc-1").enis) EXPECT_FALSE(eni.gone);
  });
}

TEST(FlowCounters, MoreFlowsThanThereIsRoomForAreSaidToBeLost) {
  in_sandbox([] {
    Pair pair;
    auto& world = pair.world;
    const auto client = bind_udp(pair.a.netns, pair.a.address, 5353);
    for (int port = 1; port <= 9'000; ++port)
      send_udp(client, pair.b.address, static_cast<std::uint16_t>(port), "x");
    const auto stretch = world.path.end_flow_stretch("vpc-1");
    const auto reading = stretch.read();
    EXPECT_EQ(reading.refused_in.size(), 8'192u);
    EXPECT_EQ(reading.lost.size(), 2u);  // sender and receiver
    EXPECT_TRUE(world.path.end_flow_stretch("vpc-1").read().lost.empty());
  });
}

TEST(FlowCounters, NftListsThemAndNothingIsLeft) {
  in_sandbox([] {
    World world;
    world.group("sg-client", {to_anywhere()});
    world.group("sg-open", {from_block("0.0.0.0/0")});
    const Task a = world.task(7, {"sg-client"});
    const Task b = world.task(8, {"sg-open"});
    const auto before = world.filters();
    world.path.count_flows("vpc-1", true);
    world.path.count_flows("vpc-1", true);
    converse(a, b, 80);
    EXPECT_NE(world.filters().find(a.address + " . " + b.address), std::string::npos);
    world.path.count_flows("vpc-1", false);
    EXPECT_EQ(world.filters(), before);
    EXPECT_THROW(world.path.end_flow_stretch("vpc-1"), std::system_error);
  });
}

}  // namespace
}  // namespace enibox::test

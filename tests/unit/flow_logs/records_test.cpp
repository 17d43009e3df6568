#include "emulator/flow_logs/records.hpp"

#include <gtest/gtest.h>

namespace enibox::flow_logs {
namespace {

std::uint32_t address(const char* text) { return vpc::IpAddress::parse(text)->to_v4(); }

vpc::FlowTuple tuple(const char* from, const char* to) {
  return {.source = address(from), .destination = address(to), .protocol = 17};
}

vpc::CountedEni eni(const char* id, const char* with_address, int number, bool checked = true) {
  return {.eni_id = id, .address = with_address, .number = number, .source_dest_check = checked};
}

// A at .1, the appliance at .2, B at .3.
const std::vector<vpc::CountedEni> kEnis = {eni("eni-a", "10.0.0.1", 101),
                                            eni("eni-x", "10.0.0.2", 102, false),
                                            eni("eni-b", "10.0.0.3", 103)};

std::vector<std::string> texts(const std::vector<EniRecord>& records) {
  std::vector<std::string> all;
  for (const auto& [id, record] : records) {
    all.push_back(
        id + (record.egress ? " out" : " in") + (record.accepted ? " ACCEPT " : " REJECT ") +
        vpc::IpAddress::v4(record.source).text() + " " +
        vpc::IpAddress::v4(record.destination).text() + " " + std::to_string(record.packets));
  }
  std::sort(all.begin(), all.end());
  return all;
}
using Texts = std::vector<std::string>;

TEST(FlowRecords, AnAppliancesTwoPassesAreTwiceTwoRecords) {
  const auto flow = tuple("10.0.0.1", "10.0.0.3");
  vpc::FlowReading reading;
  reading.passed = {{flow, 102, 5, 500}, {flow, 103, 4, 400}};  // one lost on the way
  reading.sent = {{flow, 102, 4, 400}};
  EXPECT_EQ(texts(records_of(reading, kEnis)),
            (Texts{"eni-a out ACCEPT 10.0.0.1 10.0.0.3 5", "eni-b in ACCEPT 10.0.0.1 10.0.0.3 4",
                   "eni-x in ACCEPT 10.0.0.1 10.0.0.2 5", "eni-x out ACCEPT 10.0.0.2 10.0.0.3 4"}));
}

TEST(FlowRecords, PartlyRefusedIsBoth) {
  const auto flow = tuple("10.0.0.1", "10.0.0.3");
  vpc::FlowReading reading;
  reading.passed = {{flow, 103, 3, 300}};
  reading.refused_in = {{flow, 103, 2, 200}};
  reading.refused_out = {{flow, 101, 1, 100}};
  EXPECT_EQ(texts(records_of(reading, kEnis)),
            (Texts{"eni-a out ACCEPT 10.0.0.1 10.0.0.3 5", "eni-a out REJECT 10.0.0.1 10.0.0.3 1",
                   "eni-b in ACCEPT 10.0.0.1 10.0.0.3 3", "eni-b in REJECT 10.0.0.1 10.0.0.3 2"}));
}

TEST(FlowRecords, WhatIsNoInterfaceHasNone) {
  vpc::FlowReading reading;
  reading.passed = {{tuple("10.0.0.1", "203.0.113.9"), 7, 1, 100}};  // a gateway's device
  EXPECT_EQ(texts(records_of(reading, kEnis)), (Texts{"eni-a out ACCEPT 10.0.0.1 203.0.113.9 1"}));
}

TEST(FlowRecords, ThePrimaryAddressStandsForASecondaryOne) {
  auto enis = kEnis;
  enis[0].secondary_addresses = {"10.0.0.9"};
  vpc::FlowReading reading;
  reading.passed = {{tuple("10.0.0.9", "10.0.0.3"), 103, 1, 100},
                    {tuple("10.0.0.3", "10.0.0.9"), 101, 1, 100}};
  const auto records = records_of(reading, enis);
  EXPECT_EQ(texts(records),
            (Texts{"eni-a in ACCEPT 10.0.0.3 10.0.0.1 1", "eni-a out ACCEPT 10.0.0.1 10.0.0.3 1",
                   "eni-b in ACCEPT 10.0.0.9 10.0.0.3 1", "eni-b out ACCEPT 10.0.0.3 10.0.0.9 1"}));
  for (const auto& [id, record] : records) {
    if (record.egress && id == "eni-a") {
      EXPECT_EQ(record.tuple.source, address("10.0.0.9"));
    }
  }
}

TEST(FlowRecords, FlagsAreOfWhatWasAccepted) {
  vpc::FlowTuple flow = tuple("10.0.0.1", "10.0.0.3");
  flow.protocol = 6;
  vpc::FlowReading reading;
  reading.passed = {{flow, 103, 3, 300}};
  reading.passed_flags = {{flow, 2}, {flow, 1}};
  reading.refused_out = {{flow, 101, 1, 100}};
  reading.refused_out_flags = {{flow, 4}};
  for (const auto& [id, record] : records_of(reading, kEnis))
    EXPECT_EQ(record.tcp_flags, record.accepted ? 3 : 4) << id;
}

EniRecord record(const char* id, std::uint64_t packets, bool accepted = true) {
  EniRecord made{id, {}};
  made.record.tuple = tuple("10.0.0.1", "10.0.0.3");
  made.record.packets = packets;
  made.record.bytes = packets * 100;
  made.record.accepted = accepted;
  return made;
}

TEST(FlowWindow, SumsUpAndTellsWhen) {
  Window window(Traffic::kAll);
  window.present("eni-a", {1'000, 6'000});
  window.present("eni-b", {1'000, 6'000});
  window.add(record("eni-a", 2), {1'000, 6'000});
  window.add(record("eni-a", 1, false), {1'000, 6'000});
  window.add(record("eni-a", 3), {6'000, 11'000});
  auto all = window.take_all();
  ASSERT_EQ(all["eni-a"].size(), 2u);
  const auto& refused = all["eni-a"][0].record;
  const auto& accepted = all["eni-a"][1].record;
  EXPECT_EQ(accepted.packets, 5u);
  EXPECT_EQ(accepted.bytes, 500u);
  EXPECT_EQ(accepted.start_s, 1);
  EXPECT_EQ(accepted.end_s, 11);
  EXPECT_EQ(refused.packets, 1u);
  EXPECT_EQ(refused.end_s, 6);
  ASSERT_EQ(all["eni-b"].size(), 1u);
  EXPECT_EQ(all["eni-b"][0].status, LogStatus::kNoData);
  EXPECT_EQ(all["eni-b"][0].record.end_s, 6);
  EXPECT_TRUE(window.take_all().empty());
}

TEST(FlowWindow, TakesOnlyItsKindOfTraffic) {
  Window window(Traffic::kReject);
  window.present("eni-a", {0, 1'000});
  window.add(record("eni-a", 2), {0, 1'000});
  auto lines = window.take("eni-a");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].status, LogStatus::kNoData);
  window.add(record("eni-a", 2, false), {0, 1'000});
  EXPECT_EQ(window.take("eni-a")[0].record.packets, 2u);
}

TEST(FlowWindow, SaysWhatItCouldNotKeep) {
  Window window(Traffic::kAll);
  window.lost("eni-b");
  window.present("eni-b", {0, 1'000});
  for (std::uint32_t i = 0; i <= Window::kMostFlows; ++i) {
    auto made = record("eni-a", 1);
    made.record.tuple.source = i;
    window.add(made, {0, 1'000});
  }
  const auto all = window.take_all();
  EXPECT_EQ(all.at("eni-a").size(), Window::kMostFlows + 1);
  EXPECT_EQ(all.at("eni-a").back().status, LogStatus::kSkipData);
  ASSERT_EQ(all.at("eni-b").size(), 1u);
  EXPECT_EQ(all.at("eni-b")[0].status, LogStatus::kSkipData);
}

}  // namespace
}  // namespace enibox::flow_logs

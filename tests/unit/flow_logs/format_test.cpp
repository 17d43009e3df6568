#include "emulator/flow_logs/format.hpp"

#include <gtest/gtest.h>

#include "api/error.hpp"

namespace enibox::flow_logs {
namespace {

std::uint32_t address(const char* text) { return vpc::IpAddress::parse(text)->to_v4(); }

EniFacts eni() {
  EniFacts facts;
  facts.account_id = "123456789010";
  facts.region = "us-east-1";
  facts.vpc_id = "vpc-1";
  facts.subnet_id = "subnet-1";
  facts.eni_id = "eni-1235b8ca123456789";
  facts.instance_id = "i-1";
  facts.zone_id = "use1-az1";
  facts.paths = {{*vpc::Cidr::parse("172.31.0.0/16"), 1}, {*vpc::Cidr::parse("0.0.0.0/0"), 8}};
  return facts;
}

FlowRecord ssh() {
  FlowRecord record;
  record.tuple = {.source = address("172.31.16.139"),
                  .destination = address("172.31.16.21"),
                  .source_port = 20641,
                  .destination_port = 22,
                  .protocol = 6};
  record.source = record.tuple.source;
  record.destination = record.tuple.destination;
  record.packets = 20;
  record.bytes = 4249;
  record.tcp_flags = 3;
  return record;
}

std::string line(const std::string& format, const FlowRecord& record,
                 const EniFacts& facts = eni()) {
  return Format::parse(format).line(
      {.eni = facts, .record = &record, .start_s = 1418530010, .end_s = 1418530070});
}

TEST(FlowLogFormat, DefaultIsVersionTwo) {
  EXPECT_EQ(line(kDefaultFormat, ssh()),
            "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 "
            "1418530010 1418530070 ACCEPT OK");
  auto refused = ssh();
  refused.accepted = false;
  EXPECT_TRUE(line(kDefaultFormat, refused).ends_with(" REJECT OK"));
}

TEST(FlowLogFormat, WithoutTrafficThereAreDashes) {
  const auto format = Format::parse(kDefaultFormat);
  const auto facts = eni();
  EXPECT_EQ(
      format.line(
          {.eni = facts, .status = LogStatus::kNoData, .start_s = 1431280876, .end_s = 1431280934}),
      "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA");
  EXPECT_TRUE(format.line({.eni = facts, .status = LogStatus::kSkipData}).ends_with(" - SKIPDATA"));
}

TEST(FlowLogFormat, TheVersionIsTheHighestOfItsFields) {
  EXPECT_EQ(line("${version} ${vpc-id} ${subnet-id} ${instance-id} ${tcp-flags} ${type}", ssh()),
            "3 vpc-1 subnet-1 i-1 3 IPv4");
  EXPECT_EQ(line("${version} ${region} ${az-id} ${sublocation-type} ${sublocation-id}", ssh()),
            "4 us-east-1 use1-az1 - -");
  EXPECT_EQ(line("${version} ${pkt-src-aws-service} ${pkt-dst-aws-service} ${flow-direction} "
                 "${traffic-path}",
                 ssh()),
            "5 - - ingress -");
  EXPECT_EQ(line("${ecs-task-id} ${version}", ssh()), "- 7");
  EXPECT_EQ(line("${reject-reason} ${version}", ssh()), "- 8");
}

TEST(FlowLogFormat, TheInterfacesAddressStandsForOthers) {
  // The NAT gateway's example of the User Guide: 10.0.1.5 by 10.0.0.220 to 203.0.113.5.
  FlowRecord record;
  record.tuple.source = address("10.0.1.5");
  record.tuple.destination = address("203.0.113.5");
  record.source = address("10.0.1.5");
  record.destination = address("10.0.0.220");
  EXPECT_EQ(line("${srcaddr} ${dstaddr} ${pkt-srcaddr} ${pkt-dstaddr}", record),
            "10.0.1.5 10.0.0.220 10.0.1.5 203.0.113.5");
}

TEST(FlowLogFormat, ThePathIsTheSubnetsRoutes) {
  auto out = ssh();
  out.egress = true;
  EXPECT_EQ(line("${flow-direction} ${traffic-path}", out), "egress 1");
  out.tuple.destination = address("203.0.113.5");
  EXPECT_EQ(line("${traffic-path}", out), "8");
  EXPECT_EQ(line("${traffic-path}", out, EniFacts{}), "-");
}

TEST(FlowLogFormat, KnowsItsHeader) {
  EXPECT_EQ(Format::parse("${version} ${account-id}  ${end}").header(), "version account-id end");
  EXPECT_THROW(Format::parse("${version} ${what}"), AwsError);
}

}  // namespace
}  // namespace enibox::flow_logs

#include "emulator/vpc/cidr.hpp"

#include <gtest/gtest.h>

namespace enibox::vpc {
namespace {

Cidr cidr(const char* text) { return Cidr::parse(text).value(); }
IpAddress address(const char* text) { return IpAddress::parse(text).value(); }

TEST(Cidr, KnowsTheReservedAddressesOfASubnet) {
  const Cidr subnet = cidr("10.0.100.0/24");
  EXPECT_EQ(subnet.size(), 256u);
  EXPECT_EQ(subnet.host(1).text(), "10.0.100.1");
  EXPECT_EQ(subnet.broadcast().text(), "10.0.100.255");
  EXPECT_EQ(subnet.with_prefix(address("10.0.100.57")), "10.0.100.57/24");
}

TEST(Cidr, ClearsHostBits) {
  EXPECT_EQ(cidr("10.0.100.57/16").text(), "10.0.0.0/16");
  EXPECT_EQ(cidr("10.0.100.57/32").text(), "10.0.100.57/32");
  EXPECT_EQ(cidr("255.255.255.255/0").text(), "0.0.0.0/0");
  EXPECT_EQ(cidr("fd00:ec2::253/32").text(), "fd00:ec2::/32");
}

TEST(Cidr, ContainsAndOverlaps) {
  EXPECT_TRUE(cidr("10.0.0.0/16").contains(address("10.0.255.255")));
  EXPECT_FALSE(cidr("10.0.0.0/16").contains(address("10.1.0.0")));
  EXPECT_TRUE(cidr("10.0.0.0/16").contains(cidr("10.0.100.0/24")));
  EXPECT_FALSE(cidr("10.0.100.0/24").contains(cidr("10.0.0.0/16")));
  EXPECT_TRUE(cidr("10.0.100.0/24").overlaps(cidr("10.0.0.0/16")));
  EXPECT_FALSE(cidr("10.0.0.0/25").overlaps(cidr("10.0.0.128/25")));
  EXPECT_TRUE(cidr("0.0.0.0/0").contains(address("8.8.8.8")));
  EXPECT_FALSE(cidr("0.0.0.0/0").contains(address("::1")));
}

TEST(Cidr, CountsAcrossBytesAndWraps) {
  EXPECT_EQ(address("10.0.0.255").plus(1).text(), "10.0.1.0");
  EXPECT_EQ(address("10.0.0.0").plus(70'000).text(), "10.1.17.112");
  EXPECT_EQ(address("255.255.255.255").plus(1).text(), "0.0.0.0");
  EXPECT_EQ(address("fd00::ffff:ffff:ffff:ffff").plus(1).text(), "fd00:0:0:1::");
  EXPECT_EQ(cidr("fd00::/8").size(), std::uint64_t{1} << 63);
  EXPECT_EQ(IpAddress::v4(0x0a000105).text(), "10.0.1.5");
  EXPECT_EQ(address("10.0.1.5").to_v4(), 0x0a000105u);
}

TEST(Cidr, OrdersByNumber) {
  EXPECT_LT(address("9.0.0.1"), address("10.0.0.0"));
  EXPECT_LT(address("255.0.0.0"), address("::"));
  EXPECT_LT(cidr("10.0.0.0/8"), cidr("10.0.0.0/16"));
}

TEST(Cidr, RefusesWhatIsMalformed) {
  for (const char* text :
       {"", "/", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8",
        "10.0.0.0/8 ", " 10.0.0.0/8", "10.0.0/8", "10.0.0.256/8", "010.0.0.0/8", "10.0.0.0/8/8",
        "::/129", "fd00::g/8", "10.0.0.0/99999999999", "all"}) {
    EXPECT_FALSE(Cidr::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("10.0.0.1\0x", 10)));
  EXPECT_FALSE(IpAddress::parse("0x0a000001"));
}

}  // namespace
}  // namespace enibox::vpc

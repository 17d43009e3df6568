#include <gmock/gmock.h>

#include "emulator/reconcile/host_files.hpp"
#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class VpcDnsTest : public Ec2Test {
 protected:
  // The VPC with DHCP options of these keys and values.
  VpcDns with_options(
      const std::vector<std::pair<std::string, std::vector<std::string>>>& options) {
    Json configurations = Json::array();
    for (const auto& [key, values] : options)
      configurations.push_back({{"Key", key}, {"Values", values}});
    const auto made = call("CreateDhcpOptions", {{"DhcpConfigurations", configurations}});
    call("AssociateDhcpOptions",
         {{"VpcId", vpc_id}, {"DhcpOptionsId", made["DhcpOptions"]["DhcpOptionsId"]}});
    return *ec2->vpc_dns(vpc_id);
  }

  std::string vpc_id = make_vpc();
};

TEST_F(VpcDnsTest, ANewVpcHasAmazonsResolverAndDomain) {
  const auto dns = *ec2->vpc_dns(vpc_id);
  EXPECT_TRUE(dns.support);
  EXPECT_FALSE(dns.hostnames);
  EXPECT_EQ(reconcile::resolv_conf(dns),
            "search ec2.internal\noptions timeout:2 attempts:5\nnameserver 10.0.0.2\n");
  EXPECT_FALSE(ec2->vpc_dns("vpc-gone"));
}

TEST_F(VpcDnsTest, DhcpOptionsSayWhoIsAskedAndInWhichDomain) {
  const auto dns = with_options(
      {{"domain-name", {"corp.example lab.example"}},
       {"domain-name-servers", {"10.0.0.9", "AmazonProvidedDNS", "8.8.8.8", "9.9.9.9"}},
       {"ntp-servers", {"169.254.169.123"}}});
  EXPECT_THAT(dns.search, ElementsAre("corp.example", "lab.example"));
  EXPECT_THAT(dns.name_servers, ElementsAre("10.0.0.9", "10.0.0.2", "8.8.8.8", "9.9.9.9"));
}

TEST_F(VpcDnsTest, WithoutOptionsNothingIsSaid) {
  EXPECT_THAT(with_options({{"ntp-servers", {"169.254.169.123"}}}).name_servers, IsEmpty());
  call("AssociateDhcpOptions", {{"VpcId", vpc_id}, {"DhcpOptionsId", "default"}});
  EXPECT_EQ(reconcile::resolv_conf(*ec2->vpc_dns(vpc_id)), "options timeout:2 attempts:5\n");
}

}  // namespace
}  // namespace enibox::ec2

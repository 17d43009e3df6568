#include "emulator/dns/resolver.hpp"

#include <gmock/gmock.h>

#include "emulator/dns/vpc_zones.hpp"
#include "emulator/ec2/images.hpp"
#include "emulator/ec2/zones.hpp"
#include "emulator/vpc/cidr.hpp"
#include "tests/dns_message.hpp"
#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::dns {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kNxDomain = 3, kServFail = 2, kRefused = 5, kNotImp = 4, kFormErr = 1;
constexpr std::uint16_t kA = 1, kNs = 2, kSoa = 6, kPtr = 12, kTxt = 16, kAaaa = 28, kAxfr = 252,
                        kAny = 255;

// A zone in memory, as a private hosted zone will be.
struct TableZone final : Zone {
  std::string domain = "corp.example";
  std::map<std::string, std::vector<Record>> names;
  std::optional<std::string> apex(const ec2::VpcDns&, const std::string& name) override {
    return is_within(name, domain) ? std::optional(domain) : std::nullopt;
  }
  std::optional<std::vector<Record>> lookup(const ec2::VpcDns&, const std::string& name) override {
    const auto found = names.find(name);
    if (found == names.end()) return {};
    return found->second;
  }
};

// Keeps the question; the test answers.
struct FakeUpstream final : Upstream {
  std::string asked;
  Answered done;
  void ask(const Query& query, Answered answered) override {
    asked = query.name;
    done = std::move(answered);
  }
};

class ResolverTest : public ec2::Ec2Test {
 protected:
  ResolverTest()
      : private_names(*ec2),
        public_names(*ec2),
        reverse_names(*ec2),
        resolver(*ec2, {&private_names, &public_names, &reverse_names, &local_names, &table}) {
    vpc_id = make_vpc();
    hostnames(true);
  }

  void hostnames(bool on) {
    call("ModifyVpcAttribute", {{"VpcId", vpc_id}, {"EnableDnsHostnames", {{"Value", on}}}});
  }
  test::DnsAnswer ask(const test::DnsQuestion& question, Transport transport = Transport::kUdp) {
    return ask_bytes(test::dns_query(question), transport);
  }
  test::DnsAnswer ask_bytes(const Bytes& bytes, Transport transport = Transport::kUdp) {
    raw.clear();
    understood = resolver.ask(vpc_id, bytes, transport, [this](const Bytes& b) { raw = b; });
    return test::dns_answer(raw);
  }
  std::string soa(const std::string& apex) {
    return apex + ". 60 IN SOA ns0." + apex +
           ". hostmaster.amazon.com. 2012103100 3600 3600 3600 60";
  }

  PrivateNames private_names;
  PublicNames public_names;
  ReverseNames reverse_names;
  LocalNames local_names;
  TableZone table;
  Resolver resolver;
  std::string vpc_id;
  Bytes raw;
  bool understood = false;
};

TEST_F(ResolverTest, NamesEveryAddressOfTheVpc) {
  const auto answer = ask({"ip-10-0-1-121.ec2.internal"});
  EXPECT_THAT(answer.answers, ElementsAre("ip-10-0-1-121.ec2.internal. 60 IN A 10.0.1.121"));
  EXPECT_EQ(answer.rcode, 0);
  EXPECT_EQ(answer.id, 0x4242);
  EXPECT_TRUE(answer.response && answer.recursion);
  EXPECT_FALSE(answer.authoritative || answer.truncated || answer.edns);
  EXPECT_THAT(answer.authority, IsEmpty());

  const auto reverse = ask({"121.1.0.10.in-addr.arpa", kPtr});
  EXPECT_THAT(reverse.answers,
              ElementsAre("121.1.0.10.in-addr.arpa. 60 IN PTR ip-10-0-1-121.ec2.internal."));
}

TEST_F(ResolverTest, SaysWhatIsNotThere) {
  const auto nodata = ask({"ip-10-0-1-121.ec2.internal", kAaaa});
  EXPECT_EQ(nodata.rcode, 0);
  EXPECT_THAT(nodata.answers, IsEmpty());
  EXPECT_THAT(nodata.authority, ElementsAre(soa("ec2.internal")));
  for (const char* name :
       {"ip-10-1-0-1.ec2.internal", "ip-10-0-0-256.ec2.internal", "ip-10-0-0.ec2.internal",
        "ip-10-0-01-1.ec2.internal", "web.ec2.internal", "a.ip-10-0-0-9.ec2.internal",
        "ip-10-0-0-9.us-west-2.compute.internal", "i-0123456789abcdef0.ec2.internal"}) {
    const auto answer = ask({name});
    EXPECT_EQ(answer.rcode, kNxDomain) << name;
    EXPECT_THAT(answer.answers, IsEmpty()) << name;
    EXPECT_EQ(answer.authority.size(), 1u) << name;
  }
  EXPECT_EQ(ask({"ec2.internal"}).rcode, 0);
  EXPECT_EQ(ask({"compute.internal"}).rcode, kNxDomain);
  EXPECT_EQ(ask({"1.1.1.10.in-addr.arpa", kPtr}).rcode, kNxDomain);  // private, another VPC's
  EXPECT_THAT(ask({"1.1.1.10.in-addr.arpa", kPtr}).authority, ElementsAre(soa("10.in-addr.arpa")));
  EXPECT_EQ(ask({"x.0.10.in-addr.arpa", kPtr}).rcode, kNxDomain);
  EXPECT_EQ(ask({"0.10.in-addr.arpa", kPtr}).rcode, 0);
}

TEST_F(ResolverTest, HoldsToTheAttribute) {
  hostnames(false);
  EXPECT_EQ(ask({"ip-10-0-1-121.ec2.internal"}).rcode, kNxDomain);
  EXPECT_EQ(ask({"121.1.0.10.in-addr.arpa", kPtr}).rcode, kNxDomain);
}

TEST_F(ResolverTest, OtherRegionsHaveADomainOfTheirOwn) {
  const std::string id =
      call("CreateVpc", {{"CidrBlock", "10.9.0.0/16"}}, "eu-west-1")["Vpc"]["VpcId"];
  call("ModifyVpcAttribute", {{"VpcId", id}, {"EnableDnsHostnames", {{"Value", true}}}},
       "eu-west-1");
  vpc_id = id;
  EXPECT_THAT(ask({"ip-10-9-0-5.eu-west-1.compute.internal"}).answers,
              ElementsAre("ip-10-9-0-5.eu-west-1.compute.internal. 60 IN A 10.9.0.5"));
  EXPECT_EQ(ask({"ip-10-9-0-5.ec2.internal"}).rcode, kNxDomain);
  EXPECT_EQ(ask({"compute.internal"}).rcode, 0);
  EXPECT_THAT(ask({"5.0.9.10.in-addr.arpa", kPtr}).answers,
              ElementsAre("5.0.9.10.in-addr.arpa. 60 IN PTR "
                          "ip-10-9-0-5.eu-west-1.compute.internal."));
}

TEST_F(ResolverTest, PublicNamesArePrivateInside) {
  const auto gateway =
      call("CreateInternetGateway")["InternetGateway"]["InternetGatewayId"].get<std::string>();
  call("AttachInternetGateway", {{"InternetGatewayId", gateway}, {"VpcId", vpc_id}});
  const auto subnet = make_subnet(vpc_id, "10.0.1.0/24");
  const auto eni = call("CreateNetworkInterface", {{"SubnetId", subnet}})["NetworkInterface"];
  const auto address = call("AllocateAddress", {{"Domain", "vpc"}});
  const auto ip = address["PublicIp"].get<std::string>();
  const auto name = ec2::public_dns_name("us-east-1", ip);
  EXPECT_THAT(ask({.name = name}).answers, ElementsAre(name + ". 60 IN A " + ip));  // nobody's yet
  call("AssociateAddress", {{"AllocationId", address["AllocationId"]},
                            {"NetworkInterfaceId", eni["NetworkInterfaceId"]}});
  const auto inside = eni["PrivateIpAddress"].get<std::string>();
  EXPECT_THAT(ask({.name = name}).answers, ElementsAre(name + ". 60 IN A " + inside));

  const auto mine = std::exchange(vpc_id, make_vpc("10.7.0.0/16"));
  EXPECT_THAT(ask({.name = name}).answers, ElementsAre(name + ". 60 IN A " + ip));
  vpc_id = mine;
  hostnames(false);
  EXPECT_THAT(ask({.name = name}).answers, ElementsAre(name + ". 60 IN A " + ip));

  const auto quad = vpc::IpAddress::parse(ip)->bytes();
  const std::string reverse = std::to_string(quad[3]) + "." + std::to_string(quad[2]) + "." +
                              std::to_string(quad[1]) + "." + std::to_string(quad[0]) +
                              ".in-addr.arpa";
  EXPECT_THAT(ask({reverse, kPtr}).answers, ElementsAre(reverse + ". 60 IN PTR " + name + "."));
  EXPECT_EQ(ask({"ec2-9-9-9-9.compute-1.amazonaws.com"}).rcode, kNxDomain);
  EXPECT_EQ(ask({"ec2-9-9-9-9.eu-west-1.compute.amazonaws.com"}).rcode, kNxDomain);
}

TEST_F(ResolverTest, ResourceNamesFollowTheSubnetsWish) {
  const auto subnet = make_subnet(vpc_id, "10.0.1.0/24");
  const auto run = [&] {
    return call("RunInstances", {{"ImageId", ec2::images_of("us-east-1")[0].image_id},
                                 {"InstanceType", "t3.medium"},
                                 {"MinCount", 1},
                                 {"MaxCount", 1},
                                 {"SubnetId", subnet}})["Instances"][0];
  };
  const auto instance = run();
  const auto name = instance["InstanceId"].get<std::string>() + ".ec2.internal";
  EXPECT_EQ(ask({name}).rcode, kNxDomain);
  call("ModifySubnetAttribute",
       {{"SubnetId", subnet}, {"EnableResourceNameDnsARecordOnLaunch", {{"Value", true}}}});
  EXPECT_THAT(ask({name}).answers,
              ElementsAre(name + ". 60 IN A " + instance["PrivateIpAddress"].get<std::string>()));
}

TEST_F(ResolverTest, LocalhostStaysAtHome) {
  EXPECT_THAT(ask({"localhost"}).answers, ElementsAre("localhost. 60 IN A 127.0.0.1"));
  EXPECT_THAT(ask({"localhost", kAaaa}).answers, ElementsAre("localhost. 60 IN AAAA ::1"));
  EXPECT_THAT(ask({"1.0.0.127.in-addr.arpa", kPtr}).answers,
              ElementsAre("1.0.0.127.in-addr.arpa. 60 IN PTR localhost."));
  EXPECT_EQ(ask({"web.localdomain"}).rcode, kNxDomain);
}

TEST_F(ResolverTest, TheWorldOutsideNeedsAnUpstream) {
  EXPECT_EQ(ask({"example.com"}).rcode, kServFail);
  EXPECT_EQ(ask({"8.8.8.8.in-addr.arpa", kPtr}).rcode, kServFail);
  EXPECT_EQ(ask({""}).rcode, kServFail);

  FakeUpstream upstream;
  resolver.set_upstream(&upstream);
  ask({"example.com"});
  EXPECT_TRUE(raw.empty());
  EXPECT_TRUE(understood);
  EXPECT_EQ(upstream.asked, "example.com.");
  auto reply = encode_reply(*parse_query(test::dns_query({.name = "example.com", .id = 7})),
                            {.rcode = Rcode::kNoError,
                             .answers = {{"example.com", "A", 300, "93.184.216.34"}},
                             .authority = {}},
                            kUdpBytes);
  reply[2] |= 0x04;                             // AA: the other one's own name
  reply[3] &= static_cast<std::uint8_t>(0x7f);  // no RA
  upstream.done(reply);
  EXPECT_FALSE(test::dns_answer(raw).authoritative);
  EXPECT_TRUE(test::dns_answer(raw).recursion);
  EXPECT_EQ(test::dns_answer(raw).id, 0x4242);
  EXPECT_THAT(test::dns_answer(raw).answers, ElementsAre("example.com. 300 IN A 93.184.216.34"));
  upstream.done(std::nullopt);
  EXPECT_EQ(test::dns_answer(raw).rcode, kServFail);
  reply.resize(600);
  upstream.done(reply);
  EXPECT_TRUE(test::dns_answer(raw).truncated);
  upstream.asked.clear();
  EXPECT_EQ(ask({.name = "example.com", .flags = 0}).rcode, kServFail);  // recursion not desired
  EXPECT_TRUE(upstream.asked.empty());
}

TEST_F(ResolverTest, KeepsTheCaseOfTheQuestion) {
  const auto answer = ask({"IP-10-0-1-121.Ec2.InTernal"});
  EXPECT_THAT(answer.answers, ElementsAre("IP-10-0-1-121.Ec2.InTernal. 60 IN A 10.0.1.121"));
  EXPECT_THAT(answer.question, testing::StartsWith("IP-10-0-1-121.Ec2.InTernal."));
}

TEST_F(ResolverTest, FollowsAliases) {
  table.names["www.corp.example"] = {{"", "CNAME", 30, "ip-10-0-0-9.ec2.internal."}};
  table.names["out.corp.example"] = {{"", "CNAME", 30, "example.com."}};
  table.names["loop.corp.example"] = {{"", "CNAME", 30, "loop.corp.example."}};
  EXPECT_THAT(ask({"www.corp.example"}).answers,
              ElementsAre("www.corp.example. 30 IN CNAME ip-10-0-0-9.ec2.internal.",
                          "ip-10-0-0-9.ec2.internal. 60 IN A 10.0.0.9"));
  const auto nodata = ask({"www.corp.example", kAaaa});
  EXPECT_THAT(nodata.answers, testing::SizeIs(1));
  EXPECT_THAT(nodata.authority, ElementsAre(soa("ec2.internal")));
  EXPECT_EQ(ask({"out.corp.example"}).rcode, kServFail);
  EXPECT_EQ(ask({"loop.corp.example"}).rcode, kServFail);
  EXPECT_EQ(ask({"none.corp.example"}).rcode, kNxDomain);
}

TEST_F(ResolverTest, CutsWhatIsTooLong) {
  for (int i = 0; i < 100; ++i)
    table.names["many.corp.example"].push_back({"", "A", 60, "10.0.0." + std::to_string(i)});
  const auto cut = ask({"many.corp.example"});
  EXPECT_TRUE(cut.truncated);
  EXPECT_THAT(cut.answers, IsEmpty());
  EXPECT_LE(raw.size(), 512u);
  EXPECT_TRUE(ask({.name = "many.corp.example", .edns_bytes = 600}).truncated);
  const auto whole = ask({.name = "many.corp.example", .edns_bytes = 4096});
  EXPECT_TRUE(whole.edns);
  EXPECT_THAT(whole.answers, testing::SizeIs(100));
  EXPECT_THAT(ask({"many.corp.example"}, Transport::kTcp).answers, testing::SizeIs(100));
  EXPECT_EQ(ask({.name = "localhost", .edns_bytes = 100}).rcode, 0);  // 512 at least
}

TEST_F(ResolverTest, RefusesWhatItDoesNotDo) {
  EXPECT_EQ(ask({.name = "version.bind", .type = kTxt, .qclass = 3}).rcode, kRefused);
  EXPECT_EQ(ask({"ec2.internal", kAxfr}).rcode, kRefused);
  EXPECT_EQ(ask({.name = "localhost", .flags = 0x1100}).rcode, kNotImp);  // opcode STATUS
  EXPECT_EQ(ask({.name = "localhost", .edns_bytes = 512, .edns_version = 1}).rcode, 16);
  EXPECT_THAT(ask({"ip-10-0-0-9.ec2.internal", kAny}).answers, testing::SizeIs(1));
  EXPECT_EQ(ask({"ip-10-0-0-9.ec2.internal", kNs}).rcode, 0);
  EXPECT_THAT(ask({"ec2.internal", kSoa}).answers, ElementsAre(soa("ec2.internal")));
  auto two = test::dns_query({"localhost"});
  two[5] = 0;  // no question
  two.resize(12);
  EXPECT_EQ(ask_bytes(two).rcode, kFormErr);
}

TEST_F(ResolverTest, DropsWhatIsNoQuestion) {
  const auto query = test::dns_query({"ip-10-0-0-9.ec2.internal"});
  for (std::size_t size = 0; size < query.size(); ++size) {
    ask_bytes(Bytes(query.begin(), query.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_FALSE(understood) << size;
    EXPECT_TRUE(raw.empty()) << size;
  }
  ask({.name = "localhost", .flags = 0x8100});  // an answer
  EXPECT_TRUE(raw.empty());
  vpc_id = "vpc-gone";
  ask({"localhost"});
  EXPECT_FALSE(understood);
}

TEST(DnsName, IsWithin) {
  EXPECT_TRUE(is_within("a.b", "b"));
  EXPECT_TRUE(is_within("b", "b"));
  EXPECT_FALSE(is_within("ab", "b"));
  EXPECT_FALSE(is_within("a\\.b", "b"));   // one label with a dot in it
  EXPECT_TRUE(is_within("a\\\\.b", "b"));  // a label that ends with a backslash
  EXPECT_TRUE(is_within("\\\\.b", "b"));
  EXPECT_EQ(canonical_name("A.B."), "a.b");
  EXPECT_EQ(canonical_name("."), "");
}

}  // namespace
}  // namespace enibox::dns

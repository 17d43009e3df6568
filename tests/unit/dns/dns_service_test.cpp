#include <gmock/gmock.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include "emulator/dns/service.hpp"
#include "emulator/dns/vpc_zones.hpp"
#include "netns/service_socket.hpp"
#include "tests/dns_message.hpp"
#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::dns {
namespace {

using boost::asio::ip::tcp;
using boost::asio::ip::udp;
using testing::ElementsAre;
using testing::IsEmpty;

// The resolver's sockets are on loopback here; what a client sends and hears is real.
class DnsServiceTest : public ec2::Ec2Test {
 protected:
  DnsServiceTest() : names(*ec2), resolver(*ec2, {&names}), dns(loop, network, *ec2, resolver) {
    ec2->listen({.instance_changed = {},
                 .instance_rebooted = {},
                 .vpc_changed = [this](const std::string& id) { dns.vpc_changed(id); },
                 .eni_changed = {},
                 .instance_profile = {}});
    network.service_socket = [this](const vpc::LocalService& wanted) {
      const bool tcp_wanted = wanted.protocol == "tcp";
      auto socket = netns::open_service_socket(
          netns::Namespace::current(), {.address = "127.0.0.1", .port = 0, .tcp = tcp_wanted});
      sockaddr_in bound{};
      socklen_t size = sizeof bound;
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size);
      ports[wanted.address + " " + wanted.protocol] = ntohs(bound.sin_port);
      return socket;
    };
  }

  std::vector<std::string> services() const {
    std::vector<std::string> texts;
    for (const auto& each : network.services)
      texts.push_back(each.vpc_id + " " + each.address + " " + each.protocol);
    return texts;
  }
  void attribute(const std::string& vpc_id, const char* name, bool on) {
    call("ModifyVpcAttribute", {{"VpcId", vpc_id}, {name, {{"Value", on}}}});
  }
  // Runs the loop until the answer is there, for two seconds at most.
  void run_until(const bool& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    loop.restart();
    while (!done && std::chrono::steady_clock::now() < deadline)
      loop.run_one_for(std::chrono::milliseconds(20));
  }

  boost::asio::io_context loop;
  PrivateNames names;
  Resolver resolver;
  DnsService dns;
  std::map<std::string, std::uint16_t> ports;
};

TEST_F(DnsServiceTest, OpensFourDoorsForEachVpcAndClosesThemWithIt) {
  call("DescribeVpcs");  // the region's first use makes its default VPC
  const auto at_first = services().size();
  EXPECT_EQ(at_first, 4u);
  const auto vpc_id = make_vpc();
  EXPECT_EQ(services().size(), at_first + 4);
  EXPECT_THAT(services(), testing::IsSupersetOf({vpc_id + " 10.0.0.2 tcp", vpc_id + " 10.0.0.2 udp",
                                                 vpc_id + " 169.254.169.253 tcp",
                                                 vpc_id + " 169.254.169.253 udp"}));
  attribute(vpc_id, "EnableDnsSupport", false);
  EXPECT_EQ(services().size(), at_first);
  attribute(vpc_id, "EnableDnsSupport", true);
  EXPECT_EQ(services().size(), at_first + 4);
  make_subnet(vpc_id, "10.0.1.0/24");
  EXPECT_EQ(std::count(network.calls.begin(), network.calls.end(), "open_service 10.0.0.2 udp"), 2);
  db.clear();
  dns.forget_gone();
  EXPECT_THAT(services(), IsEmpty());
}

TEST_F(DnsServiceTest, TriesAgainWhatTheNetworkRefused) {
  call("DescribeVpcs");
  network.fail_call(4);  // after put_group, put_vpc, put_acl
  const auto vpc_id = make_vpc();
  EXPECT_EQ(services().size(), 4u + 3u);
  make_subnet(vpc_id, "10.0.1.0/24");
  EXPECT_EQ(services().size(), 4u + 4u);
}

TEST_F(DnsServiceTest, ASocketThatComesTooLateIsClosed) {
  call("DescribeVpcs");
  network.hold();
  const auto vpc_id = make_vpc();
  attribute(vpc_id, "EnableDnsSupport", false);
  attribute(vpc_id, "EnableDnsSupport", true);
  network.release();
  EXPECT_EQ(services().size(), 8u);
}

TEST_F(DnsServiceTest, AnswersDatagrams) {
  const auto vpc_id = make_vpc();
  attribute(vpc_id, "EnableDnsHostnames", true);
  udp::socket client(loop, udp::v4());
  client.connect({boost::asio::ip::make_address("127.0.0.1"), ports.at("10.0.0.2 udp")});
  client.send(boost::asio::buffer("garbage", 7));
  client.send(boost::asio::buffer(test::dns_query({"ip-10-0-0-9.ec2.internal"})));
  Bytes answer(512);
  bool done = false;
  client.async_receive(boost::asio::buffer(answer), [&](auto error, std::size_t size) {
    EXPECT_FALSE(error);
    answer.resize(size);
    done = true;
  });
  run_until(done);
  ASSERT_TRUE(done);
  EXPECT_THAT(test::dns_answer(answer).answers,
              ElementsAre("ip-10-0-0-9.ec2.internal. 60 IN A 10.0.0.9"));
}

TEST_F(DnsServiceTest, AnswersOneQuestionAfterTheOtherOnAStream) {
  const auto vpc_id = make_vpc();
  attribute(vpc_id, "EnableDnsHostnames", true);
  tcp::socket client(loop);
  client.connect({boost::asio::ip::make_address("127.0.0.1"), ports.at("10.0.0.2 tcp")});
  Bytes sent;
  for (const std::uint16_t id : {std::uint16_t{1}, std::uint16_t{2}}) {
    const auto query = test::dns_query({.name = "ip-10-0-0-9.ec2.internal", .id = id});
    sent.push_back(0);
    sent.push_back(static_cast<std::uint8_t>(query.size()));
    sent.insert(sent.end(), query.begin(), query.end());
  }
  sent.insert(sent.end(), {0, 7});  // what cannot be read ends the connection
  for (const char c : std::string("garbage")) sent.push_back(static_cast<std::uint8_t>(c));
  client.send(boost::asio::buffer(sent));
  Bytes heard;
  Bytes buffer(4096);
  bool ended = false;
  std::function<void()> read = [&] {
    client.async_receive(boost::asio::buffer(buffer), [&](auto error, std::size_t size) {
      heard.insert(heard.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
      if (error) {
        ended = true;
      } else {
        read();
      }
    });
  };
  read();
  run_until(ended);
  ASSERT_TRUE(ended);
  std::vector<int> ids;
  for (std::size_t at = 0; at + 2 <= heard.size();) {
    const auto size = static_cast<std::size_t>(heard[at] << 8 | heard[at + 1]);
    const auto begin = heard.begin() + static_cast<std::ptrdiff_t>(at + 2);
    ids.push_back(test::dns_answer(Bytes(begin, begin + static_cast<std::ptrdiff_t>(size))).id);
    at += 2 + size;
  }
  EXPECT_THAT(ids, ElementsAre(1, 2));
}

}  // namespace
}  // namespace enibox::dns

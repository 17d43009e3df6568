#include "emulator/ssm/port_forward.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>

namespace enibox::ssm {
namespace {

using boost::asio::ip::tcp;
using stream::SmuxCommand;

// A destination on this machine's loopback that a test plays.
class PortForwardTest : public testing::Test {
 protected:
  PortForwardTest() { accept(); }
  ~PortForwardTest() override {
    if (forward) forward->close();
  }

  void open(PortForward::Mode mode, std::uint16_t port = 0) {
    forward = PortForward::open(
        loop,
        {.mode = mode, .host = host, .port = port != 0 ? port : acceptor.local_endpoint().port()},
        {.open_socket =
             [](int family, Done<netns::UniqueFd> done) {
               done(netns::UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)));
             },
         .find_host =
             [this](const std::string& name, Done<std::string> done) {
               names.push_back(name);
               if (!found.empty()) return done(found);
               done(std::make_exception_ptr(
                   std::runtime_error("lookup " + name + ": no such host")));
             },
         .on_output = [this](std::string_view bytes) { output += bytes; },
         .on_flag = [this](stream::Flag flag) { flags.push_back(flag); },
         .on_room = [this] { ++rooms; },
         .on_end = [this](std::string text) { end = text; }});
  }
  template <typename Condition>
  bool until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition() && std::chrono::steady_clock::now() < deadline) {
      loop.restart();
      loop.run_one_for(std::chrono::milliseconds(5));
    }
    return condition();
  }
  // A destination that repeats what it hears.
  void accept() {
    acceptor.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (error) return;
      ++accepted;
      peers.push_back(std::make_shared<tcp::socket>(std::move(socket)));
      if (echoes) echo(peers.back());
      accept();
    });
  }
  void echo(std::shared_ptr<tcp::socket> peer) {
    auto buffer = std::make_shared<std::array<char, 4096>>();
    peer->async_read_some(boost::asio::buffer(*buffer),
                          [this, peer, buffer](auto error, auto size) {
                            if (error) return void(++hung_up);
                            boost::system::error_code ignored;
                            boost::asio::write(*peer, boost::asio::buffer(*buffer, size), ignored);
                            echo(peer);
                          });
  }
  static std::string data(std::uint32_t id, std::string_view bytes) {
    return stream::serialize(stream::SmuxFrame{SmuxCommand::kData, id, bytes});
  }
  static std::string open_stream(std::uint32_t id) {
    return stream::serialize(stream::SmuxFrame{SmuxCommand::kOpen, id, {}});
  }
  static std::string close_stream(std::uint32_t id) {
    return stream::serialize(stream::SmuxFrame{SmuxCommand::kClose, id, {}});
  }

  boost::asio::io_context loop;
  tcp::acceptor acceptor{loop, {boost::asio::ip::address_v4::loopback(), 0}};
  std::vector<std::shared_ptr<tcp::socket>> peers;
  int accepted = 0, hung_up = 0, rooms = 0;
  bool echoes = true;
  std::string host = "127.0.0.1", found = "127.0.0.1";
  std::vector<std::string> names;
  std::shared_ptr<PortForward> forward;
  std::string output;
  std::vector<stream::Flag> flags;
  std::optional<std::string> end;
};

TEST_F(PortForwardTest, CarriesManyConnectionsInOneStream) {
  open(PortForward::Mode::kMultiplexed);
  EXPECT_TRUE(forward->input(open_stream(3) + data(3, "three") + open_stream(5)));
  EXPECT_TRUE(until([&] { return output == data(3, "three") && accepted == 2; }));
  output.clear();
  EXPECT_TRUE(forward->input(data(5, "five")));
  EXPECT_TRUE(until([&] { return output == data(5, "five"); }));
  forward->input(close_stream(3));
  EXPECT_TRUE(until([&] { return hung_up == 1; }));
  output.clear();
  forward->input(data(3, "late"));  // of a connection that is gone
  peers[1]->close();
  EXPECT_TRUE(until([&] { return output == close_stream(5); }));
  EXPECT_FALSE(end);
}

TEST_F(PortForwardTest, SaysWhenNobodyListensThere) {
  const auto port = acceptor.local_endpoint().port();
  acceptor.close();
  open(PortForward::Mode::kMultiplexed, port);
  forward->input(open_stream(3));
  EXPECT_TRUE(until([&] { return !flags.empty() && !output.empty(); }));
  EXPECT_EQ(flags, std::vector<stream::Flag>{stream::Flag::kConnectError});
  EXPECT_EQ(output, close_stream(3));
  EXPECT_FALSE(end) << "the next connection may find somebody";
}

TEST_F(PortForwardTest, EndsTheSessionOnWhatIsNoSmux) {
  open(PortForward::Mode::kMultiplexed);
  forward->input("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(end);
}

TEST_F(PortForwardTest, AnOldClientHasOneConnectionAfterTheOther) {
  open(PortForward::Mode::kOneByOne);
  EXPECT_EQ(accepted, 0);
  forward->input("one");
  EXPECT_TRUE(until([&] { return output == "one"; }));
  forward->disconnect();
  EXPECT_TRUE(until([&] { return hung_up == 1; }));
  forward->input("two");
  EXPECT_TRUE(until([&] { return output == "onetwo" && accepted == 2; }));
}

TEST_F(PortForwardTest, ARawSessionIsOneConnection) {
  open(PortForward::Mode::kRaw);
  EXPECT_TRUE(until([&] { return accepted == 1; })) << "a server that speaks first is heard";
  forward->input("ssh");
  EXPECT_TRUE(until([&] { return output == "ssh"; }));
  peers[0]->close();
  EXPECT_TRUE(until([&] { return end.has_value(); }));
  EXPECT_EQ(*end, "");
}

TEST_F(PortForwardTest, ADestinationThatDoesNotReadStopsTheClient) {
  echoes = false;
  open(PortForward::Mode::kMultiplexed);
  forward->input(open_stream(3));
  const std::string block = data(3, std::string(32'000, 'x'));
  std::size_t taken = 0;
  EXPECT_TRUE(until([&] {
    if (!forward->input(block)) return true;
    ++taken;
    return taken > 10'000;
  }));
  EXPECT_LT(taken, 10'000U);
  EXPECT_TRUE(until([&] { return accepted == 1; }));
  std::size_t read = 0;
  std::vector<char> buffer(1 << 20);
  peers[0]->non_blocking(true);
  EXPECT_TRUE(until([&] {
    boost::system::error_code error;
    read += peers[0]->read_some(boost::asio::buffer(buffer), error);
    return read == taken * 32'000;
  }));
  EXPECT_TRUE(until([&] { return rooms == 1; }));
  EXPECT_TRUE(forward->input(block));
}

TEST_F(PortForwardTest, AHostThatIsNamedIsFoundForEachConnection) {
  host = "db.local";
  open(PortForward::Mode::kMultiplexed);
  EXPECT_EQ(names, std::vector<std::string>{});
  forward->input(open_stream(3) + data(3, "three") + open_stream(5));
  EXPECT_TRUE(until([&] { return output == data(3, "three") && accepted == 2; }));
  EXPECT_EQ(names, (std::vector<std::string>{"db.local", "db.local"}));
  output.clear();
  found = "";
  forward->input(open_stream(7));
  EXPECT_EQ(flags, std::vector<stream::Flag>{stream::Flag::kConnectError});
  EXPECT_EQ(output, close_stream(7));
}

TEST_F(PortForwardTest, ARawSessionToNobodysNameEnds) {
  host = "db.local";
  found = "";
  open(PortForward::Mode::kRaw);
  EXPECT_EQ(end, "Connection to destination port failed: lookup db.local: no such host");
}

TEST_F(PortForwardTest, AnAddressOfVersion6IsDialledAsSuch) {
  int family = 0;
  forward = PortForward::open(loop, {.mode = PortForward::Mode::kRaw, .host = "::1", .port = 1},
                              {.open_socket = [&](int wanted, auto) { family = wanted; },
                               .find_host = {},
                               .on_output = {},
                               .on_flag = {},
                               .on_room = {},
                               .on_end = {}});
  EXPECT_EQ(family, AF_INET6);
}

}  // namespace
}  // namespace enibox::ssm

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "tests/dns_server.hpp"
#include "tests/sessions/session_fixture.hpp"

// Port forwarding: a local port of the plugin's, a destination that a test plays.
namespace enibox {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

class PortSessionTest : public SessionTest {
 protected:
  PortSessionTest() { options_.name_server = {"127.0.0.1", names_.port()}; }
  // A destination that repeats what it hears.
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (error) return;
      echo(std::make_shared<tcp::socket>(std::move(socket)));
      accept();
    });
  }
  void echo(const std::shared_ptr<tcp::socket>& peer) {
    auto buffer = std::make_shared<std::string>(65536, '\0');
    peer->async_read_some(
        boost::asio::buffer(*buffer), [this, peer, buffer](error_code error, std::size_t size) {
          if (error) return void(++hung_up_);
          boost::asio::async_write(*peer, boost::asio::buffer(buffer->data(), size),
                                   [this, peer, buffer](error_code failed, std::size_t) {
                                     if (!failed) echo(peer);
                                   });
        });
  }
  Json start_forwarding(std::uint16_t port,
                        const std::string& document = "AWS-StartPortForwardingSession") {
    return start_session(
        {{"DocumentName", document}, {"Parameters", {{"portNumber", {std::to_string(port)}}}}});
  }
  std::uint16_t destination() const { return acceptor_.local_endpoint().port(); }
  // The local port that the plugin names.
  std::uint16_t local_port(PluginProcess& plugin) {
    if (!until_shown(plugin, "Waiting for connections...")) return 0;
    const auto at = plugin.screen.find("Port ");
    return static_cast<std::uint16_t>(std::atoi(plugin.screen.c_str() + at + 5));
  }
  struct Client {
    explicit Client(boost::asio::io_context& loop) : socket(loop) {}
    tcp::socket socket;
    std::string sent, got;
    bool ended = false;
  };
  std::shared_ptr<Client> connect(std::uint16_t port) {
    auto client = std::make_shared<Client>(loop_);
    error_code error;
    client->socket.connect({boost::asio::ip::address_v4::loopback(), port}, error);
    EXPECT_FALSE(error) << error.message();
    read(client);
    return client;
  }
  void read(const std::shared_ptr<Client>& client) {
    auto buffer = std::make_shared<std::string>(65536, '\0');
    client->socket.async_read_some(boost::asio::buffer(*buffer),
                                   [this, client, buffer](error_code error, std::size_t size) {
                                     client->got.append(buffer->data(), size);
                                     client->ended = static_cast<bool>(error);
                                     if (!error) read(client);
                                   });
  }
  void send(const std::shared_ptr<Client>& client, const std::string& bytes) {
    client->sent += bytes;
    auto held = std::make_shared<std::string>(bytes);
    boost::asio::async_write(client->socket, boost::asio::buffer(*held),
                             [client, held](error_code, std::size_t) {});
  }

  tcp::acceptor acceptor_{loop_, {boost::asio::ip::address_v4::loopback(), 0}};
  int hung_up_ = 0;
  // Of the target's VPC: it knows one name.
  test::DnsServer names_{
      loop_, [](const dns::Bytes& question) {
        const bool known = dns::parse_query(question)->name == "db.corp.";
        return std::vector<dns::Bytes>{test::reply_to(
            question, "127.0.0.1", known ? dns::Rcode::kNoError : dns::Rcode::kNxDomain)};
      }};
};

TEST_P(PortSessionTest, CarriesConnectionsSideBySideByteForByte) {
  accept();
  auto& plugin = run_plugin(start_forwarding(destination()));
  const auto port = local_port(plugin);
  ASSERT_NE(port, 0);
  const auto first = connect(port), second = connect(port);
  std::string bulk;
  for (int i = 0; bulk.size() < 2'000'000; ++i) bulk += std::to_string(i) + "\n";
  send(first, bulk);
  send(second, "small");
  EXPECT_TRUE(until([&] { return second->got == "small"; })) << "it does not wait for the other";
  EXPECT_TRUE(until([&] { return first->got.size() == bulk.size(); })) << first->got.size();
  EXPECT_TRUE(first->got == bulk);
  until_shown(plugin, "Connection accepted for session [");
  first->socket.close();
  EXPECT_TRUE(until([&] { return hung_up_ == 1; }));
  send(second, "more");
  EXPECT_TRUE(until([&] { return second->got == "smallmore"; }));
  plugin.signal(SIGINT);
  until_exit(plugin);
  EXPECT_TRUE(plugin.shows("Terminate signal received, exiting.")) << plugin.screen;
  EXPECT_TRUE(until([&] { return hung_up_ == 2; })) << "the session's end is its connections'";
  EXPECT_TRUE(until([&] { return status_of("Active").empty(); }));
}

TEST_P(PortSessionTest, SaysWhenNobodyListensAndGoesOn) {
  const auto port = destination();
  acceptor_.close();
  auto& plugin = run_plugin(start_forwarding(port));
  const auto local = local_port(plugin);
  ASSERT_NE(local, 0);
  const auto lost = connect(local);
  EXPECT_TRUE(until([&] { return lost->ended; }));
  until_shown(plugin, "Connection to destination port failed");
  acceptor_ = tcp::acceptor(loop_, {boost::asio::ip::address_v4::loopback(), port});
  accept();
  const auto found = connect(local);
  send(found, "hello");
  EXPECT_TRUE(until([&] { return found->got == "hello"; }));
  call(
      "TerminateSession",
      {{"SessionId", call("DescribeSessions", {{"State", "Active"}})["Sessions"][0]["SessionId"]}});
  until_exit(plugin);
}

TEST_P(PortSessionTest, ARemoteHostIsFoundByItsName) {
  accept();
  const auto forward_to = [&](const char* host) {
    const Json parameters = {{"host", {host}}, {"portNumber", {std::to_string(destination())}}};
    auto& plugin =
        run_plugin(start_session({{"DocumentName", "AWS-StartPortForwardingSessionToRemoteHost"},
                                  {"Parameters", parameters}}));
    return std::pair(local_port(plugin), &plugin);
  };
  const auto [port, plugin] = forward_to("db.corp");
  ASSERT_NE(port, 0);
  const auto client = connect(port);
  send(client, "hello");
  EXPECT_TRUE(until([&] { return client->got == "hello"; }));
  const auto [nobodys_port, other] = forward_to("nobody.corp");
  ASSERT_NE(nobodys_port, 0);
  const auto lost = connect(nobodys_port);
  EXPECT_TRUE(until([&] { return lost->ended; }));
  until_shown(*other, "Connection to destination port failed");
  EXPECT_EQ(names_.questions, 2);
}

INSTANTIATE_TEST_SUITE_P(Plugin, PortSessionTest, testing::Values("ours", "stock"),
                         [](const auto& instance) { return instance.param; });

}  // namespace
}  // namespace enibox

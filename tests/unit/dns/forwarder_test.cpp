#include "emulator/dns/forwarder.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <set>

#include "tests/dns_message.hpp"
#include "tests/dns_server.hpp"

namespace enibox::dns {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using boost::asio::ip::udp;
using test::reply_to;
using testing::ElementsAre;
using Server = test::DnsServer;

constexpr auto kDeadline = 10s;

netns::UniqueFd connect_to(std::uint16_t port, Transport transport) {
  const int type = transport == Transport::kUdp ? SOCK_DGRAM : SOCK_STREAM;
  netns::UniqueFd socket(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int error =
      ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0
                                                                                          : errno;
  EXPECT_TRUE(error == 0 || error == EINPROGRESS) << error;
  return socket;
}

class ForwarderTest : public testing::Test {
 protected:
  Forwarder& start(std::vector<std::uint16_t> servers, Forwarder::Limits limits) {
    forwarder.emplace(
        loop,
        [servers](Transport transport, int server, Done<ResolverSocket> done) {
          const auto which = static_cast<std::size_t>(server) % servers.size();
          done(ResolverSocket{connect_to(servers[which], transport),
                              static_cast<int>(servers.size())});
        },
        limits);
    return *forwarder;
  }
  Forwarder& start(std::vector<std::uint16_t> servers) { return start(std::move(servers), {}); }

  // Nothing yet; no answer; an answer.
  using Told = std::optional<std::optional<Bytes>>;
  std::shared_ptr<Told> put(const std::string& name) {
    auto told = std::make_shared<Told>();
    forwarder->ask(*parse_query(test::dns_query({.name = name})),
                   [told](std::optional<Bytes> answer) { *told = std::move(answer); });
    return told;
  }
  std::optional<Bytes> hear(const std::shared_ptr<Told>& told) {
    const auto end = std::chrono::steady_clock::now() + kDeadline;
    while (!*told && std::chrono::steady_clock::now() < end) loop.run_one_for(100ms);
    EXPECT_TRUE(*told) << "nobody said anything";
    return told->value_or(std::nullopt);
  }
  std::vector<std::string> answers(const std::string& name) {
    const auto answer = hear(put(name));
    return answer ? test::dns_answer(*answer).answers : std::vector<std::string>{"none"};
  }

  boost::asio::io_context loop;
  std::optional<Forwarder> forwarder;
};

const auto kSilent = [](const Bytes&) { return std::vector<Bytes>{}; };
const auto kAnswers = [](const Bytes& q) { return std::vector<Bytes>{reply_to(q, "8.8.1.1")}; };
const Forwarder::Limits kImpatient{.udp_patience = 20ms, .tcp_patience = 20ms};
const Forwarder::Limits kPatient{.udp_patience = 1h, .tcp_patience = 1h};

TEST_F(ForwarderTest, AsksUnderIdsAndPortsOfItsOwn) {
  Server server(loop, kAnswers);
  start({server.port()});
  for (int i = 0; i < 16; ++i) {
    const auto name = "n" + std::to_string(i) + ".example";
    EXPECT_THAT(answers(name), ElementsAre(name + ". 300 IN A 8.8.1.1"));
  }
  EXPECT_GT(server.ids.size(), 12u);
  EXPECT_GT(server.ports.size(), 12u);
}

TEST_F(ForwarderTest, HearsOnlyTheAnswerToItsQuestion) {
  Server server(loop, [](const Bytes& question) {
    auto wrong_id = reply_to(question, "6.6.6.6");
    wrong_id[0] ^= 1;
    const auto id = parse_query(question)->id;
    const auto other_name =
        reply_to(test::dns_query({.name = "other.example", .id = id}), "6.6.6.6");
    const auto other_type =
        reply_to(test::dns_query({.name = "a.example", .type = 28, .id = id}), "6.6.6.6");
    auto cut = reply_to(question, "6.6.6.6");
    cut.pop_back();
    return std::vector<Bytes>{{1, 2, 3},  question,   Bytes{}, wrong_id,
                              other_name, other_type, cut,     reply_to(question, "8.8.1.1")};
  });
  start({server.port()}, kPatient);
  EXPECT_THAT(answers("a.example"), ElementsAre("a.example. 300 IN A 8.8.1.1"));
}

TEST_F(ForwarderTest, GuessersDoNotGetManyTries) {
  Server server(loop, [](const Bytes& question) {
    std::vector<Bytes> guesses;
    for (std::uint8_t i = 1; i <= 100; ++i) {
      guesses.push_back(reply_to(question, "6.6.6.6"));
      guesses.back()[0] ^= i;
    }
    return guesses;
  });
  start({server.port()}, kPatient);
  EXPECT_THAT(answers("a.example"), ElementsAre("none"));
  EXPECT_EQ(server.questions, 3);
}

TEST_F(ForwarderTest, ComesAgainOverTcpForWhatWasCut) {
  Server server(
      loop, [](const Bytes& q) { return std::vector<Bytes>{encode_truncated(*parse_query(q))}; },
      [](const Bytes& q) {
        const auto query = *parse_query(q);
        Reply reply;
        for (int i = 0; i < 200; ++i)
          reply.answers.push_back({query.name, "A", 300, "8.8.1." + std::to_string(i)});
        return std::vector<Bytes>{encode_reply(query, reply, kTcpBytes)};
      });
  start({server.port()}, kPatient);
  EXPECT_THAT(answers("many.example"), testing::SizeIs(200));
}

TEST_F(ForwarderTest, AStreamThatEndsOrLiesIsNoAnswer) {
  const auto cut = [](const Bytes& q) {
    return std::vector<Bytes>{encode_truncated(*parse_query(q))};
  };
  Server ends(loop, cut, kSilent);
  Server lies(loop, cut, [](const Bytes& q) {
    auto wrong = reply_to(q, "6.6.6.6");
    wrong[1] ^= 1;
    return std::vector<Bytes>{wrong};
  });
  Server good(loop, kAnswers);
  start({ends.port(), lies.port(), good.port()}, kPatient);
  EXPECT_THAT(answers("a.example"), ElementsAre("a.example. 300 IN A 8.8.1.1"));
}

TEST_F(ForwarderTest, GoesOnToTheNextResolver) {
  Server silent(loop, kSilent), good(loop, kAnswers);
  start({silent.port(), good.port()}, kImpatient);
  EXPECT_THAT(answers("a.example"), ElementsAre("a.example. 300 IN A 8.8.1.1"));

  for (const auto rcode : {Rcode::kServFail, Rcode::kRefused, Rcode::kNotImp}) {
    Server broken(loop, [&](const Bytes& q) { return std::vector<Bytes>{reply_to(q, "", rcode)}; });
    start({broken.port(), good.port()}, kPatient);
    EXPECT_THAT(answers("a.example"), ElementsAre("a.example. 300 IN A 8.8.1.1"));
    start({broken.port()}, kPatient);
    EXPECT_EQ(test::dns_answer(*hear(put("a.example"))).rcode, static_cast<int>(rcode));
    EXPECT_EQ(broken.questions, 2);  // a single resolver has said what it knows
  }
}

TEST_F(ForwarderTest, NoSuchNameIsAnAnswer) {
  Server knows(
      loop, [](const Bytes& q) { return std::vector<Bytes>{reply_to(q, "", Rcode::kNxDomain)}; });
  Server other(loop, kAnswers);
  start({knows.port(), other.port()}, kPatient);
  EXPECT_EQ(test::dns_answer(*hear(put("a.example"))).rcode, 3);
  EXPECT_EQ(other.questions, 0);
}

TEST_F(ForwarderTest, SilenceEnds) {
  Server silent(loop, kSilent);
  start({silent.port()}, kImpatient);
  EXPECT_FALSE(hear(put("a.example")));
  EXPECT_EQ(silent.questions, 3);
}

TEST_F(ForwarderTest, APortThatNobodyHasIsNotWaitedFor) {
  std::uint16_t port = 0;
  { port = Server(loop, kSilent).port(); }
  start({port}, kPatient);
  EXPECT_FALSE(hear(put("a.example")));
}

TEST_F(ForwarderTest, AWayThatIsNotThereIsNoAnswer) {
  forwarder.emplace(loop, [](Transport, int, Done<ResolverSocket> done) {
    done(std::make_exception_ptr(std::runtime_error("no network")));
  });
  EXPECT_FALSE(hear(put("a.example")));
  forwarder.emplace(loop, [](Transport, int, Done<ResolverSocket> done) {
    done(ResolverSocket{netns::UniqueFd(), 1});
  });
  EXPECT_FALSE(hear(put("a.example")));
}

TEST_F(ForwarderTest, EqualQuestionsAreAskedOnceAndTheirNumberIsBounded) {
  Bytes held;
  Server server(loop, [&](const Bytes&) { return std::vector<Bytes>{held}; });
  auto limits = kPatient;
  limits.in_flight = 2;
  limits.waiting = 3;
  start({server.port()}, limits);
  std::vector<std::shared_ptr<Told>> same;
  for (int i = 0; i < 3; ++i) same.push_back(put("same.example"));
  EXPECT_FALSE(hear(put("same.example")));
  const auto other = put("other.example");
  EXPECT_FALSE(hear(put("third.example")));
  while (server.questions < 2) loop.run_one_for(100ms);
  EXPECT_FALSE(*other);
  EXPECT_TRUE(std::none_of(same.begin(), same.end(), [](const auto& told) { return *told; }));
  EXPECT_EQ(server.questions, 2);
}

TEST_F(ForwarderTest, EveryoneWhoWaitsHearsTheAnswer) {
  Server server(loop, kAnswers);
  start({server.port()}, kPatient);
  const auto first = put("a.example"), second = put("a.example");
  EXPECT_TRUE(hear(first));
  EXPECT_TRUE(hear(second));
  EXPECT_EQ(server.questions, 1);
  EXPECT_TRUE(hear(put("a.example")));  // nothing is kept
  EXPECT_EQ(server.questions, 2);
}

TEST_F(ForwarderTest, GoesWithQuestionsOnTheirWay) {
  Server server(loop, kAnswers);
  start({server.port()}, kPatient);
  const auto told = put("a.example");
  forwarder.reset();
  while (server.questions < 1) loop.run_one_for(100ms);
  loop.poll();
  EXPECT_FALSE(*told);
}

}  // namespace
}  // namespace enibox::dns

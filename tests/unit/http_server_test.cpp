#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>

#include "api/http/server.hpp"
#include "tests/unit/http_harness.hpp"

namespace enibox::api::http {
namespace {

using namespace std::chrono_literals;
using enibox::testing::Client;
using enibox::testing::eventually;
using enibox::testing::TestServer;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Response text_answer(std::string text) {
  return {.status = 200, .content_type = "text/plain", .body = std::move(text), .headers = {}};
}

// Answers "METHOD path query body".
void echo(Request&& request, std::shared_ptr<Exchange> exchange) {
  exchange->reply(
      text_answer(request.method + " " + request.path + " " + request.query + " " + request.body));
}

TEST(HttpServer, AnswersOneRequestAfterTheOtherOnOneConnection) {
  TestServer server(echo);
  auto client = server.connect();
  for (int i = 0; i < 3; ++i) {
    client.send("POST /a?x=1 HTTP/1.1\r\nHost: l\r\nContent-Length: 4\r\n\r\nbody");
    const auto answer = client.take_answer();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nPOST /a x=1 body")) << answer;
  }
  EXPECT_EQ(server.connections(), 1u);
}

TEST(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
  TestServer server(echo);
  auto client = server.connect();
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nContent-Length: 2\r\n\r\nok";
  }
  client.send(requests);
  for (int i = 0; i < 500; ++i) {
    EXPECT_TRUE(client.take_answer().ends_with("POST /" + std::to_string(i) + "  ok")) << i;
  }
}

TEST(HttpServer, ARequestThatComesByteByByteIsStillOne) {
  TestServer server(echo);
  auto client = server.connect();
  for (const char c : std::string("PUT /slow HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc")) {
    client.send({&c, 1});
  }
  EXPECT_TRUE(client.take_answer().ends_with("PUT /slow  abc"));
}

TEST(HttpServer, AnAnswerGivenLaterHoldsThePipelineBack) {
  std::vector<std::shared_ptr<Exchange>> waiting;
  std::atomic<int> seen = 0;
  TestServer server([&](Request&&, std::shared_ptr<Exchange> exchange) {
    waiting.push_back(std::move(exchange));
    ++seen;
  });
  auto client = server.connect();
  client.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return seen == 1; }));
  server.loop().run([&] { waiting[0]->reply(text_answer("first")); });
  EXPECT_TRUE(client.take_answer().ends_with("first"));
  ASSERT_TRUE(eventually([&] { return seen == 2; }));
  server.loop().run([&] { waiting[1]->reply(text_answer("second")); });
  EXPECT_TRUE(client.take_answer().ends_with("second"));
}

TEST(HttpServer, ReadsChunkedBodies) {
  TestServer server(echo);
  auto client = server.connect();
  client.send(
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n5;extension=1\r\ndefgh\r\n0\r\n\r\n");
  EXPECT_TRUE(client.take_answer().ends_with("POST /  abcdefgh"));
}

TEST(HttpServer, SaysContinueBeforeTheBodyIsSent) {
  TestServer server(echo);
  auto client = server.connect();
  client.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.take_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hi");
  EXPECT_TRUE(client.take_answer().ends_with("POST /  hi"));
}

TEST(HttpServer, DoesNotAskForABodyThatIsTooLarge) {
  TestServer server(echo, {.max_body_bytes = 1000});
  auto client = server.connect();
  client.send("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_TRUE(client.take_all().starts_with("HTTP/1.1 413 "));
}

TEST(HttpServer, AClientThatGoesOnSendingStillReadsWhyItWasRefused) {
  TestServer server(echo, {.max_body_bytes = 1000});
  auto client = server.connect();
  client.send("POST / HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n");
  client.send(std::string(3'000'000, 'x'));
  EXPECT_TRUE(client.take_until("\r\n\r\n").starts_with("HTTP/1.1 413 "));
  EXPECT_FALSE(client.was_reset());
}

TEST(HttpServer, AChunkedBodyIsBoundedToo) {
  TestServer server(echo, {.max_body_bytes = 1000});
  auto client = server.connect();
  client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 11; ++i) client.send("64\r\n" + std::string(100, 'x') + "\r\n");
  EXPECT_TRUE(client.take_until("\r\n\r\n").starts_with("HTTP/1.1 413 "));
}

TEST(HttpServer, RefusesWhatIsNotHttp) {
  struct Case {
    std::string sent, status;
  };
  const Case cases[] = {
      {"\x16\x03\x01\x02 TLS hello\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nbroken line\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
       "400"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
      {"GET / HTTP/3.7\r\n\r\n", "505"},
      {"GET / HTTP/1.1\r\nExpect: a-miracle\r\nContent-Length: 1\r\n\r\n", "417"},
      {"GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "431"},
      {"GET /" + std::string(20'000, 'x'), "431"},
  };
  TestServer server(echo);
  for (const auto& one : cases) {
    auto client = server.connect();
    client.send(one.sent);
    const auto answer = client.take_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + one.status)) << one.sent.substr(0, 80) << answer;
    EXPECT_TRUE(contains(answer, "Connection: close\r\n")) << answer;
  }
}

TEST(HttpServer, EndsWhoeverTakesTooLong) {
  TestServer server(echo, {.header_timeout = 40ms, .body_timeout = 40ms, .idle_timeout = 40ms});
  auto idle = server.connect();
  EXPECT_EQ(idle.take_all(), "");

  auto slow_head = server.connect();
  slow_head.send("GET / HTTP/1.1\r\nX: ");
  EXPECT_TRUE(slow_head.take_all().starts_with("HTTP/1.1 408 "));

  auto slow_body = server.connect();
  slow_body.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(slow_body.take_all().starts_with("HTTP/1.1 408 "));
  EXPECT_TRUE(eventually([&] {
    idle.close(), slow_head.close(), slow_body.close();
    return server.connections() == 0;
  }));
}

TEST(HttpServer, DribblingDoesNotExtendTheTime) {
  TestServer server(echo, {.header_timeout = 60ms});
  auto client = server.connect();
  client.send("GET / HTTP/1.1\r\nX: ");
  const auto started = std::chrono::steady_clock::now();
  while (client.send("x") && std::chrono::steady_clock::now() < started + 5s) {
    if (server.connections() == 0) break;
  }
  EXPECT_LT(std::chrono::steady_clock::now() - started, 4s);
}

TEST(HttpServer, AClientThatVanishesLeavesNothing) {
  std::atomic<int> handled = 0;
  TestServer server([&](Request&& request, std::shared_ptr<Exchange> exchange) {
    ++handled;
    echo(std::move(request), std::move(exchange));
  });
  for (const auto* part : {"", "GE", "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc",
                           "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
    server.connect().send(part);
  }
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
  EXPECT_EQ(handled, 0);
}

TEST(HttpServer, TellsAWaitingHandlerThatTheClientIsGone) {
  std::shared_ptr<Exchange> waiting;
  std::atomic<bool> started = false, gone = false;
  TestServer server([&](Request&&, std::shared_ptr<Exchange> exchange) {
    exchange->on_gone([&] { gone = true; });
    waiting = std::move(exchange);
    started = true;
  });
  {
    auto client = server.connect();
    client.send("GET / HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return started.load(); }));
  }
  EXPECT_TRUE(eventually([&] { return gone.load(); }));
  server.loop().run([&] { waiting->reply(text_answer("nobody")); });
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(HttpServer, AClientThatEndsItsDirectionStillGetsTheAnswer) {
  std::shared_ptr<Exchange> waiting;
  std::atomic<bool> gone = false;
  TestServer server([&](Request&&, std::shared_ptr<Exchange> exchange) {
    exchange->on_gone([&] { gone = true; });
    waiting = std::move(exchange);
  });
  auto client = server.connect();
  client.send("GET / HTTP/1.1\r\n\r\n");
  client.end_sending();
  ASSERT_TRUE(eventually([&] { return gone.load(); }));
  server.loop().run([&] { waiting->reply(text_answer("late")); });
  EXPECT_TRUE(client.take_all().ends_with("late"));
}

TEST(HttpServer, AHandlerThatFailsOrForgetsAnswers500) {
  TestServer server([](Request&& request, std::shared_ptr<Exchange>) {
    if (request.path == "/throws") throw std::runtime_error("no");
  });
  auto client = server.connect();
  client.send("GET /throws HTTP/1.1\r\n\r\nGET /forgets HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.take_answer().starts_with("HTTP/1.1 500 "));
  EXPECT_TRUE(client.take_answer().starts_with("HTTP/1.1 500 "));
}

TEST(HttpServer, HeadAnswersCarryTheLengthAndNoBody) {
  TestServer server(echo);
  auto client = server.connect();
  client.send("HEAD /x HTTP/1.1\r\n\r\nGET /next HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(contains(client.take_until("\r\n\r\n"), "Content-Length: 9\r\n"));
  EXPECT_TRUE(client.take_answer().ends_with("GET /next  "));
}

TEST(HttpServer, Http10ClosesUnlessAskedToStay) {
  TestServer server(echo);
  auto closes = server.connect();
  closes.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(contains(closes.take_all(), "Connection: close\r\n"));
  auto stays = server.connect();
  stays.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(contains(stays.take_answer(), "Connection: keep-alive\r\n"));
  stays.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(stays.take_all().ends_with("GET /2  "));
}

TEST(HttpServer, HeaderValuesCannotAddHeaders) {
  TestServer server([](Request&&, std::shared_ptr<Exchange> exchange) {
    auto answer = text_answer("x");
    answer.headers.emplace_back("X-Text", "a\r\nSet-Cookie: b");
    exchange->reply(std::move(answer));
  });
  auto client = server.connect();
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(contains(client.take_answer(), "X-Text: a  Set-Cookie: b\r\n"));
}

TEST(HttpServer, LargeAnswersArriveWholeAtASlowReader) {
  const std::string large(20'000'000, 'z');
  TestServer server(
      [&](Request&&, std::shared_ptr<Exchange> exchange) { exchange->reply(text_answer(large)); });
  auto client = server.connect();
  client.send("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.take_answer().ends_with("\r\n\r\n" + large));
  EXPECT_TRUE(client.take_answer().ends_with("\r\n\r\n" + large));
}

TEST(HttpServer, WhoeverDoesNotReadItsAnswerIsCutOff) {
  TestServer server(
      [](Request&&, std::shared_ptr<Exchange> exchange) {
        exchange->reply(text_answer(std::string(20'000'000, 'z')));
      },
      {.write_timeout = 40ms});
  auto client = server.connect();
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.receive_some());
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(HttpServer, StreamsInChunksAndGoesOn) {
  std::shared_ptr<ByteStream> stream;
  std::atomic<bool> closed = false, started = false;
  TestServer server([&](Request&& request, std::shared_ptr<Exchange> exchange) {
    if (request.path == "/plain") return echo(std::move(request), std::move(exchange));
    stream = exchange->stream({.content_type = "text/plain", .body = {}, .headers = {}});
    stream->listen(
        {.on_data = {}, .on_eof = {}, .on_drained = {}, .on_closed = [&] { closed = true; }});
    started = true;
  });
  auto client = server.connect();
  client.send("GET /s HTTP/1.1\r\n\r\nGET /plain HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return started.load(); }));
  server.loop().run([&] { stream->write("one "); });
  EXPECT_TRUE(contains(client.take_until("one \r\n"), "Transfer-Encoding: chunked\r\n"));
  server.loop().run([&] {
    stream->write("two");
    stream->end();
    stream->write("ignored");
  });
  EXPECT_EQ(client.take_until("0\r\n\r\n"), "3\r\ntwo\r\n0\r\n\r\n");
  EXPECT_TRUE(client.take_answer().ends_with("GET /plain  "));
  EXPECT_TRUE(eventually([&] { return closed.load(); }));
  EXPECT_FALSE(server.loop().run([&] { return stream->is_open(); }));
}

TEST(HttpServer, AStreamKnowsItsBackPressureAndTheEndOfItsReader) {
  std::shared_ptr<ByteStream> stream;
  std::atomic<bool> started = false, drained = false, closed = false;
  TestServer server([&](Request&&, std::shared_ptr<Exchange> exchange) {
    stream = exchange->stream({});
    stream->listen({.on_data = {},
                    .on_eof = {},
                    .on_drained = [&] { drained = true; },
                    .on_closed = [&] { closed = true; }});
    started = true;
  });
  {
    auto client = server.connect();
    client.send("GET / HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return started.load(); }));
    const auto queued = server.loop().run([&] {
      stream->write(std::string(20'000'000, 'x'));
      return stream->queued_bytes();
    });
    EXPECT_GT(queued, ByteStream::kLowWaterBytes);
    EXPECT_FALSE(drained);
    EXPECT_GT(client.take(20'000'000).size(), 19'000'000u);
    EXPECT_TRUE(eventually([&] { return drained.load(); }));
  }
  EXPECT_TRUE(eventually([&] { return closed.load(); }));
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(HttpServer, AStreamToHttp10EndsWithTheConnection) {
  TestServer server([](Request&&, std::shared_ptr<Exchange> exchange) {
    const auto stream = exchange->stream({});
    stream->write("abc");
    stream->end();
  });
  auto client = server.connect();
  client.send("GET / HTTP/1.0\r\n\r\n");
  const auto answer = client.take_all();
  EXPECT_TRUE(answer.ends_with("\r\n\r\nabc")) << answer;
  EXPECT_FALSE(contains(answer, "chunked"));
}

struct HijackEcho {
  std::shared_ptr<ByteStream> stream;
  std::atomic<bool> eof = false, closed = false;

  RequestHandler handler() {
    return [this](Request&&, std::shared_ptr<Exchange> exchange) {
      stream = exchange->hijack("HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n");
      stream->listen(
          {.on_data =
               [this](std::string_view bytes) { stream->write("<" + std::string(bytes) + ">"); },
           .on_eof = [this] { eof = true; },
           .on_drained = {},
           .on_closed = [this] { stream = nullptr, closed = true; }});
    };
  }
};

TEST(HttpServer, AHijackedConnectionIsRawBothWaysAndKeepsHalfClose) {
  HijackEcho echo_raw;
  TestServer server(echo_raw.handler());
  auto client = server.connect();
  client.send("POST /exec HTTP/1.1\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\nearly");
  EXPECT_TRUE(client.take_until("\r\n\r\n").starts_with("HTTP/1.1 101 UPGRADED\r\n"));
  EXPECT_EQ(client.take_until(">"), "<early>");
  client.send("hello");
  EXPECT_EQ(client.take_until(">"), "<hello>");
  client.end_sending();
  ASSERT_TRUE(eventually([&] { return echo_raw.eof.load(); }));
  server.loop().run([&] {
    echo_raw.stream->write("still here");
    echo_raw.stream->end();
  });
  EXPECT_EQ(client.take_all(), "still here");
  EXPECT_TRUE(eventually([&] { return echo_raw.closed.load(); }));
  EXPECT_EQ(server.connections(), 0u);
}

TEST(HttpServer, AHijackedConnectionWhoseClientVanishesIsClosed) {
  HijackEcho echo_raw;
  TestServer server(echo_raw.handler());
  server.connect().send("POST / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return echo_raw.eof.load(); }));
  server.loop().run([&] {
    echo_raw.stream->write("a");
    echo_raw.stream->end();
  });
  EXPECT_TRUE(eventually([&] { return echo_raw.closed.load(); }));
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(HttpServer, ThousandsOfIdleConnectionsDoNotStopTheNextRequest) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit before = limit;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 9'000);
  setrlimit(RLIMIT_NOFILE, &limit);
  const auto count = std::min<std::size_t>(2'500, limit.rlim_cur / 3);
  {
    TestServer server(echo);
    std::vector<Client> idle;
    for (std::size_t i = 0; i < count; ++i) idle.push_back(server.connect());
    EXPECT_TRUE(eventually([&] { return server.connections() == count; }));
    auto client = server.connect();
    client.send("GET /next HTTP/1.1\r\n\r\n");
    EXPECT_TRUE(client.take_answer().ends_with("GET /next  "));
    idle[0].send("GET /first HTTP/1.1\r\n\r\n");
    EXPECT_TRUE(idle[0].take_answer().ends_with("GET /first  "));
  }
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(HttpServer, TheLongestIdleMakesRoomForTheNext) {
  TestServer server(echo, {.max_connections = 10});
  std::vector<Client> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(server.connect());
    clients.back().send("GET / HTTP/1.1\r\n\r\n");
    clients.back().take_answer();
  }
  clients[0].send("GET / HTTP/1.1\r\n\r\n");  // now number 1 is idle longest
  clients[0].take_answer();
  auto next = server.connect();
  next.send("GET /n HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(next.take_answer().ends_with("GET /n  "));
  EXPECT_TRUE(clients[1].at_end());
  clients[0].send("GET /still HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(clients[0].take_answer().ends_with("GET /still  "));
}

TEST(HttpServer, RunningOutOfDescriptorsClosesIdleOnesAndGoesOn) {
  TestServer server(echo, {.max_connections = 100'000});
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(server.connect());
    clients.back().send("GET / HTTP/1.1\r\n\r\n");
    clients.back().take_answer();
  }
  // The next client has its descriptor; the server's accept finds none.
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  netns::UniqueFd next(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const rlimit none{.rlim_cur = 3, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(next.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  // All idle ones are given up; then the server waits and tries again.
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
  setrlimit(RLIMIT_NOFILE, &before);
  Client client(std::move(next));
  client.send("GET /after HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.take_answer().ends_with("GET /after  "));
}

TEST(HttpServer, StopsWhenTheRunningRequestIsAnswered) {
  std::shared_ptr<Exchange> waiting;
  std::atomic<bool> started = false, stopped = false;
  TestServer server([&](Request&&, std::shared_ptr<Exchange> exchange) {
    waiting = std::move(exchange);
    started = true;
  });
  auto idle = server.connect();
  auto busy = server.connect();
  busy.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return started.load() && server.connections() == 2; }));
  server.loop().run([&] { server.server->stop(10s, [&] { stopped = true; }); });
  EXPECT_TRUE(idle.at_end());
  EXPECT_THROW(server.connect(), std::system_error);
  EXPECT_FALSE(stopped);
  server.loop().run([&] { waiting->reply(text_answer("bye")); });
  const auto answer = busy.take_all();
  EXPECT_TRUE(contains(answer, "Connection: close\r\n") && answer.ends_with("bye")) << answer;
  busy.close();
  EXPECT_TRUE(eventually([&] { return stopped.load(); }));
}

TEST(HttpServer, StoppingDoesNotWaitLongerThanItsBound) {
  std::shared_ptr<Exchange> waiting;
  std::atomic<bool> started = false, stopped = false;
  TestServer server([&](Request&&, std::shared_ptr<Exchange> exchange) {
    waiting = std::move(exchange);
    started = true;
  });
  auto client = server.connect();
  client.send("GET / HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return started.load(); }));
  server.loop().run([&] { server.server->stop(20ms, [&] { stopped = true; }); });
  EXPECT_TRUE(eventually([&] { return stopped.load(); }));
  EXPECT_EQ(client.take_all(), "");
}

}  // namespace
}  // namespace enibox::api::http

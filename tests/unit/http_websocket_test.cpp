#include <gtest/gtest.h>

#include <atomic>

#include "tests/unit/http_harness.hpp"

// The client side is written by hand, frame by frame (RFC 6455 section 5.2).
namespace enibox::api::http {
namespace {

using namespace std::chrono_literals;
using enibox::testing::Client;
using enibox::testing::eventually;
using enibox::testing::TestServer;

constexpr unsigned char kContinuation = 0x0, kText = 0x1, kBinary = 0x2, kClose = 0x8, kPing = 0x9,
                        kPong = 0xA;

std::string frame(unsigned char opcode, const std::string& payload, bool is_final = true) {
  std::string out;
  out.push_back(static_cast<char>(opcode | (is_final ? 0x80 : 0)));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    out.push_back(static_cast<char>(0x80 | 127));
    for (int shift = 56; shift >= 0; shift -= 8) {
      out.push_back(static_cast<char>(payload.size() >> shift));
    }
  }
  const std::string mask = "\x11\x22\x33\x44";
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out.push_back(static_cast<char>(payload[i] ^ mask[i % 4]));
  }
  return out;
}

struct Frame {
  int opcode = -1;
  std::string payload;
};

Frame take_frame(Client& client) {
  const auto head = client.take(2);
  if (head.size() < 2) return {};
  Frame out{.opcode = head[0] & 0x0f, .payload = {}};
  std::size_t size = head[1] & 0x7f;
  if (size >= 126) {
    std::size_t wide = 0;
    for (const char c : client.take(size == 126 ? 2 : 8)) {
      wide = wide << 8 | static_cast<unsigned char>(c);
    }
    size = wide;
  }
  out.payload = client.take(size);
  return out;
}

std::string upgrade_request(const std::string& more = "") {
  return "GET /v1/data-channel/s-1?role=publish_subscribe HTTP/1.1\r\nHost: localhost\r\n"
         "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         more + "\r\n";
}

// Sends every message back as it came.
struct EchoSocket {
  std::shared_ptr<WebSocket> socket;
  std::atomic<int> messages = 0;
  std::atomic<bool> opened = false, closed = false, drained = false;

  RequestHandler handler() {
    return [this](Request&&, std::shared_ptr<Exchange> exchange) {
      exchange->accept_websocket([this](std::shared_ptr<WebSocket> accepted) {
        socket = std::move(accepted);
        socket->listen({.on_message =
                            [this](std::string_view message, bool is_text) {
                              ++messages;
                              if (is_text) {
                                socket->send_text(std::string(message));
                              } else {
                                socket->send_binary(std::string(message));
                              }
                            },
                        .on_drained = [this] { drained = true; },
                        .on_closed = [this] { socket = nullptr, closed = true; }});
        opened = true;
      });
    };
  }
};

class HttpWebSocket : public ::testing::Test {
 protected:
  Client open() {
    auto client = server.connect();
    client.send(upgrade_request());
    answer = client.take_until("\r\n\r\n");
    eventually([&] { return echo.opened.load(); });
    return client;
  }

  EchoSocket echo;
  TestServer server{echo.handler(), {.header_timeout = 5s, .linger = 100ms}};
  std::string answer;
};

TEST_F(HttpWebSocket, AcceptsWithTheKeyOfTheRfcAndNoExtension) {
  auto client = server.connect();
  client.send(upgrade_request("Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  const auto head = client.take_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
  EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), head.npos);
  EXPECT_EQ(head.find("deflate"), head.npos);
}

TEST_F(HttpWebSocket, EchoesTextAndBinaryAndPutsFragmentsTogether) {
  auto client = open();
  client.send(frame(kText, "hello"));
  auto got = take_frame(client);
  EXPECT_EQ(got.opcode, kText);
  EXPECT_EQ(got.payload, "hello");

  const std::string large(200'000, '\x07');
  client.send(frame(kBinary, large));
  got = take_frame(client);
  EXPECT_EQ(got.opcode, kBinary);
  EXPECT_EQ(got.payload, large);

  client.send(frame(kBinary, "one ", false));
  client.send(frame(kPing, "keepalive"));  // may come between fragments
  client.send(frame(kContinuation, "two ", false) + frame(kContinuation, "three"));
  got = take_frame(client);
  EXPECT_EQ(got.opcode, kPong);
  EXPECT_EQ(got.payload, "keepalive");
  EXPECT_EQ(take_frame(client).payload, "one two three");
}

TEST_F(HttpWebSocket, FramesSentRightAfterTheRequestAreNotLost) {
  auto client = server.connect();
  client.send(upgrade_request() + frame(kPing, "keepalive") + frame(kText, "open"));
  client.take_until("\r\n\r\n");
  EXPECT_EQ(take_frame(client).payload, "keepalive");
  EXPECT_EQ(take_frame(client).payload, "open");
}

TEST_F(HttpWebSocket, ClosesInOrderAfterWhatIsQueued) {
  auto client = open();
  server.loop().run([&] {
    echo.socket->send_binary("last words");
    echo.socket->close(WebSocket::kNormal, "done");
    echo.socket->send_binary("too late");
  });
  EXPECT_EQ(take_frame(client).payload, "last words");
  const auto closing = take_frame(client);
  EXPECT_EQ(closing.opcode, kClose);
  EXPECT_EQ(closing.payload,
            "\x03\xe8"
            "done");
  client.send(frame(kClose, "\x03\xe8"));
  EXPECT_TRUE(client.at_end());
  EXPECT_TRUE(eventually([&] { return echo.closed.load(); }));
}

TEST_F(HttpWebSocket, DoesNotWaitForAPeerThatNeverAnswersTheClose) {
  auto client = open();
  server.loop().run([&] { echo.socket->close(WebSocket::kNormal); });
  EXPECT_TRUE(eventually([&] { return echo.closed.load(); }));
  EXPECT_EQ(server.connections(), 0u);
}

TEST_F(HttpWebSocket, ThePeersCloseAndItsVanishingBothEnd) {
  {
    auto client = open();
    client.send(frame(kClose, "\x03\xe8"));
    EXPECT_EQ(take_frame(client).opcode, kClose);
    EXPECT_TRUE(eventually([&] { return echo.closed.load(); }));
  }
  echo.opened = echo.closed = false;
  open();  // and gone
  EXPECT_TRUE(eventually([&] { return echo.closed.load(); }));
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST_F(HttpWebSocket, BrokenFramesEndTheConnection) {
  for (const std::string& bytes :
       {std::string("\x82\x01x", 3),                                         // not masked
        std::string("\xf2\x80\0\0\0\0", 6),                                  // reserved bits
        frame(kContinuation, "of nothing"), frame(kText, "\xff\xfe"),        // not UTF-8
        std::string("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask", 14)}) {  // 2^63 bytes
    echo.opened = echo.closed = false;
    auto client = open();
    client.send(bytes);
    EXPECT_TRUE(eventually([&] { return echo.closed.load(); })) << ::testing::PrintToString(bytes);
  }
  EXPECT_EQ(echo.messages, 0);
}

TEST_F(HttpWebSocket, MessagesAreBounded) {
  auto client = open();
  client.send(frame(kBinary, std::string((1 << 20) + 1, 'x')));
  EXPECT_TRUE(eventually([&] { return echo.closed.load(); }));
  EXPECT_EQ(echo.messages, 0);
}

TEST_F(HttpWebSocket, TellsAProducerWhenToWaitAndWhenToGoOn) {
  auto client = open();
  constexpr int kMessages = 300;
  const std::string message(100'000, 'm');
  const auto queued = server.loop().run([&] {
    for (int i = 0; i < kMessages; ++i) echo.socket->send_binary(message);
    return echo.socket->queued_bytes();
  });
  EXPECT_EQ(queued, kMessages * message.size());
  EXPECT_FALSE(echo.drained);
  for (int i = 0; i < kMessages; ++i) ASSERT_EQ(take_frame(client).payload, message) << i;
  EXPECT_TRUE(eventually([&] { return echo.drained.load(); }));
}

TEST_F(HttpWebSocket, AProducerThatDoesNotCareIsCutOff) {
  auto client = open();
  server.loop().run([&] {
    for (int i = 0; i < 70; ++i) {
      if (echo.socket) echo.socket->send_binary(std::string(1 << 20, 'm'));
    }
  });
  EXPECT_TRUE(eventually([&] { return echo.closed.load(); }));
}

TEST_F(HttpWebSocket, PausedReadingHoldsMessagesBack) {
  auto client = open();
  client.send(frame(kText, "first"));
  take_frame(client);
  server.loop().run([&] { echo.socket->pause_reading(); });
  client.send(frame(kText, "a"));  // the read that was running takes this one
  take_frame(client);
  for (int i = 0; i < 50; ++i) client.send(frame(kText, "b"));
  for (int i = 0; i < 100; ++i) server.loop().run([] {});
  EXPECT_LE(echo.messages, 2);
  server.loop().run([&] { echo.socket->resume_reading(); });
  for (int i = 0; i < 50; ++i) EXPECT_EQ(take_frame(client).payload, "b");
}

TEST_F(HttpWebSocket, StoppingTheServerSaysGoingAway) {
  auto client = open();
  std::atomic<bool> stopped = false;
  server.loop().run([&] { server.server->stop(10s, [&] { stopped = true; }); });
  const auto closing = take_frame(client);
  EXPECT_EQ(closing.opcode, kClose);
  EXPECT_EQ(closing.payload.substr(0, 2), "\x03\xe9");
  client.send(frame(kClose, "\x03\xe9"));
  EXPECT_TRUE(eventually([&] { return stopped.load(); }));
}

TEST_F(HttpWebSocket, ARequestThatIsNoUpgradeIsToldSo) {
  auto client = server.connect();
  client.send("GET /v1/data-channel/s-1 HTTP/1.1\r\nHost: l\r\n\r\n");
  EXPECT_TRUE(client.take_all().starts_with("HTTP/1.1 426 "));
  auto no_key = server.connect();
  no_key.send("GET / HTTP/1.1\r\nHost: l\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_TRUE(no_key.take_all().starts_with("HTTP/1.1 400 "));
}

TEST(HttpWebSocketHandler, ThatDoesNotListenIsClosed) {
  TestServer server(
      [](Request&&, std::shared_ptr<Exchange> exchange) {
        exchange->accept_websocket([](std::shared_ptr<WebSocket>) {});
      },
      {.header_timeout = 40ms});
  auto client = server.connect();
  client.send(upgrade_request());
  client.take_until("\r\n\r\n");
  EXPECT_TRUE(client.at_end());
}

}  // namespace
}  // namespace enibox::api::http

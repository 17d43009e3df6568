#include <gtest/gtest.h>

#include "api/http/aws_endpoint.hpp"
#include "tests/unit/http_harness.hpp"

namespace enibox::api::http {
namespace {

using enibox::testing::Client;
using enibox::testing::TestServer;

Request request_with(std::initializer_list<std::pair<std::string, std::string>> headers,
                     std::string path = "/", std::string query = "") {
  Request out;
  out.method = "POST";
  out.path = std::move(path);
  out.query = std::move(query);
  for (const auto& [name, value] : headers) out.headers.insert(name, value);
  return out;
}

TEST(HttpGuard, HostsThatMayBeNamed) {
  struct Case {
    std::string host;
    bool passes;
  };
  const Case cases[] = {{"127.0.0.1:4566", true},
                        {"127.0.0.1", true},
                        {"localhost:4566", true},
                        {"LocalHost", true},
                        {"ecs.localhost:80", true},
                        {"[::1]:4566", true},
                        {"10.0.0.7:4566", true},
                        {"enibox.test:4566", true},
                        {"ENIBOX.test", true},
                        {"evil.example", false},
                        {"localhost.evil.example", false},
                        {"127.0.0.1.evil.example:4566", false},
                        {"[::1", false},
                        {"", false},
                        {":4566", false},
                        {"127.0.0.1:80@evil", false},
                        {"localhost:999999", false}};
  const Guard guard({.allowed_hosts = {"Enibox.Test"}});
  for (const auto& one : cases) {
    const auto refused = guard.refuse(request_with({{"Host", one.host}, {"Authorization", "x"}}));
    EXPECT_EQ(!refused, one.passes) << one.host;
    if (refused) {
      EXPECT_EQ(refused->http_status(), 403);
      EXPECT_NE(refused->message().find("--allow-host"), std::string::npos);
    }
  }
  EXPECT_TRUE(guard.refuse(request_with({{"Authorization", "x"}}))) << "no Host at all";
  EXPECT_TRUE(guard.refuse(
      request_with({{"Host", "localhost"}, {"Host", "evil.example"}, {"Authorization", "x"}})));
}

TEST(HttpGuard, ThePrefixOfAnOperationGoesBeforeAHostThatMayBeNamed) {
  struct Case {
    std::string host, target;
    bool passes;
  };
  const std::string tail = "Logs_20140328.StartLiveTail";
  const Case cases[] = {{"stream-localhost:4566", tail, true},
                        {"stream-127.0.0.1:4566", tail, true},
                        {"stream-enibox:4566", tail, true},
                        {"stream-localhost:4566", "Logs_20140328.DeleteLogGroup", false},
                        {"stream-localhost:4566", "", false},
                        {"stream-evil.example", tail, false},
                        {"stream-stream-localhost", tail, false},
                        {"other-localhost", tail, false},
                        {"stream-", tail, false}};
  const Guard guard({.allowed_hosts = {"enibox"}});
  for (const auto& one : cases) {
    const auto refused = guard.refuse(
        request_with({{"Host", one.host}, {"Authorization", "x"}, {"X-Amz-Target", one.target}}));
    EXPECT_EQ(!refused, one.passes) << one.host << " " << one.target;
  }
  EXPECT_TRUE(guard.refuse(request_with({{"Host", "stream-localhost"}, {"X-Amz-Target", tail}})))
      << "without Authorization";
}

TEST(HttpGuard, PagesOfOtherOriginsAreRefused) {
  struct Case {
    std::string header, value;
    bool passes;
  };
  const Case cases[] = {{"Origin", "http://localhost:4566", true},
                        {"Origin", "http://LOCALHOST:4566", true},
                        {"Origin", "http://localhost:8080", false},
                        {"Origin", "https://evil.example", false},
                        {"Origin", "null", false},
                        {"Sec-Fetch-Site", "same-origin", true},
                        {"Sec-Fetch-Site", "none", true},
                        {"Sec-Fetch-Site", "same-site", false},
                        {"Sec-Fetch-Site", "cross-site", false}};
  const Guard guard({});
  for (const auto& one : cases) {
    // Neither a health check nor a made-up signature in the query opens the door.
    for (const auto& [path, query] :
         {std::pair("/", ""), std::pair("/_enibox/health", ""), std::pair("/v1/data-channel/s", ""),
          std::pair("/", "Action=RunInstances&X-Amz-Signature=1")}) {
      const auto refused = guard.refuse(request_with(
          {{"Host", "localhost:4566"}, {"Authorization", "x"}, {one.header, one.value}}, path,
          query));
      EXPECT_EQ(!refused, one.passes) << one.header << " " << one.value << " " << path;
    }
  }
}

TEST(HttpGuard, OnlyAFewThingsNeedNoAuthorization) {
  struct Case {
    std::string path, query;
    bool passes;
  };
  const Case cases[] = {{"/_enibox/health", "", true},
                        {"/_enibox/health/", "", false},
                        {"/_enibox/reset", "", false},
                        {"/v1/data-channel/admin-0123", "role=publish_subscribe", true},
                        {"/", "Action=X&X-Amz-Signature=abc", true},
                        {"/", "AWSAccessKeyId=abc", true},
                        {"/", "Action=X-Amz-Signature", false},
                        {"/", "NotX-Amz-Signature=1", false},
                        {"/", "", false}};
  const Guard guard({});
  for (const auto& one : cases) {
    const auto refused = guard.refuse(request_with({{"Host", "localhost"}}, one.path, one.query));
    EXPECT_EQ(!refused, one.passes) << one.path << "?" << one.query;
    if (!refused) continue;
    EXPECT_EQ(refused->code(), "MissingAuthenticationToken");
    EXPECT_EQ(refused->http_status(), 403);
  }
}

struct NoGate final : BarrierGate {
  void when_passed(std::uint64_t, std::function<void()> go) override { go(); }
};

// The endpoint with one operation, one control path and an echoing data channel.
class AwsEndpointTest : public ::testing::Test {
 protected:
  AwsEndpointTest() {
    dispatcher.add({.name = "sts",
                    .operations = {{"GetCallerIdentity",
                                    [](const RequestContext& context, const Json&) -> Answer {
                                      return Json{{"Account", context.account_id}};
                                    }}}});
    endpoint.on_control("GET", "/_enibox/health", [](const Request&) {
      return json_response({{"status", "running"}});
    });
    endpoint.on_control("POST", "/_enibox/reset", [](const Request&) -> Response {
      throw std::runtime_error("no reset today");
    });
    endpoint.on_data_channel([this](const std::string& id, std::shared_ptr<WebSocket> socket) {
      session_id = id;
      socket->listen({.on_message = {}, .on_drained = {}, .on_closed = {}});
      socket->send_text("welcome");
    });
  }
  std::string ask(const std::string& head, const std::string& body = "") {
    auto client = server.connect();
    client.send(head + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
    return client.take_all();
  }

  NoGate gate;
  Dispatcher dispatcher{gate,
                        {.account_id = "111122223333", .default_region = "us-east-1", .trial = {}}};
  AwsEndpoint endpoint{dispatcher, {}};
  std::string session_id;
  TestServer server{endpoint.handler()};
};

const std::string kLocal = "\r\nHost: localhost:4566";
const std::string kSigned =
    "\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/sts/aws4_request, "
    "SignedHeaders=host, Signature=0";
const std::string kForm = "\r\nContent-Type: application/x-www-form-urlencoded";

TEST_F(AwsEndpointTest, LeadsToTheDispatcher) {
  const auto answer = ask("POST / HTTP/1.1" + kLocal + kSigned + kForm,
                          "Action=GetCallerIdentity&Version=2011-06-15");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("<Account>111122223333</Account>"), answer.npos) << answer;
}

TEST_F(AwsEndpointTest, RefusesInTheWordsOfTheProtocol) {
  const auto xml =
      ask("POST / HTTP/1.1" + kLocal + kForm, "Action=GetCallerIdentity&Version=2011-06-15");
  EXPECT_TRUE(xml.starts_with("HTTP/1.1 403 Forbidden\r\n")) << xml;
  EXPECT_NE(xml.find("<Code>MissingAuthenticationToken</Code>"), xml.npos) << xml;
  EXPECT_NE(xml.find("<Message>Request is missing Authentication Token</Message>"), xml.npos);

  const auto json = ask("POST / HTTP/1.1" + kLocal +
                            "\r\nX-Amz-Target: AmazonEC2ContainerServiceV20141113.ListClusters"
                            "\r\nContent-Type: application/x-amz-json-1.1",
                        "{}");
  EXPECT_TRUE(json.starts_with("HTTP/1.1 400 Bad Request\r\n")) << json;
  EXPECT_NE(json.find("MissingAuthenticationTokenException"), json.npos) << json;
  EXPECT_NE(json.find("Request is missing Authentication Token"), json.npos) << json;

  const auto foreign = ask("POST / HTTP/1.1\r\nHost: evil.example" + kSigned, "{}");
  EXPECT_TRUE(foreign.starts_with("HTTP/1.1 403 Forbidden\r\n")) << foreign;
  EXPECT_NE(foreign.find("--allow-host"), foreign.npos) << foreign;
}

TEST_F(AwsEndpointTest, ServesControlRequests) {
  const auto health = ask("GET /_enibox/health HTTP/1.1" + kLocal);
  EXPECT_TRUE(health.ends_with("{\"status\":\"running\"}\n")) << health;
  EXPECT_TRUE(ask("POST /_enibox/reset HTTP/1.1" + kLocal).starts_with("HTTP/1.1 403 "));
  const auto failed = ask("POST /_enibox/reset HTTP/1.1" + kLocal + kSigned);
  EXPECT_TRUE(failed.starts_with("HTTP/1.1 500 ")) << failed;
  EXPECT_NE(failed.find("no reset today"), failed.npos);
  const auto wrong = ask("GET /_enibox/reset HTTP/1.1" + kLocal + kSigned);
  EXPECT_TRUE(wrong.starts_with("HTTP/1.1 405 ")) << wrong;
  EXPECT_NE(wrong.find("Allow: POST\r\n"), wrong.npos);
  EXPECT_TRUE(ask("GET /_enibox/nothing HTTP/1.1" + kLocal + kSigned).starts_with("HTTP/1.1 404 "));
}

TEST_F(AwsEndpointTest, OpensTheDataChannelBySessionId) {
  auto client = server.connect();
  client.send("GET /v1/data-channel/admin-0abc?role=publish_subscribe HTTP/1.1" + kLocal +
              "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"
              "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_TRUE(client.take_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(client.take(9), std::string("\x81\x07") + "welcome");
  EXPECT_EQ(session_id, "admin-0abc");
}

TEST_F(AwsEndpointTest, DoesNotGuessAtCodedBodies) {
  EXPECT_TRUE(ask("POST / HTTP/1.1" + kLocal + kSigned + "\r\nContent-Encoding: br", "xx")
                  .starts_with("HTTP/1.1 415 "));
  EXPECT_TRUE(ask("POST / HTTP/1.1" + kLocal + kSigned + "\r\nContent-Encoding: gzip", "xx")
                  .starts_with("HTTP/1.1 400 "));
}

TEST_F(AwsEndpointTest, ReadsBodiesInChunksOfAws) {
  const auto answer =
      ask("POST / HTTP/1.1" + kLocal + kSigned + kForm + "\r\nContent-Encoding: aws-chunked",
          "8\r\nAction=G\r\n23\r\netCallerIdentity&Version=2011-06-15\r\n0\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
}

}  // namespace
}  // namespace enibox::api::http

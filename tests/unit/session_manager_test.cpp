#include "emulator/ssm/session_manager.hpp"

#include <gtest/gtest.h>

#include "api/stream/client_session.hpp"
#include "emulator/ssm/session_operations.hpp"
#include "tests/unit/call_by_model.hpp"
#include "tests/unit/fake_clock.hpp"
#include "tests/unit/fake_runtime.hpp"
#include "tests/unit/fake_websocket.hpp"

// The rules of sessions in time and in rows; processes and terminals are in tests/sessions.
namespace enibox::ssm {
namespace {

using namespace std::chrono_literals;
using api::http::FakeWebSocket;

class NoPlace final : public Targets {
 public:
  Place resolve(const std::string&, const std::string& target) override {
    if (target != "i-1") throw_not_connected(target);
    return {.host_id = "i-1", .container_id = "", .user = "", .shell = {"sh"}};
  }
};

class SessionManagerTest : public testing::Test {
 protected:
  SessionManagerTest() {
    db_.migrate();
    manager_ = std::make_unique<SessionManager>(loop_, clock_, db_, runtime_);
    add_session_operations(service_, *manager_, targets_);
  }

  Json call(const std::string& operation, const Json& input) {
    const api::RequestContext context{.region = "us-east-1",
                                      .account_id = "111122223333",
                                      .access_key_id = "k",
                                      .request_id = "r",
                                      .host = "127.0.0.1:4566",
                                      .service = "ssm",
                                      .operation = operation};
    return api::call_by_model(service_, context, input).output;
  }
  std::string error_of(const std::string& operation, const Json& input) {
    try {
      call(operation, input);
    } catch (const AwsError& error) {
      return error.code() + ": " + error.message();
    }
    return "no error";
  }
  Json start() { return call("StartSession", {{"Target", "i-1"}}); }
  std::shared_ptr<FakeWebSocket> connect(const Json& session) {
    auto socket = std::make_shared<FakeWebSocket>(clock_);
    manager_->accept_socket(session["SessionId"], socket);
    return socket;
  }
  static std::string open_message(const std::string& token, const std::string& client = "c-1") {
    return stream::open_data_channel({token, client, "1.2.677.0"});
  }
  std::shared_ptr<FakeWebSocket> attach(const Json& session, const std::string& client = "c-1") {
    auto socket = connect(session);
    socket->arrive(open_message(session["TokenValue"], client), true);
    return socket;
  }
  static std::string closed_text(const FakeWebSocket& socket) {
    for (const auto& frame : socket.sent) {
      const auto message = stream::parse(frame, stream::Digest::kVerify);
      if (message && message->type == stream::kChannelClosed) {
        return "closed: " + stream::parse_channel_closed(message->payload);
      }
    }
    return "open";
  }
  Json listed(const std::string& state, Json more = Json::object()) {
    more["State"] = state;
    return call("DescribeSessions", more);
  }

  boost::asio::io_context loop_;
  FakeClock clock_;
  store::Database db_;
  containers::FakeRuntime runtime_{clock_};
  NoPlace targets_;
  std::unique_ptr<SessionManager> manager_;
  api::Service service_{.name = "ssm", .operations = {}};
};

TEST_F(SessionManagerTest, ANewSessionNamesItsStreamAndWaitsForItsClient) {
  const auto session = start();
  const std::string id = session["SessionId"];
  EXPECT_EQ(session["StreamUrl"],
            "ws://127.0.0.1:4566/v1/data-channel/" + id + "?role=publish_subscribe");
  EXPECT_LE(session["TokenValue"].get<std::string>().size(), 300u);
  EXPECT_EQ(listed("Active")["Sessions"][0]["Status"], "Connecting");
  EXPECT_TRUE(runtime_.execs.empty()) << "no client, no process";
}

TEST_F(SessionManagerTest, ASessionNobodyOpensIsOverAfterAMinute) {
  const auto session = start();
  clock_.advance(59s);
  EXPECT_EQ(listed("Active")["Sessions"].size(), 1u);
  clock_.advance(1s);
  EXPECT_EQ(listed("Active")["Sessions"].size(), 0u);
  EXPECT_EQ(listed("History")["Sessions"][0]["Status"], "Terminated");
  EXPECT_EQ(closed_text(*attach(session)), "closed: The session has ended.");
}

TEST_F(SessionManagerTest, AConnectionWithoutTheTokenGetsNothing) {
  const auto session = start();
  const auto wrong = connect(session);
  wrong->arrive(open_message("guess"), true);
  EXPECT_EQ(closed_text(*wrong), "closed: The token is not valid for this session.");
  const auto binary = connect(session);
  binary->arrive(open_message(session["TokenValue"]), false);
  EXPECT_TRUE(binary->closed);
  const auto long_one = connect(session);
  long_one->arrive(open_message(session["TokenValue"], std::string(5000, 'x')), true);
  EXPECT_TRUE(long_one->closed);
  const auto silent = connect(session);
  clock_.advance(10s);
  EXPECT_TRUE(silent->closed);
  EXPECT_EQ(listed("Active")["Sessions"][0]["Status"], "Connecting");
}

TEST_F(SessionManagerTest, ALostClientHasTwentyMinutesToComeBack) {
  const auto session = start();
  const auto socket = attach(session);
  EXPECT_EQ(listed("Active")["Sessions"][0]["Status"], "Connected");
  socket->lose();
  clock_.advance(19min);
  EXPECT_EQ(listed("Active")["Sessions"][0]["Status"], "Disconnected");
  const auto resumed = call("ResumeSession", {{"SessionId", session["SessionId"]}});
  EXPECT_NE(resumed["TokenValue"], session["TokenValue"]);
  attach(resumed)->lose();
  EXPECT_EQ(listed("Active")["Sessions"].size(), 1u);
  clock_.advance(20min);
  EXPECT_EQ(listed("Active")["Sessions"].size(), 0u);
}

TEST_F(SessionManagerTest, TheNewestConnectionWins) {
  const auto session = start();
  const auto first = attach(session);
  const auto second = attach(session);
  EXPECT_TRUE(first->closed);
  EXPECT_EQ(closed_text(*first), "open") << "the same client only changed its connection";
  clock_.run_posted();
  EXPECT_EQ(listed("Active")["Sessions"][0]["Status"], "Connected");
  const auto other = attach(session, "c-2");
  EXPECT_EQ(closed_text(*second), "closed: The session was resumed by another client.");
  EXPECT_FALSE(other->closed);
}

TEST_F(SessionManagerTest, ResumingWhatIsOverGivesNoToken) {
  const auto session = start();
  call("TerminateSession", {{"SessionId", session["SessionId"]}});
  const auto resumed = call("ResumeSession", {{"SessionId", session["SessionId"]}});
  EXPECT_EQ(resumed, (Json{{"SessionId", session["SessionId"]}}));
  // Of a daemon before this one.
  EXPECT_FALSE(
      call("ResumeSession", {{"SessionId", "root-0123456789abcdef0"}}).contains("TokenValue"));
  EXPECT_EQ(error_of("ResumeSession", {{"SessionId", "nonsense"}}),
            "DoesNotExistException: Session nonsense does not exist.");
}

TEST_F(SessionManagerTest, WrongTargetsAndDocumentsAreRefused) {
  EXPECT_EQ(error_of("StartSession", {{"Target", "i-2"}}),
            "TargetNotConnected: i-2 is not connected.");
  EXPECT_EQ(error_of("StartSession", {{"Target", "i-1"}, {"DocumentName", "Mine"}}),
            "InvalidDocument: Document with name Mine does not exist.");
  const Json nothing = {{"Target", "i-1"}, {"DocumentName", "AWS-StartInteractiveCommand"}};
  EXPECT_EQ(error_of("StartSession", nothing),
            "InvalidParameters: Missing required parameter: command");
  Json port = {{"Target", "i-1"},
               {"DocumentName", "AWS-StartPortForwardingSession"},
               {"Parameters", {{"portNumber", {"eighty"}}}}};
  EXPECT_EQ(error_of("StartSession", port).substr(0, 17), "InvalidParameters");
  port["Parameters"] = {{"color", {"red"}}};
  EXPECT_EQ(error_of("StartSession", port).substr(0, 17), "InvalidParameters");
  EXPECT_EQ(listed("Active")["Sessions"].size(), 0u) << "nothing half-made";
}

TEST_F(SessionManagerTest, ListsPageAndFilter) {
  for (int i = 0; i < 5; ++i) {
    start();
    clock_.advance(1s);
  }
  Json page = listed("Active", {{"MaxResults", 2}});
  std::vector<std::string> ids;
  for (int pages = 0; pages < 10; ++pages) {
    for (const auto& session : page["Sessions"]) ids.push_back(session["SessionId"]);
    if (!page.contains("NextToken")) break;
    page = listed("Active", {{"MaxResults", 2}, {"NextToken", page["NextToken"]}});
  }
  EXPECT_EQ(ids.size(), 5u);
  EXPECT_EQ((std::set<std::string>(ids.begin(), ids.end()).size()), 5u);
  EXPECT_EQ(error_of("DescribeSessions", {{"State", "Active"}, {"NextToken", "?"}}),
            "InvalidNextToken: The specified token is not valid.");

  const auto filtered = [&](const std::string& key, const std::string& value) {
    const Json filter = {{{"key", key}, {"value", value}}};
    return listed("Active", {{"Filters", filter}})["Sessions"].size();
  };
  EXPECT_EQ(filtered("SessionId", ids[0]), 1u);
  EXPECT_EQ(filtered("Target", "i-1"), 5u);
  EXPECT_EQ(filtered("Status", "Connected"), 0u);
  EXPECT_EQ(filtered("InvokedAfter", "2023-11-14T22:13:22Z"), 3u);
  EXPECT_EQ(filtered("InvokedBefore", "2023-11-14T22:13:22Z"), 2u);
}

TEST_F(SessionManagerTest, ADaemonThatStartsClosesTheRowsOfTheOneBefore) {
  start();
  manager_ = std::make_unique<SessionManager>(loop_, clock_, db_, runtime_);
  SessionRows rows(db_);
  EXPECT_TRUE(rows.list("us-east-1", true).empty());
  EXPECT_EQ(rows.list("us-east-1", false).size(), 1u);
}

TEST_F(SessionManagerTest, TheEndOfTheDaemonWaitsForItsSocketsAndTakesNoMore) {
  const auto session = start();
  const auto socket = attach(session);
  bool ended = false;
  manager_->end_all("The daemon ends.", [&] { ended = true; });
  EXPECT_EQ(closed_text(*socket), "closed: The daemon ends.");
  clock_.run_posted();
  EXPECT_TRUE(ended);
  EXPECT_EQ(error_of("StartSession", {{"Target", "i-1"}}).substr(0, 19), "ThrottlingException");
}

TEST_F(SessionManagerTest, SaysWhetherATargetIsConnected) {
  EXPECT_EQ(call("GetConnectionStatus", {{"Target", "i-1"}})["Status"], "connected");
  EXPECT_EQ(call("GetConnectionStatus", {{"Target", "i-2"}})["Status"], "notconnected");
}

TEST(EcsTarget, IsTakenApartFromTheRight) {
  EcsTarget parts;
  ASSERT_TRUE(parse_ecs_target("ecs:my_big_cluster_0a1b_abc-123", parts));
  EXPECT_EQ(parts.cluster, "my_big_cluster");
  EXPECT_EQ(parts.task_id, "0a1b");
  EXPECT_EQ(parts.runtime_id, "abc-123");
  for (const char* wrong : {"i-1", "ecs:", "ecs:a", "ecs:a_b", "ecs:a__", "ecs:_b_c"}) {
    EXPECT_FALSE(parse_ecs_target(wrong, parts)) << wrong;
  }
}

}  // namespace
}  // namespace enibox::ssm

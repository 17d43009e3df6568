#include "emulator/logs/live_tail.hpp"

#include <gtest/gtest.h>

#include <utility>

#include "emulator/logs/service.hpp"
#include "tests/unit/service_fixture.hpp"

namespace enibox::logs {
namespace {

// Keeps what is sent, each event with its name.
class FakeEventStream final : public api::EventStream {
 public:
  explicit FakeEventStream(Clock& clock) : clock_(clock) {}
  void send(const std::string& event, const Json& value) override {
    if (open) sent.emplace_back(event, value);
  }
  void fail(const AwsError& error) override {
    send(error.code(), error.message());
    end();
  }
  void end() override {
    if (std::exchange(open, false)) clock_.post(closed_);
  }
  bool is_open() const override { return open; }
  std::size_t queued_bytes() const override { return queued; }
  void on_closed(std::function<void()> action) override { closed_ = std::move(action); }

  std::vector<std::pair<std::string, Json>> sent;
  std::size_t queued = 0;
  bool open = true;

 private:
  Clock& clock_;
  std::function<void()> closed_;
};

class LiveTailTest : public ServiceFixture {
 protected:
  LiveTailTest() {
    service = make_logs_service(logs, clock, metrics);
    for (const char* group : {"/g", "/h"}) {
      logs.create_group("us-east-1", group);
      for (const char* stream : {"a1", "b1"}) logs.create_stream("us-east-1", group, stream);
    }
  }
  ~LiveTailTest() override { service = {}; }

  static std::string arn(const std::string& group) {
    return "arn:aws:logs:us-east-1:111122223333:log-group:" + group;
  }
  std::shared_ptr<FakeEventStream> start(const Json& in) {
    auto stream = std::make_shared<FakeEventStream>(clock);
    const auto begun = answer("StartLiveTail", in);
    begun.events(stream);
    return stream;
  }
  void put(const std::string& group, const std::string& stream, const std::string& message) {
    logs.append("us-east-1", group, stream, {{clock.now_ms(), message}});
  }
  // The messages of the updates so far, "stream message".
  static std::vector<std::string> told(const FakeEventStream& stream) {
    std::vector<std::string> messages;
    for (const auto& [event, value] : stream.sent) {
      if (event != "sessionUpdate") continue;
      for (const auto& result : value["sessionResults"]) {
        messages.push_back(result["logStreamName"].get<std::string>() + " " +
                           result["message"].get<std::string>());
      }
    }
    return messages;
  }
  using Texts = std::vector<std::string>;

  struct Migrated : store::Database {
    Migrated() { migrate(); }
  } db;
  LogStore logs{db, clock};
  cloudwatch::MetricStore metrics{db, clock};
};

TEST_F(LiveTailTest, TellsEachSecondWhatCame) {
  const auto stream = start({{"logGroupIdentifiers", {arn("/g")}}});
  ASSERT_EQ(stream->sent.size(), 1u);
  EXPECT_EQ(stream->sent[0].first, "sessionStart");
  EXPECT_EQ(stream->sent[0].second["logGroupIdentifiers"], Json{arn("/g")});
  put("/g", "a1", "one");
  put("/h", "a1", "elsewhere");
  EXPECT_EQ(stream->sent.size(), 1u);
  clock.advance(std::chrono::seconds(1));
  ASSERT_EQ(stream->sent.size(), 2u);
  const auto& update = stream->sent[1].second;
  EXPECT_EQ(update["sessionMetadata"]["sampled"], false);
  EXPECT_EQ(update["sessionResults"][0]["logGroupIdentifier"], arn("/g"));
  clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(stream->sent.size(), 4u) << "an update a second, also without events";
  EXPECT_EQ(told(*stream), Texts{"a1 one"});
}

TEST_F(LiveTailTest, ListensToStreamsPrefixesAndPatterns) {
  const auto of_stream = start({{"logGroupIdentifiers", {arn("/g")}}, {"logStreamNames", {"a1"}}});
  const auto of_prefix =
      start({{"logGroupIdentifiers", {arn("/g")}}, {"logStreamNamePrefixes", {"b"}}});
  const auto of_pattern =
      start({{"logGroupIdentifiers", {arn("/g"), arn("/h")}}, {"logEventFilterPattern", "ERROR"}});
  put("/g", "a1", "x");
  put("/g", "b1", "y");
  put("/h", "b1", "an ERROR");
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(told(*of_stream), Texts{"a1 x"});
  EXPECT_EQ(told(*of_prefix), Texts{"b1 y"});
  EXPECT_EQ(told(*of_pattern), Texts{"b1 an ERROR"});
}

TEST_F(LiveTailTest, AnotherGroupInThePlaceOfADeletedOneIsNotHeard) {
  const auto stream = start({{"logGroupIdentifiers", {arn("/h")}}});
  call("DeleteLogGroup", {{"logGroupName", "/h"}});
  logs.create_group("us-east-1", "/new");
  logs.create_stream("us-east-1", "/new", "a1");
  put("/new", "a1", "x");
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(told(*stream), Texts{});
}

TEST_F(LiveTailTest, SamplesWhatIsTooMuch) {
  const auto stream = start({{"logGroupIdentifiers", {arn("/g")}}});
  for (int i = 0; i < 600; ++i) put("/g", "a1", "x");
  clock.advance(std::chrono::seconds(1));
  EXPECT_EQ(told(*stream).size(), 500u);
  EXPECT_EQ(stream->sent.back().second["sessionMetadata"]["sampled"], true);
  stream->queued = 100 << 20;  // the client does not read
  put("/g", "a1", "x");
  const auto before = stream->sent.size();
  clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(stream->sent.size(), before);
}

TEST_F(LiveTailTest, EndsWithItsClientOrItsTime) {
  const auto stream = start({{"logGroupIdentifiers", {arn("/g")}}});
  clock.advance(std::chrono::hours(3));
  EXPECT_FALSE(stream->open);
  EXPECT_EQ(stream->sent.back().first, "SessionTimeoutException");
  // 15 sessions at a time; one whose client is gone makes room.
  std::vector<std::shared_ptr<FakeEventStream>> all;
  const Json in = {{"logGroupIdentifiers", {arn("/g")}}};
  for (int i = 0; i < 15; ++i) all.push_back(start(in));
  EXPECT_TRUE(error("StartLiveTail", in).starts_with("LimitExceededException"));
  all[3]->end();
  clock.run_posted();
  EXPECT_EQ(error("StartLiveTail", in), "");
}

TEST_F(LiveTailTest, RefusesWhatAWSRefuses) {
  const auto refusal = [&](const Json& in) {
    const auto text = error("StartLiveTail", in);
    return text.substr(0, text.find(':'));
  };
  EXPECT_EQ(refusal({{"logGroupIdentifiers", {arn("/none")}}}), "ResourceNotFoundException");
  EXPECT_EQ(refusal({{"logGroupIdentifiers", {"/g"}}}), "InvalidParameterException");
  EXPECT_EQ(refusal({{"logGroupIdentifiers", {arn("/g"), arn("/h")}}, {"logStreamNames", {"a"}}}),
            "InvalidParameterException");
  EXPECT_EQ(refusal({{"logGroupIdentifiers", {arn("/g")}},
                     {"logStreamNames", {"a"}},
                     {"logStreamNamePrefixes", {"a"}}}),
            "InvalidParameterException");
  EXPECT_EQ(refusal({{"logGroupIdentifiers", {arn("/g")}}, {"logEventFilterPattern", "{"}}),
            "InvalidParameterException");
}

}  // namespace
}  // namespace enibox::logs

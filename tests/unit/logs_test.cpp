#include <gtest/gtest.h>

#include "emulator/logs/filter_pattern.hpp"
#include "emulator/logs/service.hpp"
#include "tests/unit/service_fixture.hpp"

namespace enibox::logs {
namespace {

class LogsTest : public ServiceFixture {
 protected:
  LogsTest() {
    db.migrate();
    logs.emplace(db, clock);
    service = make_logs_service(*logs);
    call("CreateLogGroup", {{"logGroupName", "/g"}});
    call("CreateLogStream", {{"logGroupName", "/g"}, {"logStreamName", "s"}});
  }
  Json put(const std::vector<std::pair<std::int64_t, std::string>>& events) {
    Json list = Json::array();
    for (const auto& [offset, text] : events) {
      list.push_back({{"timestamp", clock.now_ms() + offset}, {"message", text}});
    }
    return call("PutLogEvents",
                {{"logGroupName", "/g"}, {"logStreamName", "s"}, {"logEvents", list}});
  }

  store::Database db;
  std::optional<LogStore> logs;
};

TEST_F(LogsTest, EventsAreReadForwardsAndBackwards) {
  put({{-3, "a"}, {-2, "b"}, {-1, "c"}});
  const Json in = {{"logGroupName", "/g"}, {"logStreamName", "s"}, {"limit", 2}};
  const auto latest = call("GetLogEvents", in);
  ASSERT_EQ(latest["events"].size(), 2u);
  EXPECT_EQ(latest["events"][0]["message"], "b");
  auto older = in;
  older["nextToken"] = latest["nextBackwardToken"];
  const auto first = call("GetLogEvents", older);
  ASSERT_EQ(first["events"].size(), 1u);
  EXPECT_EQ(first["events"][0]["message"], "a");
  auto end = in;
  end["nextToken"] = latest["nextForwardToken"];
  const auto none = call("GetLogEvents", end);
  EXPECT_EQ(none["events"], Json::array());
  EXPECT_EQ(none["nextForwardToken"], latest["nextForwardToken"]);
  EXPECT_EQ(
      error("GetLogEvents", {{"logGroupName", "/g"}, {"logStreamName", "s"}, {"nextToken", "f/1"}}),
      "InvalidParameterException: The specified nextToken is invalid.");
}

TEST_F(LogsTest, WhatIsMissingOrOutOfOrderIsRefusedWhole) {
  EXPECT_EQ(
      error("PutLogEvents", {{"logGroupName", "/no"},
                             {"logStreamName", "s"},
                             {"logEvents", {{{"timestamp", clock.now_ms()}, {"message", "m"}}}}}),
      "ResourceNotFoundException: The specified log group does not exist.");
  EXPECT_EQ(error("CreateLogGroup", {{"logGroupName", "/g"}}),
            "ResourceAlreadyExistsException: The specified log group already exists");
  EXPECT_THROW(put({{0, "late"}, {-5, "early"}}), AwsError);
  EXPECT_EQ(call("GetLogEvents", {{"logGroupName", "/g"}, {"logStreamName", "s"}})["events"],
            Json::array());
  EXPECT_THROW(logs->append("us-east-1", "/g", "no", {{1, "x"}}), AwsError);
}

TEST_F(LogsTest, TooOldAndTooNewEventsAreNamed) {
  const std::int64_t hour = 3'600'000;
  const auto answer = put({{hour, "soon"}, {3 * hour, "far"}});
  EXPECT_EQ(answer["rejectedLogEventsInfo"], (Json{{"tooNewLogEventStartIndex", 1}}));
  EXPECT_EQ(put({{-15 * 24 * hour, "old"}})["rejectedLogEventsInfo"],
            (Json{{"tooOldLogEventEndIndex", 1}}));
}

TEST_F(LogsTest, FilteredEventsComeInPages) {
  put({{-3, "ERROR one"}, {-2, "INFO"}, {-1, "ERROR two"}});
  const Json in = {{"logGroupName", "/g"}, {"filterPattern", "ERROR"}, {"limit", 1}};
  const auto first = call("FilterLogEvents", in);
  ASSERT_EQ(first["events"].size(), 1u);
  auto next = in;
  next["nextToken"] = first["nextToken"];
  EXPECT_EQ(call("FilterLogEvents", next)["events"][0]["message"], "ERROR two");
}

TEST_F(LogsTest, RetentionHidesAndSweeps) {
  put({{-1, "x"}});
  call("PutRetentionPolicy", {{"logGroupName", "/g"}, {"retentionInDays", 1}});
  EXPECT_TRUE(error("PutRetentionPolicy", {{"logGroupName", "/g"}, {"retentionInDays", 2}})
                  .starts_with("InvalidParameterException"));
  clock.advance(std::chrono::hours(25));
  const Json in = {{"logGroupName", "/g"}, {"logStreamName", "s"}};
  EXPECT_EQ(call("GetLogEvents", in)["events"], Json::array());
  logs->sweep();
  call("DeleteRetentionPolicy", {{"logGroupName", "/g"}});
  EXPECT_EQ(call("GetLogEvents", in)["events"], Json::array());
}

TEST(FilterPattern, Words) {
  EXPECT_TRUE(FilterPattern("").matches("anything"));
  EXPECT_TRUE(FilterPattern("a b").matches("b and a"));
  EXPECT_FALSE(FilterPattern("a -b").matches("b and a"));
  EXPECT_TRUE(FilterPattern("?x ?a").matches("b and a"));
  EXPECT_TRUE(FilterPattern("\"b and\"").matches("b and a"));
  EXPECT_THROW(FilterPattern("\"open"), AwsError);
  EXPECT_THROW(FilterPattern("a:b"), AwsError);
}

TEST(FilterPattern, Json) {
  const std::string event = R"({"status":503,"path":"/api/v1","user":{"id":null},"tags":["x"]})";
  const auto matches = [&](const char* pattern) { return FilterPattern(pattern).matches(event); };
  EXPECT_TRUE(matches("{ $.status >= 500 && $.path = \"/api*\" }"));
  EXPECT_FALSE(matches("{ $.status = 200 || $.path = \"/other\" }"));
  EXPECT_TRUE(matches("{ ($.status = 200 || $.status = 503) && $.tags[0] = x }"));
  EXPECT_TRUE(matches("{ $.user.id IS NULL }"));
  EXPECT_TRUE(matches("{ $.nothing NOT EXISTS }"));
  EXPECT_FALSE(FilterPattern("{ $.a = 1 }").matches("not json"));
  EXPECT_THROW(matches("{ $.status ~ 1 }"), AwsError);
  EXPECT_THROW(matches((std::string("{ ") + std::string(1000, '(')).append(" }").c_str()),
               AwsError);
}

}  // namespace
}  // namespace enibox::logs

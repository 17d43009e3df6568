#include <gtest/gtest.h>

#include "emulator/logs/service.hpp"
#include "tests/unit/service_fixture.hpp"

namespace enibox::logs {
namespace {

class LogsTest : public ServiceFixture {
 protected:
  LogsTest() {
    db.migrate();
    logs.emplace(db, clock);
    metrics.emplace(db, clock);
    service = make_logs_service(*logs, clock, *metrics);
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
  std::optional<cloudwatch::MetricStore> metrics;
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

TEST_F(LogsTest, EventsThatAreTooManyForOneAnswerComeInPages) {
  const std::string big(300'000, 'x');
  put({{-3, big}, {-2, big}});
  put({{-1, big}, {0, big}});
  put({{1, big}});
  std::vector<std::int64_t> seen;
  Json in = {{"logGroupName", "/g"}, {"logStreamName", "s"}, {"startFromHead", true}};
  for (int page = 0; page < 5; ++page) {
    const auto answer = call("GetLogEvents", in);
    for (const auto& event : answer["events"]) seen.push_back(event["timestamp"]);
    in["nextToken"] = answer["nextForwardToken"];
  }
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  Json filter = {{"logGroupName", "/g"}};
  std::size_t found = 0;
  int pages = 0;
  do {
    const auto answer = call("FilterLogEvents", filter);
    found += answer["events"].size();
    filter["nextToken"] = answer.value("nextToken", "");
  } while (++pages < 5 && !filter["nextToken"].get<std::string>().empty());
  EXPECT_EQ(found, 5u);
  EXPECT_GT(pages, 1);
}

TEST_F(LogsTest, BytesAreCounted) {
  put({{-2, "abc"}, {-1, "d"}});
  const auto stored = [&] {
    return call("DescribeLogGroups", {{"logGroupNamePrefix", "/g"}})["logGroups"][0]["storedBytes"];
  };
  EXPECT_EQ(stored(), 3 + 1 + 2 * 26);
  EXPECT_EQ(call("DescribeLogStreams", {{"logGroupName", "/g"}})["logStreams"][0]["storedBytes"],
            3 + 1 + 2 * 26);
  call("PutRetentionPolicy", {{"logGroupName", "/g"}, {"retentionInDays", 1}});
  clock.advance(std::chrono::hours(25));
  logs->sweep();
  EXPECT_EQ(stored(), 0);
}

TEST_F(LogsTest, GroupsAreFoundByNameClassAndArn) {
  call("CreateLogGroup", {{"logGroupName", "/h/rare"}, {"logGroupClass", "INFREQUENT_ACCESS"}});
  const auto names = [&](const std::string& operation, const Json& in) {
    std::vector<std::string> found;
    const auto answer = call(operation, in);
    for (const auto& group : answer["logGroups"]) {
      found.push_back(group["logGroupName"]);
    }
    return found;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names("DescribeLogGroups", {{"logGroupNamePattern", "rar"}}), Names{"/h/rare"});
  EXPECT_EQ(names("DescribeLogGroups", {{"logGroupClass", "STANDARD"}}), Names{"/g"});
  EXPECT_EQ(names("DescribeLogGroups", {{"logGroupIdentifiers", {"/g", "/none"}}}), Names{"/g"});
  EXPECT_EQ(names("ListLogGroups", {{"logGroupNamePattern", "^/h/ra"}}), Names{"/h/rare"});
  EXPECT_EQ(names("ListLogGroups", {{"logGroupClass", "DELIVERY"}}), Names{});
  EXPECT_EQ(
      error("DescribeLogGroups", {{"logGroupNamePattern", "a"}, {"logGroupNamePrefix", "b"}}),
      "InvalidParameterException: LogGroup name prefix and LogGroup name pattern are mutually "
      "exclusive parameters.");
}

TEST_F(LogsTest, KeysComeAndGo) {
  const std::string key = "arn:aws:kms:us-east-1:111122223333:key/1";
  const auto described = [&] { return call("DescribeLogGroups")["logGroups"][0]; };
  call("AssociateKmsKey", {{"logGroupName", "/g"}, {"kmsKeyId", key}});
  EXPECT_EQ(described()["kmsKeyId"], key);
  call("DisassociateKmsKey",
       {{"resourceIdentifier", "arn:aws:logs:us-east-1:111122223333:log-group:/g"}});
  EXPECT_FALSE(described().contains("kmsKeyId"));
  EXPECT_TRUE(error("DisassociateKmsKey", Json::object()).starts_with("InvalidParameterException"));
}

TEST_F(LogsTest, ResourcePoliciesAreKept) {
  call("PutResourcePolicy", {{"policyName", "p"}, {"policyDocument", "{}"}});
  const auto all = call("DescribeResourcePolicies")["resourcePolicies"];
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["policyDocument"], "{}");
  EXPECT_TRUE(error("PutResourcePolicy", {{"policyName", "q"}, {"policyDocument", "no"}})
                  .starts_with("InvalidParameterException"));
  call("DeleteResourcePolicy", {{"policyName", "p"}});
  EXPECT_EQ(error("DeleteResourcePolicy", {{"policyName", "p"}}),
            "ResourceNotFoundException: Policy with name [p] does not exist.");
}

class MetricFilterTest : public LogsTest {
 protected:
  void filter(const std::string& pattern, const Json& transformation) {
    Json full = {{"metricName", "m"}, {"metricNamespace", "N"}};
    full.update(transformation);
    call("PutMetricFilter", {{"logGroupName", "/g"},
                             {"filterName", "f"},
                             {"filterPattern", pattern},
                             {"metricTransformations", {full}}});
  }
  // The sum of all that was published.
  double sum(const cloudwatch::Dimensions& dimensions = {}) {
    double all = 0;
    const auto now_s = clock.now_ms() / 1000;
    for (const auto& period : metrics->periods(
             "us-east-1", {"N", "m", dimensions},
             {.from_s = now_s - 3600, .to_s = now_s + 3600, .period_s = 60, .unit = ""})) {
      all += period.samples.sum();
    }
    return all;
  }
};

TEST_F(MetricFilterTest, PublishesWhatMatches) {
  filter("{ $.level = ERROR }", {{"metricValue", "$.ms"}, {"unit", "Milliseconds"}});
  put({{-3, R"({"level":"ERROR","ms":5})"},
       {-2, R"({"level":"INFO","ms":7})"},
       {-1, R"({"level":"ERROR","ms":"8"})"},
       {0, R"({"level":"ERROR"})"}});
  EXPECT_EQ(sum(), 13);
  call("DeleteMetricFilter", {{"logGroupName", "/g"}, {"filterName", "f"}});
  put({{0, R"({"level":"ERROR","ms":5})"}});
  EXPECT_EQ(sum(), 13);
  EXPECT_EQ(error("DeleteMetricFilter", {{"logGroupName", "/g"}, {"filterName", "f"}}),
            "ResourceNotFoundException: The specified metric filter does not exist.");
}

TEST_F(MetricFilterTest, KnowsDimensionsAndDefaults) {
  filter("[ip, status]", {{"metricValue", "1"}, {"dimensions", {{"Status", "$status"}}}});
  put({{-2, "a 200"}, {-1, "b 404"}, {0, "c 404"}});
  EXPECT_EQ(sum({{"Status", "404"}}), 2);
  EXPECT_EQ(sum(), 0);
  filter("never", {{"metricValue", "1"}, {"defaultValue", 0.5}});
  put({{0, "a"}});
  EXPECT_EQ(sum(), 0.5);
}

TEST_F(MetricFilterTest, IsDescribedAndJudged) {
  filter("ERROR", {{"metricValue", "1"}});
  const auto all = call("DescribeMetricFilters", {{"logGroupName", "/g"}})["metricFilters"];
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["metricTransformations"][0]["metricValue"], "1");
  EXPECT_EQ(call("DescribeLogGroups")["logGroups"][0]["metricFilterCount"], 1);
  const auto of_metric = [&](const std::string& name) {
    return call("DescribeMetricFilters",
                {{"metricName", name}, {"metricNamespace", "N"}})["metricFilters"]
        .size();
  };
  EXPECT_EQ(of_metric("m"), 1u);
  EXPECT_EQ(of_metric("other"), 0u);
  EXPECT_THROW(filter("\"open", {{"metricValue", "1"}}), AwsError);
  EXPECT_THROW(filter("word", {{"metricValue", "$.x"}}), AwsError);
  EXPECT_THROW(filter("word", {{"metricValue", "many"}}), AwsError);
  const auto tested = call("TestMetricFilter", {{"filterPattern", "[..., size > 5]"},
                                                {"logEventMessages", {"a 1", "b 9"}}})["matches"];
  EXPECT_EQ(tested, (Json{{{"eventNumber", 2},
                           {"eventMessage", "b 9"},
                           {"extractedValues", {{"$1", "b"}, {"$size", "9"}}}}}));
}

}  // namespace
}  // namespace enibox::logs

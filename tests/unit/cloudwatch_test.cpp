#include <gtest/gtest.h>

#include "emulator/cloudwatch/service.hpp"
#include "tests/unit/service_fixture.hpp"

namespace enibox::cloudwatch {
namespace {

class CloudWatchTest : public ServiceFixture {
 protected:
  CloudWatchTest() {
    db.migrate();
    store.emplace(db, clock);
    service = make_cloudwatch_service(*store);
    now_s = store->now_s() / 3600 * 3600;
  }
  // Values of one metric, a minute apart, the last one a minute ago.
  void put(const std::string& name, const std::vector<double>& values, Json more = Json::object()) {
    Json data = Json::array();
    auto time_s = now_s - 60 * std::ssize(values);
    for (const double value : values) {
      Json datum = {{"MetricName", name}, {"Timestamp", time_s}, {"Value", value}};
      datum.update(more);
      data.push_back(std::move(datum));
      time_s += 60;
    }
    call("PutMetricData", {{"Namespace", "app"}, {"MetricData", data}});
  }
  Json statistics(Json more) {
    Json in = {{"Namespace", "app"},
               {"MetricName", "m"},
               {"StartTime", now_s - 3600},
               {"EndTime", now_s + 3600},
               {"Period", 3600}};
    in.update(more);
    return call("GetMetricStatistics", in)["Datapoints"];
  }
  std::string refused(Json datum) {
    datum["MetricName"] = "m";
    return error("PutMetricData", {{"Namespace", "app"}, {"MetricData", {datum}}});
  }

  store::Database db;
  std::optional<MetricStore> store;
  std::int64_t now_s = 0;
};

TEST_F(CloudWatchTest, ComputesWhatWasPut) {
  put("m", {4, 1, 3, 2});
  const auto points =
      statistics({{"Statistics", {"Average", "Sum", "Minimum", "Maximum", "SampleCount"}}});
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0], Json({{"Timestamp", now_s - 3600},
                             {"Average", 2.5},
                             {"Sum", 10.0},
                             {"Minimum", 1.0},
                             {"Maximum", 4.0},
                             {"SampleCount", 4.0},
                             {"Unit", "None"}}));
}

TEST_F(CloudWatchTest, KnowsPercentilesAndTheirKin) {
  std::vector<double> values;
  for (int i = 1; i <= 50; ++i) values.push_back(i);
  put("m", values);
  const std::map<std::string, double> wanted{
      {"p50", 25},           {"p99.9", 50},   {"p0", 1},          {"tm90", 23},
      {"TM(10%:90%)", 25.5}, {"TC(:10)", 10}, {"TS(40:45)", 215}, {"PR(:25)", 50},
      {"PR(10:20)", 20},     {"IQM", 25.5}};
  for (const auto& [name, value] : wanted) {
    const auto points = statistics({{"ExtendedStatistics", {name}}});
    EXPECT_NEAR(points[0]["ExtendedStatistics"][name].get<double>(), value, 1e-9) << name;
  }
  for (const char* none : {"p", "p101", "P(1:2)", "pp9", "TM()", "TM(5)", "TM(9%:1%)", "TM(1:2%)",
                           "PR(10%:20%)", "median", "Average", ""}) {
    const auto text = error("GetMetricStatistics", {{"Namespace", "app"},
                                                    {"MetricName", "m"},
                                                    {"StartTime", now_s - 60},
                                                    {"EndTime", now_s},
                                                    {"Period", 60},
                                                    {"ExtendedStatistics", {none}}});
    EXPECT_TRUE(text.starts_with("InvalidParameterValue: ")) << none << text;
  }
}

TEST_F(CloudWatchTest, AStatisticSetHasNoPercentiles) {
  call("PutMetricData",
       {{"Namespace", "app"},
        {"MetricData",
         {{{"MetricName", "m"},
           {"Timestamp", now_s - 60},
           {"StatisticValues",
            {{"SampleCount", 3}, {"Sum", 30}, {"Minimum", 5}, {"Maximum", 15}}}}}}});
  const auto points = statistics({{"Statistics", {"Average"}}, {"ExtendedStatistics", {"p50"}}});
  EXPECT_EQ(points[0]["Average"], 10.0);
  EXPECT_FALSE(points[0].contains("ExtendedStatistics"));
}

TEST_F(CloudWatchTest, DimensionsAndUnitsKeepMetricsApart) {
  put("m", {1});
  put("m", {2},
      {{"Dimensions", {{{"Name", "b"}, {"Value", "2"}}, {{"Name", "a"}, {"Value", "1"}}}}});
  put("m", {3}, {{"Unit", "Percent"}});
  EXPECT_EQ(statistics({{"Statistics", {"Sum"}}}).size(), 2u);
  EXPECT_EQ(statistics({{"Statistics", {"Sum"}}, {"Unit", "Percent"}})[0]["Sum"], 3.0);
  const Json turned = {{{"Name", "a"}, {"Value", "1"}}, {{"Name", "b"}, {"Value", "2"}}};
  EXPECT_EQ(statistics({{"Statistics", {"Sum"}}, {"Dimensions", turned}})[0]["Sum"], 2.0);
  EXPECT_EQ(statistics({{"Statistics", {"Sum"}}, {"Dimensions", {turned[0]}}}).size(), 0u);

  EXPECT_EQ(call("ListMetrics")["Metrics"].size(), 2u);
  EXPECT_EQ(call("ListMetrics", {{"Dimensions", {{{"Name", "a"}}}}})["Metrics"].size(), 1u);
  EXPECT_EQ(call("ListMetrics", {{"Namespace", "other"}})["Metrics"].size(), 0u);
  EXPECT_EQ(call("ListMetrics", Json::object(), "eu-west-1")["Metrics"].size(), 0u);
}

TEST_F(CloudWatchTest, ListsInPages) {
  for (int i = 0; i < 501; ++i) put("m" + std::to_string(i), {1});
  const auto first = call("ListMetrics");
  EXPECT_EQ(first["Metrics"].size(), 500u);
  const auto second = call("ListMetrics", {{"NextToken", first["NextToken"]}});
  EXPECT_EQ(second["Metrics"].size(), 1u);
  EXPECT_FALSE(second.contains("NextToken"));
  EXPECT_NE(error("ListMetrics", {{"NextToken", "bad"}}), "");
}

TEST_F(CloudWatchTest, ReadsSeveralMetricsAtOnceAndInPages) {
  put("m", {1, 2, 3});
  put("n", {7});
  const auto query = [](const char* id, const char* name) {
    return Json{{"Id", id},
                {"MetricStat",
                 {{"Metric", {{"Namespace", "app"}, {"MetricName", name}}},
                  {"Period", 60},
                  {"Stat", "Maximum"}}}};
  };
  Json in = {{"MetricDataQueries", {query("a", "m"), query("b", "n")}},
             {"StartTime", now_s - 600},
             {"EndTime", now_s}};
  auto out = call("GetMetricData", in);
  EXPECT_EQ(out["MetricDataResults"][0]["Values"], Json({3.0, 2.0, 1.0}));
  EXPECT_EQ(out["MetricDataResults"][1]["Label"], "n");
  in["ScanBy"] = "TimestampAscending";
  in["MaxDatapoints"] = 2;
  out = call("GetMetricData", in);
  EXPECT_EQ(out["MetricDataResults"][0]["Values"], Json({1.0, 2.0}));
  EXPECT_EQ(out["MetricDataResults"][0]["StatusCode"], "PartialData");
  in["NextToken"] = out["NextToken"];
  out = call("GetMetricData", in);
  EXPECT_EQ(out["MetricDataResults"][0]["Values"], Json({3.0}));
  EXPECT_EQ(out["MetricDataResults"][1]["Values"], Json({7.0}));
  EXPECT_FALSE(out.contains("NextToken"));

  const auto refusal = [&](Json queries) {
    return error("GetMetricData",
                 {{"MetricDataQueries", queries}, {"StartTime", now_s - 600}, {"EndTime", now_s}});
  };
  EXPECT_EQ(refusal({query("a", "m"), query("a", "n")}),
            "ValidationError: The values for parameter id in MetricDataQueries are not unique.");
  EXPECT_TRUE(refusal({query("A", "m")}).starts_with("ValidationError: "));
  EXPECT_TRUE(refusal({{{"Id", "e"}, {"Expression", "a+b"}}}).starts_with("NotImplemented: "));
}

TEST_F(CloudWatchTest, RefusesWhatAwsRefuses) {
  const std::string both = refused({{"Value", 1}, {"Values", {1}}});
  EXPECT_EQ(both,
            "InvalidParameterCombination: The parameters MetricData.member.1.Value and "
            "MetricData.member.1.Values are mutually exclusive and you have specified both.");
  EXPECT_EQ(refused(Json::object()),
            "MissingParameter: The parameter MetricData.member.1.Value is required.");
  EXPECT_NE(refused({{"Value", 1e200}}), "");
  EXPECT_NE(refused({{"Value", 1}, {"Timestamp", now_s - 15 * kDay_s}}), "");
  EXPECT_NE(refused({{"Value", 1}, {"Timestamp", now_s + 4 * kHour_s}}), "");
  EXPECT_NE(refused({{"Values", {1, 2}}, {"Counts", {1}}}), "");
  EXPECT_NE(refused({{"Value", 1}, {"StorageResolution", 7}}), "");
  EXPECT_EQ(error("PutMetricData", {{"Namespace", "AWS/EC2"}, {"MetricData", Json::array()}}),
            "InvalidParameterValue: The value AWS/ for parameter Namespace is invalid.");
  EXPECT_EQ(error("GetMetricStatistics", {{"Namespace", "app"},
                                          {"MetricName", "m"},
                                          {"StartTime", now_s - 2016 * 60},
                                          {"EndTime", now_s},
                                          {"Period", 60},
                                          {"Statistics", {"Sum"}}}),
            "InvalidParameterCombination: You have requested up to 2,016 datapoints, which exceeds "
            "the limit of 1,440. You may reduce the datapoints requested by increasing Period, or "
            "decreasing the time range.");
  EXPECT_EQ(call("ListMetrics")["Metrics"].size(), 0u);
}

TEST_F(CloudWatchTest, OldDataBecomeCoarserAndGo) {
  put("m", {1, 2, 3}, {{"StorageResolution", 1}});
  clock.advance(std::chrono::seconds(16 * kDay_s));
  store->sweep();
  const auto metric = store->rows().metrics("us-east-1", 0, 0).front();
  auto points = store->rows().points(metric.metric_id, 0, INT64_MAX);
  ASSERT_EQ(points.size(), 3u) << "values stay apart, their times do not";
  for (const auto& point : points) EXPECT_EQ(point.time_s % 300, 0);
  clock.advance(std::chrono::seconds(500 * kDay_s));
  store->sweep();
  EXPECT_TRUE(store->rows().metrics("us-east-1", 0, 0).empty());
}

TEST_F(CloudWatchTest, WhatMeasuresFromInsideWritesIntoTheSameStore) {
  store->put("us-east-1", "ECS/ContainerInsights",
             {Datum::of_value("CpuUtilized", 3), Datum::of_value("CpuUtilized", 5)});
  const auto points = statistics({{"Namespace", "ECS/ContainerInsights"},
                                  {"MetricName", "CpuUtilized"},
                                  {"Statistics", {"Average"}}});
  EXPECT_EQ(points[0]["Average"], 4.0);
}

}  // namespace
}  // namespace enibox::cloudwatch

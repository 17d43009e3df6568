#include <algorithm>
#include <cctype>
#include <set>

#include "api/wire/paging.hpp"
#include "api/wire/scalars.hpp"
#include "emulator/cloudwatch/operations.hpp"

// GetMetricStatistics and GetMetricData.
namespace enibox::cloudwatch {
namespace {

constexpr std::int64_t kMostDatapoints = 1440;  // of GetMetricStatistics
constexpr std::size_t kMostQueries = 500;
constexpr std::int64_t kMostDataOfQueries = 100'800;

bool is_period(std::int64_t seconds) {
  return seconds == 1 || seconds == 5 || seconds == 10 || seconds == 20 || seconds == 30 ||
         (seconds > 0 && seconds % 60 == 0);
}

std::int64_t floor_to(std::int64_t time_s, std::int64_t step_s) {
  return time_s - ((time_s % step_s) + step_s) % step_s;
}

std::string grouped(std::int64_t number) {
  std::string out = std::to_string(number);
  for (auto at = std::ssize(out) - 3; at > 0; at -= 3) {
    out.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return out;
}

std::vector<std::pair<std::string, Statistic>> statistics_of(const Json& names, bool extended) {
  std::vector<std::pair<std::string, Statistic>> out;
  for (const std::string name : names) {
    const auto statistic = Statistic::parse(name);
    if (!statistic || statistic->is_extended() != extended) {
      throw invalid_value("The value " + name + " for parameter " +
                          (extended ? "ExtendedStatistics" : "Statistics") + " is not supported.");
    }
    out.emplace_back(name, *statistic);
  }
  return out;
}

using Points = std::vector<std::pair<std::int64_t, double>>;

MetricName metric_of(const Json& in, const std::string& place) {
  for (const char* member : {"Namespace", "MetricName"}) {
    if (!in.contains(member)) {
      throw AwsError("MissingParameter", "The parameter " + place + "." + member + " is required.");
    }
  }
  return {in.at("Namespace"), in.at("MetricName"),
          dimensions_of(in.value("Dimensions", Json::array()), place + ".Dimensions")};
}

Points run_query(MetricStore& store, const api::RequestContext& request, const Json& query,
                 const Json& in, const std::string& place) {
  const Json& stat = query.at("MetricStat");
  const auto statistic = Statistic::parse(stat.at("Stat").get_ref<const std::string&>());
  if (!statistic) {
    throw validation_error("The value '" + stat.at("Stat").get<std::string>() + "' for " + place +
                           ".MetricStat.Stat is not supported.");
  }
  const auto metric = metric_of(stat.at("Metric"), place + ".MetricStat.Metric");
  auto wanted = span_of(store, in, stat.at("Period"), "ValidationError");
  wanted.unit = stat.value("Unit", "");
  wanted.merge_units = true;
  Points out;
  for (const auto& period : store.periods(request.region, metric, wanted)) {
    if (const auto value = statistic->of(period.samples)) out.emplace_back(period.start_s, *value);
  }
  if (in.value("ScanBy", "") != "TimestampAscending") std::reverse(out.begin(), out.end());
  return out;
}

bool is_query_id(const std::string& id) {
  return !id.empty() && std::islower(static_cast<unsigned char>(id[0])) != 0 &&
         std::all_of(id.begin(), id.end(), [](unsigned char c) {
           return (c < 0x80 && std::isalnum(c) != 0) || c == '_';
         });
}

void check_queries(const Json& queries) {
  if (queries.size() > kMostQueries) {
    throw validation_error("The collection MetricDataQueries must not have a size greater than " +
                           std::to_string(kMostQueries) + ".");
  }
  std::set<std::string> ids;
  for (const auto& query : queries) {
    const std::string id = query.at("Id");
    if (!is_query_id(id)) {
      throw validation_error("The value " + id +
                             " for parameter id in MetricDataQueries is invalid. It must begin "
                             "with a lowercase letter and have letters, digits and _ only.");
    }
    if (!ids.insert(id).second) {
      throw validation_error("The values for parameter id in MetricDataQueries are not unique.");
    }
    if (query.contains("Expression") == query.contains("MetricStat")) {
      throw validation_error(
          "Exactly one of the parameters MetricStat and Expression must be specified for each "
          "MetricDataQuery.");
    }
    if (query.contains("Expression")) {
      throw AwsError("NotImplemented", "Enibox does not evaluate metric math: " + id + ".", 501);
    }
  }
}

}  // namespace

PeriodQuery span_of(const MetricStore& store, const Json& in, std::int64_t period_s,
                    const char* code) {
  PeriodQuery out;
  out.from_s = whole_seconds(in.at("StartTime"));
  out.to_s = whole_seconds(in.at("EndTime"));
  out.period_s = period_s;
  if (out.from_s >= out.to_s) {
    throw AwsError(code, "The parameter StartTime must be less than the parameter EndTime.");
  }
  if (!is_period(period_s)) {
    throw AwsError(code, "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
  }
  // The older the data, the coarser the time they are asked by.
  const auto age_s = store.now_s() - out.from_s;
  const std::int64_t step_s = age_s >= 63 * kDay_s   ? 3600
                              : age_s >= 15 * kDay_s ? 300
                                                     : std::min<std::int64_t>(period_s, 60);
  out.from_s = floor_to(out.from_s, step_s);
  return out;
}

Json get_metric_statistics(MetricStore& store, const api::RequestContext& request, const Json& in) {
  const auto plain = statistics_of(in.value("Statistics", Json::array()), false);
  const auto extended = statistics_of(in.value("ExtendedStatistics", Json::array()), true);
  if (plain.empty() && extended.empty()) {
    throw AwsError("MissingParameter",
                   "At least one of the parameters Statistics and ExtendedStatistics must be "
                   "specified.");
  }
  auto span = span_of(store, in, in.at("Period"), "InvalidParameterValue");
  span.unit = in.value("Unit", "");
  const auto possible = (span.to_s - span.from_s + span.period_s - 1) / span.period_s;
  if (possible > kMostDatapoints) {
    throw invalid_combination("You have requested up to " + grouped(possible) +
                              " datapoints, which exceeds the limit of 1,440. You may reduce the "
                              "datapoints requested by increasing Period, or decreasing the time "
                              "range.");
  }
  const MetricName metric{in.at("Namespace"), in.at("MetricName"),
                          dimensions_of(in.value("Dimensions", Json::array()), "Dimensions")};
  Json datapoints = Json::array();
  for (const auto& period : store.periods(request.region, metric, span)) {
    Json point = {{"Timestamp", period.start_s}, {"Unit", period.unit}};
    for (const auto& [name, statistic] : plain) point[name] = *statistic.of(period.samples);
    for (const auto& [name, statistic] : extended) {
      if (const auto value = statistic.of(period.samples)) {
        point["ExtendedStatistics"][name] = *value;
      }
    }
    datapoints.push_back(std::move(point));
  }
  return {{"Label", metric.name}, {"Datapoints", std::move(datapoints)}};
}

Json get_metric_data(MetricStore& store, const api::RequestContext& request, const Json& in) {
  const Json& queries = in.at("MetricDataQueries");
  check_queries(queries);
  auto page = api::page_of(
      request, in,
      {.most = kMostDataOfQueries, .size_member = "MaxDatapoints", .token_member = "NextToken"});
  // A page is so many points, over all queries; the token counts those given before.
  std::size_t skip = static_cast<std::size_t>(api::parse_integer(page.after).value_or(0));
  std::size_t given = skip, room = page.limit;
  Json results = Json::array();
  bool more = false;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const Json& query = queries[i];
    if (!query.value("ReturnData", true)) continue;
    const auto place = "MetricDataQueries.member." + std::to_string(i + 1);
    const auto points = run_query(store, request, query, in, place);
    const auto passed = std::min(skip, points.size());
    skip -= passed;
    const auto taken = std::min(room, points.size() - passed);
    room -= taken;
    given += taken;
    const bool cut = passed + taken < points.size();
    more = more || cut;
    Json result = {
        {"Id", query.at("Id")},
        {"Label",
         query.value("Label", query["MetricStat"]["Metric"]["MetricName"].get<std::string>())},
        {"Timestamps", Json::array()},
        {"Values", Json::array()},
        {"StatusCode", cut ? "PartialData" : "Complete"}};
    for (std::size_t point = passed; point < passed + taken; ++point) {
      result["Timestamps"].push_back(points[point].first);
      result["Values"].push_back(points[point].second);
    }
    results.push_back(std::move(result));
  }
  Json out = {{"MetricDataResults", std::move(results)}, {"Messages", Json::array()}};
  if (more) out["NextToken"] = api::page_token(page, std::to_string(given));
  return out;
}

}  // namespace enibox::cloudwatch

#include <algorithm>
#include <cmath>

#include "api/wire/paging.hpp"
#include "api/wire/scalars.hpp"
#include "emulator/cloudwatch/operations.hpp"

// PutMetricData and ListMetrics.
namespace enibox::cloudwatch {
namespace {

constexpr std::size_t kMostData = 1000;          // of one PutMetricData
constexpr std::size_t kMostValues = 150;         // of one datum
constexpr std::int64_t kOldest_s = 14 * kDay_s;  // what may still be put, and is still listed
constexpr std::int64_t kNewest_s = 2 * kHour_s;
constexpr double kMost = 0x1p360;

double checked(const Json& value, const std::string& place) {
  const double number = value.get<double>();
  if (std::isfinite(number) && std::abs(number) <= kMost) return number;
  throw invalid_value("The value " + api::plain_number(value) + " for parameter " + place +
                      " is invalid.");
}

[[noreturn]] void refuse_both(const std::string& place, const char* one, const char* other) {
  throw invalid_combination("The parameters " + place + "." + one + " and " + place + "." + other +
                            " are mutually exclusive and you have specified both.");
}

std::optional<std::int64_t> time_of(const MetricStore& store, const Json& in,
                                    const std::string& place) {
  const auto found = in.find("Timestamp");
  if (found == in.end()) return std::nullopt;
  const auto time_s = whole_seconds(*found);
  if (time_s < store.now_s() - kOldest_s) {
    throw invalid_value("The parameter " + place +
                        ".Timestamp must specify a time no more than two weeks in the past.");
  }
  if (time_s > store.now_s() + kNewest_s) {
    throw invalid_value("The parameter " + place +
                        ".Timestamp must specify a time no more than two hours in the future.");
  }
  return time_s;
}

// One for each value.
void append_values(std::vector<Datum>& out, const Datum& common, const Json& in,
                   const std::string& place) {
  const auto& values = in.at("Values");
  const Json counts = in.value("Counts", Json::array());
  if (values.size() > kMostValues) {
    throw invalid_value("The collection " + place + ".Values must not have a size greater than " +
                        std::to_string(kMostValues) + ".");
  }
  if (!counts.empty() && counts.size() != values.size()) {
    throw invalid_value("The parameters " + place + ".Values and " + place +
                        ".Counts must be of the same size.");
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    Datum datum = common;
    datum.minimum = datum.maximum = checked(values[i], place + ".Values.member." + number);
    if (!counts.empty()) {
      datum.sample_count = checked(counts[i], place + ".Counts.member." + number);
      if (datum.sample_count < 0) {
        throw invalid_value("The value " + api::plain_number(counts[i]) + " for parameter " +
                            place + ".Counts.member." + number + " is invalid.");
      }
    }
    datum.sum = datum.minimum * datum.sample_count;
    out.push_back(std::move(datum));
  }
}

Datum of_statistic_set(Datum datum, const Json& set, const std::string& place) {
  const std::string at = place + ".StatisticValues.";
  datum.sample_count = checked(set.at("SampleCount"), at + "SampleCount");
  datum.sum = checked(set.at("Sum"), at + "Sum");
  datum.minimum = checked(set.at("Minimum"), at + "Minimum");
  datum.maximum = checked(set.at("Maximum"), at + "Maximum");
  if (datum.sample_count <= 0) {
    throw invalid_value("The parameter " + at + "SampleCount must be greater than 0.");
  }
  if (datum.minimum > datum.maximum) {
    throw invalid_value("The parameter " + at + "Maximum must be greater than or equal to " + at +
                        "Minimum.");
  }
  return datum;
}

void append_data(std::vector<Datum>& out, const MetricStore& store, const Json& in,
                 const std::string& place) {
  Datum datum;
  datum.name = in.at("MetricName");
  datum.dimensions = dimensions_of(in.value("Dimensions", Json::array()), place + ".Dimensions");
  datum.time_s = time_of(store, in, place);
  datum.unit = in.value("Unit", "None");
  const auto resolution = in.value("StorageResolution", 60);
  if (resolution != 1 && resolution != 60) {
    throw invalid_value("The parameter " + place + ".StorageResolution must be 1 or 60.");
  }
  datum.high_resolution = resolution == 1;

  const bool one = in.contains("Value"), set = in.contains("StatisticValues");
  const bool several = in.contains("Values");
  if (one && set) refuse_both(place, "Value", "StatisticValues");
  if (one && several) refuse_both(place, "Value", "Values");
  if (set && several) refuse_both(place, "StatisticValues", "Values");
  if (several) return append_values(out, datum, in, place);
  if (set) {
    out.push_back(of_statistic_set(datum, in.at("StatisticValues"), place));
  } else if (one) {
    datum.minimum = datum.maximum = datum.sum = checked(in.at("Value"), place + ".Value");
    out.push_back(std::move(datum));
  } else {
    throw AwsError("MissingParameter", "The parameter " + place + ".Value is required.");
  }
}

bool passes(const Dimensions& dimensions, const Json& filters) {
  return std::all_of(filters.begin(), filters.end(), [&](const Json& filter) {
    const auto found = dimensions.find(filter.at("Name").get<std::string>());
    return found != dimensions.end() &&
           (!filter.contains("Value") || filter.at("Value") == found->second);
  });
}

std::string page_key(const MetricRow& row) {
  std::string digits = std::to_string(row.metric_id);
  return std::string(19 - digits.size(), '0') + digits;
}

}  // namespace

Dimensions dimensions_of(const Json& in, const std::string& place) {
  Dimensions out;
  for (const auto& dimension : in) {
    if (!out.emplace(dimension.at("Name"), dimension.at("Value")).second) {
      throw invalid_value("The collection " + place + " must not have duplicate names.");
    }
  }
  return out;
}

Json dimensions_json(const Dimensions& dimensions) {
  Json out = Json::array();
  for (const auto& [name, value] : dimensions) out.push_back({{"Name", name}, {"Value", value}});
  return out;
}

std::int64_t whole_seconds(const Json& timestamp) {
  return static_cast<std::int64_t>(std::floor(timestamp.get<double>()));
}

Json put_metric_data(MetricStore& store, const api::RequestContext& request, const Json& in) {
  const std::string name = in.at("Namespace");
  if (name.starts_with("AWS/")) {
    throw invalid_value("The value AWS/ for parameter Namespace is invalid.");
  }
  std::vector<Datum> data;
  std::size_t given = 0;
  const auto append = [&](const Json& list, const std::string& place) {
    for (const auto& datum : list) {
      append_data(data, store, datum, place + ".member." + std::to_string(++given));
    }
  };
  append(in.value("MetricData", Json::array()), "MetricData");
  // An entity only says to what the metrics belong; CloudWatch's API never answers with it.
  for (const auto& entity : in.value("EntityMetricData", Json::array())) {
    append(entity.value("MetricData", Json::array()), "EntityMetricData");
  }
  if (given == 0) throw AwsError("MissingParameter", "The parameter MetricData is required.");
  if (given > kMostData) {
    throw invalid_value("The collection MetricData must not have a size greater than " +
                        std::to_string(kMostData) + ".");
  }
  store.put(request.region, name, data);
  return nullptr;
}

Json list_metrics(MetricStore& store, const api::RequestContext& request, const Json& in) {
  const auto page = api::page_of(request, in, {.most = 500, .token_member = "NextToken"});
  const auto since_s = store.now_s() - (in.contains("RecentlyActive") ? 3 * kHour_s : kOldest_s);
  const std::int64_t after = api::parse_integer(page.after).value_or(0);
  const Json filters = in.value("Dimensions", Json::array());
  const std::string namespace_name = in.value("Namespace", ""), name = in.value("MetricName", "");
  auto rows = store.rows().metrics(request.region, after, since_s);
  std::erase_if(rows, [&](const MetricRow& row) {
    return (!namespace_name.empty() && row.namespace_name != namespace_name) ||
           (!name.empty() && row.name != name) ||
           !passes(parse_dimensions(row.dimensions), filters);
  });
  const auto next = api::cut_page(page, rows, page_key);
  Json metrics = Json::array();
  for (const auto& row : rows) {
    metrics.push_back({{"Namespace", row.namespace_name},
                       {"MetricName", row.name},
                       {"Dimensions", dimensions_json(parse_dimensions(row.dimensions))}});
  }
  Json out = {{"Metrics", std::move(metrics)}};
  if (next) out["NextToken"] = *next;
  return out;
}

}  // namespace enibox::cloudwatch

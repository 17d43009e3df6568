#include "emulator/logs/metric_filters.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "api/wire/paging.hpp"
#include "emulator/logs/event_operations.hpp"

namespace enibox::logs {
namespace {

constexpr std::size_t kMostFilters = 100;  // of a group
constexpr std::size_t kMostDimensions = 3;

AwsError invalid(const std::string& message) { return {"InvalidParameterException", message}; }

std::optional<double> finite_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

void check_transformation(const FilterPattern& pattern, const Json& transformation) {
  const std::string value = transformation.at("metricValue");
  const bool selected = value.starts_with('$');
  if (!selected && !finite_number(value)) {
    throw invalid("Invalid metric transformation: metricValue must be a number or a selector.");
  }
  const auto dimensions = transformation.value("dimensions", Json::object());
  if ((selected || !dimensions.empty()) && !pattern.selects()) {
    throw invalid(
        "Invalid metric transformation: fields can only be selected with a JSON or space-delimited "
        "filter pattern.");
  }
  if (dimensions.size() > kMostDimensions) {
    throw invalid("Invalid metric transformation: at most 3 dimensions are allowed.");
  }
  if (!dimensions.empty() && transformation.contains("defaultValue")) {
    throw invalid(
        "Invalid metric transformation: dimensions and default value are mutually exclusive "
        "properties.");
  }
}

// The dimensions of a message; nothing when it lacks one of them.
std::optional<cloudwatch::Dimensions> dimensions_of(const FilterPattern& pattern,
                                                    const Json& transformation,
                                                    const std::string& message) {
  cloudwatch::Dimensions dimensions;
  const auto wanted = transformation.value("dimensions", Json::object());
  for (const auto& [name, selector] : wanted.items()) {
    auto value = pattern.value(message, selector.get<std::string>());
    if (!value || value->empty()) return std::nullopt;
    dimensions[name] = *std::move(value);
  }
  return dimensions;
}

std::optional<double> metric_value(const FilterPattern& pattern, const Json& transformation,
                                   const std::string& message) {
  const std::string wanted = transformation.at("metricValue");
  if (!wanted.starts_with('$')) return finite_number(wanted);
  const auto value = pattern.value(message, wanted);
  return value ? finite_number(*value) : std::nullopt;
}

cloudwatch::Datum datum_of(const Json& transformation, double value, std::int64_t time_ms) {
  auto datum =
      cloudwatch::Datum::of_value(transformation.at("metricName").get<std::string>(), value);
  datum.time_s = time_ms / 1000;
  datum.unit = transformation.value("unit", "None");
  return datum;
}

// What a batch of events gives to one metric. When nothing matches, the default value.
std::vector<cloudwatch::Datum> data_of(const FilterPattern& pattern, const Json& transformation,
                                       const std::vector<Event>& events) {
  std::vector<cloudwatch::Datum> data;
  bool matched = false;
  for (const auto& event : events) {
    if (!pattern.matches(event.message)) continue;
    matched = true;
    const auto value = metric_value(pattern, transformation, event.message);
    auto dimensions = dimensions_of(pattern, transformation, event.message);
    if (!value || !dimensions) continue;
    data.push_back(datum_of(transformation, *value, event.timestamp_ms));
    data.back().dimensions = *std::move(dimensions);
  }
  if (!matched && transformation.contains("defaultValue")) {
    data.push_back(datum_of(transformation, transformation.at("defaultValue").get<double>(),
                            events.back().timestamp_ms));
  }
  return data;
}

Json filter_json(const GroupRow& group, const MetricFilterRow& row) {
  return {{"filterName", row.name},
          {"filterPattern", row.pattern},
          {"metricTransformations", Json::parse(row.transformations)},
          {"creationTime", row.created_ms},
          {"logGroupName", group.name},
          {"applyOnTransformedLogs", false}};
}

bool has_metric(const Json& filter, const std::string& name, const std::string& name_space) {
  const auto& all = filter.at("metricTransformations");
  return std::any_of(all.begin(), all.end(), [&](const Json& each) {
    return each.at("metricName") == name && each.at("metricNamespace") == name_space;
  });
}

}  // namespace

Json MetricFilters::put(const api::RequestContext& request, const Json& in) {
  const auto group = logs_.group(request.region, group_name_of(in));
  const std::string name = in.at("filterName");
  const FilterPattern pattern(in.at("filterPattern").get<std::string>());
  for (const auto& each : in.at("metricTransformations")) check_transformation(pattern, each);
  const auto have = logs_.rows().metric_filters(group.group_id);
  const bool fresh =
      std::none_of(have.begin(), have.end(), [&](const auto& row) { return row.name == name; });
  if (fresh && have.size() >= kMostFilters) {
    throw AwsError("LimitExceededException", "Resource limit exceeded.");
  }
  logs_.rows().put_metric_filter({.group_id = group.group_id,
                                  .name = name,
                                  .pattern = in.at("filterPattern"),
                                  .transformations = in.at("metricTransformations").dump(),
                                  .created_ms = logs_.now_ms()});
  return Json::object();
}

Json MetricFilters::describe(const api::RequestContext& request, const Json& in) {
  const auto metric = in.value("metricName", ""), name_space = in.value("metricNamespace", "");
  if (metric.empty() != name_space.empty()) {
    throw invalid("metricName and metricNamespace must be given together.");
  }
  std::vector<GroupRow> groups;
  if (in.contains("logGroupName")) {
    groups.push_back(logs_.group(request.region, group_name_of(in)));
  } else {
    groups = logs_.rows().groups(request.region);
  }
  std::vector<Json> filters;
  for (const auto& group : groups) {
    for (const auto& row : logs_.rows().metric_filters(group.group_id)) {
      if (!row.name.starts_with(in.value("filterNamePrefix", ""))) continue;
      auto filter = filter_json(group, row);
      if (metric.empty() || has_metric(filter, metric, name_space)) {
        filters.push_back(std::move(filter));
      }
    }
  }
  const auto page = api::page_of(request, in, {.most = 50, .size_member = "limit"});
  const auto next = api::take_page(page, filters, [](const Json& filter) {
    return filter.at("logGroupName").get<std::string>() + "/" +
           filter.at("filterName").get<std::string>();
  });
  Json answer = {{"metricFilters", std::move(filters)}};
  if (next) answer["nextToken"] = *next;
  return answer;
}

Json MetricFilters::erase(const api::RequestContext& request, const Json& in) {
  const auto group = logs_.group(request.region, group_name_of(in));
  if (logs_.rows().erase_metric_filter(group.group_id, in.at("filterName")) == 0) {
    throw AwsError("ResourceNotFoundException", "The specified metric filter does not exist.");
  }
  return Json::object();
}

Json MetricFilters::test(const Json& in) const {
  const FilterPattern pattern(in.at("filterPattern").get<std::string>());
  Json matches = Json::array();
  std::int64_t number = 0;
  for (const std::string message : in.at("logEventMessages")) {
    ++number;
    if (!pattern.matches(message)) continue;
    Json values = Json::object();
    for (const auto& [name, value] : pattern.fields(message)) values[name] = value;
    matches.push_back({{"eventNumber", number},
                       {"eventMessage", message},
                       {"extractedValues", std::move(values)}});
  }
  return {{"matches", std::move(matches)}};
}

void MetricFilters::events_came(const GroupRow& group, const StreamRow&,
                                const std::vector<Event>& events) {
  for (const auto& row : logs_.rows().metric_filters(group.group_id)) {
    const FilterPattern pattern(row.pattern);
    for (const auto& transformation : Json::parse(row.transformations)) {
      const auto data = data_of(pattern, transformation, events);
      if (data.empty()) continue;
      metrics_.put(group.region, transformation.at("metricNamespace").get<std::string>(), data);
    }
  }
}

}  // namespace enibox::logs

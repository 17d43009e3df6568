#include "emulator/cloudwatch/metric_rows.hpp"

#include "api/json.hpp"

namespace enibox::cloudwatch {

std::string dimensions_text(const Dimensions& dimensions) {
  return Json(dimensions).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Dimensions parse_dimensions(const std::string& text) { return Json::parse(text).get<Dimensions>(); }

std::int64_t MetricRows::touch_metric(const MetricRow& row) {
  return store::read_count(
      touch_.query(row.region, row.namespace_name, row.name, row.dimensions, row.last_put_s));
}

std::optional<MetricRow> MetricRows::find_metric(const std::string& region,
                                                 const std::string& namespace_name,
                                                 const std::string& name,
                                                 const std::string& dimensions) {
  return store::read_one<MetricRow>(find_.query(region, namespace_name, name, dimensions));
}

std::vector<MetricRow> MetricRows::metrics(const std::string& region, std::int64_t after,
                                           std::int64_t since_s) {
  return store::read_all<MetricRow>(metrics_.query(region, after, since_s));
}

std::vector<PointRow> MetricRows::points(std::int64_t metric_id, std::int64_t from_s,
                                         std::int64_t to_s) {
  std::vector<PointRow> out;
  auto row = points_.query(metric_id, from_s, to_s);
  while (row.next()) {
    out.push_back({row.integer(0), row.integer(1), row.text(2), row.real(3), row.real(4),
                   row.real(5), row.real(6)});
  }
  return out;
}

void MetricRows::roll_up(std::int64_t before_s, std::int64_t period_s) {
  roll_up_.run(before_s, period_s);
  erase_rolled_.run(before_s, period_s);
}

void MetricRows::erase_before(std::int64_t before_s) {
  erase_.run(before_s);
  erase_metrics_.run(before_s);
}

}  // namespace enibox::cloudwatch

#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"

// The rows of CloudWatch. Errors: StoreError. Loop thread only.
namespace enibox::cloudwatch {

using Dimensions = std::map<std::string, std::string>;

struct MetricRow {
  std::int64_t metric_id = 0;
  std::string region, namespace_name, name;
  std::string dimensions;  // dimensions_text() of them
  std::int64_t last_put_s = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.metric_id, r.region, r.namespace_name, r.name, r.dimensions, r.last_put_s);
  }
};

std::string dimensions_text(const Dimensions& dimensions);
Dimensions parse_dimensions(const std::string& text);

// Samples of one metric, time and unit: of one value when minimum and maximum are equal.
struct PointRow {
  std::int64_t metric_id = 0, time_s = 0;
  std::string unit;
  double minimum = 0, maximum = 0, sample_count = 0, sum = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.metric_id, r.time_s, r.unit, r.minimum, r.maximum, r.sample_count, r.sum);
  }
};

class MetricRows {
 public:
  explicit MetricRows(store::Database& db) : db_(db) {}

  // The id of the metric, made when it is new.
  std::int64_t touch_metric(const MetricRow& row);
  std::optional<MetricRow> find_metric(const std::string& region, const std::string& namespace_name,
                                       const std::string& name, const std::string& dimensions);
  // By id, behind `after`; those put into since `since_s`.
  std::vector<MetricRow> metrics(const std::string& region, std::int64_t after,
                                 std::int64_t since_s);

  // Adds to what is there.
  void add_point(const PointRow& row) { store::run_row(add_point_, row); }
  // By time.
  std::vector<PointRow> points(std::int64_t metric_id, std::int64_t from_s, std::int64_t to_s);

  // Points before `before_s` become points of `period_s`.
  void roll_up(std::int64_t before_s, std::int64_t period_s);
  void erase_before(std::int64_t before_s);

 private:
  store::Database& db_;
  store::Statement touch_{
      db_,
      "INSERT INTO cloudwatch_metric (region, namespace, name, dimensions, last_put_s) "
      "VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET last_put_s=max(last_put_s, "
      "excluded.last_put_s) RETURNING metric_id"};
  store::Statement find_{
      db_,
      "SELECT metric_id, region, namespace, name, dimensions, last_put_s FROM cloudwatch_metric "
      "WHERE region=? AND namespace=? AND name=? AND dimensions=?"};
  store::Statement metrics_{
      db_,
      "SELECT metric_id, region, namespace, name, dimensions, last_put_s FROM cloudwatch_metric "
      "WHERE region=? AND metric_id>? AND last_put_s>=? ORDER BY metric_id"};
  store::Statement add_point_{
      db_,
      "INSERT INTO cloudwatch_point (metric_id, time_s, unit, minimum, maximum, sample_count, sum) "
      "VALUES (?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET "
      "sample_count=sample_count+excluded.sample_count, sum=sum+excluded.sum"};
  store::Statement points_{
      db_,
      "SELECT metric_id, time_s, unit, minimum, maximum, sample_count, sum FROM cloudwatch_point "
      "WHERE metric_id=? AND time_s>=? AND time_s<? ORDER BY time_s, unit, minimum, maximum"};
  store::Statement roll_up_{
      db_,
      "INSERT INTO cloudwatch_point (metric_id, time_s, unit, minimum, maximum, sample_count, sum) "
      "SELECT metric_id, time_s - time_s % ?2, unit, minimum, maximum, sum(sample_count), sum(sum) "
      "FROM cloudwatch_point WHERE time_s<?1 AND time_s % ?2 <> 0 "
      "GROUP BY metric_id, time_s - time_s % ?2, unit, minimum, maximum ON CONFLICT DO UPDATE SET "
      "sample_count=sample_count+excluded.sample_count, sum=sum+excluded.sum"};
  store::Statement erase_rolled_{
      db_, "DELETE FROM cloudwatch_point WHERE time_s<?1 AND time_s % ?2 <> 0"};
  store::Statement erase_{db_, "DELETE FROM cloudwatch_point WHERE time_s<?"};
  store::Statement erase_metrics_{db_, "DELETE FROM cloudwatch_metric WHERE last_put_s<?"};
};

}  // namespace enibox::cloudwatch

#pragma once
#include <optional>
#include <string>
#include <vector>

#include "emulator/clock.hpp"
#include "emulator/cloudwatch/metric_rows.hpp"
#include "emulator/cloudwatch/statistic.hpp"

// The rules of CloudWatch metrics: resolution, retention, periods. PutMetricData writes here, and
// what measures from inside. Loop thread only.
namespace enibox::cloudwatch {

// Samples that belong together: `count` of one value, or a statistic set.
struct Datum {
  std::string name;
  Dimensions dimensions;
  std::optional<std::int64_t> time_s;  // absent: now
  std::string unit = "None";
  bool high_resolution = false;  // kept by the second, not by the minute
  double minimum = 0, maximum = 0, sample_count = 1, sum = 0;

  static Datum of_value(std::string name, double value) {
    Datum out;
    out.name = std::move(name);
    out.minimum = out.maximum = out.sum = value;
    return out;
  }
};

struct MetricName {
  std::string namespace_name, name;
  Dimensions dimensions;
};

// From `from_s` (inclusive) on, in steps of `period_s`, to `to_s` (exclusive).
struct PeriodQuery {
  std::int64_t from_s = 0, to_s = 0, period_s = 0;
  std::string unit;          // empty: samples of every unit
  bool merge_units = false;  // else each unit has periods of its own
};

struct Period {
  std::int64_t start_s = 0;
  std::string unit;
  Samples samples;
};

class MetricStore {
 public:
  MetricStore(store::Database& db, const Clock& clock) : db_(db), clock_(clock), rows_(db) {}

  void put(const std::string& region, const std::string& namespace_name,
           const std::vector<Datum>& data);

  // The periods that have samples, by time, then unit.
  std::vector<Period> periods(const std::string& region, const MetricName& metric,
                              const PeriodQuery& query);

  // CloudWatch keeps seconds for 3 hours, minutes for 15 days, 5 minutes for 63 days and hours for
  // 455 days. For a timer of any pace: it does its work hourly.
  void sweep();

  store::Database& db() { return db_; }
  MetricRows& rows() { return rows_; }
  std::int64_t now_s() const { return clock_.now_ms() / 1000; }

 private:
  store::Database& db_;
  const Clock& clock_;
  MetricRows rows_;
  std::int64_t next_sweep_s_ = 0;
};

inline constexpr std::int64_t kHour_s = 3600, kDay_s = 86400;

}  // namespace enibox::cloudwatch

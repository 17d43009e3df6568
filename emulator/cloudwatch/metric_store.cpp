#include "emulator/cloudwatch/metric_store.hpp"

namespace enibox::cloudwatch {

void MetricStore::put(const std::string& region, const std::string& namespace_name,
                      const std::vector<Datum>& data) {
  store::Transaction transaction(db_);
  for (const Datum& datum : data) {
    const auto id = rows_.touch_metric({.metric_id = 0,
                                        .region = region,
                                        .namespace_name = namespace_name,
                                        .name = datum.name,
                                        .dimensions = dimensions_text(datum.dimensions),
                                        .last_put_s = now_s()});
    const std::int64_t time_s = datum.time_s.value_or(now_s());
    rows_.add_point({.metric_id = id,
                     .time_s = datum.high_resolution ? time_s : time_s - time_s % 60,
                     .unit = datum.unit,
                     .minimum = datum.minimum,
                     .maximum = datum.maximum,
                     .sample_count = datum.sample_count,
                     .sum = datum.sum});
  }
  transaction.commit();
}

std::vector<Period> MetricStore::periods(const std::string& region, const MetricName& metric,
                                         const PeriodQuery& query) {
  const auto row = rows_.find_metric(region, metric.namespace_name, metric.name,
                                     dimensions_text(metric.dimensions));
  if (!row) return {};
  std::map<std::pair<std::int64_t, std::string>, Samples> found;
  for (const auto& point : rows_.points(row->metric_id, query.from_s, query.to_s)) {
    if (!query.unit.empty() && point.unit != query.unit) continue;
    const auto start_s = point.time_s - (point.time_s - query.from_s) % query.period_s;
    found[{start_s, query.merge_units ? query.unit : point.unit}].add(point);
  }
  std::vector<Period> out;
  for (auto& [key, samples] : found) {
    if (!samples.empty()) out.push_back({key.first, key.second, std::move(samples)});
  }
  return out;
}

void MetricStore::sweep() {
  if (now_s() < next_sweep_s_) return;
  next_sweep_s_ = now_s() + kHour_s;
  store::Transaction transaction(db_);
  rows_.roll_up(now_s() - 3 * kHour_s, 60);
  rows_.roll_up(now_s() - 15 * kDay_s, 300);
  rows_.roll_up(now_s() - 63 * kDay_s, 3600);
  rows_.erase_before(now_s() - 455 * kDay_s);
  transaction.commit();
}

}  // namespace enibox::cloudwatch

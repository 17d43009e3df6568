#include "emulator/logs/log_rows.hpp"

#include <algorithm>

namespace enibox::logs {
namespace {

// An answer holds no more than a megabyte of events.
std::vector<EventRow> read_bounded(store::Query query) {
  std::vector<EventRow> rows;
  std::int64_t bytes = 0;
  while (bytes < kMostAnswerBytes && query.next()) {
    rows.push_back(store::read_row<EventRow>(query));
    bytes += event_bytes(rows.back().message);
  }
  return rows;
}

}  // namespace

GroupRow LogRows::insert_group(GroupRow row) {
  insert_group_.run(row.region, row.name, row.retention_days, row.log_class, row.kms_key_id,
                    row.created_ms);
  row.group_id = last_id();
  return row;
}

void LogRows::erase_group(std::int64_t group_id) { erase_group_.run(group_id); }

void LogRows::set_retention(std::int64_t group_id, std::optional<std::int64_t> days) {
  set_retention_.run(days, group_id);
}

void LogRows::set_kms_key(std::int64_t group_id, const std::string& key_id) {
  set_kms_key_.run(key_id, group_id);
}

std::optional<GroupRow> LogRows::find_group(const std::string& region, const std::string& name) {
  return store::read_one<GroupRow>(find_group_.query(region, name));
}

std::vector<GroupRow> LogRows::groups(const std::string& region) {
  return store::read_all<GroupRow>(groups_.query(region));
}

std::vector<GroupRow> LogRows::groups_with_retention() {
  return store::read_all<GroupRow>(with_retention_.query());
}

std::int64_t LogRows::stored_bytes(std::int64_t group_id) {
  return store::read_count(stored_bytes_.query(group_id));
}

void LogRows::put_tag(std::int64_t group_id, const std::string& key, const std::string& value) {
  put_tag_.run(group_id, key, value);
}

void LogRows::erase_tag(std::int64_t group_id, const std::string& key) {
  erase_tag_.run(group_id, key);
}

std::vector<std::pair<std::string, std::string>> LogRows::tags(std::int64_t group_id) {
  std::vector<std::pair<std::string, std::string>> tags;
  auto rows = tags_.query(group_id);
  while (rows.next()) tags.emplace_back(rows.text(0), rows.text(1));
  return tags;
}

std::vector<NamedTag> LogRows::all_tags(const std::string& region) {
  return store::read_all<NamedTag>(all_tags_.query(region));
}

StreamRow LogRows::insert_stream(StreamRow row) {
  insert_stream_.run(row.group_id, row.name, row.created_ms);
  row.stream_id = last_id();
  return row;
}

void LogRows::update_stream(const StreamRow& row) {
  update_stream_.run(row.stream_id, row.first_event_ms, row.last_event_ms, row.ingested_ms,
                     row.stored_bytes);
}

void LogRows::erase_stream(std::int64_t stream_id) { erase_stream_.run(stream_id); }

std::optional<StreamRow> LogRows::find_stream(std::int64_t group_id, const std::string& name) {
  return store::read_one<StreamRow>(find_stream_.query(group_id, name));
}

std::vector<StreamRow> LogRows::streams(std::int64_t group_id) {
  return store::read_all<StreamRow>(streams_.query(group_id));
}

void LogRows::put_metric_filter(const MetricFilterRow& row) {
  store::run_row(put_metric_filter_, row);
}

int LogRows::erase_metric_filter(std::int64_t group_id, const std::string& name) {
  return erase_metric_filter_.run(group_id, name);
}

std::vector<MetricFilterRow> LogRows::metric_filters(std::int64_t group_id) {
  return store::read_all<MetricFilterRow>(metric_filters_.query(group_id));
}

void LogRows::put_policy(const ResourcePolicyRow& row) { store::run_row(put_policy_, row); }

int LogRows::erase_policy(const std::string& region, const std::string& name) {
  return erase_policy_.run(region, name);
}

std::vector<ResourcePolicyRow> LogRows::policies(const std::string& region) {
  return store::read_all<ResourcePolicyRow>(policies_.query(region));
}

void LogRows::insert_event(std::int64_t group_id, const EventRow& row) {
  insert_event_.run(group_id, row.stream_id, row.timestamp_ms, row.ingested_ms, row.message);
}

std::vector<EventRow> LogRows::events_after(std::int64_t stream_id, TimeRange range, EventKey after,
                                            std::int64_t limit) {
  return read_bounded(events_after_.query(stream_id, range.from_ms, range.to_ms, after.timestamp_ms,
                                          after.event_id, limit));
}

std::vector<EventRow> LogRows::events_before(std::int64_t stream_id, TimeRange range,
                                             EventKey before, std::int64_t limit) {
  auto rows = read_bounded(events_before_.query(stream_id, range.from_ms, range.to_ms,
                                                before.timestamp_ms, before.event_id, limit));
  std::reverse(rows.begin(), rows.end());
  return rows;
}

std::vector<EventRow> LogRows::group_events_after(std::int64_t group_id, TimeRange range,
                                                  EventKey after, std::int64_t limit) {
  return read_bounded(group_events_after_.query(group_id, range.from_ms, range.to_ms,
                                                after.timestamp_ms, after.event_id, limit));
}

void LogRows::erase_events_before(std::int64_t group_id, std::int64_t timestamp_ms) {
  if (erase_before_.run(group_id, timestamp_ms) > 0) count_bytes_.run(group_id);
}

}  // namespace enibox::logs

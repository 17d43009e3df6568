#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "emulator/store/row.hpp"
#include "emulator/tagging/tagged_resource.hpp"

// The rows of CloudWatch Logs. Errors: StoreError. Loop thread only.
namespace enibox::logs {

struct GroupRow {
  std::int64_t group_id = 0;
  std::string region, name;
  std::optional<std::int64_t> retention_days;
  std::string log_class = "STANDARD", kms_key_id;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.group_id, r.region, r.name, r.retention_days, r.log_class, r.kms_key_id,
                 r.created_ms);
  }
};

struct StreamRow {
  std::int64_t stream_id = 0, group_id = 0;
  std::string name;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> first_event_ms, last_event_ms, ingested_ms;
  std::int64_t stored_bytes = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.stream_id, r.group_id, r.name, r.created_ms, r.first_event_ms, r.last_event_ms,
                 r.ingested_ms, r.stored_bytes);
  }
};

struct EventRow {
  std::int64_t event_id = 0, stream_id = 0, timestamp_ms = 0, ingested_ms = 0;
  std::string message;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.event_id, r.stream_id, r.timestamp_ms, r.ingested_ms, r.message);
  }
};

// CloudWatch counts 26 bytes an event beside its text.
inline std::int64_t event_bytes(const std::string& message) {
  return static_cast<std::int64_t>(message.size()) + 26;
}

inline constexpr std::int64_t kMostAnswerBytes = 1 << 20;

struct MetricFilterRow {
  std::int64_t group_id = 0;
  std::string name, pattern;
  std::string transformations;  // JSON, as DescribeMetricFilters shows them
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.group_id, r.name, r.pattern, r.transformations, r.created_ms);
  }
};

struct ResourcePolicyRow {
  std::string region, name, document;
  std::int64_t updated_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.region, r.name, r.document, r.updated_ms);
  }
};

// A place between events: those of equal time are in the order they came.
struct EventKey {
  std::int64_t timestamp_ms = 0, event_id = 0;
};
struct TimeRange {
  std::int64_t from_ms = 0;        // inclusive
  std::int64_t to_ms = INT64_MAX;  // exclusive
};

class LogRows {
 public:
  explicit LogRows(store::Database& db) : db_(db) {}
  GroupRow insert_group(GroupRow row);  // with its id
  void erase_group(std::int64_t group_id);
  void set_retention(std::int64_t group_id, std::optional<std::int64_t> days);
  void set_kms_key(std::int64_t group_id, const std::string& key_id);
  std::optional<GroupRow> find_group(const std::string& region, const std::string& name);
  std::vector<GroupRow> groups(const std::string& region);  // by name
  std::vector<GroupRow> groups_with_retention();
  std::int64_t stored_bytes(std::int64_t group_id);

  void put_tag(std::int64_t group_id, const std::string& key, const std::string& value);
  void erase_tag(std::int64_t group_id, const std::string& key);
  std::vector<std::pair<std::string, std::string>> tags(std::int64_t group_id);
  // Of all groups, ordered by the group's name.
  std::vector<NamedTag> all_tags(const std::string& region);

  StreamRow insert_stream(StreamRow row);
  void update_stream(const StreamRow& row);  // the event times, the bytes
  void erase_stream(std::int64_t stream_id);
  std::optional<StreamRow> find_stream(std::int64_t group_id, const std::string& name);
  std::vector<StreamRow> streams(std::int64_t group_id);  // by name

  void put_metric_filter(const MetricFilterRow& row);
  int erase_metric_filter(std::int64_t group_id, const std::string& name);
  std::vector<MetricFilterRow> metric_filters(std::int64_t group_id);  // by name

  void put_policy(const ResourcePolicyRow& row);
  int erase_policy(const std::string& region, const std::string& name);
  std::vector<ResourcePolicyRow> policies(const std::string& region);  // by name

  void insert_event(std::int64_t group_id, const EventRow& row);
  // At most `limit` and a megabyte of them, one at least where there are any.
  std::vector<EventRow> events_after(std::int64_t stream_id, TimeRange range, EventKey after,
                                     std::int64_t limit);
  std::vector<EventRow> events_before(std::int64_t stream_id, TimeRange range, EventKey before,
                                      std::int64_t limit);  // the latest ones, ascending
  std::vector<EventRow> group_events_after(std::int64_t group_id, TimeRange range, EventKey after,
                                           std::int64_t limit);
  void erase_events_before(std::int64_t group_id, std::int64_t timestamp_ms);

 private:
  std::int64_t last_id() { return store::read_count(last_id_.query()); }

  store::Database& db_;
  store::Statement last_id_{db_, "SELECT last_insert_rowid()"};
  store::Statement insert_group_{
      db_,
      "INSERT INTO logs_group (region, name, retention_days, class, kms_key_id, created_ms) "
      "VALUES (?,?,?,?,?,?)"};
  store::Statement erase_group_{db_, "DELETE FROM logs_group WHERE group_id=?"};
  store::Statement set_retention_{db_, "UPDATE logs_group SET retention_days=? WHERE group_id=?"};
  store::Statement find_group_{
      db_,
      "SELECT group_id, region, name, retention_days, class, kms_key_id, created_ms "
      "FROM logs_group WHERE region=? AND name=?"};
  store::Statement groups_{
      db_,
      "SELECT group_id, region, name, retention_days, class, kms_key_id, created_ms "
      "FROM logs_group WHERE region=? ORDER BY name"};
  store::Statement with_retention_{
      db_,
      "SELECT group_id, region, name, retention_days, class, kms_key_id, created_ms "
      "FROM logs_group WHERE retention_days IS NOT NULL ORDER BY group_id"};
  store::Statement set_kms_key_{db_, "UPDATE logs_group SET kms_key_id=? WHERE group_id=?"};
  store::Statement stored_bytes_{
      db_, "SELECT coalesce(sum(stored_bytes), 0) FROM logs_stream WHERE group_id=?"};
  store::Statement put_metric_filter_{
      db_,
      "INSERT INTO logs_metric_filter (group_id, name, pattern, transformations, created_ms) "
      "VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET pattern=excluded.pattern, "
      "transformations=excluded.transformations, created_ms=excluded.created_ms"};
  store::Statement erase_metric_filter_{
      db_, "DELETE FROM logs_metric_filter WHERE group_id=? AND name=?"};
  store::Statement metric_filters_{
      db_,
      "SELECT group_id, name, pattern, transformations, created_ms FROM logs_metric_filter "
      "WHERE group_id=? ORDER BY name"};
  store::Statement put_policy_{db_, "INSERT OR REPLACE INTO logs_resource_policy VALUES (?,?,?,?)"};
  store::Statement erase_policy_{db_, "DELETE FROM logs_resource_policy WHERE region=? AND name=?"};
  store::Statement policies_{
      db_,
      "SELECT region, name, document, updated_ms FROM logs_resource_policy WHERE region=? "
      "ORDER BY name"};
  store::Statement put_tag_{db_, "INSERT OR REPLACE INTO logs_group_tag VALUES (?,?,?)"};
  store::Statement erase_tag_{db_, "DELETE FROM logs_group_tag WHERE group_id=? AND key=?"};
  store::Statement tags_{db_,
                         "SELECT key, value FROM logs_group_tag WHERE group_id=? ORDER BY key"};
  store::Statement all_tags_{db_,
                             "SELECT g.name, t.key, t.value FROM logs_group g "
                             "JOIN logs_group_tag t ON t.group_id = g.group_id "
                             "WHERE g.region=? ORDER BY g.name, t.key"};
  store::Statement insert_stream_{
      db_, "INSERT INTO logs_stream (group_id, name, created_ms) VALUES (?,?,?)"};
  store::Statement update_stream_{
      db_,
      "UPDATE logs_stream SET first_event_ms=?2, last_event_ms=?3, ingested_ms=?4, "
      "stored_bytes=?5 WHERE stream_id=?1"};
  store::Statement erase_stream_{db_, "DELETE FROM logs_stream WHERE stream_id=?"};
  store::Statement find_stream_{
      db_,
      "SELECT stream_id, group_id, name, created_ms, first_event_ms, last_event_ms, ingested_ms, "
      "stored_bytes FROM logs_stream WHERE group_id=? AND name=?"};
  store::Statement streams_{
      db_,
      "SELECT stream_id, group_id, name, created_ms, first_event_ms, last_event_ms, ingested_ms, "
      "stored_bytes FROM logs_stream WHERE group_id=? ORDER BY name"};
  store::Statement insert_event_{
      db_,
      "INSERT INTO logs_event (group_id, stream_id, timestamp_ms, ingested_ms, message) "
      "VALUES (?,?,?,?,?)"};
  store::Statement events_after_{
      db_,
      "SELECT event_id, stream_id, timestamp_ms, ingested_ms, message FROM logs_event "
      "WHERE stream_id=?1 AND timestamp_ms>=?2 AND timestamp_ms<?3 "
      "AND (timestamp_ms, event_id) > (?4, ?5) ORDER BY timestamp_ms, event_id LIMIT ?6"};
  store::Statement events_before_{
      db_,
      "SELECT event_id, stream_id, timestamp_ms, ingested_ms, message FROM logs_event "
      "WHERE stream_id=?1 AND timestamp_ms>=?2 AND timestamp_ms<?3 "
      "AND (timestamp_ms, event_id) < (?4, ?5) ORDER BY timestamp_ms DESC, event_id DESC "
      "LIMIT ?6"};
  store::Statement group_events_after_{
      db_,
      "SELECT event_id, stream_id, timestamp_ms, ingested_ms, message FROM logs_event "
      "WHERE group_id=?1 AND timestamp_ms>=?2 AND timestamp_ms<?3 "
      "AND (timestamp_ms, event_id) > (?4, ?5) "
      "ORDER BY timestamp_ms, event_id LIMIT ?6"};
  store::Statement erase_before_{db_, "DELETE FROM logs_event WHERE group_id=? AND timestamp_ms<?"};
  store::Statement count_bytes_{
      db_,
      "UPDATE logs_stream SET stored_bytes=(SELECT coalesce(sum(length(CAST(message AS BLOB)) + "
      "26), 0) FROM logs_event e WHERE e.stream_id=logs_stream.stream_id) WHERE group_id=?"};
};

}  // namespace enibox::logs

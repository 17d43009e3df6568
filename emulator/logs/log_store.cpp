#include "emulator/logs/log_store.hpp"

#include <algorithm>

#include "api/error.hpp"

namespace enibox::logs {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

}  // namespace

GroupRow LogStore::group(const std::string& region, const std::string& name) {
  if (auto row = rows_.find_group(region, name)) return *row;
  throw AwsError("ResourceNotFoundException", "The specified log group does not exist.");
}

StreamRow LogStore::stream(const GroupRow& group, const std::string& name) {
  if (auto row = rows_.find_stream(group.group_id, name)) return *row;
  throw AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
}

void LogStore::create_group(const std::string& region, const std::string& name) {
  if (rows_.find_group(region, name)) return;
  GroupRow row;
  row.region = region;
  row.name = name;
  row.created_ms = clock_.now_ms();
  rows_.insert_group(std::move(row));
}

void LogStore::create_stream(const std::string& region, const std::string& group_name,
                             const std::string& name) {
  const auto owner = group(region, group_name);
  if (rows_.find_stream(owner.group_id, name)) return;
  StreamRow row;
  row.group_id = owner.group_id;
  row.name = name;
  row.created_ms = clock_.now_ms();
  rows_.insert_stream(std::move(row));
}

void LogStore::append(const std::string& region, const std::string& group_name,
                      const std::string& stream_name, const std::vector<Event>& events) {
  const auto owner = group(region, group_name);
  insert(owner, stream(owner, stream_name), events);
}

void LogStore::insert(const GroupRow& owner, StreamRow row, const std::vector<Event>& events) {
  if (events.empty()) return;
  store::Transaction transaction(db_);
  row.ingested_ms = clock_.now_ms();
  for (const auto& event : events) {
    rows_.insert_event(owner.group_id, {.event_id = 0,
                                        .stream_id = row.stream_id,
                                        .timestamp_ms = event.timestamp_ms,
                                        .ingested_ms = *row.ingested_ms,
                                        .message = event.message});
    row.stored_bytes += event_bytes(event.message);
    row.first_event_ms =
        std::min(row.first_event_ms.value_or(event.timestamp_ms), event.timestamp_ms);
    row.last_event_ms =
        std::max(row.last_event_ms.value_or(event.timestamp_ms), event.timestamp_ms);
  }
  rows_.update_stream(row);
  for (const auto& each : listeners_) {
    if (const auto listener = each.lock()) listener->events_came(owner, row, events);
  }
  transaction.commit();
}

TimeRange LogStore::visible(const GroupRow& group, TimeRange range) const {
  if (group.retention_days) {
    range.from_ms = std::max(range.from_ms, clock_.now_ms() - *group.retention_days * kDayMs);
  }
  return range;
}

void LogStore::sweep() {
  store::Transaction transaction(db_);
  for (const auto& group : rows_.groups_with_retention()) {
    rows_.erase_events_before(group.group_id, visible(group, {}).from_ms);
  }
  transaction.commit();
}

}  // namespace enibox::logs

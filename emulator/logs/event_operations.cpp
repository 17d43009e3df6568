#include "emulator/logs/event_operations.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <map>
#include <optional>

#include "emulator/logs/filter_pattern.hpp"

namespace enibox::logs {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kMostEvents = 10'000;
constexpr int kBatch = 1'000;      // events read at a time while a filter looks for matches
constexpr int kMostBatches = 100;  // then it answers with what it has and a token

AwsError invalid(const std::string& message) { return {"InvalidParameterException", message}; }

// 56 digits, as AWS's ids and tokens have: time and id.
std::string digits_of(EventKey key) {
  char text[64];
  std::snprintf(text, sizeof text, "%028" PRId64 "%028" PRId64, key.timestamp_ms, key.event_id);
  return text;
}

// "f/DIGITS/s": the place after an event.
std::string token_of(char direction, EventKey key) {
  return std::string(1, direction) + "/" + digits_of(key) + "/s";
}

std::optional<EventKey> parse_token(const std::string& token) {
  if (token.size() != 60 || token[1] != '/' || !token.ends_with("/s")) return std::nullopt;
  if (token.find_first_not_of("0123456789", 2) != 58) return std::nullopt;
  try {
    return EventKey{std::stoll(token.substr(2, 28)), std::stoll(token.substr(30, 28))};
  } catch (const std::out_of_range&) {
    return std::nullopt;
  }
}

EventKey key_of(const EventRow& row) { return {row.timestamp_ms, row.event_id}; }

// FilterLogEvents' end is inclusive, GetLogEvents' is not.
TimeRange range_of(const Json& in, std::int64_t end_included) {
  TimeRange range;
  range.from_ms = in.value("startTime", std::int64_t{0});
  if (in.contains("endTime")) range.to_ms = in.at("endTime").get<std::int64_t>() + end_included;
  return range;
}

struct Window {
  std::size_t first = 0, last = 0;  // of the events that are taken
  Json rejected = Json::object();
};

// Events older than the retention or 14 days, or more than two hours ahead, are not taken.
Window accepted(const GroupRow& group, const std::vector<Event>& events, std::int64_t now_ms) {
  Window window{.first = 0, .last = events.size()};
  const std::int64_t oldest = now_ms - 14 * 24 * kHourMs;
  const std::int64_t expired = now_ms - group.retention_days.value_or(36'500) * 24 * kHourMs;
  while (window.last > 0 && events[window.last - 1].timestamp_ms > now_ms + 2 * kHourMs) {
    window.rejected["tooNewLogEventStartIndex"] = --window.last;
  }
  while (window.first < window.last && events[window.first].timestamp_ms < oldest) {
    window.rejected["tooOldLogEventEndIndex"] = ++window.first;
  }
  while (window.first < window.last && events[window.first].timestamp_ms < expired) {
    window.rejected["expiredLogEventEndIndex"] = ++window.first;
  }
  return window;
}

}  // namespace

std::string group_name_of(const Json& in) {
  auto name = in.value("logGroupName", "");
  if (name.empty()) name = in.value("logGroupIdentifier", "");
  if (name.empty()) throw invalid("A log group name or identifier must be given.");
  const auto resource = name.find(":log-group:");
  if (name.starts_with("arn:") && resource != std::string::npos) name = name.substr(resource + 11);
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  return name;
}

Json put_log_events(LogStore& logs, const api::RequestContext& request, const Json& in) {
  const auto group = logs.group(request.region, group_name_of(in));
  const auto stream = logs.stream(group, in.at("logStreamName"));
  std::vector<Event> events;
  std::size_t bytes = 0;
  for (const auto& event : in.at("logEvents")) {
    events.push_back({event.at("timestamp").get<std::int64_t>(), event.at("message")});
    bytes += events.back().message.size() + 26;
    if (events.size() > 1 && events[events.size() - 2].timestamp_ms > events.back().timestamp_ms) {
      throw invalid("Log events in a single PutLogEvents request must be in chronological order.");
    }
  }
  if (bytes > 1'048'576)
    throw invalid("Upload too large: " + std::to_string(bytes) + " bytes exceeds limit of 1048576");
  if (!events.empty() && events.back().timestamp_ms - events.front().timestamp_ms > 24 * kHourMs) {
    throw invalid(
        "The batch of log events in a single PutLogEvents request cannot span more than "
        "24 hours.");
  }
  const auto window = accepted(group, events, logs.now_ms());
  logs.insert(group, stream,
              {events.begin() + static_cast<std::ptrdiff_t>(window.first),
               events.begin() + static_cast<std::ptrdiff_t>(window.last)});
  Json answer = {{"nextSequenceToken", digits_of({logs.now_ms(), stream.stream_id})}};
  if (!window.rejected.empty()) answer["rejectedLogEventsInfo"] = window.rejected;
  return answer;
}

Json get_log_events(LogStore& logs, const api::RequestContext& request, const Json& in) {
  const auto group = logs.group(request.region, group_name_of(in));
  const auto stream = logs.stream(group, in.at("logStreamName"));
  const auto limit = std::min<std::int64_t>(in.value("limit", kMostEvents), kMostEvents);
  const auto range = logs.visible(group, range_of(in, 0));
  const auto token = in.value("nextToken", "");
  bool forward = in.value("startFromHead", false);
  EventKey from = forward ? EventKey{} : EventKey{INT64_MAX, INT64_MAX};
  if (!token.empty()) {
    const auto key = parse_token(token);
    if (!key || (token[0] != 'f' && token[0] != 'b')) {
      throw invalid("The specified nextToken is invalid.");
    }
    forward = token[0] == 'f';
    from = *key;
  }
  const auto rows = forward ? logs.rows().events_after(stream.stream_id, range, from, limit)
                            : logs.rows().events_before(stream.stream_id, range, from, limit);
  Json events = Json::array();
  for (const auto& row : rows) {
    events.push_back({{"timestamp", row.timestamp_ms},
                      {"message", row.message},
                      {"ingestionTime", row.ingested_ms}});
  }
  // At either end the token stays what it was: that is how a reader knows.
  if (rows.empty() && token.empty()) from = EventKey{};
  return {{"events", std::move(events)},
          {"nextForwardToken", token_of('f', rows.empty() ? from : key_of(rows.back()))},
          {"nextBackwardToken", token_of('b', rows.empty() ? from : key_of(rows.front()))}};
}

Json filter_log_events(LogStore& logs, const api::RequestContext& request, const Json& in) {
  const auto group = logs.group(request.region, group_name_of(in));
  const auto wanted = in.value("logStreamNames", std::vector<std::string>());
  const auto prefix = in.value("logStreamNamePrefix", "");
  if (!wanted.empty() && !prefix.empty()) {
    throw invalid("LogStreamNames and LogStreamNamePrefix cannot be used together.");
  }
  for (const auto& name : wanted) logs.stream(group, name);
  std::map<std::int64_t, std::string> names;
  for (const auto& stream : logs.rows().streams(group.group_id)) {
    const bool named =
        wanted.empty() || std::find(wanted.begin(), wanted.end(), stream.name) != wanted.end();
    if (named && stream.name.starts_with(prefix)) names[stream.stream_id] = stream.name;
  }
  const FilterPattern pattern(in.value("filterPattern", ""));
  const auto limit =
      static_cast<std::size_t>(std::min<std::int64_t>(in.value("limit", kMostEvents), kMostEvents));
  const auto range = logs.visible(group, range_of(in, 1));
  EventKey at;
  if (in.contains("nextToken")) {
    const auto key = parse_token(in.at("nextToken"));
    if (!key) throw invalid("The specified nextToken is invalid.");
    at = *key;
  }
  Json events = Json::array();
  bool more = true;
  std::int64_t bytes = 0;
  const auto is_full = [&] { return events.size() == limit || bytes >= kMostAnswerBytes; };
  for (int batch = 0; more && batch < kMostBatches && !is_full(); ++batch) {
    const auto rows = logs.rows().group_events_after(group.group_id, range, at, kBatch);
    more = !rows.empty();
    for (const auto& row : rows) {
      if (is_full()) break;
      at = key_of(row);
      const auto name = names.find(row.stream_id);
      if (name == names.end() || !pattern.matches(row.message)) continue;
      bytes += event_bytes(row.message);
      events.push_back({{"logStreamName", name->second},
                        {"timestamp", row.timestamp_ms},
                        {"message", row.message},
                        {"ingestionTime", row.ingested_ms},
                        {"eventId", digits_of(key_of(row))}});
    }
  }
  Json answer = {{"events", std::move(events)}, {"searchedLogStreams", Json::array()}};
  if (more) answer["nextToken"] = token_of('f', at);
  return answer;
}

}  // namespace enibox::logs

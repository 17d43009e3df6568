#include "emulator/logs/service.hpp"

#include <algorithm>

#include "api/wire/paging.hpp"
#include "emulator/logs/event_operations.hpp"
#include "emulator/logs/filter_node.hpp"
#include "emulator/logs/live_tail.hpp"
#include "emulator/logs/metric_filters.hpp"

namespace enibox::logs {
namespace {

using api::RequestContext;

AwsError invalid(const std::string& message) { return {"InvalidParameterException", message}; }

std::string arn_of(const RequestContext& request, const std::string& group) {
  return request.arn("logs", "log-group:" + group);
}

Json create_log_group(LogStore& logs, const RequestContext& request, const Json& in) {
  const std::string name = in.at("logGroupName");
  if (in.value("deletionProtectionEnabled", false)) {
    throw AwsError("NotImplemented", "Enibox does not serve deletion protection of log groups.",
                   501);
  }
  if (logs.rows().find_group(request.region, name)) {
    throw AwsError("ResourceAlreadyExistsException", "The specified log group already exists");
  }
  GroupRow row;
  row.region = request.region;
  row.name = name;
  row.log_class = in.value("logGroupClass", "STANDARD");
  row.kms_key_id = in.value("kmsKeyId", "");
  row.created_ms = logs.now_ms();
  row = logs.rows().insert_group(std::move(row));
  const auto tags = in.value("tags", Json::object());
  for (const auto& [key, value] : tags.items()) {
    logs.rows().put_tag(row.group_id, key, value);
  }
  return Json::object();
}

Json delete_log_group(LogStore& logs, const RequestContext& request, const Json& in) {
  logs.rows().erase_group(logs.group(request.region, group_name_of(in)).group_id);
  return Json::object();
}

Json group_json(LogStore& logs, const RequestContext& request, const GroupRow& row) {
  Json json = {{"logGroupName", row.name},
               {"creationTime", row.created_ms},
               {"metricFilterCount", logs.rows().metric_filters(row.group_id).size()},
               {"arn", arn_of(request, row.name) + ":*"},
               {"logGroupArn", arn_of(request, row.name)},
               {"storedBytes", logs.rows().stored_bytes(row.group_id)},
               {"logGroupClass", row.log_class}};
  if (row.retention_days) json["retentionInDays"] = *row.retention_days;
  if (!row.kms_key_id.empty()) json["kmsKeyId"] = row.kms_key_id;
  return json;
}

// Of the class, where the request names one.
void keep_class(std::vector<GroupRow>& rows, const Json& in) {
  const auto wanted = in.value("logGroupClass", "");
  std::erase_if(rows, [&](const auto& row) { return !wanted.empty() && row.log_class != wanted; });
}

std::vector<GroupRow> described_groups(LogStore& logs, const RequestContext& request,
                                       const Json& in) {
  const auto prefix = in.value("logGroupNamePrefix", "");
  const auto pattern = in.value("logGroupNamePattern", "");
  if (!prefix.empty() && !pattern.empty()) {
    throw invalid(
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive "
        "parameters.");
  }
  std::vector<GroupRow> rows;
  if (const auto ids = in.value("logGroupIdentifiers", Json::array()); !ids.empty()) {
    for (const auto& id : ids) {
      const auto name = group_name_of({{"logGroupIdentifier", id}});
      if (auto row = logs.rows().find_group(request.region, name)) rows.push_back(*std::move(row));
    }
  } else {
    rows = logs.rows().groups(request.region);
  }
  std::erase_if(rows, [&](const GroupRow& row) {
    return !row.name.starts_with(prefix) || row.name.find(pattern) == std::string::npos;
  });
  keep_class(rows, in);
  return rows;
}

Json describe_log_groups(LogStore& logs, const RequestContext& request, const Json& in) {
  auto rows = described_groups(logs, request, in);
  const auto page = api::page_of(request, in, {.most = 50, .size_member = "limit"});
  const auto next = api::take_page(page, rows, [](const auto& row) { return row.name; });
  Json groups = Json::array();
  for (const auto& row : rows) groups.push_back(group_json(logs, request, row));
  Json answer = {{"logGroups", std::move(groups)}};
  if (next) answer["nextToken"] = *next;
  return answer;
}

// The pattern is a regular expression: its own begin of the name counts only behind a '^'.
Json list_log_groups(LogStore& logs, const RequestContext& request, const Json& in) {
  auto rows = logs.rows().groups(request.region);
  if (in.contains("logGroupNamePattern")) {
    const filter::Expression pattern(in.at("logGroupNamePattern").get<std::string>());
    std::erase_if(rows, [&](const auto& row) { return !pattern.found_in(row.name); });
  }
  keep_class(rows, in);
  const auto page =
      api::page_of(request, in, {.most = 1000, .standard = 50, .size_member = "limit"});
  const auto next = api::take_page(page, rows, [](const auto& row) { return row.name; });
  Json groups = Json::array();
  for (const auto& row : rows) {
    groups.push_back({{"logGroupName", row.name},
                      {"logGroupArn", arn_of(request, row.name)},
                      {"logGroupClass", row.log_class}});
  }
  Json answer = {{"logGroups", std::move(groups)}};
  if (next) answer["nextToken"] = *next;
  return answer;
}

GroupRow encrypted_group(LogStore& logs, const RequestContext& request, const Json& in) {
  if (in.contains("logGroupName") == in.contains("resourceIdentifier")) {
    throw invalid("Specify exactly one of logGroupName and resourceIdentifier.");
  }
  const auto& given = in.at(in.contains("logGroupName") ? "logGroupName" : "resourceIdentifier");
  return logs.group(request.region, group_name_of({{"logGroupName", given}}));
}

Json associate_kms_key(LogStore& logs, const RequestContext& request, const Json& in) {
  logs.rows().set_kms_key(encrypted_group(logs, request, in).group_id, in.at("kmsKeyId"));
  return Json::object();
}

Json disassociate_kms_key(LogStore& logs, const RequestContext& request, const Json& in) {
  logs.rows().set_kms_key(encrypted_group(logs, request, in).group_id, "");
  return Json::object();
}

Json put_retention_policy(LogStore& logs, const RequestContext& request, const Json& in) {
  static constexpr std::int64_t kDays[] = {1,    3,    5,    7,    14,   30,  60,  90,
                                           120,  150,  180,  365,  400,  545, 731, 1096,
                                           1827, 2192, 2557, 2922, 3288, 3653};
  const std::int64_t days = in.at("retentionInDays");
  if (std::find(std::begin(kDays), std::end(kDays), days) == std::end(kDays)) {
    throw invalid("1 validation error detected: Value '" + std::to_string(days) +
                  "' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum "
                  "value set: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, "
                  "1096, 1827, 2192, 2557, 2922, 3288, 3653]");
  }
  logs.rows().set_retention(logs.group(request.region, group_name_of(in)).group_id, days);
  return Json::object();
}

Json delete_retention_policy(LogStore& logs, const RequestContext& request, const Json& in) {
  logs.rows().set_retention(logs.group(request.region, group_name_of(in)).group_id, std::nullopt);
  return Json::object();
}

Json create_log_stream(LogStore& logs, const RequestContext& request, const Json& in) {
  const auto group = logs.group(request.region, group_name_of(in));
  const std::string name = in.at("logStreamName");
  if (logs.rows().find_stream(group.group_id, name)) {
    throw AwsError("ResourceAlreadyExistsException", "The specified log stream already exists");
  }
  logs.create_stream(request.region, group.name, name);
  return Json::object();
}

Json delete_log_stream(LogStore& logs, const RequestContext& request, const Json& in) {
  const auto group = logs.group(request.region, group_name_of(in));
  logs.rows().erase_stream(logs.stream(group, in.at("logStreamName")).stream_id);
  return Json::object();
}

Json stream_json(const RequestContext& request, const GroupRow& group, const StreamRow& row) {
  Json json = {{"logStreamName", row.name},
               {"creationTime", row.created_ms},
               {"arn", arn_of(request, group.name) + ":log-stream:" + row.name},
               {"storedBytes", row.stored_bytes}};
  if (row.first_event_ms) json["firstEventTimestamp"] = *row.first_event_ms;
  if (row.last_event_ms) json["lastEventTimestamp"] = *row.last_event_ms;
  if (row.ingested_ms) {
    json["lastIngestionTime"] = *row.ingested_ms;
    json["uploadSequenceToken"] = std::to_string(row.stream_id) + std::to_string(*row.ingested_ms);
  }
  return json;
}

// Pages by the order asked for: the key is the name, or the time and the name.
Json describe_log_streams(LogStore& logs, const RequestContext& request, const Json& in) {
  const auto group = logs.group(request.region, group_name_of(in));
  const auto prefix = in.value("logStreamNamePrefix", "");
  const bool by_time = in.value("orderBy", "LogStreamName") == "LastEventTime";
  if (by_time && !prefix.empty()) {
    throw invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
  }
  auto rows = logs.rows().streams(group.group_id);
  std::erase_if(rows, [&](const auto& row) { return !row.name.starts_with(prefix); });
  const auto key = [&](const StreamRow& row) {
    if (!by_time) return row.name;
    const auto digits = std::to_string(row.last_event_ms.value_or(0));
    return std::string(20 - digits.size(), '0') + digits + row.name;
  };
  const bool down = in.value("descending", false);
  std::sort(rows.begin(), rows.end(),
            [&](const auto& a, const auto& b) { return down ? key(b) < key(a) : key(a) < key(b); });
  const auto page = api::page_of(request, in, {.most = 50, .size_member = "limit"});
  if (!page.after.empty()) {
    std::erase_if(rows, [&](const auto& row) {
      return down ? key(row) >= page.after : key(row) <= page.after;
    });
  }
  const auto next = api::cut_page(page, rows, key);
  Json streams = Json::array();
  for (const auto& row : rows) streams.push_back(stream_json(request, group, row));
  Json answer = {{"logStreams", std::move(streams)}};
  if (next) answer["nextToken"] = *next;
  return answer;
}

// TagLogGroup and its like name the group, TagResource its ARN.
GroupRow tagged(LogStore& logs, const RequestContext& request, const Json& in) {
  if (in.contains("logGroupName")) return logs.group(request.region, in.at("logGroupName"));
  return logs.group(request.region, group_name_of({{"logGroupName", in.at("resourceArn")}}));
}

Json tag(LogStore& logs, const RequestContext& request, const Json& in) {
  const auto group = tagged(logs, request, in);
  for (const auto& [key, value] : in.at("tags").items()) {
    logs.rows().put_tag(group.group_id, key, value);
  }
  if (logs.rows().tags(group.group_id).size() > 50) {
    throw AwsError("TooManyTagsException", "A resource can have at most 50 tags.");
  }
  return Json::object();
}

Json untag(LogStore& logs, const RequestContext& request, const Json& in) {
  const auto group = tagged(logs, request, in);
  for (const std::string key : in.at(in.contains("tagKeys") ? "tagKeys" : "tags")) {
    logs.rows().erase_tag(group.group_id, key);
  }
  return Json::object();
}

Json list_tags(LogStore& logs, const RequestContext& request, const Json& in) {
  Json tags = Json::object();
  for (const auto& [key, value] : logs.rows().tags(tagged(logs, request, in).group_id)) {
    tags[key] = value;
  }
  return {{"tags", std::move(tags)}};
}

constexpr std::pair<const char*, Handler*> kOperations[] = {
    {"AssociateKmsKey", associate_kms_key},
    {"CreateLogGroup", create_log_group},
    {"CreateLogStream", create_log_stream},
    {"DeleteLogGroup", delete_log_group},
    {"DeleteLogStream", delete_log_stream},
    {"DeleteResourcePolicy", delete_resource_policy},
    {"DeleteRetentionPolicy", delete_retention_policy},
    {"DescribeLogGroups", describe_log_groups},
    {"DescribeLogStreams", describe_log_streams},
    {"DescribeResourcePolicies", describe_resource_policies},
    {"DisassociateKmsKey", disassociate_kms_key},
    {"FilterLogEvents", filter_log_events},
    {"GetLogEvents", get_log_events},
    {"ListLogGroups", list_log_groups},
    {"ListTagsForResource", list_tags},
    {"ListTagsLogGroup", list_tags},
    {"PutLogEvents", put_log_events},
    {"PutResourcePolicy", put_resource_policy},
    {"PutRetentionPolicy", put_retention_policy},
    {"TagLogGroup", tag},
    {"TagResource", tag},
    {"UntagLogGroup", untag},
    {"UntagResource", untag},
};

// Those that need more than the store. The table owns its parts.
void add_listeners(api::Service& service, LogStore& logs, Clock& clock,
                   cloudwatch::MetricStore& metrics) {
  const auto filters = std::make_shared<MetricFilters>(logs, metrics);
  const auto tail = std::make_shared<LiveTail>(logs, clock);
  logs.listen(filters);
  logs.listen(tail);
  auto& table = service.operations;
  table["PutMetricFilter"] = [filters](auto& request, auto& in) {
    return filters->put(request, in);
  };
  table["DescribeMetricFilters"] = [filters](auto& request, auto& in) {
    return filters->describe(request, in);
  };
  table["DeleteMetricFilter"] = [filters](auto& request, auto& in) {
    return filters->erase(request, in);
  };
  table["TestMetricFilter"] = [filters](auto&, auto& in) { return filters->test(in); };
  table["StartLiveTail"] = [tail](auto& request, auto& in) { return tail->start(request, in); };
}

}  // namespace

api::Service make_logs_service(LogStore& logs, Clock& clock, cloudwatch::MetricStore& metrics) {
  api::Service service{.name = "logs", .operations = {}};
  for (const auto& [name, handler] : kOperations) {
    service.operations.emplace(
        name,
        [&logs, handler = handler](const RequestContext& request, const Json& in) -> api::Answer {
          store::Transaction transaction(logs.db());
          auto output = handler(logs, request, in);
          transaction.commit();
          return output;
        });
  }
  add_listeners(service, logs, clock, metrics);
  return service;
}

}  // namespace enibox::logs

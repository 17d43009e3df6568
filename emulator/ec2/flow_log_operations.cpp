#include <algorithm>
#include <cctype>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/flow_logs/bucket.hpp"
#include "emulator/flow_logs/format.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kFlowLogFilters[] = {
    {"deliver-log-status", "DeliverLogsStatus"},
    {"flow-log-id", "FlowLogId"},
    {"log-destination-type", "LogDestinationType"},
    {"log-group-name", "LogGroupName"},
    {"resource-id", "ResourceId"},
    {"traffic-type", "TrafficType"},
};

struct Watched {
  std::string_view resource_type, prefix;
};
constexpr Watched kWatched[] = {
    {"VPC", "vpc"}, {"Subnet", "subnet"}, {"NetworkInterface", "network-interface"}};

constexpr const char* kCloudWatch = "cloud-watch-logs";
constexpr const char* kS3 = "s3";

AwsError flow_logs_not_found(const std::vector<std::string>& ids) {
  std::string text = "These flow log ids in the input list are not found: [TotalCount: " +
                     std::to_string(ids.size()) + "]";
  for (const auto& id : ids) text += " " + id;
  return {"InvalidFlowLogId.NotFound", text};
}

AwsError invalid(const std::string& message) { return {"InvalidParameter", message}; }

Json flow_log_json(Ec2State& ec2, const FlowLogRow& row) {
  Json json = {{"FlowLogId", row.flow_log_id},
               {"FlowLogStatus", "ACTIVE"},
               {"DeliverLogsStatus", "SUCCESS"},
               {"CreationTime", aws_seconds(row.created_ms)},
               {"ResourceId", row.resource_id},
               {"TrafficType", row.traffic_type},
               {"LogDestinationType", row.destination_type},
               {"LogFormat", row.format},
               {"MaxAggregationInterval", row.interval_s},
               {"Tags", tags_json(ec2, row.flow_log_id)}};
  if (!row.destination.empty()) json["LogDestination"] = row.destination;
  if (!row.log_group_name.empty()) json["LogGroupName"] = row.log_group_name;
  if (!row.permission_arn.empty()) json["DeliverLogsPermissionArn"] = row.permission_arn;
  if (!row.cross_account_role.empty()) json["DeliverCrossAccountRole"] = row.cross_account_role;
  if (!row.destination_options.empty())
    json["DestinationOptions"] = Json::parse(row.destination_options);
  return json;
}

// "arn:aws:logs:us-east-1:000000000000:log-group:NAME", perhaps with ":*" behind.
std::string group_of_arn(const std::string& arn) {
  constexpr std::string_view kKind = ":log-group:";
  const auto at = arn.find(kKind);
  if (!arn.starts_with("arn:") || arn.find(":logs:") == std::string::npos ||
      at == std::string::npos) {
    throw invalid("LogDestination: " + arn + " is not a valid CloudWatch Logs log group ARN.");
  }
  auto name = arn.substr(at + kKind.size());
  if (name.ends_with(":*")) name.resize(name.size() - 2);
  return name;
}

void check_group_name(const std::string& name) {
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("._-/#").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (name.empty() || name.size() > 512 || !std::all_of(name.begin(), name.end(), allowed))
    throw invalid("Invalid LogGroupName: " + name);
}

void check_cloud_watch(FlowLogRow& row) {
  if (!row.destination.empty() && !row.log_group_name.empty())
    throw invalid("Please only provide LogGroupName or only provide LogDestination.");
  if (row.permission_arn.empty()) {
    throw invalid(
        "DeliverLogsPermissionArn can't be empty if LogDestinationType is cloud-watch-logs.");
  }
  if (row.log_group_name.empty()) row.log_group_name = group_of_arn(row.destination);
  check_group_name(row.log_group_name);
}

void check_s3(FlowLogRow& row, const Json& in) {
  if (!row.log_group_name.empty()) {
    throw invalid("LogDestination type must be cloud-watch-logs if LogGroupName is provided.");
  }
  if (!flow_logs::parse_bucket(row.destination))
    throw invalid("LogDestination: " + row.destination + " is not a valid S3 bucket ARN.");
  const auto options = in.value("DestinationOptions", Json::object());
  const auto file_format = options.value("FileFormat", "plain-text");
  if (file_format != "plain-text" && file_format != "parquet")
    throw invalid("Invalid FileFormat: " + file_format);
  if (file_format == "parquet")
    throw AwsError("UnsupportedOperation", "Flow log files of this endpoint are plain text only.");
  row.destination_options =
      Json{{"FileFormat", file_format},
           {"HiveCompatiblePartitions", options.value("HiveCompatiblePartitions", false)},
           {"PerHourPartition", options.value("PerHourPartition", false)}}
          .dump();
}

FlowLogRow wanted_flow_log(const std::string& region, const Json& in) {
  FlowLogRow row;
  row.region = region;
  row.traffic_type = in.value("TrafficType", "");
  row.destination_type = in.value("LogDestinationType", kCloudWatch);
  row.destination = in.value("LogDestination", "");
  row.log_group_name = in.value("LogGroupName", "");
  row.permission_arn = in.value("DeliverLogsPermissionArn", "");
  row.cross_account_role = in.value("DeliverCrossAccountRole", "");
  row.format = in.value("LogFormat", flow_logs::kDefaultFormat);
  row.interval_s = in.value("MaxAggregationInterval", 600);
  if (row.traffic_type.empty())
    throw AwsError("MissingParameter", "The request must contain the parameter TrafficType");
  if (row.destination.empty() && row.log_group_name.empty())
    throw invalid("LogDestination can't be empty if LogGroupName is not provided.");
  if (row.destination_type == kCloudWatch) {
    check_cloud_watch(row);
  } else if (row.destination_type == kS3) {
    check_s3(row, in);
  } else {
    throw AwsError("UnsupportedOperation",
                   "Flow logs of this endpoint go to CloudWatch Logs and S3 only.");
  }
  if (row.interval_s != 60 && row.interval_s != 600)
    throw invalid("Invalid Flow Log Max Aggregation Interval");
  flow_logs::Format::parse(row.format);
  return row;
}

// That it is there, and of the kind the request says.
void check_resource(Ec2State& ec2, const std::string& region, const Json& in,
                    const std::string& id) {
  const auto wanted = in.value("ResourceType", "");
  for (const auto& kind : kWatched) {
    if (kind.resource_type != wanted) continue;
    if (resource_type_of(id) == kind.prefix) return require_resource(ec2, region, id);
    throw invalid("Resource " + id + " is not of type " + wanted + ".");
  }
  throw AwsError("UnsupportedOperation", "Flow logs of " + wanted + " are not served here.");
}

void check_new(Ec2State& ec2, const FlowLogRow& wanted, const std::string& id) {
  for (const auto& other : ec2.flow_logs.of_resource(id)) {
    if (other.destination_type != wanted.destination_type ||
        other.destination != wanted.destination || other.log_group_name != wanted.log_group_name ||
        other.traffic_type != wanted.traffic_type) {
      continue;
    }
    throw AwsError("FlowLogAlreadyExists",
                   "Error. There is an existing Flow Log with the same configuration and log "
                   "destination.");
  }
}

}  // namespace

Json create_flow_logs(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto wanted = wanted_flow_log(request.region, in);
  Json made = Json::array();
  Json failed = Json::array();
  for (const auto& id : wanted_ids(in, "ResourceIds")) {
    try {
      check_resource(ec2, request.region, in, id);
    } catch (const AwsError& error) {
      failed.push_back(
          {{"ResourceId", id}, {"Error", {{"Code", error.code()}, {"Message", error.message()}}}});
      continue;
    }
    check_new(ec2, wanted, id);
    auto row = wanted;
    row.flow_log_id = ec2_id("fl");
    row.resource_id = id;
    row.created_ms = ec2.clock.now_ms();
    ec2.flow_logs.insert(row);
    tag_new(ec2, request.region, in, {row.flow_log_id, "vpc-flow-log"});
    made.push_back(row.flow_log_id);
  }
  ec2.flow_logs_changed();
  Json answer = {{"FlowLogIds", std::move(made)}, {"Unsuccessful", std::move(failed)}};
  const auto token = in.value("ClientToken", "");
  answer["ClientToken"] = token.empty() ? random_uuid() : token;
  return answer;
}

Json delete_flow_logs(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto ids = wanted_ids(in, "FlowLogIds");
  for (const auto& id : ids) {
    const auto row = ec2.flow_logs.find(id);
    if (!row || row->region != request.region) throw flow_logs_not_found(ids);
  }
  for (const auto& id : ids) {
    ec2.tags.erase_all(id);
    ec2.flow_logs.erase(id);
  }
  ec2.flow_logs_changed();
  return {{"Unsuccessful", Json::array()}};
}

Json describe_flow_logs(Ec2State& ec2, const api::RequestContext& request, const Json& given) {
  auto in = given;  // this one calls its filters "Filter"
  if (in.contains("Filter")) in["Filters"] = in["Filter"];
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "FlowLogIds");
  for (const auto& id : ids) {
    const auto row = ec2.flow_logs.find(id);
    if (row && row->region == request.region) items.push_back(flow_log_json(ec2, *row));
  }
  if (ids.empty()) {
    for (const auto& row : ec2.flow_logs.list(request.region)) {
      items.push_back(flow_log_json(ec2, row));
    }
  }
  return describe(request, in, {"FlowLogs", "FlowLogId", std::move(items), kFlowLogFilters});
}

}  // namespace enibox::ec2::op

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/tags.hpp"
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

constexpr const char* kDefaultFormat =
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} "
    "${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";

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
  return json;
}

FlowLogRow wanted_flow_log(const std::string& region, const Json& in) {
  FlowLogRow row;
  row.region = region;
  row.traffic_type = in.value("TrafficType", "ALL");
  row.destination_type = in.value("LogDestinationType", "cloud-watch-logs");
  row.destination = in.value("LogDestination", "");
  row.log_group_name = in.value("LogGroupName", "");
  row.permission_arn = in.value("DeliverLogsPermissionArn", "");
  row.format = in.value("LogFormat", kDefaultFormat);
  row.interval_s = in.value("MaxAggregationInterval", 600);
  if (row.destination_type != "cloud-watch-logs") {
    throw AwsError("UnsupportedOperation",
                   "Flow logs of this endpoint go to CloudWatch Logs only.");
  }
  const auto group = row.destination.find(":log-group:");
  if (row.log_group_name.empty() && group != std::string::npos) {
    row.log_group_name = row.destination.substr(group + 11);
  }
  if (row.log_group_name.empty()) {
    throw AwsError("InvalidParameter",
                   "LogDestination can't be empty if LogGroupName is not "
                   "provided.");
  }
  if (row.permission_arn.empty()) {
    throw AwsError("InvalidParameter",
                   "DeliverLogsPermissionArn can't be empty if LogDestinationType is "
                   "cloud-watch-logs.");
  }
  if (row.interval_s != 60 && row.interval_s != 600) {
    throw AwsError("InvalidParameter", "Invalid Flow Log Max Aggregation Interval");
  }
  return row;
}

// That it is there and has no such flow log yet.
void check_resource(Ec2State& ec2, const FlowLogRow& wanted, const std::string& id) {
  require_resource(ec2, wanted.region, id);
  for (const auto& other : ec2.flow_logs.list(wanted.region)) {
    if (other.resource_id != id || other.log_group_name != wanted.log_group_name ||
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
      check_resource(ec2, wanted, id);
    } catch (const AwsError& error) {
      failed.push_back(
          {{"ResourceId", id}, {"Error", {{"Code", error.code()}, {"Message", error.message()}}}});
      continue;
    }
    auto row = wanted;
    row.flow_log_id = ec2_id("fl");
    row.resource_id = id;
    row.created_ms = ec2.clock.now_ms();
    ec2.flow_logs.insert(row);
    tag_new(ec2, request.region, in, {row.flow_log_id, "vpc-flow-log"});
    made.push_back(row.flow_log_id);
  }
  Json answer = {{"FlowLogIds", std::move(made)}, {"Unsuccessful", std::move(failed)}};
  if (in.contains("ClientToken")) answer["ClientToken"] = in.at("ClientToken");
  return answer;
}

Json delete_flow_logs(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  Json failed = Json::array();
  for (const auto& id : wanted_ids(in, "FlowLogIds")) {
    const auto row = ec2.flow_logs.find(id);
    if (!row || row->region != request.region) {
      const auto error = flow_log_not_found(id);
      failed.push_back(
          {{"ResourceId", id}, {"Error", {{"Code", error.code()}, {"Message", error.message()}}}});
      continue;
    }
    ec2.tags.erase_all(id);
    ec2.flow_logs.erase(id);
  }
  return {{"Unsuccessful", std::move(failed)}};
}

Json describe_flow_logs(Ec2State& ec2, const api::RequestContext& request, const Json& given) {
  auto in = given;  // this one calls its filters "Filter"
  if (in.contains("Filter")) in["Filters"] = in["Filter"];
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "FlowLogIds");
  for (const auto& id : ids) {
    const auto row = ec2.flow_logs.find(id);
    if (!row || row->region != request.region) throw flow_log_not_found(id);
    items.push_back(flow_log_json(ec2, *row));
  }
  if (ids.empty()) {
    for (const auto& row : ec2.flow_logs.list(request.region)) {
      items.push_back(flow_log_json(ec2, row));
    }
  }
  return describe(request, in, {"FlowLogs", "FlowLogId", std::move(items), kFlowLogFilters});
}

}  // namespace enibox::ec2::op

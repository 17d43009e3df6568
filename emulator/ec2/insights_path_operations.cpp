#include <algorithm>
#include <cctype>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/insights_json.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ids.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kPathFilters[] = {
    {"destination", "Destination"},
    {"filter-at-destination.destination-address", "FilterAtDestination.DestinationAddress"},
    {"filter-at-destination.source-address", "FilterAtDestination.SourceAddress"},
    {"filter-at-source.destination-address", "FilterAtSource.DestinationAddress"},
    {"filter-at-source.source-address", "FilterAtSource.SourceAddress"},
    {"protocol", "Protocol"},
    {"source", "Source"},
};

AwsError invalid(const std::string& message) { return {"InvalidParameterValue", message}; }

Json path_json(Ec2State& ec2, const api::RequestContext& request, const InsightsPathRow& row) {
  Json json = {{"NetworkInsightsPathId", row.path_id},
               {"NetworkInsightsPathArn", resource_arn(request, row.path_id)},
               {"CreatedDate", aws_seconds(row.created_ms)},
               {"Source", row.source},
               {"SourceArn", resource_arn(request, row.source)},
               {"Protocol", row.protocol},
               {"Tags", tags_json(ec2, row.path_id)}};
  if (!row.destination.empty()) {
    json["Destination"] = row.destination;
    json["DestinationArn"] = resource_arn(request, row.destination);
  }
  if (!row.source_ip.empty()) json["SourceIp"] = row.source_ip;
  if (!row.destination_ip.empty()) json["DestinationIp"] = row.destination_ip;
  if (row.destination_port) json["DestinationPort"] = *row.destination_port;
  if (!row.filter_at_source.empty()) json["FilterAtSource"] = Json::parse(row.filter_at_source);
  if (!row.filter_at_destination.empty())
    json["FilterAtDestination"] = Json::parse(row.filter_at_destination);
  return json;
}

// The id of an interface, instance or internet gateway that is there; given by id or ARN.
std::string resource_named(Ec2State& ec2, const std::string& region, const std::string& name) {
  const auto id = name.starts_with("arn:") ? name.substr(name.rfind('/') + 1) : name;
  const auto type = resource_type_of(id);
  if (type == "internet-gateway") {
    const auto gateway = ec2.internet_gateways.find(id);
    if (!gateway || gateway->region != region) throw igw_not_found(id);
  } else if (type == "network-interface" || type == "instance") {
    require_resource(ec2, region, id);
  } else {
    throw invalid("Value (" + name +
                  ") is not valid: paths of this endpoint lead between instances, network "
                  "interfaces and internet gateways.");
  }
  return id;
}

void check_address(const Json& in, const char* member) {
  const auto text = in.value(member, "");
  if (text.empty()) return;
  const auto address = vpc::IpAddress::parse(text);
  if (!address || address->is_v6())
    throw invalid("Value (" + text + ") for parameter " + member + " is invalid.");
}

// A PathRequestFilter becomes a PathFilter: the same.
std::string filter_of(const Json& in, const char* member) {
  const auto filter = in.value(member, Json::object());
  check_address(filter, "SourceAddress");
  check_address(filter, "DestinationAddress");
  for (const char* range : {"SourcePortRange", "DestinationPortRange"}) {
    const auto ports = filter.value(range, Json::object());
    if (ports.value("FromPort", 0) > ports.value("ToPort", 65535))
      throw invalid(std::string("Invalid ") + range + ": FromPort is above ToPort.");
  }
  return filter.empty() ? "" : filter.dump();
}

std::string protocol_of(const Json& in) {
  std::string protocol = in.value("Protocol", "");
  std::transform(protocol.begin(), protocol.end(), protocol.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (protocol.empty())
    throw AwsError("MissingParameter", "The request must contain the parameter protocol");
  if (protocol != "tcp" && protocol != "udp")
    throw invalid("Value (" + protocol + ") for parameter protocol is invalid.");
  return protocol;
}

void check_combination(const Json& in) {
  const auto refuse = [&](const char* filter, const char* member) {
    if (in.contains(filter) && in.contains(member)) {
      throw AwsError("InvalidParameterCombination", std::string("The parameter ") + member +
                                                        " may not be given with " + filter + ".");
    }
  };
  refuse("FilterAtSource", "SourceIp");
  refuse("FilterAtSource", "DestinationPort");
  refuse("FilterAtDestination", "DestinationIp");
}

InsightsPathRow wanted_path(Ec2State& ec2, const std::string& region, const Json& in) {
  check_combination(in);
  check_address(in, "SourceIp");
  check_address(in, "DestinationIp");
  InsightsPathRow row;
  row.region = region;
  row.protocol = protocol_of(in);
  row.source = resource_named(ec2, region, in.value("Source", ""));
  const auto destination = in.value("Destination", "");
  if (!destination.empty()) row.destination = resource_named(ec2, region, destination);
  row.source_ip = in.value("SourceIp", "");
  row.destination_ip = in.value("DestinationIp", "");
  if (in.contains("DestinationPort")) row.destination_port = in.at("DestinationPort").get<int>();
  row.filter_at_source = filter_of(in, "FilterAtSource");
  row.filter_at_destination = filter_of(in, "FilterAtDestination");
  const auto filter = in.value("FilterAtSource", Json::object());
  if (row.destination.empty() && row.destination_ip.empty() &&
      !filter.contains("DestinationAddress")) {
    throw AwsError("MissingParameter",
                   "The request must contain a destination: Destination, DestinationIp or "
                   "FilterAtSource.DestinationAddress");
  }
  return row;
}

}  // namespace

Json create_network_insights_path(Ec2State& ec2, const api::RequestContext& request,
                                  const Json& in) {
  auto row = wanted_path(ec2, request.region, in);
  if (ec2.insights_paths.count(request.region) >= ec2.quotas.insights_paths_per_region) {
    throw AwsError("NetworkInsightsPathLimitExceeded",
                   "The maximum number of network insights paths has been reached.");
  }
  row.path_id = ec2_id("nip");
  row.created_ms = ec2.clock.now_ms();
  ec2.insights_paths.insert(row);
  tag_new(ec2, request.region, in, {row.path_id, "network-insights-path"});
  return {{"NetworkInsightsPath", path_json(ec2, request, row)}};
}

Json delete_network_insights_path(Ec2State& ec2, const api::RequestContext& request,
                                  const Json& in) {
  const auto row = ec2.insights_path(request.region, in.value("NetworkInsightsPathId", ""));
  if (!ec2.insights_analyses.of_path(row.path_id).empty()) {
    throw AwsError(
        "AnalysisExistsForNetworkInsightsPath",
        "The path " + row.path_id + " has analyses. Delete them before you delete the path.");
  }
  ec2.tags.erase_all(row.path_id);
  ec2.insights_paths.erase(row.path_id);
  return {{"NetworkInsightsPathId", row.path_id}};
}

Json describe_network_insights_paths(Ec2State& ec2, const api::RequestContext& request,
                                     const Json& in) {
  std::vector<InsightsPathRow> rows;
  const auto ids = wanted_ids(in, "NetworkInsightsPathIds");
  for (const auto& id : ids) rows.push_back(ec2.insights_path(request.region, id));
  if (ids.empty()) rows = ec2.insights_paths.list(request.region);
  std::vector<Json> items;
  for (const auto& row : rows) items.push_back(path_json(ec2, request, row));
  return describe(
      request, in,
      {"NetworkInsightsPaths", "NetworkInsightsPathId", std::move(items), kPathFilters});
}

}  // namespace enibox::ec2::op

#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/insights_json.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ids.hpp"
#include "emulator/reachability/evaluation.hpp"
#include "emulator/reachability/routes.hpp"

namespace enibox::ec2::op {
namespace {

using reachability::Kind;

constexpr FilterField kAnalysisFilters[] = {
    {"path-found", "NetworkPathFound"},
    {"status", "Status"},
};

// Stands for the internet where a path names no address of it.
constexpr const char* kSomewhere = "192.0.2.1";

// A path that cannot be analysed any more: the analysis fails with this message.
struct CannotAnalyse {
  std::string message;
};

vpc::IpAddress parsed(const std::string& address) { return *vpc::IpAddress::parse(address); }

// The interface that a resource sends and takes with; none: it is an internet gateway.
std::optional<EniRow> interface_of(Ec2State& ec2, const std::string& id) {
  if (id.starts_with("igw-")) {
    const auto gateway = ec2.internet_gateways.find(id);
    if (!gateway) throw CannotAnalyse{"The internet gateway " + id + " no longer exists."};
    return std::nullopt;
  }
  auto eni_id = id;
  if (id.starts_with("i-")) {
    const auto instance = ec2.instances.find(id);
    eni_id = instance ? instance->primary_eni_id : "";
  }
  auto eni = ec2.enis.find(eni_id);
  if (!eni) throw CannotAnalyse{"The resource " + id + " no longer exists, or has no interface."};
  return eni;
}

reachability::Ports ports_of(const Json& range, const reachability::Ports& otherwise) {
  if (range.empty()) return otherwise;
  return {{range.value("FromPort", 0), range.value("ToPort", 65535)}};
}

struct Wanted {
  reachability::Flow flow;
  std::optional<std::string> destination_eni;  // where it has to end; none: anywhere
  bool into_the_internet = false;
};

vpc::IpAddress destination_address(Ec2State& ec2, const InsightsPathRow& row, const Json& filter,
                                   const std::optional<EniRow>& destination, bool from_internet) {
  if (filter.contains("DestinationAddress"))
    return parsed(filter.at("DestinationAddress").get<std::string>());
  auto address = row.destination_ip.empty() ? kSomewhere : row.destination_ip;
  if (destination && row.destination_ip.empty()) address = destination->address;
  if (!destination || !from_internet) return parsed(address);
  const auto mapping = reachability::mapping_of_private(ec2, destination->vpc_id, parsed(address));
  return mapping ? mapping->public_address : parsed(address);
}

Wanted wanted_flow(Ec2State& ec2, const InsightsPathRow& row) {
  const auto filter =
      row.filter_at_source.empty() ? Json::object() : Json::parse(row.filter_at_source);
  Wanted wanted;
  const auto source = interface_of(ec2, row.source);
  std::optional<EniRow> destination;
  if (!row.destination.empty()) {
    destination = interface_of(ec2, row.destination);
    wanted.into_the_internet = !destination;
    if (destination) wanted.destination_eni = destination->eni_id;
  }
  auto source_ip = filter.value("SourceAddress", row.source_ip);
  if (source_ip.empty()) source_ip = source ? source->address : kSomewhere;
  wanted.flow.source.address = parsed(source_ip);
  if (source) wanted.flow.source.eni_id = source->eni_id;
  wanted.flow.destination = destination_address(ec2, row, filter, destination, !source);
  wanted.flow.protocol = row.protocol == "udp" ? reachability::kUdp : reachability::kTcp;
  wanted.flow.source_ports =
      ports_of(filter.value("SourcePortRange", Json::object()), reachability::kEveryPort);
  wanted.flow.destination_ports =
      ports_of(filter.value("DestinationPortRange", Json::object()), reachability::kEveryPort);
  if (row.destination_port)
    wanted.flow.destination_ports = {{*row.destination_port, *row.destination_port}};
  return wanted;
}

// Whether the last step is where the path was to lead.
bool ends_there(const reachability::Way& way, const Wanted& wanted) {
  const auto& last = way.steps.back();
  if (wanted.into_the_internet) return last.kind == Kind::kInternet;
  return !wanted.destination_eni || last.eni_id == *wanted.destination_eni;
}

Json analyse(Ec2State& ec2, const api::RequestContext& request, const InsightsPathRow& row) {
  try {
    const auto wanted = wanted_flow(ec2, row);
    auto answer = reachability::evaluate(ec2, wanted.flow);
    if (answer.forward.open() && !ends_there(answer.forward, wanted))
      answer.forward.steps.back().code = "NO_POSSIBLE_DESTINATION";
    auto explanations = explanations_json(ec2, request, answer.forward);
    for (auto& each : explanations_json(ec2, request, answer.back))
      explanations.push_back(std::move(each));
    Json result = {{"Status", "succeeded"},
                   {"NetworkPathFound", answer.reachable()},
                   {"ForwardPathComponents", path_components_json(ec2, request, answer.forward)},
                   {"Explanations", std::move(explanations)}};
    if (!answer.back.steps.empty())
      result["ReturnPathComponents"] = path_components_json(ec2, request, answer.back);
    return result;
  } catch (const CannotAnalyse& reason) {
    return {{"Status", "failed"}, {"StatusMessage", reason.message}};
  }
}

Json analysis_json(Ec2State& ec2, const api::RequestContext& request,
                   const InsightsAnalysisRow& row) {
  Json json = {{"NetworkInsightsAnalysisId", row.analysis_id},
               {"NetworkInsightsAnalysisArn", resource_arn(request, row.analysis_id)},
               {"NetworkInsightsPathId", row.path_id},
               {"StartDate", aws_seconds(row.started_ms)},
               {"Tags", tags_json(ec2, row.analysis_id)}};
  json.update(Json::parse(row.result));
  return json;
}

bool in_time(const Json& in, const InsightsAnalysisRow& row) {
  const auto started = aws_seconds(row.started_ms);
  return started >= in.value("AnalysisStartTime", started) &&
         started <= in.value("AnalysisEndTime", started);
}

}  // namespace

// It is done when the answer leaves, which says, as AWS's does, that it has begun.
Json start_network_insights_analysis(Ec2State& ec2, const api::RequestContext& request,
                                     const Json& in) {
  const auto path = ec2.insights_path(request.region, in.value("NetworkInsightsPathId", ""));
  for (const char* filter : {"FilterInArns", "FilterOutArns", "AdditionalAccounts"}) {
    if (in.value(filter, Json::array()).empty()) continue;
    throw AwsError("UnsupportedOperation",
                   std::string("Analyses of this endpoint take no ") + filter + ".");
  }
  if (ec2.insights_analyses.count(request.region) >= ec2.quotas.insights_analyses_per_region) {
    throw AwsError("NetworkInsightsAnalysisLimitExceeded",
                   "The maximum number of network insights analyses has been reached.");
  }
  const InsightsAnalysisRow row{.analysis_id = ec2_id("nia"),
                                .region = request.region,
                                .path_id = path.path_id,
                                .started_ms = ec2.clock.now_ms(),
                                .result = analyse(ec2, request, path).dump()};
  ec2.insights_analyses.insert(row);
  tag_new(ec2, request.region, in, {row.analysis_id, "network-insights-analysis"});
  return {{"NetworkInsightsAnalysis",
           {{"NetworkInsightsAnalysisId", row.analysis_id},
            {"NetworkInsightsAnalysisArn", resource_arn(request, row.analysis_id)},
            {"NetworkInsightsPathId", row.path_id},
            {"StartDate", aws_seconds(row.started_ms)},
            {"Status", "running"},
            {"Tags", tags_json(ec2, row.analysis_id)}}}};
}

Json delete_network_insights_analysis(Ec2State& ec2, const api::RequestContext& request,
                                      const Json& in) {
  const auto row = ec2.insights_analysis(request.region, in.value("NetworkInsightsAnalysisId", ""));
  ec2.tags.erase_all(row.analysis_id);
  ec2.insights_analyses.erase(row.analysis_id);
  return {{"NetworkInsightsAnalysisId", row.analysis_id}};
}

Json describe_network_insights_analyses(Ec2State& ec2, const api::RequestContext& request,
                                        const Json& in) {
  std::vector<InsightsAnalysisRow> rows;
  const auto ids = wanted_ids(in, "NetworkInsightsAnalysisIds");
  for (const auto& id : ids) rows.push_back(ec2.insights_analysis(request.region, id));
  const auto path_id = in.value("NetworkInsightsPathId", "");
  if (!path_id.empty()) ec2.insights_path(request.region, path_id);
  if (ids.empty())
    rows = path_id.empty() ? ec2.insights_analyses.list(request.region)
                           : ec2.insights_analyses.of_path(path_id);
  std::erase_if(rows, [&](const auto& row) {
    return !in_time(in, row) || (!path_id.empty() && row.path_id != path_id);
  });
  std::vector<Json> items;
  for (const auto& row : rows) items.push_back(analysis_json(ec2, request, row));
  return describe(
      request, in,
      {"NetworkInsightsAnalyses", "NetworkInsightsAnalysisId", std::move(items), kAnalysisFilters});
}

}  // namespace enibox::ec2::op

#include "emulator/flow_logs/rows_source.hpp"

#include <algorithm>

#include "emulator/ec2/zones.hpp"

namespace enibox::flow_logs {
namespace {

constexpr int kFirstTaskVersion = 7;

// AWS: the field traffic-path.
int path_of(const ec2::RouteRow& route) {
  constexpr int kSameVpc = 1, kPrivateGateway = 3, kPeering = 4, kLocalGateway = 6,
                kGatewayEndpoint = 7, kInternetGateway = 8;
  if (route.target_kind == "GatewayId") {
    if (route.target == "local") return kSameVpc;
    if (route.target.starts_with("igw-")) return kInternetGateway;
    if (route.target.starts_with("vgw-")) return kPrivateGateway;
    return route.target.starts_with("vpce-") ? kGatewayEndpoint : 0;
  }
  if (route.target_kind == "VpcPeeringConnectionId") return kPeering;
  if (route.target_kind == "LocalGatewayId") return kLocalGateway;
  if (route.target_kind == "NatGatewayId" || route.target_kind == "NetworkInterfaceId" ||
      route.target_kind == "InstanceId")
    return kSameVpc;
  return 0;
}

Traffic traffic_of(const std::string& type) {
  return type == "ACCEPT" ? Traffic::kAccept : type == "REJECT" ? Traffic::kReject : Traffic::kAll;
}

}  // namespace

FlowLogSpec RowsSource::spec_of(const ec2::FlowLogRow& row) const {
  FlowLogSpec spec{.flow_log_id = row.flow_log_id,
                   .account_id = ecs_.arns.account_id,
                   .region = row.region,
                   .resource_id = row.resource_id,
                   .traffic = traffic_of(row.traffic_type),
                   .interval_ms = interval_ms_.value_or(row.interval_s * std::int64_t{1000}),
                   .format = Format::parse(row.format),
                   .group_name = {},
                   .bucket = {}};
  if (row.destination_type != "s3") {
    spec.group_name = row.log_group_name;
    return spec;
  }
  spec.bucket = parse_bucket(row.destination).value();
  const auto options = Json::parse(row.destination_options);
  spec.bucket.hive_compatible = options.value("HiveCompatiblePartitions", false);
  spec.bucket.per_hour = options.value("PerHourPartition", false);
  return spec;
}

std::map<std::string, std::vector<FlowLogSpec>> RowsSource::flow_logs() {
  std::map<std::string, std::vector<FlowLogSpec>> by_vpc;
  wants_paths_ = wants_tasks_ = false;
  for (const auto& row : ec2_.flow_logs()) {
    const auto vpc_id = ec2_.flow_log_vpc(row.resource_id);
    if (vpc_id.empty()) continue;
    auto spec = spec_of(row);
    wants_paths_ |= spec.format.has("traffic-path");
    wants_tasks_ |= spec.format.version() >= kFirstTaskVersion;
    by_vpc[vpc_id].push_back(std::move(spec));
  }
  return by_vpc;
}

std::optional<EniFacts> RowsSource::facts(const std::string& eni_id) {
  const auto row = ec2_.find_interface(eni_id);
  if (!row) return std::nullopt;
  EniFacts facts;
  facts.account_id = ecs_.arns.account_id;
  facts.region = row->region;
  facts.vpc_id = row->vpc_id;
  facts.subnet_id = row->subnet_id;
  facts.eni_id = eni_id;
  facts.zone_id = ec2::zone_id_of(row->region, row->availability_zone);
  if (row->requester_id.empty()) facts.instance_id = row->instance_id;
  return facts;
}

void RowsSource::refresh(EniFacts& facts) {
  if (wants_tasks_) refresh_task(facts);
  if (!wants_paths_) return;
  std::vector<EniFacts::Path> paths;
  for (const auto& route : ec2_.routes_of(facts.subnet_id))
    if (const auto block = vpc::Cidr::parse(route.destination))
      paths.push_back({*block, path_of(route)});
  std::stable_sort(paths.begin(), paths.end(), [](const auto& a, const auto& b) {
    return a.destination.prefix() > b.destination.prefix();
  });
  if (!paths.empty()) facts.paths = std::move(paths);  // else the subnet is gone
}

void RowsSource::refresh_task(EniFacts& facts) {
  const auto task = ecs_.tasks.find(task_interfaces_.task_of(facts.eni_id));
  if (!task) return;
  facts.cluster_name = task->cluster;
  facts.cluster_arn = ecs_.arns.cluster(task->region, task->cluster);
  facts.task_id = task->id;
  facts.task_arn = ecs_.arns.task(*task);
  facts.task_definition_arn = ecs_.arns.task_definition(task->region, task->family, task->revision);
  if (!task->container_instance_id.empty()) {
    facts.container_instance_id = task->container_instance_id;
    facts.container_instance_arn =
        ecs_.arns.container_instance(task->region, task->cluster, task->container_instance_id);
  }
  constexpr std::string_view kService = "service:";
  if (task->group.starts_with(kService)) facts.service_name = task->group.substr(kService.size());
  const auto containers = ecs_.tasks.containers(task->id);
  if (!containers.empty()) facts.container_id = containers[0].docker_id;
  if (containers.size() > 1) facts.second_container_id = containers[1].docker_id;
}

}  // namespace enibox::flow_logs

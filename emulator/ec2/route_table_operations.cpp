#include <algorithm>

#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/peering.hpp"
#include "emulator/ec2/route_lookup.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kTableFilters[] = {
    {"association.gateway-id", "Associations[].GatewayId"},
    {"association.main", "Associations[].Main"},
    {"association.route-table-association-id", "Associations[].RouteTableAssociationId"},
    {"association.route-table-id", "Associations[].RouteTableId"},
    {"association.subnet-id", "Associations[].SubnetId"},
    {"owner-id", "OwnerId"},
    {"route-table-id", "RouteTableId"},
    {"route.destination-cidr-block", "Routes[].DestinationCidrBlock"},
    {"route.carrier-gateway-id", "Routes[].CarrierGatewayId"},
    {"route.core-network-arn", "Routes[].CoreNetworkArn"},
    {"route.destination-ipv6-cidr-block", "Routes[].DestinationIpv6CidrBlock"},
    {"route.destination-prefix-list-id", "Routes[].DestinationPrefixListId"},
    {"route.egress-only-internet-gateway-id", "Routes[].EgressOnlyInternetGatewayId"},
    {"route.gateway-id", "Routes[].GatewayId"},
    {"route.instance-id", "Routes[].InstanceId"},
    {"route.nat-gateway-id", "Routes[].NatGatewayId"},
    {"route.origin", "Routes[].Origin"},
    {"route.state", "Routes[].State"},
    {"route.transit-gateway-id", "Routes[].TransitGatewayId"},
    {"transit-gateway-id", "Routes[].TransitGatewayId"},
    {"route.vpc-peering-connection-id", "Routes[].VpcPeeringConnectionId"},
    {"vpc-id", "VpcId"},
};

constexpr const char* kTargets[] = {"GatewayId", "NatGatewayId", "NetworkInterfaceId", "InstanceId",
                                    "VpcPeeringConnectionId"};

RouteTableRow require_table(Ec2State& ec2, const std::string& region, const std::string& id) {
  check_id("rtb", id);
  const auto row = ec2.route_tables.find(id);
  if (!row || row->region != region) throw route_table_not_found(id);
  return *row;
}

Json route_json(Ec2State& ec2, const RouteRow& route) {
  Json json = {{route.target_kind, route.target},
               {"Origin", route.origin},
               {"State", target_lives(ec2, route) ? "active" : "blackhole"}};
  const bool v6 = route.destination.find(':') != std::string::npos;
  json[v6 ? "DestinationIpv6CidrBlock" : "DestinationCidrBlock"] = route.destination;
  if (route.target_kind != "NetworkInterfaceId") return json;
  const auto eni = ec2.enis.find(route.target);
  if (eni && !eni->instance_id.empty()) {
    json["InstanceId"] = eni->instance_id;
    json["InstanceOwnerId"] = ec2.account_id;
  }
  return json;
}

Json association_json(const RouteAssociationRow& row) {
  Json json = {{"RouteTableAssociationId", row.association_id},
               {"RouteTableId", row.route_table_id},
               {"Main", !row.subnet_id.has_value()},
               {"AssociationState", {{"State", "associated"}}}};
  if (row.subnet_id) json["SubnetId"] = *row.subnet_id;
  return json;
}

Json table_json(Ec2State& ec2, const RouteTableRow& row) {
  Json routes = Json::array();
  for (const auto& block : ec2.vpcs.cidrs(row.vpc_id)) {
    routes.push_back({{"DestinationCidrBlock", block.cidr},
                      {"GatewayId", "local"},
                      {"Origin", "CreateRouteTable"},
                      {"State", "active"}});
  }
  for (const auto& block : ec2.ipv6.of_vpc(row.vpc_id)) {
    routes.push_back({{"DestinationIpv6CidrBlock", block.cidr},
                      {"GatewayId", "local"},
                      {"Origin", "CreateRouteTable"},
                      {"State", "active"}});
  }
  for (const auto& route : ec2.route_tables.routes(row.route_table_id)) {
    routes.push_back(route_json(ec2, route));
  }
  Json associations = Json::array();
  for (const auto& each : ec2.route_tables.associations(row.route_table_id)) {
    associations.push_back(association_json(each));
  }
  return {{"RouteTableId", row.route_table_id},
          {"VpcId", row.vpc_id},
          {"OwnerId", ec2.account_id},
          {"Routes", std::move(routes)},
          {"Associations", std::move(associations)},
          {"PropagatingVgws", Json::array()},
          {"Tags", tags_json(ec2, row.route_table_id)}};
}

std::string destination_of(const Json& in) {
  const auto cidr = in.value("DestinationCidrBlock", "");
  if (cidr.empty()) {
    if (in.contains("DestinationIpv6CidrBlock") || in.contains("DestinationPrefixListId")) {
      throw AwsError("UnsupportedOperation",
                     "Routes of this endpoint have an IPv4 block as destination.");
    }
    throw missing_parameter("destinationCidrBlock");
  }
  const auto block = vpc::Cidr::parse(cidr);
  if (!block || block->is_v6()) {
    throw invalid_value(cidr, "destinationCidrBlock", "This is not a valid CIDR block.");
  }
  if (block_of("169.254.168.0/22").overlaps(*block) && block->prefix() != 0) {
    throw AwsError("InvalidParameterValue", "The destination CIDR block " + cidr +
                                                " is reserved by AWS and cannot be routed.");
  }
  return block->text();
}

// The target the request names; an instance stands for its one interface.
RouteRow target_of(Ec2State& ec2, const RouteTableRow& table, const Json& in) {
  RouteRow route;
  route.route_table_id = table.route_table_id;
  for (const auto* kind : kTargets) {
    if (!in.contains(kind)) continue;
    if (!route.target.empty()) throw bad_combination("Only one target of a route may be given.");
    route.target_kind = kind;
    route.target = in.at(kind);
  }
  if (route.target.empty()) {
    throw AwsError("MissingParameter",
                   "The request must contain exactly one of gatewayId, "
                   "natGatewayId, networkInterfaceId, instanceId, vpcPeeringConnectionId");
  }
  std::string vpc_id;
  if (route.target_kind == "GatewayId") {
    const auto igw = ec2.internet_gateways.find(route.target);
    if (!igw || igw->region != table.region) {
      throw missing("InvalidGatewayID.NotFound", "gateway", route.target);
    }
    vpc_id = igw->vpc_id.value_or("");
  } else if (route.target_kind == "NatGatewayId") {
    const auto nat = ec2.nat_gateways.find(route.target);
    if (!nat || nat->region != table.region) {
      throw missing("InvalidNatGatewayID.NotFound", "natGateway", route.target);
    }
    vpc_id = nat->vpc_id;
  } else if (route.target_kind == "VpcPeeringConnectionId") {
    const auto peering = require_peering(ec2, table.region, route.target);
    if (peering.status != "active" && peering.status != "pending-acceptance") {
      throw peering_not_found(route.target);
    }
    vpc_id = peering.requester_vpc == table.vpc_id ? peering.requester_vpc : peering.accepter_vpc;
  } else {
    if (route.target_kind == "InstanceId") {
      const auto instance = ec2.instance(table.region, route.target);
      route = {table.route_table_id, "", "NetworkInterfaceId", instance.primary_eni_id};
    }
    vpc_id = ec2.eni(table.region, route.target).vpc_id;
  }
  if (vpc_id != table.vpc_id) {
    throw AwsError("InvalidParameterValue", "route table " + table.route_table_id +
                                                " and network gateway " + route.target +
                                                " belong to different networks");
  }
  return route;
}

void check_specific(Ec2State& ec2, const RouteTableRow& table, const RouteRow& route) {
  for (const auto& block : ec2.vpcs.cidrs(table.vpc_id)) {
    if (!block_of(block.cidr).contains(block_of(route.destination))) continue;
    if (route.target_kind == "NetworkInterfaceId" && block.cidr != route.destination) continue;
    throw AwsError("InvalidParameterValue",
                   "The destination CIDR block " + route.destination +
                       " is equal to or more specific than one of this VPC's CIDR blocks. This "
                       "route can target only an interface or an instance.");
  }
}

std::optional<RouteRow> find_route(Ec2State& ec2, const std::string& table_id,
                                   const std::string& destination) {
  for (auto& route : ec2.route_tables.routes(table_id)) {
    if (route.destination == destination) return route;
  }
  return std::nullopt;
}

AwsError no_route(const std::string& table_id, const std::string& destination) {
  return {"InvalidRoute.NotFound",
          "no route with destination-cidr-block " + destination + " in route table " + table_id};
}

RouteAssociationRow require_association(Ec2State& ec2, const std::string& region,
                                        const std::string& id) {
  const auto row = ec2.route_tables.find_association(id);
  if (!row || ec2.route_tables.find(row->route_table_id)->region != region) {
    throw association_not_found(id);
  }
  return *row;
}

}  // namespace

Json create_route_table(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto vpc = ec2.vpc(request.region, in.at("VpcId"));
  const RouteTableRow row{ec2_id("rtb"), request.region, vpc.vpc_id, ec2.clock.now_ms()};
  ec2.route_tables.insert(row);
  tag_new(ec2, request.region, in, {row.route_table_id, "route-table"});
  return {{"RouteTable", table_json(ec2, row)}};
}

Json delete_route_table(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_table(ec2, request.region, in.at("RouteTableId"));
  if (!ec2.route_tables.associations(row.route_table_id).empty()) {
    throw in_use("The routeTable '" + row.route_table_id +
                 "' has dependencies and cannot be deleted.");
  }
  ec2.tags.erase_all(row.route_table_id);
  ec2.route_tables.erase(row.route_table_id);
  return Json::object();
}

Json describe_route_tables(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "RouteTableIds");
  for (const auto& id : ids) {
    items.push_back(table_json(ec2, require_table(ec2, request.region, id)));
  }
  if (ids.empty()) {
    for (const auto& row : ec2.route_tables.list(request.region)) {
      items.push_back(table_json(ec2, row));
    }
  }
  return describe(request, in, {"RouteTables", "RouteTableId", std::move(items), kTableFilters});
}

Json create_route(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto table = require_table(ec2, request.region, in.at("RouteTableId"));
  const auto destination = destination_of(in);
  auto route = target_of(ec2, table, in);
  route.destination = destination;
  check_specific(ec2, table, route);
  if (const auto there = find_route(ec2, table.route_table_id, destination)) {
    if (there->target == route.target) return {{"Return", true}};
    throw AwsError("RouteAlreadyExists",
                   "The route identified by " + destination + " already exists.");
  }
  if (std::ssize(ec2.route_tables.routes(table.route_table_id)) >= ec2.quotas.routes_per_table) {
    throw AwsError("RouteLimitExceeded", "The maximum number of routes has been reached.");
  }
  ec2.route_tables.put_route(route);
  return {{"Return", true}};
}

Json replace_route(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto table = require_table(ec2, request.region, in.at("RouteTableId"));
  const auto destination = destination_of(in);
  auto route = target_of(ec2, table, in);
  route.destination = destination;
  if (!find_route(ec2, table.route_table_id, destination)) {
    throw AwsError("InvalidParameterValue", "There is no route defined for '" + destination +
                                                "' in the route table. Use CreateRoute instead.");
  }
  ec2.route_tables.put_route(route);
  return Json::object();
}

Json delete_route(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto table = require_table(ec2, request.region, in.at("RouteTableId"));
  const auto destination = destination_of(in);
  for (const auto& block : ec2.vpcs.cidrs(table.vpc_id)) {
    if (block.cidr != destination) continue;
    throw AwsError("InvalidParameterValue", "cannot remove local route " + destination +
                                                " in route table " + table.route_table_id);
  }
  if (ec2.route_tables.erase_route(table.route_table_id, destination) == 0) {
    throw no_route(table.route_table_id, destination);
  }
  return Json::object();
}

Json associate_route_table(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto table = require_table(ec2, request.region, in.at("RouteTableId"));
  if (in.contains("GatewayId") || in.contains("PublicIpv4Pool")) {
    throw AwsError("UnsupportedOperation",
                   "Associations of route tables with gateways are not served here.");
  }
  if (!in.contains("SubnetId")) throw missing_parameter("subnetId");
  const auto subnet = ec2.subnet(request.region, in.at("SubnetId"));
  if (subnet.vpc_id != table.vpc_id) {
    throw AwsError("InvalidParameterValue", "route table " + table.route_table_id + " and subnet " +
                                                subnet.subnet_id + " belong to different networks");
  }
  if (const auto there = ec2.route_tables.association_of(subnet.subnet_id)) {
    if (there->route_table_id == table.route_table_id) {
      return {{"AssociationId", there->association_id},
              {"AssociationState", {{"State", "associated"}}}};
    }
    throw AwsError("Resource.AlreadyAssociated", "the specified association for route table " +
                                                     table.route_table_id +
                                                     " conflicts with an existing association");
  }
  const RouteAssociationRow row{ec2_id("rtbassoc"), table.route_table_id, table.vpc_id,
                                subnet.subnet_id};
  ec2.route_tables.insert_association(row);
  return {{"AssociationId", row.association_id}, {"AssociationState", {{"State", "associated"}}}};
}

Json disassociate_route_table(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_association(ec2, request.region, in.at("AssociationId"));
  if (!row.subnet_id) {
    throw AwsError("InvalidParameterValue",
                   "cannot disassociate the main route table association " + row.association_id);
  }
  ec2.route_tables.erase_association(row.association_id);
  return Json::object();
}

Json replace_route_table_association(Ec2State& ec2, const api::RequestContext& request,
                                     const Json& in) {
  auto row = require_association(ec2, request.region, in.at("AssociationId"));
  const auto table = require_table(ec2, request.region, in.at("RouteTableId"));
  if (table.vpc_id != row.vpc_id) {
    throw AwsError("InvalidParameterValue",
                   "route table " + table.route_table_id + " belongs to a different network");
  }
  ec2.route_tables.erase_association(row.association_id);
  row.association_id = ec2_id("rtbassoc");
  row.route_table_id = table.route_table_id;
  ec2.route_tables.insert_association(row);
  return {{"NewAssociationId", row.association_id},
          {"AssociationState", {{"State", "associated"}}}};
}

}  // namespace enibox::ec2::op

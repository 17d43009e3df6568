#include "emulator/ec2/route_lookup.hpp"

namespace enibox::ec2 {

std::string route_table_of(Ec2State& ec2, const SubnetRow& subnet) {
  if (const auto own = ec2.route_tables.association_of(subnet.subnet_id))
    return own->route_table_id;
  for (const auto& table : ec2.route_tables.of_vpc(subnet.vpc_id))
    for (const auto& association : ec2.route_tables.associations(table.route_table_id))
      if (!association.subnet_id) return table.route_table_id;
  return {};
}

std::vector<RouteRow> routes_of(Ec2State& ec2, const SubnetRow& subnet) {
  const auto table_id = route_table_of(ec2, subnet);
  auto routes = ec2.route_tables.routes(table_id);
  for (const auto& block : ec2.vpcs.cidrs(subnet.vpc_id))
    routes.push_back({table_id, block.cidr, "GatewayId", "local", "CreateRouteTable"});
  return routes;
}

bool target_lives(Ec2State& ec2, const RouteRow& route) {
  if (route.target == "local") return true;
  if (route.target_kind == "GatewayId") {
    const auto igw = ec2.internet_gateways.find(route.target);
    return igw && igw->vpc_id;
  }
  if (route.target_kind == "NatGatewayId") {
    const auto nat = ec2.nat_gateways.find(route.target);
    return nat && (nat->state == "available" || nat->state == "pending");
  }
  if (route.target_kind == "VpcPeeringConnectionId") {
    const auto peering = ec2.peerings.find(route.target);
    return peering && peering->status == "active";
  }
  const auto eni = ec2.enis.find(route.target);
  return eni && eni->attached();
}

}  // namespace enibox::ec2

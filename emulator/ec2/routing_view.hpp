#pragma once
#include <string>
#include <vector>

#include "emulator/store/row.hpp"
#include "emulator/vpc/network.hpp"

// What the rows of routes, gateways, addresses and peerings say to the network, of all regions.
// Errors: StoreError. Loop thread only.
namespace enibox::ec2 {

class RoutingView {
 public:
  explicit RoutingView(store::Database& db) : db_(db) {}

  // Another one when something has changed of what the others below would say.
  std::int64_t stamp();

  // Of every subnet, those without routes, too.
  std::vector<vpc::SubnetRoutesSpec> subnet_routes();
  std::vector<vpc::GatewaySpec> gateways();
  std::vector<vpc::PublicAddressSpec> public_addresses();
  // Those that are being made or work.
  std::vector<vpc::NatGatewaySpec> nat_gateways();
  std::vector<vpc::PeeringSpec> active_peerings();

 private:
  store::Database& db_;
  store::Statement stamp_{db_, "SELECT stamp FROM ec2_routing_stamp"};
  // A subnet's own association, or else its VPC's main one.
  store::Statement routes_{
      db_,
      "SELECT s.vpc_id, s.cidr, r.destination, r.target_kind, r.target, n.eni_id "
      "FROM ec2_subnet s "
      "LEFT JOIN ec2_route_table_association own ON own.subnet_id = s.subnet_id "
      "LEFT JOIN ec2_route_table_association main "
      "  ON main.vpc_id = s.vpc_id AND main.subnet_id IS NULL "
      "LEFT JOIN ec2_route r "
      "  ON r.route_table_id = coalesce(own.route_table_id, main.route_table_id) "
      "LEFT JOIN ec2_nat_gateway n ON n.nat_gateway_id = r.target "
      "ORDER BY s.vpc_id, s.cidr, r.position"};
  store::Statement gateways_{db_,
                             "SELECT igw_id, vpc_id FROM ec2_internet_gateway "
                             "WHERE vpc_id IS NOT NULL ORDER BY igw_id"};
  store::Statement addresses_{
      db_,
      "SELECT a.public_ip, e.vpc_id, a.private_address FROM ec2_address a "
      "JOIN ec2_network_interface e USING (eni_id) WHERE a.association_id <> '' "
      "UNION ALL SELECT p.public_ip, e.vpc_id, e.address FROM ec2_public_address p "
      "JOIN ec2_network_interface e USING (eni_id) WHERE p.public_ip IS NOT NULL "
      "ORDER BY 1"};
  store::Statement nats_{
      db_,
      "SELECT n.nat_gateway_id, n.eni_id, n.vpc_id, s.cidr, n.private_address, e.mac, a.address "
      "FROM ec2_nat_gateway n JOIN ec2_network_interface e USING (eni_id) "
      "JOIN ec2_subnet s ON s.subnet_id = n.subnet_id "
      "LEFT JOIN ec2_private_address a ON a.eni_id = n.eni_id AND NOT a.is_primary "
      "WHERE n.state IN ('pending', 'available') ORDER BY n.nat_gateway_id, a.address"};
  store::Statement peerings_{db_,
                             "SELECT peering_id, requester_vpc, accepter_vpc, "
                             "requester_region <> accepter_region FROM ec2_vpc_peering "
                             "WHERE status = 'active' ORDER BY peering_id"};
};

}  // namespace enibox::ec2

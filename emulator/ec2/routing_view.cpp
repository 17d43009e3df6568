#include "emulator/ec2/routing_view.hpp"

#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2 {
namespace {

constexpr int kJumboMtu = 9001;
constexpr int kBetweenRegionsMtu = 1500;

}  // namespace

std::int64_t RoutingView::stamp() { return store::read_count(stamp_.query()); }

std::vector<vpc::SubnetRoutesSpec> RoutingView::subnet_routes() {
  std::vector<vpc::SubnetRoutesSpec> all;
  auto row = routes_.query();
  while (row.next()) {
    const auto vpc_id = row.text(0), cidr = row.text(1);
    if (all.empty() || all.back().vpc_id != vpc_id || all.back().subnet_cidr != cidr)
      all.push_back({vpc_id, cidr, {}});
    const auto destination = row.text(2);
    // Routes of IPv6 and of prefix lists lead nowhere: the network of a VPC is IPv4 blocks.
    if (destination.find('.') == std::string::npos) continue;
    const bool through_nat = row.text(3) == "NatGatewayId";
    all.back().routes.push_back({destination, through_nat ? row.text(5) : row.text(4)});
  }
  return all;
}

std::vector<vpc::GatewaySpec> RoutingView::gateways() {
  std::vector<vpc::GatewaySpec> all;
  auto row = gateways_.query();
  while (row.next()) all.push_back({row.text(0), row.text(1)});
  return all;
}

std::vector<vpc::PublicAddressSpec> RoutingView::public_addresses() {
  std::vector<vpc::PublicAddressSpec> all;
  auto row = addresses_.query();
  while (row.next()) all.push_back({row.text(0), row.text(1), row.text(2)});
  return all;
}

std::vector<vpc::NatGatewaySpec> RoutingView::nat_gateways() {
  std::vector<vpc::NatGatewaySpec> all;
  auto row = nats_.query();
  while (row.next()) {
    if (all.empty() || all.back().nat_gateway_id != row.text(0))
      all.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4), row.text(5)});
    if (row.is_null(6)) continue;
    const auto address = vpc::IpAddress::v4(static_cast<std::uint32_t>(row.integer(6)));
    all.back().secondary_addresses.push_back(address.text());
  }
  return all;
}

std::vector<vpc::PeeringSpec> RoutingView::active_peerings() {
  std::vector<vpc::PeeringSpec> all;
  auto row = peerings_.query();
  while (row.next())
    all.push_back({row.text(0), row.text(1), row.text(2),
                   row.integer(3) != 0 ? kBetweenRegionsMtu : kJumboMtu});
  return all;
}

}  // namespace enibox::ec2

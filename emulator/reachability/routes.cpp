#include "emulator/reachability/routes.hpp"

#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/route_lookup.hpp"
#include "emulator/reachability/filters.hpp"

namespace enibox::reachability {
namespace {

using ec2::Ec2State;

std::optional<Mapping> mapping(Ec2State& ec2, const std::string& eni_id,
                               const std::string& public_address,
                               const std::string& private_address) {
  auto eni = ec2.enis.find(eni_id);
  const auto outer = vpc::IpAddress::parse(public_address);
  const auto inner =
      vpc::IpAddress::parse(private_address.empty() && eni ? eni->address : private_address);
  if (!eni || !outer || !inner) return std::nullopt;
  return Mapping{std::move(*eni), *outer, *inner};
}

}  // namespace

std::optional<ec2::RouteRow> route_for(Ec2State& ec2, const ec2::SubnetRow& subnet,
                                       const vpc::IpAddress& destination) {
  std::optional<ec2::RouteRow> best;
  int best_prefix = -1;
  const bool neighbour = ec2::block_of(subnet.cidr).contains(destination);
  for (auto& route : ec2::routes_of(ec2, subnet)) {
    if (neighbour && route.target != "local") continue;
    const auto block = vpc::Cidr::parse(route.destination);
    if (!block || !block->contains(destination) || block->prefix() <= best_prefix) continue;
    best_prefix = block->prefix();
    best = std::move(route);
  }
  return best;
}

std::optional<Mapping> mapping_of_public(Ec2State& ec2, const vpc::IpAddress& address) {
  if (const auto row = ec2.addresses.find_ip(address.text())) {
    if (row->association_id.empty()) return std::nullopt;
    return mapping(ec2, row->eni_id, row->public_ip, row->private_address);
  }
  if (const auto row = ec2.public_addresses.find_ip(address.text()))
    return mapping(ec2, row->eni_id, address.text(), {});
  return std::nullopt;
}

std::optional<Mapping> mapping_of_private(Ec2State& ec2, const std::string& vpc_id,
                                          const vpc::IpAddress& address) {
  const auto eni = owner_of(ec2, vpc_id, address);
  if (!eni) return std::nullopt;
  for (const auto& row : ec2.addresses.of_eni(eni->eni_id))
    if (row.private_address == address.text())
      return mapping(ec2, eni->eni_id, row.public_ip, row.private_address);
  if (eni->address != address.text()) return std::nullopt;
  const auto row = ec2.public_addresses.of_eni(eni->eni_id);
  if (!row || !row->public_ip) return std::nullopt;
  return mapping(ec2, eni->eni_id, *row->public_ip, {});
}

std::optional<ec2::NatGatewayRow> nat_gateway_at(Ec2State& ec2, const ec2::EniRow& eni) {
  if (eni.interface_type != "nat_gateway") return std::nullopt;
  for (auto& row : ec2.nat_gateways.list(eni.region))
    if (row.eni_id == eni.eni_id && row.state != "deleted") return row;
  return std::nullopt;
}

}  // namespace enibox::reachability

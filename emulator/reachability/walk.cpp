#include "emulator/reachability/walk.hpp"

#include <algorithm>
#include <array>

#include "emulator/dns/resolver.hpp"
#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/route_lookup.hpp"
#include "emulator/ec2/vpc_dns.hpp"
#include "emulator/reachability/routes.hpp"

namespace enibox::reachability {
namespace {

constexpr int kMostHops = 16;  // routes through appliances can go in circles
constexpr int kDnsPort = 53;
constexpr const char* kLinkLocal = "169.254.0.0/16";

bool is_in(const char* block, const vpc::IpAddress& address) {
  return vpc::Cidr::parse(block)->contains(address);
}

// The code with which an internet gateway refuses to let a destination out; nothing: it is public.
const char* private_destination(const vpc::IpAddress& address) {
  constexpr std::array kPrivate = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"};
  if (std::any_of(kPrivate.begin(), kPrivate.end(),
                  [&](const char* block) { return is_in(block, address); }))
    return "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS";
  if (is_in("100.64.0.0/10", address)) return "IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS";
  if (is_in(kLinkLocal, address) || is_in("127.0.0.0/8", address)) return "NO_POSSIBLE_DESTINATION";
  return nullptr;
}

}  // namespace

std::optional<Arrival> Walk::from_interface(const ec2::EniRow& eni, Packet packet) {
  auto step = step_of(eni, packet);
  step.egress = true;
  if (const char* bad = bad_state(eni)) return stop(bad, std::move(step));
  pass(std::move(step));
  return send(eni, std::move(packet));
}

std::optional<Arrival> Walk::from_internet(Packet packet) {
  Step step;
  step.kind = Kind::kInternetGateway;
  step.before = step.after = packet;
  const auto mapping = mapping_of_public(ec2_, packet.destination);
  if (!mapping) {
    step.kind = Kind::kInternet;
    return stop("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", std::move(step));
  }
  step.vpc_id = mapping->eni.vpc_id;
  const auto gateway = ec2_.internet_gateways.of_vpc(step.vpc_id);
  if (!gateway) return stop("IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", std::move(step));
  step.component_id = gateway->igw_id;
  packet.destination = step.after.destination = mapping->private_address;
  pass(std::move(step));
  return deliver(mapping->eni, std::move(packet), {});
}

// It is in service, and its own step is made.
Walk::End Walk::send(const ec2::EniRow& eni, Packet packet) {
  if (++hops_ > kMostHops) return stop("NO_POSSIBLE_DESTINATION", step_of(eni, packet));
  if (eni.source_dest_check && !has_address(eni, packet.source)) {
    auto step = step_of(eni, packet);
    step.egress = true;
    refuse("ENI_SOURCE_DEST_CHECK_RESTRICTION", std::move(step));
  }
  if (has_address(eni, packet.destination)) return Arrival{Kind::kInterface, eni, packet};
  const auto dns = ec2::vpc_dns(ec2_, eni.vpc_id);
  if (is_in(kLinkLocal, packet.destination) || (dns && dns->resolver == packet.destination.text()))
    return to_service(eni, packet);
  ask_groups(eni, packet, /*egress=*/true);

  const auto subnet = ec2_.subnets.find(eni.subnet_id);
  const auto route = route_for(ec2_, *subnet, packet.destination);
  Step table{.kind = Kind::kRouteTable};
  table.component_id = ec2::route_table_of(ec2_, *subnet);
  table.vpc_id = eni.vpc_id;
  table.subnet_id = eni.subnet_id;
  table.before = table.after = packet;
  if (!route) return stop("NO_ROUTE_TO_DESTINATION", std::move(table));
  table.route = route;
  table.route_active = ec2::target_lives(ec2_, *route);
  if (!table.route_active) {
    ask_acl(eni.subnet_id, packet, /*egress=*/true);
    return stop("BAD_STATE_ROUTE", std::move(table));
  }
  if (route->target == "local")
    return to_neighbour(eni, owner_of(ec2_, eni.vpc_id, packet.destination), packet, table);
  if (route->target_kind == "GatewayId") return to_internet(eni, packet, table);
  if (route->target_kind == "VpcPeeringConnectionId") return to_peer(eni, packet, table);
  if (route->target_kind == "NatGatewayId") {
    const auto nat = ec2_.nat_gateways.find(route->target);
    return to_neighbour(eni, ec2_.enis.find(nat->eni_id), packet, table);
  }
  return to_neighbour(eni, ec2_.enis.find(route->target), packet, table);
}

// No group, ACL or route has a say in what goes to the router's own services.
Walk::End Walk::to_service(const ec2::EniRow& eni, const Packet& packet) {
  Step step{.kind = Kind::kService};
  step.vpc_id = eni.vpc_id;
  step.subnet_id = eni.subnet_id;
  step.before = step.after = packet;
  const auto dns = ec2::vpc_dns(ec2_, eni.vpc_id);
  const auto address = packet.destination.text();
  const bool resolver = dns && dns->support && packet.has_ports() &&
                        (address == dns::kLinkLocalResolver || address == dns->resolver) &&
                        !common(packet.destination_ports, {kDnsPort, kDnsPort}).empty();
  if (!resolver) return stop("NO_POSSIBLE_DESTINATION", std::move(step));
  pass(std::move(step));
  return Arrival{Kind::kService, std::nullopt, packet};
}

Walk::End Walk::to_neighbour(const ec2::EniRow& from, const std::optional<ec2::EniRow>& to,
                             Packet packet, Step table) {
  if (to && to->subnet_id == from.subnet_id) {
    pass(std::move(table));
    return deliver(*to, std::move(packet), from.subnet_id);
  }
  ask_acl(from.subnet_id, packet, /*egress=*/true);
  if (!to) return stop("NO_POSSIBLE_DESTINATION", std::move(table));
  pass(std::move(table));
  return deliver(*to, std::move(packet), from.subnet_id);
}

Walk::End Walk::to_internet(const ec2::EniRow& from, Packet packet, Step table) {
  ask_acl(from.subnet_id, packet, /*egress=*/true);
  Step step{.kind = Kind::kInternetGateway};
  step.component_id = table.route->target;
  step.vpc_id = from.vpc_id;
  step.egress = true;
  step.before = step.after = packet;
  pass(std::move(table));
  if (const char* code = private_destination(packet.destination))
    return stop(code, std::move(step));
  const auto mapping = mapping_of_private(ec2_, from.vpc_id, packet.source);
  if (!mapping) return stop("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", std::move(step));
  packet.source = step.after.source = mapping->public_address;
  pass(std::move(step));
  // An address of the box's own pools comes in again; whether anybody has it, the gateway there
  // says.
  if (mapping_of_public(ec2_, packet.destination) ||
      ec2_.addresses.find_ip(packet.destination.text()))
    return from_internet(std::move(packet));
  Step outside{.kind = Kind::kInternet};
  outside.before = outside.after = packet;
  pass(std::move(outside));
  return Arrival{Kind::kInternet, std::nullopt, std::move(packet)};
}

Walk::End Walk::to_peer(const ec2::EniRow& from, Packet packet, Step table) {
  ask_acl(from.subnet_id, packet, /*egress=*/true);
  const auto peering = ec2_.peerings.find(table.route->target);
  const auto& other =
      peering->requester_vpc == from.vpc_id ? peering->accepter_vpc : peering->requester_vpc;
  Step step{.kind = Kind::kPeering};
  step.component_id = peering->peering_id;
  step.vpc_id = other;
  step.before = step.after = packet;
  pass(std::move(table));
  const auto blocks = ec2_.vpcs.cidrs(other);
  if (std::none_of(blocks.begin(), blocks.end(), [&](const auto& block) {
        return ec2::block_of(block.cidr).contains(packet.destination);
      }))
    return stop("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", std::move(step));
  const auto eni = owner_of(ec2_, other, packet.destination);
  if (!eni) return stop("NO_POSSIBLE_DESTINATION", std::move(step));
  pass(std::move(step));
  return deliver(*eni, std::move(packet), {});
}

Walk::End Walk::deliver(const ec2::EniRow& eni, Packet packet, const std::string& from_subnet) {
  if (from_subnet != eni.subnet_id) ask_acl(eni.subnet_id, packet, /*egress=*/false);
  ask_groups(eni, packet, /*egress=*/false);
  auto step = step_of(eni, packet);
  if (const char* bad = bad_state(eni)) return stop(bad, std::move(step));
  const bool own = has_address(eni, packet.destination);
  if (!own && eni.source_dest_check)
    return stop("ENI_SOURCE_DEST_CHECK_RESTRICTION", std::move(step));
  pass(std::move(step));
  if (const auto nat = nat_gateway_at(ec2_, eni)) return translate(eni, *nat, std::move(packet));
  if (own) return Arrival{Kind::kInterface, eni, std::move(packet)};
  return send(eni, std::move(packet));
}

Walk::End Walk::translate(const ec2::EniRow& eni, const ec2::NatGatewayRow& nat, Packet packet) {
  Step step{.kind = Kind::kNatGateway};
  step.component_id = nat.nat_gateway_id;
  step.vpc_id = nat.vpc_id;
  step.subnet_id = nat.subnet_id;
  step.before = step.after = packet;
  const bool own = has_address(eni, packet.destination);
  if (direction_ == Direction::kForward) {
    if (own) return stop("NO_POSSIBLE_DESTINATION", std::move(step));  // nobody opens a flow to it
    if (!packet.has_ports() && packet.protocol != kIcmp)
      return stop("PROTOCOL_RESTRICTION", std::move(step));
    translations_[nat.nat_gateway_id] = packet;
    packet.source = *vpc::IpAddress::parse(eni.address);
    packet.source_ports = kNatPorts;
  } else {
    const auto known = translations_.find(nat.nat_gateway_id);
    if (known == translations_.end() || !own)
      return stop("NGW_SOURCE_ADDRESS_REASSIGN", std::move(step));
    packet.destination = known->second.source;
    packet.destination_ports = known->second.source_ports;
  }
  step.after = packet;
  pass(std::move(step));
  return send(eni, std::move(packet));
}

const char* Walk::bad_state(const ec2::EniRow& eni) {
  if (!eni.attached()) return "BAD_STATE_ATTACHMENT";
  if (eni.interface_type == "nat_gateway") {
    const auto nat = nat_gateway_at(ec2_, eni);
    return nat && nat->state == "available" ? nullptr : "BAD_STATE";
  }
  if (eni.instance_id.empty()) return nullptr;
  const auto instance = ec2_.instances.find(eni.instance_id);
  return instance && instance->state == "running" ? nullptr : "BAD_STATE";
}

void Walk::ask_groups(const ec2::EniRow& eni, Packet& packet, bool egress) {
  auto step = step_of(eni, packet);
  step.kind = Kind::kGroups;
  step.egress = egress;
  auto verdict = judge_groups(ec2_, eni, egress, packet);
  if (verdict.group_ids.empty()) return;  // a NAT gateway's
  step.group_ids = verdict.group_ids;
  step.component_id = verdict.group_ids.front();
  if (direction_ == Direction::kBack) return pass(std::move(step));
  if (!verdict.passes()) return refuse("ENI_SG_RULES_MISMATCH", std::move(step));
  step.component_id = verdict.rule->group_id;
  step.group_rule = std::move(verdict.rule);
  packet.destination_ports = step.after.destination_ports = std::move(verdict.ports);
  pass(std::move(step));
}

void Walk::ask_acl(const std::string& subnet_id, Packet& packet, bool egress) {
  const auto subnet = ec2_.subnets.find(subnet_id);
  auto verdict = judge_acl(ec2_, *subnet, egress, packet);
  Step step{.kind = Kind::kAcl};
  step.component_id = verdict.acl_id;
  step.vpc_id = subnet->vpc_id;
  step.subnet_id = subnet_id;
  step.egress = egress;
  step.acl_entry = std::move(verdict.entry);
  step.before = step.after = packet;
  if (!verdict.passes) return refuse("SUBNET_ACL_RESTRICTION", std::move(step));
  packet.destination_ports = step.after.destination_ports = std::move(verdict.ports);
  pass(std::move(step));
}

bool Walk::has_address(const ec2::EniRow& eni, const vpc::IpAddress& address) {
  if (address.is_v6()) return false;
  const auto addresses = ec2_.enis.addresses(eni.eni_id);
  return std::any_of(addresses.begin(), addresses.end(),
                     [&](const auto& row) { return row.address == address.to_v4(); });
}

Step Walk::step_of(const ec2::EniRow& eni, const Packet& packet) const {
  Step step;
  step.component_id = step.eni_id = eni.eni_id;
  step.vpc_id = eni.vpc_id;
  step.subnet_id = eni.subnet_id;
  step.instance_id = eni.instance_id;
  step.before = step.after = packet;
  return step;
}

}  // namespace enibox::reachability

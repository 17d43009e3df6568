#include <algorithm>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/elastic_ip.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/nat_gateway.hpp"
#include "emulator/ec2/nat_gateway_life.hpp"
#include "emulator/ec2/network_interface.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ids.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2 {

NatGatewayRow require_nat_gateway(Ec2State& ec2, const std::string& region, const std::string& id) {
  check_id("nat", id);
  const auto row = ec2.nat_gateways.find(id);
  if (!row || row->region != region) throw nat_gateway_not_found(id);
  return *row;
}

AddressRow free_allocation(Ec2State& ec2, const std::string& region,
                           const std::string& allocation_id) {
  auto address = require_allocation(ec2, region, allocation_id);
  if (address.association_id.empty()) return address;
  throw AwsError("Resource.AlreadyAssociated",
                 "Elastic IP address [" + address.allocation_id + "] is already associated");
}

Json nat_addresses_json(Ec2State& ec2, const NatGatewayRow& row) {
  Json all = Json::array();
  const auto add = [&](const std::string& address, bool primary, const AddressRow* elastic) {
    Json json = {{"NetworkInterfaceId", row.eni_id},
                 {"PrivateIp", address},
                 {"IsPrimary", primary},
                 {"Status", "succeeded"}};
    if (elastic != nullptr) {
      json["AllocationId"] = elastic->allocation_id;
      json["AssociationId"] = elastic->association_id;
      json["PublicIp"] = elastic->public_ip;
    }
    all.push_back(std::move(json));
  };
  if (row.state == "failed" || row.state == "deleted") {
    AddressRow had;
    had.allocation_id = row.allocation_id;
    had.association_id = row.association_id;
    had.public_ip = row.public_ip;
    if (!row.eni_id.empty()) {
      add(row.private_address, true, row.allocation_id.empty() ? nullptr : &had);
    }
    return all;
  }
  const auto elastics = ec2.addresses.of_eni(row.eni_id);
  for (const auto& each : ec2.enis.addresses(row.eni_id)) {
    const auto text = vpc::IpAddress::v4(each.address).text();
    const auto found = std::find_if(elastics.begin(), elastics.end(), [&](const auto& elastic) {
      return elastic.private_address == text;
    });
    add(text, each.is_primary, found == elastics.end() ? nullptr : &*found);
  }
  return all;
}

std::vector<std::string> add_nat_addresses(Ec2State& ec2, const NatGatewayRow& row,
                                           const NatAddresses& wanted) {
  const auto named = std::ssize(wanted.private_addresses);
  const auto mapped = std::ssize(wanted.allocation_ids);
  if (mapped != 0 && named > mapped) {
    throw bad_combination("There are more private addresses than allocation ids.");
  }
  std::vector<AddressRow> elastics;
  for (const auto& id : wanted.allocation_ids) {
    elastics.push_back(free_allocation(ec2, row.region, id));
  }
  const auto eni = *ec2.enis.find(row.eni_id);
  const int count = mapped == 0 ? wanted.count : static_cast<int>(mapped - named);
  const auto added = assign_addresses(ec2, eni, wanted.private_addresses, count);
  for (std::size_t i = 0; i < elastics.size(); ++i) {
    associate_address(ec2, elastics[i], eni, added[i]);
  }
  return added;
}

namespace op {
namespace {

constexpr FilterField kNatFilters[] = {
    {"connectivity-type", "ConnectivityType"},
    {"nat-gateway-id", "NatGatewayId"},
    {"state", "State"},
    {"subnet-id", "SubnetId"},
    {"vpc-id", "VpcId"},
};

constexpr std::int64_t kShownMs = 3'600'000;  // a deleted one is described for an hour

Json nat_json(Ec2State& ec2, const NatGatewayRow& row) {
  Json json = {{"NatGatewayId", row.nat_gateway_id},
               {"VpcId", row.vpc_id},
               {"SubnetId", row.subnet_id},
               {"State", row.state},
               {"ConnectivityType", row.connectivity_type},
               {"CreateTime", aws_seconds(row.created_ms)},
               {"NatGatewayAddresses", nat_addresses_json(ec2, row)},
               {"Tags", tags_json(ec2, row.nat_gateway_id)}};
  if (row.state == "failed") {
    const bool was_made = !row.eni_id.empty();
    json["FailureCode"] = was_made ? "InternalError" : "Gateway.NotAttached";
    json["FailureMessage"] = was_made
                                 ? "Network interface " + row.eni_id + " could not be made."
                                 : "Network " + row.vpc_id + " has no Internet gateway attached";
  }
  if (row.state == "deleted") json["DeleteTime"] = aws_seconds(row.deleted_ms);
  return json;
}

// Its interface hangs on no instance of the account's.
EniRow make_interface(Ec2State& ec2, const NatGatewayRow& row, const Json& in) {
  EniWanted wanted{.region = row.region, .subnet_id = row.subnet_id};
  wanted.description = "Interface for NAT Gateway " + row.nat_gateway_id;
  wanted.interface_type = "nat_gateway";
  wanted.requester_id = "amazon-aws";
  wanted.source_dest_check = false;
  wanted.without_groups = true;
  wanted.in_service = true;
  if (in.contains("PrivateIpAddress")) wanted.address = in.at("PrivateIpAddress");
  return create_eni(ec2, wanted);
}

NatAddresses secondary_addresses(const Json& in) {
  return {.allocation_ids = wanted_ids(in, "SecondaryAllocationIds"),
          .private_addresses = wanted_ids(in, "SecondaryPrivateIpAddresses"),
          .count = in.value("SecondaryPrivateIpAddressCount", 0)};
}

}  // namespace

Json create_nat_gateway(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto token = in.value("ClientToken", "");
  if (const auto earlier = ec2.nat_gateways.find_token(request.region, token);
      !token.empty() && earlier) {
    return {{"NatGateway", nat_json(ec2, *earlier)}, {"ClientToken", token}};
  }
  if (in.value("AvailabilityMode", "zonal") != "zonal") {
    throw AwsError("UnsupportedOperation", "Regional NAT gateways are not served here.");
  }
  if (!in.contains("SubnetId")) throw missing_parameter("subnetId");
  const auto subnet = ec2.subnet(request.region, in.at("SubnetId"));
  NatGatewayRow row;
  row.nat_gateway_id = ec2_id("nat");
  row.region = request.region;
  row.vpc_id = subnet.vpc_id;
  row.subnet_id = subnet.subnet_id;
  row.connectivity_type = in.value("ConnectivityType", "public");
  row.created_ms = ec2.clock.now_ms();
  if (!token.empty()) row.client_token = token;
  std::optional<AddressRow> address;
  if (row.connectivity_type == "public") {
    if (!in.contains("AllocationId")) throw missing_parameter("AllocationId");
    address = free_allocation(ec2, request.region, in.at("AllocationId"));
    if (!ec2.internet_gateways.of_vpc(subnet.vpc_id)) row.state = "failed";
  }
  if (row.state != "failed") {
    const auto eni = make_interface(ec2, row, in);
    row.eni_id = eni.eni_id;
    row.private_address = eni.address;
    if (address) {
      const auto associated = ec2::associate_address(ec2, *address, eni, eni.address);
      row.allocation_id = associated.allocation_id;
      row.association_id = associated.association_id;
      row.public_ip = associated.public_ip;
    }
  }
  ec2.nat_gateways.insert(row);
  if (row.state != "failed") add_nat_addresses(ec2, row, secondary_addresses(in));
  tag_new(ec2, request.region, in, {row.nat_gateway_id, "natgateway"});
  auto json = nat_json(ec2, row);
  json["State"] = "pending";
  json.erase("FailureCode");
  json.erase("FailureMessage");
  Json answer = {{"NatGateway", std::move(json)}};
  if (!token.empty()) answer["ClientToken"] = token;
  return answer;
}

Json delete_nat_gateway(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_nat_gateway(ec2, request.region, in.at("NatGatewayId"));
  ec2::delete_nat_gateway(ec2, row);
  return {{"NatGatewayId", row.nat_gateway_id}};
}

Json describe_nat_gateways(Ec2State& ec2, const api::RequestContext& request, const Json& given) {
  ec2.nat_gateways.erase_deleted_before(ec2.clock.now_ms() - kShownMs);
  // This one Describe calls its filters "Filter".
  auto in = given;
  if (in.contains("Filter")) in["Filters"] = in["Filter"];
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "NatGatewayIds");
  for (const auto& id : ids)
    items.push_back(nat_json(ec2, require_nat_gateway(ec2, request.region, id)));
  if (ids.empty()) {
    for (const auto& row : ec2.nat_gateways.list(request.region)) {
      items.push_back(nat_json(ec2, row));
    }
  }
  return describe(request, in, {"NatGateways", "NatGatewayId", std::move(items), kNatFilters});
}

}  // namespace op
}  // namespace enibox::ec2

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/elastic_ip.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/network_interface.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kNatFilters[] = {
    {"connectivity-type", "ConnectivityType"},
    {"nat-gateway-id", "NatGatewayId"},
    {"state", "State"},
    {"subnet-id", "SubnetId"},
    {"vpc-id", "VpcId"},
};

constexpr std::int64_t kShownMs = 3'600'000;  // a deleted one is described for an hour

NatGatewayRow require_nat(Ec2State& ec2, const std::string& region, const std::string& id) {
  const auto row = ec2.nat_gateways.find(id);
  if (!row || row->region != region) throw nat_gateway_not_found(id);
  return *row;
}

Json nat_json(Ec2State& ec2, const NatGatewayRow& row) {
  Json address = {{"NetworkInterfaceId", row.eni_id},
                  {"PrivateIp", row.private_address},
                  {"IsPrimary", true},
                  {"Status", "succeeded"}};
  if (!row.allocation_id.empty()) {
    address["AllocationId"] = row.allocation_id;
    address["AssociationId"] = row.association_id;
    address["PublicIp"] = row.public_ip;
  }
  Json json = {{"NatGatewayId", row.nat_gateway_id},
               {"VpcId", row.vpc_id},
               {"SubnetId", row.subnet_id},
               {"State", row.state},
               {"ConnectivityType", row.connectivity_type},
               {"CreateTime", aws_seconds(row.created_ms)},
               {"NatGatewayAddresses", Json::array({std::move(address)})},
               {"Tags", tags_json(ec2, row.nat_gateway_id)}};
  if (row.state == "failed") {
    json["FailureCode"] = "Gateway.NotAttached";
    json["FailureMessage"] = "Network " + row.vpc_id + " has no Internet gateway attached";
    json["NatGatewayAddresses"] = Json::array();
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
  if (in.contains("PrivateIpAddress")) wanted.address = in.at("PrivateIpAddress");
  auto eni = create_eni(ec2, wanted);
  eni.attachment_id = ec2_id("ela-attach");
  eni.device_index = 1;
  eni.attached_ms = ec2.clock.now_ms();
  ec2.enis.update(eni);
  return eni;
}

AddressRow free_allocation(Ec2State& ec2, const std::string& region, const Json& in) {
  if (!in.contains("AllocationId")) throw missing_parameter("AllocationId");
  auto address = require_allocation(ec2, region, in.at("AllocationId"));
  if (address.association_id.empty()) return address;
  throw AwsError("Resource.AlreadyAssociated",
                 "Elastic IP address [" + address.allocation_id + "] is already associated");
}

}  // namespace

Json create_nat_gateway(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto token = in.value("ClientToken", "");
  if (const auto earlier = ec2.nat_gateways.find_token(request.region, token);
      !token.empty() && earlier) {
    return {{"NatGateway", nat_json(ec2, *earlier)}, {"ClientToken", token}};
  }
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
    address = free_allocation(ec2, request.region, in);
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
  tag_new(ec2, request.region, in, {row.nat_gateway_id, "natgateway"});
  auto json = nat_json(ec2, row);
  json["State"] = "pending";
  Json answer = {{"NatGateway", std::move(json)}};
  if (!token.empty()) answer["ClientToken"] = token;
  return answer;
}

Json delete_nat_gateway(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_nat(ec2, request.region, in.at("NatGatewayId"));
  if (row.state == "available") {
    for (const auto& address : ec2.addresses.of_eni(row.eni_id)) {
      disassociate_address(ec2, address);
    }
    detach_eni(ec2, row.eni_id);
    delete_eni(ec2, row.eni_id);
  }
  ec2.nat_gateways.set_deleted(row.nat_gateway_id, ec2.clock.now_ms());
  return {{"NatGatewayId", row.nat_gateway_id}};
}

Json describe_nat_gateways(Ec2State& ec2, const api::RequestContext& request, const Json& given) {
  ec2.nat_gateways.erase_deleted_before(ec2.clock.now_ms() - kShownMs);
  // This one Describe calls its filters "Filter".
  auto in = given;
  if (in.contains("Filter")) in["Filters"] = in["Filter"];
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "NatGatewayIds");
  for (const auto& id : ids) items.push_back(nat_json(ec2, require_nat(ec2, request.region, id)));
  if (ids.empty()) {
    for (const auto& row : ec2.nat_gateways.list(request.region)) {
      items.push_back(nat_json(ec2, row));
    }
  }
  return describe(request, in, {"NatGateways", "NatGatewayId", std::move(items), kNatFilters});
}

}  // namespace enibox::ec2::op

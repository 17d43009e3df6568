#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kGatewayFilters[] = {
    {"attachment.state", "Attachments[].State"},
    {"attachment.vpc-id", "Attachments[].VpcId"},
    {"internet-gateway-id", "InternetGatewayId"},
    {"owner-id", "OwnerId"},
};

InternetGatewayRow require_gateway(Ec2State& ec2, const std::string& region,
                                   const std::string& id) {
  check_id("igw", id);
  const auto row = ec2.internet_gateways.find(id);
  if (!row || row->region != region) throw igw_not_found(id);
  return *row;
}

Json gateway_json(Ec2State& ec2, const InternetGatewayRow& row) {
  Json attachments = Json::array();
  if (row.vpc_id) attachments.push_back({{"State", "available"}, {"VpcId", *row.vpc_id}});
  return {{"InternetGatewayId", row.igw_id},
          {"OwnerId", ec2.account_id},
          {"Attachments", std::move(attachments)},
          {"Tags", tags_json(ec2, row.igw_id)}};
}

}  // namespace

Json create_internet_gateway(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const InternetGatewayRow row{ec2_id("igw"), request.region, std::nullopt, ec2.clock.now_ms()};
  ec2.internet_gateways.insert(row);
  tag_new(ec2, request.region, in, {row.igw_id, "internet-gateway"});
  return {{"InternetGateway", gateway_json(ec2, row)}};
}

Json delete_internet_gateway(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_gateway(ec2, request.region, in.at("InternetGatewayId"));
  if (row.vpc_id) {
    throw in_use("The internetGateway '" + row.igw_id +
                 "' has dependencies and cannot be deleted.");
  }
  ec2.tags.erase_all(row.igw_id);
  ec2.internet_gateways.erase(row.igw_id);
  return Json::object();
}

Json attach_internet_gateway(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_gateway(ec2, request.region, in.at("InternetGatewayId"));
  const auto vpc = ec2.vpc(request.region, in.at("VpcId"));
  if (row.vpc_id) {
    throw AwsError("Resource.AlreadyAssociated",
                   "resource " + row.igw_id + " is already attached to network " + *row.vpc_id);
  }
  if (ec2.internet_gateways.of_vpc(vpc.vpc_id)) {
    throw AwsError("InvalidParameterValue",
                   "Network " + vpc.vpc_id + " already has an internet gateway attached");
  }
  ec2.internet_gateways.attach(row.igw_id, vpc.vpc_id);
  return Json::object();
}

Json detach_internet_gateway(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_gateway(ec2, request.region, in.at("InternetGatewayId"));
  const auto vpc = ec2.vpc(request.region, in.at("VpcId"));
  if (row.vpc_id != vpc.vpc_id) {
    throw AwsError("Gateway.NotAttached",
                   "resource " + row.igw_id + " is not attached to network " + vpc.vpc_id);
  }
  bool mapped = ec2.public_addresses.any_in(vpc.vpc_id);
  for (const auto& address : ec2.addresses.list(request.region)) {
    const auto eni = ec2.enis.find(address.eni_id);
    mapped = mapped || (eni && eni->vpc_id == vpc.vpc_id);
  }
  if (mapped) {
    throw in_use("Network " + vpc.vpc_id +
                 " has some mapped public address(es). Please unmap those public address(es) "
                 "before detaching the gateway.");
  }
  ec2.internet_gateways.attach(row.igw_id, std::nullopt);
  return Json::object();
}

Json describe_internet_gateways(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "InternetGatewayIds");
  for (const auto& id : ids) {
    items.push_back(gateway_json(ec2, require_gateway(ec2, request.region, id)));
  }
  if (ids.empty()) {
    for (const auto& row : ec2.internet_gateways.list(request.region)) {
      items.push_back(gateway_json(ec2, row));
    }
  }
  return describe(request, in,
                  {"InternetGateways", "InternetGatewayId", std::move(items), kGatewayFilters});
}

}  // namespace enibox::ec2::op

#include <algorithm>

#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/peering.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kPeeringFilters[] = {
    {"accepter-vpc-info.cidr-block", "AccepterVpcInfo.CidrBlock"},
    {"accepter-vpc-info.owner-id", "AccepterVpcInfo.OwnerId"},
    {"accepter-vpc-info.vpc-id", "AccepterVpcInfo.VpcId"},
    {"expiration-time", "ExpirationTime"},
    {"requester-vpc-info.cidr-block", "RequesterVpcInfo.CidrBlock"},
    {"requester-vpc-info.owner-id", "RequesterVpcInfo.OwnerId"},
    {"requester-vpc-info.vpc-id", "RequesterVpcInfo.VpcId"},
    {"status-code", "Status.Code"},
    {"status-message", "Status.Message"},
    {"vpc-peering-connection-id", "VpcPeeringConnectionId"},
};

constexpr std::int64_t kWeekMs = 7LL * 24 * 3'600'000;
constexpr const char* kFailed =
    "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range";

Json options_of(const PeeringRow& row, const char* side) {
  Json options = {{"AllowDnsResolutionFromRemoteVpc", false},
                  {"AllowEgressFromLocalClassicLinkToRemoteVpc", false},
                  {"AllowEgressFromLocalVpcToRemoteClassicLink", false}};
  options.update(Json::parse(row.options).value(side, Json::object()));
  return options;
}

Json side_json(Ec2State& ec2, const PeeringRow& row, bool requester) {
  Json json = {{"OwnerId", requester ? ec2.account_id : row.accepter_owner},
               {"VpcId", requester ? row.requester_vpc : row.accepter_vpc},
               {"Region", requester ? row.requester_region : row.accepter_region}};
  // The other side's blocks are told when it has agreed.
  if (!requester && row.status != "active") return json;
  const auto blocks = ec2.vpcs.cidrs(json.at("VpcId"));
  if (blocks.empty()) return json;
  json["CidrBlock"] = blocks.front().cidr;
  json["CidrBlockSet"] = Json::array();
  for (const auto& block : blocks) json["CidrBlockSet"].push_back({{"CidrBlock", block.cidr}});
  json["PeeringOptions"] = options_of(row, requester ? "requester" : "accepter");
  return json;
}

Json peering_json(Ec2State& ec2, const PeeringRow& row) {
  Json json = {{"VpcPeeringConnectionId", row.peering_id},
               {"RequesterVpcInfo", side_json(ec2, row, true)},
               {"AccepterVpcInfo", side_json(ec2, row, false)},
               {"Status", {{"Code", row.status}, {"Message", row.message}}},
               {"Tags", tags_json(ec2, row.peering_id)}};
  if (row.status == "pending-acceptance") json["ExpirationTime"] = aws_seconds(row.expires_ms);
  return json;
}

bool overlap(Ec2State& ec2, const std::string& one, const std::string& other) {
  const auto theirs = ec2.vpcs.cidrs(other);
  for (const auto& mine : ec2.vpcs.cidrs(one)) {
    if (std::any_of(theirs.begin(), theirs.end(), [&](const auto& block) {
          return block_of(block.cidr).overlaps(block_of(mine.cidr));
        })) {
      return true;
    }
  }
  return false;
}

void check_new(Ec2State& ec2, const PeeringRow& row) {
  for (const auto& other : ec2.peerings.of_vpc(row.requester_vpc)) {
    if (!other.joins(row.requester_vpc, row.accepter_vpc)) continue;
    if (other.status != "pending-acceptance" && other.status != "active") continue;
    throw AwsError("VpcPeeringConnectionAlreadyExists",
                   "A VPC peering connection between the VPCs " + row.requester_vpc + " and " +
                       row.accepter_vpc + " already exists: " + other.peering_id);
  }
}

// The other side answers in its own region.
void check_accepter_region(const PeeringRow& row, const std::string& region, const char* verb) {
  if (region == row.accepter_region) return;
  throw AwsError("OperationNotPermitted", "Incorrect region (" + region +
                                              ") specified for this request. VPC peering "
                                              "connection " +
                                              row.peering_id + " must be " + verb + " in region " +
                                              row.accepter_region);
}

}  // namespace

Json create_vpc_peering_connection(Ec2State& ec2, const api::RequestContext& request,
                                   const Json& in) {
  if (!in.contains("VpcId")) throw missing_parameter("vpcId");
  if (!in.contains("PeerVpcId")) throw missing_parameter("peerVpcId");
  PeeringRow row;
  row.peering_id = ec2_id("pcx");
  row.requester_region = request.region;
  row.requester_vpc = ec2.vpc(request.region, in.at("VpcId")).vpc_id;
  row.accepter_region = in.value("PeerRegion", request.region);
  row.accepter_vpc = in.at("PeerVpcId");
  row.accepter_owner = in.value("PeerOwnerId", ec2.account_id);
  row.created_ms = row.changed_ms = ec2.clock.now_ms();
  row.expires_ms = row.created_ms + kWeekMs;
  const auto peer = ec2.vpcs.find(row.accepter_vpc);
  const bool exists =
      peer && peer->region == row.accepter_region && row.accepter_owner == ec2.account_id;
  if (!exists && row.accepter_owner == ec2.account_id &&
      row.accepter_region == row.requester_region) {
    throw vpc_not_found(row.accepter_vpc);
  }
  check_new(ec2, row);
  const bool failed = !exists || overlap(ec2, row.requester_vpc, row.accepter_vpc);
  row.status = failed ? "failed" : "pending-acceptance";
  row.message = failed ? kFailed : "Pending Acceptance by " + row.accepter_owner;
  ec2.peerings.insert(row);
  tag_new(ec2, request.region, in, {row.peering_id, "vpc-peering-connection"});
  auto json = peering_json(ec2, row);
  json["Status"] = {{"Code", "initiating-request"},
                    {"Message", "Initiating Request to " + row.accepter_owner}};
  json["ExpirationTime"] = aws_seconds(row.expires_ms);
  return {{"VpcPeeringConnection", std::move(json)}};
}

Json accept_vpc_peering_connection(Ec2State& ec2, const api::RequestContext& request,
                                   const Json& in) {
  if (!in.contains("VpcPeeringConnectionId")) throw missing_parameter("vpcPeeringConnectionId");
  auto row = require_peering(ec2, request.region, in.at("VpcPeeringConnectionId"));
  check_accepter_region(row, request.region, "accepted");
  if (row.status == "pending-acceptance" && overlap(ec2, row.requester_vpc, row.accepter_vpc)) {
    row = move_peering(ec2, row, "failed", kFailed);  // blocks were added since
  } else {
    row = move_peering(ec2, row, "active", "Active");
  }
  auto json = peering_json(ec2, row);
  if (row.status == "active")
    json["Status"] = {{"Code", "provisioning"}, {"Message", "Provisioning"}};
  return {{"VpcPeeringConnection", std::move(json)}};
}

Json reject_vpc_peering_connection(Ec2State& ec2, const api::RequestContext& request,
                                   const Json& in) {
  const auto row = require_peering(ec2, request.region, in.at("VpcPeeringConnectionId"));
  check_accepter_region(row, request.region, "rejected");
  if (row.status == "active") {
    throw AwsError("InvalidStateTransition", "Invalid state transition for " + row.peering_id +
                                                 ", attempted to transition from active to "
                                                 "rejected");
  }
  move_peering(ec2, row, "rejected", "Rejected by " + row.accepter_owner);
  return {{"Return", true}};
}

Json delete_vpc_peering_connection(Ec2State& ec2, const api::RequestContext& request,
                                   const Json& in) {
  const auto row = require_peering(ec2, request.region, in.at("VpcPeeringConnectionId"));
  move_peering(ec2, row, "deleted", "Deleted by " + ec2.account_id);
  return {{"Return", true}};
}

Json describe_vpc_peering_connections(Ec2State& ec2, const api::RequestContext& request,
                                      const Json& in) {
  age_peerings(ec2, request.region);
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "VpcPeeringConnectionIds");
  for (const auto& id : ids) {
    items.push_back(peering_json(ec2, require_peering(ec2, request.region, id)));
  }
  if (ids.empty()) {
    for (const auto& row : ec2.peerings.list(request.region)) {
      items.push_back(peering_json(ec2, row));
    }
  }
  return describe(
      request, in,
      {"VpcPeeringConnections", "VpcPeeringConnectionId", std::move(items), kPeeringFilters});
}

Json modify_vpc_peering_connection_options(Ec2State& ec2, const api::RequestContext& request,
                                           const Json& in) {
  auto row = require_peering(ec2, request.region, in.at("VpcPeeringConnectionId"));
  if (row.status != "active") {
    throw AwsError("OperationNotPermitted", "Peering " + row.peering_id +
                                                " is not active. Peering options can be added "
                                                "only to active peerings.");
  }
  auto options = Json::parse(row.options);
  Json answer = Json::object();
  for (const auto& [side, member, region] :
       {std::tuple("requester", "RequesterPeeringConnectionOptions", row.requester_region),
        std::tuple("accepter", "AccepterPeeringConnectionOptions", row.accepter_region)}) {
    if (!in.contains(member)) continue;
    if (region != request.region) {
      throw AwsError("OperationNotPermitted", "The " + std::string(side) + " peering options of " +
                                                  row.peering_id + " must be modified in region " +
                                                  region);
    }
    auto& kept = options[side];
    if (kept.is_null()) kept = Json::object();
    kept.update(in.at(member));
    answer[member] = kept;
  }
  row.options = options.dump();
  ec2.peerings.update(row);
  return answer;
}

}  // namespace enibox::ec2::op

#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/ipv6.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ec2/vpc.hpp"
#include "emulator/ec2/zones.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kSubnetFilters[] = {
    {"availability-zone", "AvailabilityZone"},
    {"availabilityZone", "AvailabilityZone"},
    {"availability-zone-id", "AvailabilityZoneId"},
    {"availabilityZoneId", "AvailabilityZoneId"},
    {"available-ip-address-count", "AvailableIpAddressCount"},
    {"cidr", "CidrBlock"},
    {"cidr-block", "CidrBlock"},
    {"cidrBlock", "CidrBlock"},
    {"customer-owned-ipv4-pool", "CustomerOwnedIpv4Pool"},
    {"default-for-az", "DefaultForAz"},
    {"defaultForAz", "DefaultForAz"},
    {"enable-dns64", "EnableDns64"},
    {"ipv6-cidr-block-association.association-id", "Ipv6CidrBlockAssociationSet[].AssociationId"},
    {"ipv6-cidr-block-association.ipv6-cidr-block", "Ipv6CidrBlockAssociationSet[].Ipv6CidrBlock"},
    {"ipv6-cidr-block-association.state", "Ipv6CidrBlockAssociationSet[].Ipv6CidrBlockState.State"},
    {"ipv6-native", "Ipv6Native"},
    {"map-customer-owned-ip-on-launch", "MapCustomerOwnedIpOnLaunch"},
    {"map-public-ip-on-launch", "MapPublicIpOnLaunch"},
    {"outpost-arn", "OutpostArn"},
    {"owner-id", "OwnerId"},
    {"private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
     "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsARecord"},
    {"private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
     "PrivateDnsNameOptionsOnLaunch.EnableResourceNameDnsAAAARecord"},
    {"private-dns-name-options-on-launch.hostname-type",
     "PrivateDnsNameOptionsOnLaunch.HostnameType"},
    {"state", "State"},
    {"subnet-arn", "SubnetArn"},
    {"subnet-id", "SubnetId"},
    {"vpc-id", "VpcId"},
};

Json subnet_json(Ec2State& ec2, const SubnetRow& row) {
  return {
      {"SubnetId", row.subnet_id},
      {"SubnetArn", api::make_arn({"ec2", row.region, ec2.account_id}, "subnet/" + row.subnet_id)},
      {"VpcId", row.vpc_id},
      {"OwnerId", ec2.account_id},
      {"State", "available"},
      {"CidrBlock", row.cidr},
      {"Ipv6CidrBlockAssociationSet", subnet_ipv6_json(ec2, row.subnet_id)},
      {"AvailableIpAddressCount",
       usable_addresses(block_of(row.cidr)) - ec2.subnets.addresses_used(row.subnet_id)},
      {"AvailabilityZone", row.availability_zone},
      {"AvailabilityZoneId", zone_id_of(row.region, row.availability_zone)},
      {"DefaultForAz", row.default_for_az},
      {"MapPublicIpOnLaunch", row.map_public_ip},
      {"MapCustomerOwnedIpOnLaunch", false},
      {"AssignIpv6AddressOnCreation", row.assign_ipv6},
      {"EnableDns64", row.enable_dns64},
      {"Ipv6Native", false},
      {"PrivateDnsNameOptionsOnLaunch",
       {{"HostnameType", row.hostname_type},
        {"EnableResourceNameDnsARecord", row.resource_name_a},
        {"EnableResourceNameDnsAAAARecord", row.resource_name_aaaa}}},
      {"Tags", tags_json(ec2, row.subnet_id)}};
}

std::string wanted_zone(const std::string& region, const Json& in) {
  if (!in.contains("AvailabilityZoneId")) return in.value("AvailabilityZone", "");
  const auto zone = zone_name_of(region, in.at("AvailabilityZoneId"));
  if (zone.empty()) {
    throw invalid_value(in.at("AvailabilityZoneId"), "availabilityZoneId",
                        "The zone does not exist.");
  }
  return zone;
}

Source<SubnetRow> source_of(Ec2State& ec2, const std::string& region) {
  constexpr auto kId = &SubnetRow::subnet_id;
  return {.id = kId,
          .made_ms = &SubnetRow::created_ms,
          .all = [&ec2, region](const auto& stretch) { return ec2.subnets.by_id(region, stretch); },
          .indexes = {
              index_of<SubnetRow>(
                  "subnet-id", [&ec2](const auto& id) { return ec2.subnets.find(id); }, kId),
              small_index<SubnetRow>(
                  "vpc-id", [&ec2](const auto& id) { return ec2.subnets.of_vpc(id); }, kId),
          }};
}

}  // namespace

Json create_subnet(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto vpc = ec2.vpc(request.region, in.at("VpcId"));
  if (in.value("Ipv6Native", false)) {
    if (in.contains("CidrBlock") || in.contains("Ipv4IpamPoolId")) {
      throw bad_combination(
          "When specifying ipv4 parameters, cidrBlock or ipv4IpamPoolId, you cannot set ipv6Native "
          "to true.");
    }
    if (!in.contains("Ipv6CidrBlock") && !in.contains("Ipv6IpamPoolId")) {
      throw AwsError("MissingParameter",
                     "Either 'ipv6CidrBlock' or 'ipv6IpamPoolId' should be provided.");
    }
    throw AwsError("UnsupportedOperation", "Subnets without IPv4 are not served here.");
  }
  if (!in.contains("CidrBlock")) throw missing_parameter("cidrBlock");
  const auto row = ec2::create_subnet(ec2, {.vpc = vpc,
                                            .cidr = in.at("CidrBlock"),
                                            .availability_zone = wanted_zone(request.region, in)});
  if (in.contains("Ipv6CidrBlock")) add_subnet_ipv6(ec2, row, in.at("Ipv6CidrBlock"));
  tag_new(ec2, request.region, in, {row.subnet_id, "subnet"});
  return {{"Subnet", subnet_json(ec2, row)}};
}

Json create_default_subnet(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  return {{"Subnet", subnet_json(ec2, ec2::create_default_subnet(
                                          ec2, request.region, wanted_zone(request.region, in)))}};
}

Json delete_subnet(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = ec2.subnet(request.region, in.at("SubnetId"));
  ec2::delete_subnet(ec2, row);
  return Json::object();
}

Json describe_subnets(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const Described what{"Subnets", "SubnetId", {}, kSubnetFilters};
  const auto json = [&](const SubnetRow& row) { return subnet_json(ec2, row); };
  const auto ids = wanted_ids(in, "SubnetIds");
  if (ids.empty()) {
    return describe_source(request, in, what, source_of(ec2, request.region), json);
  }
  std::vector<SubnetRow> rows;
  for (const auto& id : ids) rows.push_back(ec2.subnet(request.region, id));
  return describe_rows(request, in, what, rows, json);
}

Json modify_subnet_attribute(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  auto row = ec2.subnet(request.region, in.at("SubnetId"));
  const std::pair<const char*, bool*> attributes[] = {
      {"MapPublicIpOnLaunch", &row.map_public_ip},
      {"AssignIpv6AddressOnCreation", &row.assign_ipv6},
      {"EnableDns64", &row.enable_dns64},
      {"EnableResourceNameDnsARecordOnLaunch", &row.resource_name_a},
      {"EnableResourceNameDnsAAAARecordOnLaunch", &row.resource_name_aaaa}};
  bool given = false;
  for (const auto& [name, value] : attributes) {
    if (!in.contains(name)) continue;
    *value = in.at(name).value("Value", false);
    given = true;
  }
  if (in.contains("PrivateDnsHostnameTypeOnLaunch")) {
    row.hostname_type = in.at("PrivateDnsHostnameTypeOnLaunch");
    given = true;
  }
  if (!given) throw missing_parameter("attribute");
  if (row.assign_ipv6 && !ec2.ipv6.of_subnet(row.subnet_id)) {
    throw AwsError("InvalidParameterValue",
                   "Invalid value 'true' for assignIpv6AddressOnCreation. "
                   "The subnet has no IPv6 CIDR block.");
  }
  ec2.subnets.update(row);
  return Json::object();
}

}  // namespace enibox::ec2::op

#include <algorithm>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/elastic_ip.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/network_interface.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kAddressFilters[] = {
    {"allocation-id", "AllocationId"},
    {"association-id", "AssociationId"},
    {"domain", "Domain"},
    {"instance-id", "InstanceId"},
    {"network-border-group", "NetworkBorderGroup"},
    {"network-interface-id", "NetworkInterfaceId"},
    {"network-interface-owner-id", "NetworkInterfaceOwnerId"},
    {"private-ip-address", "PrivateIpAddress"},
    {"public-ip", "PublicIp"},
};

AddressRow require_address(Ec2State& ec2, const std::string& region, const Json& in) {
  if (in.contains("AllocationId")) return require_allocation(ec2, region, in.at("AllocationId"));
  if (!in.contains("PublicIp")) {
    throw AwsError("MissingParameter", "Invalid request, expect PublicIp/AllocationId parameter.");
  }
  const std::string ip = in.at("PublicIp");
  const auto row = ec2.addresses.find_ip(ip);
  if (!row || row->region != region) throw address_not_found(ip);
  return *row;
}

Json address_json(Ec2State& ec2, const AddressRow& row) {
  Json json = {{"AllocationId", row.allocation_id},
               {"PublicIp", row.public_ip},
               {"Domain", "vpc"},
               {"PublicIpv4Pool", "amazon"},
               {"NetworkBorderGroup", row.network_border_group},
               {"Tags", tags_json(ec2, row.allocation_id)}};
  if (row.association_id.empty()) return json;
  json["AssociationId"] = row.association_id;
  json["NetworkInterfaceId"] = row.eni_id;
  json["NetworkInterfaceOwnerId"] = ec2.account_id;
  json["PrivateIpAddress"] = row.private_address;
  const auto eni = ec2.enis.find(row.eni_id);
  if (eni && !eni->instance_id.empty()) json["InstanceId"] = eni->instance_id;
  return json;
}

EniRow target_eni(Ec2State& ec2, const std::string& region, const Json& in) {
  if (in.contains("NetworkInterfaceId")) return ec2.eni(region, in.at("NetworkInterfaceId"));
  if (!in.contains("InstanceId")) {
    throw AwsError("MissingParameter", "Invalid request, expect InstanceId/NetworkId parameter.");
  }
  return ec2.eni(region, ec2.instance(region, in.at("InstanceId")).primary_eni_id);
}

}  // namespace

Json allocate_address(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = ec2::allocate_address(ec2, request.region);
  tag_new(ec2, request.region, in, {row.allocation_id, "elastic-ip"});
  return {{"AllocationId", row.allocation_id},
          {"PublicIp", row.public_ip},
          {"Domain", "vpc"},
          {"PublicIpv4Pool", "amazon"},
          {"NetworkBorderGroup", row.network_border_group}};
}

Json release_address(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_address(ec2, request.region, in);
  if (!row.association_id.empty()) {
    // Only in the default VPC does a release also disassociate.
    const auto eni = ec2.enis.find(row.eni_id);
    if (!eni || !eni->requester_id.empty() || !ec2.vpcs.find(eni->vpc_id)->is_default) {
      throw AwsError("InvalidIPAddress.InUse", "Address " + row.public_ip + " is in use.");
    }
    ec2::disassociate_address(ec2, row);
  }
  ec2.tags.erase_all(row.allocation_id);
  ec2.addresses.erase(row.allocation_id);
  return Json::object();
}

Json associate_address(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_address(ec2, request.region, in);
  const auto eni = target_eni(ec2, request.region, in);
  if (!row.association_id.empty() && !in.value("AllowReassociation", true)) {
    throw AwsError("Resource.AlreadyAssociated", "resource " + row.allocation_id +
                                                     " is already associated with associate-id " +
                                                     row.association_id);
  }
  const auto wanted = in.value("PrivateIpAddress", eni.address);
  const auto have = ec2.enis.addresses(eni.eni_id);
  if (std::none_of(have.begin(), have.end(), [&](const auto& each) {
        return vpc::IpAddress::v4(each.address).text() == wanted;
      })) {
    throw AwsError("InvalidParameterValue",
                   "Address " + wanted + " is not assigned to interface " + eni.eni_id);
  }
  for (const auto& other : ec2.addresses.of_eni(eni.eni_id)) {
    if (other.private_address == wanted) disassociate_address(ec2, other);
  }
  return {{"AssociationId", ec2::associate_address(ec2, row, eni, wanted).association_id}};
}

Json disassociate_address(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  if (in.contains("PublicIp") && !in.contains("AssociationId")) {
    ec2::disassociate_address(ec2, require_address(ec2, request.region, in));
    return Json::object();
  }
  const auto id = in.value("AssociationId", "");
  if (id.empty()) {
    throw AwsError("MissingParameter", "Either publicIp or associationId must be specified");
  }
  const auto row = ec2.addresses.find_association(id);
  if (!row || row->region != request.region) throw association_not_found(id);
  const auto eni = ec2.enis.find(row->eni_id);
  if (eni && !eni->requester_id.empty()) {
    throw AwsError("AuthFailure", "You do not have permission to access the specified resource.",
                   403);
  }
  ec2::disassociate_address(ec2, *row);
  return Json::object();
}

Json describe_addresses(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "AllocationIds");
  const auto ips = wanted_ids(in, "PublicIps");
  for (const auto& id : ids) {
    items.push_back(address_json(ec2, require_allocation(ec2, request.region, id)));
  }
  for (const auto& ip : ips) {
    items.push_back(address_json(ec2, require_address(ec2, request.region, {{"PublicIp", ip}})));
  }
  if (ids.empty() && ips.empty()) {
    for (const auto& row : ec2.addresses.list(request.region)) {
      items.push_back(address_json(ec2, row));
    }
  }
  return describe(request, in, {"Addresses", "AllocationId", std::move(items), kAddressFilters});
}

namespace {

Json attribute_json(const AddressRow& row) {
  Json json = {{"AllocationId", row.allocation_id}, {"PublicIp", row.public_ip}};
  if (!row.ptr_record.empty()) json["PtrRecord"] = row.ptr_record;
  return json;
}

Json set_ptr_record(Ec2State& ec2, const api::RequestContext& request, const Json& in,
                    const std::string& name) {
  auto row = require_allocation(ec2, request.region, in.at("AllocationId"));
  const auto before = attribute_json(row);
  row.ptr_record = name.empty() || name.ends_with('.') ? name : name + ".";
  ec2.addresses.update(row);
  auto json = before;
  json["PtrRecordUpdate"] = {{"Value", row.ptr_record}, {"Status", "PENDING"}};
  return {{"Address", std::move(json)}};
}

}  // namespace

// The record is kept; nobody's resolver outside of here answers with it.
Json modify_address_attribute(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto name = in.value("DomainName", "");
  if (name.empty()) throw missing_parameter("DomainName");
  return set_ptr_record(ec2, request, in, name);
}

Json reset_address_attribute(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  return set_ptr_record(ec2, request, in, "");
}

Json describe_addresses_attribute(Ec2State& ec2, const api::RequestContext& request,
                                  const Json& in) {
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "AllocationIds");
  for (const auto& id : ids) {
    items.push_back(attribute_json(require_allocation(ec2, request.region, id)));
  }
  if (ids.empty()) {
    for (const auto& row : ec2.addresses.list(request.region)) {
      if (!row.ptr_record.empty()) items.push_back(attribute_json(row));
    }
  }
  return describe(request, in, {"Addresses", "AllocationId", std::move(items), {}});
}

}  // namespace enibox::ec2::op

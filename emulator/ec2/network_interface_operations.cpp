#include <algorithm>
#include <functional>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/network_interface.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kEniFilters[] = {
    {"addresses.association.owner-id", "PrivateIpAddresses[].Association.IpOwnerId"},
    {"addresses.association.public-ip", "PrivateIpAddresses[].Association.PublicIp"},
    {"addresses.primary", "PrivateIpAddresses[].Primary"},
    {"addresses.private-ip-address", "PrivateIpAddresses[].PrivateIpAddress"},
    {"association.allocation-id", "Association.AllocationId"},
    {"association.association-id", "Association.AssociationId"},
    {"association.ip-owner-id", "Association.IpOwnerId"},
    {"association.public-dns-name", "Association.PublicDnsName"},
    {"association.public-ip", "Association.PublicIp"},
    {"attachment.attach-time", "Attachment.AttachTime"},
    {"attachment.attachment-id", "Attachment.AttachmentId"},
    {"attachment.delete-on-termination", "Attachment.DeleteOnTermination"},
    {"attachment.device-index", "Attachment.DeviceIndex"},
    {"attachment.instance-id", "Attachment.InstanceId"},
    {"attachment.instance-owner-id", "Attachment.InstanceOwnerId"},
    {"attachment.status", "Attachment.Status"},
    {"attachment.nat-gateway-id", "Attachment.NatGatewayId"},
    {"availability-zone", "AvailabilityZone"},
    {"availability-zone-id", "AvailabilityZoneId"},
    {"description", "Description"},
    {"group-id", "Groups[].GroupId"},
    {"group-name", "Groups[].GroupName"},
    {"interface-type", "InterfaceType"},
    {"ipv6-addresses.ipv6-address", "Ipv6Addresses[].Ipv6Address"},
    {"mac-address", "MacAddress"},
    {"network-interface-id", "NetworkInterfaceId"},
    {"owner-id", "OwnerId"},
    {"private-dns-name", "PrivateDnsName"},
    {"private-ip-address", "PrivateIpAddress"},
    {"requester-id", "RequesterId"},
    {"requester-managed", "RequesterManaged"},
    {"source-dest-check", "SourceDestCheck"},
    {"status", "Status"},
    {"subnet-id", "SubnetId"},
    {"vpc-id", "VpcId"},
};

EniRow own_eni(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  return ec2::own_eni(ec2, request.region, in.at("NetworkInterfaceId"));
}

void refuse_managed_attachment(const EniRow& row) {
  if (row.requester_id.empty()) return;
  throw AwsError("OperationNotPermitted",
                 "You are not allowed to manage 'ela-attach' attachments.");
}

EniWanted wanted_eni(const std::string& region, const Json& in) {
  EniWanted wanted{.region = region, .subnet_id = in.at("SubnetId")};
  wanted.description = in.value("Description", "");
  wanted.group_ids = wanted_ids(in, "Groups");
  if (in.contains("PrivateIpAddress")) wanted.address = in.at("PrivateIpAddress");
  for (const auto& each : in.value("PrivateIpAddresses", Json::array())) {
    const std::string address = each.value("PrivateIpAddress", "");
    if (!each.value("Primary", false)) {
      wanted.secondary_addresses.push_back(address);
    } else if (wanted.address && *wanted.address != address) {
      throw bad_combination("Only one primary private IP address can be specified.");
    } else {
      wanted.address = address;
    }
  }
  wanted.secondary_count = in.value("SecondaryPrivateIpAddressCount", 0);
  if (wanted.secondary_count > 0 && !wanted.secondary_addresses.empty()) {
    throw bad_combination(
        "secondaryPrivateIpAddressCount and secondary private IP addresses may not be specified "
        "together.");
  }
  wanted.ipv6.count = in.value("Ipv6AddressCount", 0);
  for (const auto& each : in.value("Ipv6Addresses", Json::array())) {
    wanted.ipv6.fixed.push_back(each.value("Ipv6Address", ""));
  }
  wanted.interface_type = in.value("InterfaceType", "interface");
  if (wanted.interface_type != "interface") {
    throw AwsError("UnsupportedOperation",
                   "Interfaces of type " + wanted.interface_type + " are not served here.");
  }
  return wanted;
}

std::vector<EniRow> with_address(Ec2State& ec2, const std::string& text) {
  const auto address = vpc::IpAddress::parse(text);
  if (!address || address->is_v6()) return {};
  return ec2.enis.of_address(address->to_v4());
}

Source<EniRow> source_of(Ec2State& ec2, const std::string& region) {
  constexpr auto kId = &EniRow::eni_id;
  const auto of_address = [&ec2](const auto& text) { return with_address(ec2, text); };
  const auto of_instance = [&ec2](const auto& id) { return ec2.enis.of_instance(id); };
  const auto of_mac = [&ec2](const auto& mac) { return ec2.enis.of_mac(mac); };
  return {
      .id = kId,
      .made_ms = &EniRow::created_ms,
      .all = [&ec2, region](const auto& stretch) { return ec2.enis.by_id(region, stretch); },
      .indexes = {
          index_of<EniRow>(
              "network-interface-id", [&ec2](const auto& id) { return ec2.enis.find(id); }, kId),
          index_of<EniRow>(
              "attachment.attachment-id",
              [&ec2](const auto& id) { return ec2.enis.find_attachment(id); }, kId),
          small_index<EniRow>("attachment.instance-id", of_instance, kId),
          small_index<EniRow>("mac-address", of_mac, kId),
          small_index<EniRow>("private-ip-address", of_address, kId),
          small_index<EniRow>("addresses.private-ip-address", of_address, kId),
          {"group-id",
           [&ec2](const auto& id, const auto& part) { return ec2.enis.by_id_in_group(id, part); }},
          {"subnet-id",
           [&ec2](const auto& id, const auto& part) { return ec2.enis.by_id_in_subnet(id, part); }},
          {"vpc-id",
           [&ec2](const auto& id, const auto& part) { return ec2.enis.by_id_in_vpc(id, part); }},
      }};
}

}  // namespace

Json create_network_interface(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = create_eni(ec2, wanted_eni(request.region, in));
  tag_new(ec2, request.region, in, {row.eni_id, "network-interface"});
  auto eni = eni_json(ec2, row);
  eni["Status"] = "pending";
  Json answer = {{"NetworkInterface", std::move(eni)}};
  if (in.contains("ClientToken")) answer["ClientToken"] = in.at("ClientToken");
  return answer;
}

Json delete_network_interface(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  ec2::delete_eni(ec2, own_eni(ec2, request, in).eni_id);
  return Json::object();
}

Json describe_network_interfaces(Ec2State& ec2, const api::RequestContext& request,
                                 const Json& in) {
  const Described what{"NetworkInterfaces", "NetworkInterfaceId", {}, kEniFilters};
  const auto json = [&](const EniRow& row) { return eni_json(ec2, row); };
  const auto ids = wanted_ids(in, "NetworkInterfaceIds");
  if (ids.empty()) {
    return describe_source(request, in, what, source_of(ec2, request.region), json);
  }
  std::vector<EniRow> rows;
  for (const auto& id : ids) rows.push_back(ec2.eni(request.region, id));
  return describe_rows(request, in, what, rows, json);
}

Json describe_network_interface_attribute(Ec2State& ec2, const api::RequestContext& request,
                                          const Json& in) {
  const auto row = ec2.eni(request.region, in.at("NetworkInterfaceId"));
  const auto all = eni_json(ec2, row);
  const auto attribute = in.value("Attribute", "");
  Json answer = {{"NetworkInterfaceId", row.eni_id}};
  if (attribute == "description") {
    answer["Description"] = {{"Value", row.description}};
  } else if (attribute == "groupSet") {
    answer["Groups"] = all["Groups"];
  } else if (attribute == "sourceDestCheck") {
    answer["SourceDestCheck"] = {{"Value", row.source_dest_check}};
  } else if (attribute == "attachment") {
    if (row.attached()) answer["Attachment"] = all["Attachment"];
  } else {
    throw invalid_value(attribute, "attribute", "Unknown attribute.");
  }
  return answer;
}

Json modify_network_interface_attribute(Ec2State& ec2, const api::RequestContext& request,
                                        const Json& in) {
  auto row = own_eni(ec2, request, in);
  if (in.contains("Groups")) set_eni_groups(ec2, row, wanted_ids(in, "Groups"));
  if (in.contains("Description")) row.description = in.at("Description").value("Value", "");
  if (in.contains("SourceDestCheck")) {
    row.source_dest_check = in.at("SourceDestCheck").value("Value", true);
  }
  if (in.contains("Attachment")) {
    const auto& attachment = in.at("Attachment");
    const auto id = attachment.value("AttachmentId", "");
    check_id("eni-attach", id);
    if (!row.attached() || row.attachment_id != id) throw attachment_not_found(id);
    row.delete_on_termination = attachment.value("DeleteOnTermination", row.delete_on_termination);
  }
  ec2.enis.update(row);
  ec2.eni_changed(row.eni_id);
  return Json::object();
}

Json reset_network_interface_attribute(Ec2State& ec2, const api::RequestContext& request,
                                       const Json& in) {
  auto row = own_eni(ec2, request, in);
  row.source_dest_check = true;
  ec2.enis.update(row);
  ec2.eni_changed(row.eni_id);
  return Json::object();
}

Json attach_network_interface(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = ec2.eni(request.region, in.at("NetworkInterfaceId"));
  refuse_managed_attachment(row);
  const auto attached = attach_eni(
      ec2, row.eni_id,
      {.instance_id = in.at("InstanceId"), .device_index = in.at("DeviceIndex").get<int>()});
  return {{"AttachmentId", attached.attachment_id}, {"NetworkCardIndex", 0}};
}

Json detach_network_interface(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const std::string id = in.at("AttachmentId");
  check_id("eni-attach", id);
  const auto row = ec2.enis.find_attachment(id);
  if (!row || row->region != request.region) throw attachment_not_found(id);
  refuse_managed_attachment(*row);
  if (row->device_index == 0) {
    throw AwsError("OperationNotPermitted",
                   "The network interface at device index 0 and networkCard index 0 cannot be "
                   "detached.");
  }
  detach_eni(ec2, row->eni_id);
  return Json::object();
}

Json assign_private_ip_addresses(Ec2State& ec2, const api::RequestContext& request,
                                 const Json& in) {
  const auto row = own_eni(ec2, request, in);
  const auto fixed = wanted_ids(in, "PrivateIpAddresses");
  const int count = in.value("SecondaryPrivateIpAddressCount", 0);
  if (fixed.empty() == (count == 0)) {
    throw bad_combination(
        "Exactly one of privateIpAddresses and secondaryPrivateIpAddressCount must be given.");
  }
  Json assigned = Json::array();
  for (const auto& address : assign_addresses(ec2, row, fixed, count)) {
    assigned.push_back({{"PrivateIpAddress", address}});
  }
  return {{"NetworkInterfaceId", row.eni_id}, {"AssignedPrivateIpAddresses", std::move(assigned)}};
}

Json unassign_private_ip_addresses(Ec2State& ec2, const api::RequestContext& request,
                                   const Json& in) {
  const auto row = own_eni(ec2, request, in);
  const auto have = ec2.enis.addresses(row.eni_id);
  for (const auto& text : wanted_ids(in, "PrivateIpAddresses")) {
    const auto address = vpc::IpAddress::parse(text);
    const auto found = std::find_if(have.begin(), have.end(), [&](const auto& each) {
      return address && !address->is_v6() && each.address == address->to_v4();
    });
    if (found == have.end()) {
      throw AwsError("InvalidParameterValue",
                     "Some of the specified addresses are not assigned "
                     "to interface " +
                         row.eni_id);
    }
    if (found->is_primary) {
      throw AwsError("InvalidParameterValue",
                     "The primary private IP address " + text + " may not be unassigned.");
    }
    ec2.enis.erase_address(row.subnet_id, found->address);
  }
  ec2.eni_changed(row.eni_id);
  return Json::object();
}

}  // namespace enibox::ec2::op

#include "emulator/ec2/instance.hpp"
#include "emulator/ec2/instance_options.hpp"
#include "emulator/ec2/network_interface.hpp"
#include "emulator/ec2/tags.hpp"

namespace enibox::ec2 {
namespace {

// An interface as InstanceNetworkInterface, which has fewer members than NetworkInterface.
Json instance_interface(Ec2State& ec2, const EniRow& row) {
  auto all = eni_json(ec2, row);
  Json json = Json::object();
  for (const auto* name :
       {"Association", "Description", "Groups", "InterfaceType", "Ipv6Addresses", "MacAddress",
        "NetworkInterfaceId", "OwnerId", "PrivateDnsName", "PrivateIpAddress", "PrivateIpAddresses",
        "SourceDestCheck", "Status", "SubnetId", "VpcId"}) {
    if (all.contains(name)) json[name] = std::move(all[name]);
  }
  for (auto& address : json["Ipv6Addresses"]) address.erase("PublicIpv6DnsName");
  auto attachment = all["Attachment"];
  if (json.contains("Association")) {
    // InstanceNetworkInterfaceAssociation does not name the allocation.
    for (const auto* name : {"AllocationId", "AssociationId"}) {
      json["Association"].erase(name);
      for (auto& address : json["PrivateIpAddresses"]) {
        if (address.contains("Association")) address["Association"].erase(name);
      }
    }
  }
  attachment.erase("InstanceId");
  attachment.erase("InstanceOwnerId");
  json["Attachment"] = std::move(attachment);
  return json;
}

void add_network(Ec2State& ec2, const InstanceRow& row, Json& json) {
  json["PrivateDnsName"] = "";
  json["PublicDnsName"] = "";
  json["NetworkInterfaces"] = Json::array();
  json["SecurityGroups"] = Json::array();
  if (row.state == "terminated") return;
  json["VpcId"] = row.vpc_id;
  json["SubnetId"] = row.subnet_id;
  json["PrivateIpAddress"] = row.private_address;
  json["PrivateDnsName"] = row.private_dns_name;
  for (const auto& eni : ec2.enis.of_instance(row.instance_id)) {
    auto interface = instance_interface(ec2, eni);
    if (eni.device_index == 0) {
      json["SourceDestCheck"] = eni.source_dest_check;
      json["SecurityGroups"] = interface["Groups"];
      if (!interface["Ipv6Addresses"].empty()) {
        json["Ipv6Address"] = interface["Ipv6Addresses"][0]["Ipv6Address"];
      }
      if (interface.contains("Association")) {
        json["PublicIpAddress"] = interface["Association"]["PublicIp"];
        json["PublicDnsName"] = interface["Association"].value("PublicDnsName", "");
      }
    }
    json["NetworkInterfaces"].push_back(std::move(interface));
  }
}

void add_hardware(Ec2State& ec2, const InstanceRow& row, Json& json) {
  json["Architecture"] = row.architecture;
  json["RootDeviceName"] = "/dev/xvda";
  json["RootDeviceType"] = "ebs";
  json["VirtualizationType"] = "hvm";
  json["Hypervisor"] = "xen";
  json["EnaSupport"] = true;
  json["BootMode"] = "uefi-preferred";
  json["CurrentInstanceBootMode"] = row.architecture == "arm64" ? "uefi" : "legacy-bios";
  json["EbsOptimized"] = row.ebs_optimized;
  json["BlockDeviceMappings"] = Json::array();
  for (const auto& volume : ec2.volumes.of_instance(row.instance_id)) {
    json["BlockDeviceMappings"].push_back(
        {{"DeviceName", volume.device_name},
         {"Ebs",
          {{"VolumeId", volume.volume_id},
           {"Status", "attached"},
           {"AttachTime", aws_seconds(volume.created_ms)},
           {"DeleteOnTermination", volume.delete_on_termination}}}});
  }
}

}  // namespace

Json state_json(const std::string& state) { return {{"Code", state_code(state)}, {"Name", state}}; }

Json instance_json(Ec2State& ec2, const InstanceRow& row) {
  Json json = {{"InstanceId", row.instance_id},
               {"AmiLaunchIndex", row.launch_index},
               {"ImageId", row.image_id},
               {"InstanceType", row.instance_type},
               {"LaunchTime", aws_seconds(row.launched_ms)},
               {"UsageOperationUpdateTime", aws_seconds(row.launched_ms)},
               {"Monitoring", {{"State", row.monitoring ? "enabled" : "disabled"}}},
               {"Placement", {{"AvailabilityZone", row.availability_zone}}},
               {"State", state_json(row.state)},
               {"StateTransitionReason", row.transition_reason},
               {"ProductCodes", Json::array()},
               {"PlatformDetails", "Linux/UNIX"},
               {"UsageOperation", "RunInstances"},
               {"MetadataOptions", Json::parse(row.metadata_options)},
               {"Tags", tags_json(ec2, row.instance_id)}};
  if (json["Tags"].empty()) json.erase("Tags");
  if (!row.client_token.empty()) json["ClientToken"] = row.client_token;
  if (!row.key_name.empty()) json["KeyName"] = row.key_name;
  if (!row.instance_profile_arn.empty()) {
    json["IamInstanceProfile"] = {{"Arn", row.instance_profile_arn},
                                  {"Id", row.instance_profile_id}};
  }
  if (row.state == "pending") {
    json["StateReason"] = {{"Code", "pending"}, {"Message", "pending"}};
  } else if (!row.state_reason_code.empty()) {
    json["StateReason"] = {{"Code", row.state_reason_code}, {"Message", row.state_reason}};
  }
  show_options(Json::parse(row.options), json);
  add_hardware(ec2, row, json);
  add_network(ec2, row, json);
  return json;
}

}  // namespace enibox::ec2

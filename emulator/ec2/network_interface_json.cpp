#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/elastic_ip.hpp"
#include "emulator/ec2/network_interface.hpp"
#include "emulator/ec2/public_address.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2 {

Json group_identifiers(Ec2State& ec2, const std::vector<std::string>& group_ids) {
  Json groups = Json::array();
  for (const auto& id : group_ids) {
    groups.push_back({{"GroupId", id}, {"GroupName", ec2.groups.find(id)->name}});
  }
  return groups;
}

Json private_addresses_json(Ec2State& ec2, const EniRow& row) {
  Json addresses = Json::array();
  for (const auto& each : ec2.enis.addresses(row.eni_id)) {
    const auto text = vpc::IpAddress::v4(each.address).text();
    Json json = {{"Primary", each.is_primary}, {"PrivateIpAddress", text}};
    if (auto name = eni_dns_name(ec2, row, text); !name.empty()) json["PrivateDnsName"] = name;
    for (const auto& elastic : ec2.addresses.of_eni(row.eni_id)) {
      if (elastic.private_address == text) {
        json["Association"] = association_json(elastic, ec2.account_id);
      }
    }
    if (each.is_primary && !json.contains("Association")) {
      if (auto of_launch = public_association_json(ec2, row); !of_launch.is_null()) {
        json["Association"] = std::move(of_launch);
      }
    }
    addresses.push_back(std::move(json));
  }
  return addresses;
}

// A NAT gateway's and a load balancer's interface hang on AWS's own instances.
static Json attachment_json(Ec2State& ec2, const EniRow& row) {
  Json json = {{"AttachmentId", row.attachment_id},
               {"AttachTime", aws_seconds(row.attached_ms)},
               {"DeleteOnTermination", row.delete_on_termination},
               {"DeviceIndex", row.device_index},
               {"NetworkCardIndex", 0},
               {"InstanceOwnerId", row.instance_id.empty() ? "amazon-aws" : ec2.account_id},
               {"Status", "attached"}};
  if (!row.instance_id.empty()) json["InstanceId"] = row.instance_id;
  return json;
}

Json eni_json(Ec2State& ec2, const EniRow& row) {
  Json json = {{"NetworkInterfaceId", row.eni_id},
               {"VpcId", row.vpc_id},
               {"SubnetId", row.subnet_id},
               {"AvailabilityZone", row.availability_zone},
               {"Description", row.description},
               {"Groups", group_identifiers(ec2, ec2.enis.groups(row.eni_id))},
               {"InterfaceType", row.interface_type},
               {"Ipv6Addresses", eni_ipv6_json(ec2, row.eni_id)},
               {"MacAddress", row.mac},
               {"OwnerId", ec2.account_id},
               {"PrivateIpAddress", row.address},
               {"PrivateIpAddresses", private_addresses_json(ec2, row)},
               {"RequesterManaged", !row.requester_id.empty()},
               {"SourceDestCheck", row.source_dest_check},
               {"Status", row.attached() ? "in-use" : "available"},
               {"TagSet", tags_json(ec2, row.eni_id)}};
  if (!row.requester_id.empty()) json["RequesterId"] = row.requester_id;
  if (auto name = eni_dns_name(ec2, row, row.address); !name.empty()) {
    json["PrivateDnsName"] = name;
  }
  if (json["PrivateIpAddresses"][0].contains("Association")) {
    json["Association"] = json["PrivateIpAddresses"][0]["Association"];
  }
  if (row.attached()) json["Attachment"] = attachment_json(ec2, row);
  return json;
}

}  // namespace enibox::ec2

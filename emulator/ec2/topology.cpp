#include "emulator/ec2/topology.hpp"

#include <map>

namespace enibox::ec2 {
namespace {

std::string name_of(Ec2State& ec2, const std::string& resource_id) {
  for (const auto& tag : ec2.tags.of(resource_id))
    if (tag.key == "Name") return tag.value;
  return {};
}

Json interface_json(Ec2State& ec2, const EniRow& row) {
  Json json = {{"NetworkInterfaceId", row.eni_id},
               {"Name", name_of(ec2, row.eni_id)},
               {"PrivateIpAddress", row.address},
               {"MacAddress", row.mac},
               {"InterfaceType", row.interface_type},
               {"Description", row.description},
               {"Status", row.attached() ? "in-use" : "available"},
               {"InstanceId", row.instance_id},
               {"DeviceIndex", row.device_index},
               {"Groups", ec2.enis.groups(row.eni_id)},
               {"PublicIps", Json::array()}};
  for (const auto& address : ec2.addresses.of_eni(row.eni_id))
    json["PublicIps"].push_back(address.public_ip);
  return json;
}

Json instance_json(Ec2State& ec2, const InstanceRow& row) {
  return {{"InstanceId", row.instance_id},
          {"Name", name_of(ec2, row.instance_id)},
          {"InstanceType", row.instance_type},
          {"State", row.state},
          {"PrivateIpAddress", row.private_address}};
}

Json subnet_json(Ec2State& ec2, const SubnetRow& row) {
  Json json = {{"SubnetId", row.subnet_id},
               {"Name", name_of(ec2, row.subnet_id)},
               {"CidrBlock", row.cidr},
               {"AvailabilityZone", row.availability_zone},
               {"Instances", Json::array()},
               {"Tasks", Json::array()},
               {"NetworkInterfaces", Json::array()}};
  for (const auto& eni : ec2.enis.of_subnet(row.subnet_id))
    json["NetworkInterfaces"].push_back(interface_json(ec2, eni));
  for (const auto& instance : ec2.instances.list(row.region))
    if (instance.subnet_id == row.subnet_id && instance.state != "terminated")
      json["Instances"].push_back(instance_json(ec2, instance));
  return json;
}

Json vpc_json(Ec2State& ec2, const VpcRow& row) {
  Json json = {{"VpcId", row.vpc_id},
               {"Name", name_of(ec2, row.vpc_id)},
               {"IsDefault", row.is_default},
               {"CidrBlocks", Json::array()},
               {"Subnets", Json::array()}};
  for (const auto& block : ec2.vpcs.cidrs(row.vpc_id)) json["CidrBlocks"].push_back(block.cidr);
  for (const auto& subnet : ec2.subnets.of_vpc(row.vpc_id))
    json["Subnets"].push_back(subnet_json(ec2, subnet));
  return json;
}

}  // namespace

Json topology_json(Ec2State& ec2) {
  std::map<std::string, Json> regions;  // by name
  for (const auto& vpc : ec2.vpcs.all()) {
    auto& region = regions.try_emplace(vpc.region, Json::array()).first->second;
    region.push_back(vpc_json(ec2, vpc));
  }
  Json list = Json::array();
  for (auto& [name, vpcs] : regions) list.push_back({{"Region", name}, {"Vpcs", std::move(vpcs)}});
  return {{"Regions", std::move(list)}};
}

}  // namespace enibox::ec2

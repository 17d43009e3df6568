#include "emulator/ec2/vpc.hpp"

#include <algorithm>

#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/peering.hpp"
#include "emulator/ec2/security_group.hpp"
#include "emulator/ec2/zones.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2 {
namespace {

std::string pick_zone(const std::string& region, const std::string& wanted) {
  const auto zones = zones_of(region);
  if (wanted.empty()) return zones.front().name;
  std::string known;
  for (const auto& zone : zones) {
    if (zone.name == wanted) return wanted;
    known += (known.empty() ? "" : ", ") + zone.name;
  }
  throw invalid_value(wanted, "availabilityZone",
                      "Subnets can currently only be created in the following availability "
                      "zones: " +
                          known + ".");
}

// The block, if it lies in the VPC and beside its other subnets.
vpc::Cidr check_subnet_block(Ec2State& ec2, const VpcRow& vpc, const std::string& cidr) {
  const auto block = vpc::Cidr::parse(cidr);
  if (!block || block->is_v6()) {
    throw invalid_value(cidr, "cidrBlock", "This is not a valid CIDR block.");
  }
  bool inside = false;
  for (const auto& row : ec2.vpcs.cidrs(vpc.vpc_id)) {
    inside = inside || block_of(row.cidr).contains(*block);
  }
  if (!inside || block->prefix() < 16 || block->prefix() > 28) {
    throw AwsError("InvalidSubnet.Range", "The CIDR '" + cidr + "' is invalid.");
  }
  for (const auto& other : ec2.subnets.of_vpc(vpc.vpc_id)) {
    if (block_of(other.cidr).overlaps(*block)) {
      throw AwsError("InvalidSubnet.Conflict",
                     "The CIDR '" + cidr + "' conflicts with another subnet");
    }
  }
  return *block;
}

// Allows at a user's number, denies at the last ones.
AclEntryRow all_traffic(const AclRow& acl, bool egress, int rule_number) {
  AclEntryRow entry;
  entry.acl_id = acl.acl_id;
  entry.egress = egress;
  entry.protocol = "-1";
  entry.cidr = "0.0.0.0/0";
  entry.rule_number = rule_number;
  entry.rule_action = rule_number > 32766 ? "deny" : "allow";
  return entry;
}

}  // namespace

AclRow create_acl(Ec2State& ec2, const VpcRow& vpc, bool is_default) {
  const AclRow row{ec2_id("acl"), vpc.region, vpc.vpc_id, is_default, ec2.clock.now_ms()};
  ec2.acls.insert(row);
  for (const bool egress : {false, true}) {
    if (is_default) ec2.acls.put_entry(all_traffic(row, egress, 100));
    ec2.acls.put_entry(all_traffic(row, egress, 32767));
  }
  if (!ec2.ipv6.of_vpc(vpc.vpc_id).empty()) add_ipv6_entries(ec2, row);
  return row;
}

void add_ipv6_entries(Ec2State& ec2, const AclRow& acl) {
  const auto entries = ec2.acls.entries(acl.acl_id);
  for (const bool egress : {false, true}) {
    for (const int number : {101, 32768}) {
      const bool taken = std::any_of(entries.begin(), entries.end(), [&](const AclEntryRow& each) {
        return each.egress == egress && each.rule_number == number;
      });
      if (taken || (number == 101 && !acl.is_default)) continue;
      auto entry = all_traffic(acl, egress, number);
      entry.cidr.reset();
      entry.cidr6 = "::/0";
      ec2.acls.put_entry(entry);
    }
  }
}

VpcRow create_vpc(Ec2State& ec2, const VpcWanted& wanted) {
  if (ec2.vpcs.count(wanted.region) >= ec2.quotas.vpcs_per_region) {
    throw AwsError("VpcLimitExceeded", "The maximum number of VPCs has been reached.");
  }
  VpcRow row{.vpc_id = ec2_id("vpc"),
             .region = wanted.region,
             .is_default = wanted.is_default,
             .instance_tenancy = wanted.instance_tenancy,
             .dhcp_options_id = ec2.dhcp_options.default_of(wanted.region)->dhcp_options_id,
             .dns_hostnames = wanted.is_default,
             .created_ms = ec2.clock.now_ms()};
  ec2.vpcs.insert(row);
  ec2.vpcs.insert_cidr({ec2_id("vpc-cidr-assoc"), row.vpc_id, 0, wanted.cidr});
  ec2.sync.vpc_changed(row.vpc_id);
  const RouteTableRow main{ec2_id("rtb"), row.region, row.vpc_id, row.created_ms};
  ec2.route_tables.insert(main);
  ec2.route_tables.insert_association(
      {ec2_id("rtbassoc"), main.route_table_id, row.vpc_id, std::nullopt});
  create_acl(ec2, row, true);
  create_group(ec2, {.vpc = row, .name = "default", .description = "default VPC security group"});
  return row;
}

SubnetRow create_subnet(Ec2State& ec2, const SubnetWanted& wanted) {
  const auto zone = pick_zone(wanted.vpc.region, wanted.availability_zone);
  const auto block = check_subnet_block(ec2, wanted.vpc, wanted.cidr);
  if (std::ssize(ec2.subnets.of_vpc(wanted.vpc.vpc_id)) >= ec2.quotas.subnets_per_vpc) {
    throw AwsError("SubnetLimitExceeded",
                   "The maximum number of subnets in the VPC has been reached.");
  }
  SubnetRow row{.subnet_id = ec2_id("subnet"),
                .region = wanted.vpc.region,
                .vpc_id = wanted.vpc.vpc_id,
                .cidr = block.text(),
                .availability_zone = zone,
                .default_for_az = wanted.is_default,
                .map_public_ip = wanted.is_default,
                .created_ms = ec2.clock.now_ms()};
  ec2.subnets.insert(row);
  ec2.acls.associate({row.subnet_id, ec2_id("aclassoc"), ec2.acls.default_of(row.vpc_id)->acl_id});
  ec2.sync.vpc_changed(row.vpc_id);
  return row;
}

SubnetRow create_default_subnet(Ec2State& ec2, const std::string& region, const std::string& zone) {
  const auto vpc = ec2.vpcs.default_of(region);
  if (!vpc) {
    throw AwsError("DefaultVpcDoesNotExist",
                   "No default VPC exists for this account in this "
                   "region.");
  }
  if (const auto there = ec2.subnets.default_of(region, zone)) {
    throw AwsError("DefaultSubnetAlreadyExistsInAvailabilityZone",
                   "'" + there->subnet_id + "' is already the default subnet in " + zone + ".");
  }
  const auto block = block_of(ec2.vpcs.cidrs(vpc->vpc_id).front().cidr);
  const auto taken = ec2.subnets.of_vpc(vpc->vpc_id);
  for (std::uint64_t offset = 0; offset < block.size(); offset += 4096) {
    const vpc::Cidr candidate(block.host(offset), 20);
    if (std::none_of(taken.begin(), taken.end(), [&](const SubnetRow& other) {
          return block_of(other.cidr).overlaps(candidate);
        })) {
      return create_subnet(
          ec2,
          {.vpc = *vpc, .cidr = candidate.text(), .availability_zone = zone, .is_default = true});
    }
  }
  throw AwsError("InsufficientCidrBlocks", "No free /20 block is left in the default VPC.");
}

void delete_subnet(Ec2State& ec2, const SubnetRow& row) {
  if (!ec2.enis.of_subnet(row.subnet_id).empty()) {
    throw in_use("The subnet '" + row.subnet_id + "' has dependencies and cannot be deleted.");
  }
  if (const auto association = ec2.route_tables.association_of(row.subnet_id)) {
    ec2.route_tables.erase_association(association->association_id);
  }
  ec2.tags.erase_all(row.subnet_id);
  ec2.subnets.erase(row.subnet_id);
  ec2.forget_flow_logs(row.subnet_id);
  ec2.sync.vpc_changed(row.vpc_id);
}

void delete_vpc(Ec2State& ec2, const VpcRow& row) {
  const auto groups = ec2.groups.of_vpc(row.vpc_id);
  const auto tables = ec2.route_tables.of_vpc(row.vpc_id);
  const auto acls = ec2.acls.of_vpc(row.vpc_id);
  // What a VPC is born with goes with it; anything else has to go first.
  if (!ec2.subnets.of_vpc(row.vpc_id).empty() || groups.size() > 1 || tables.size() > 1 ||
      acls.size() > 1 || ec2.internet_gateways.of_vpc(row.vpc_id)) {
    throw in_use("The vpc '" + row.vpc_id + "' has dependencies and cannot be deleted.");
  }
  end_peerings_of(ec2, row.vpc_id);
  for (const auto& table : tables) {
    for (const auto& each : ec2.route_tables.associations(table.route_table_id)) {
      ec2.route_tables.erase_association(each.association_id);
    }
    ec2.tags.erase_all(table.route_table_id);
    ec2.route_tables.erase(table.route_table_id);
  }
  for (const auto& acl : acls) {
    ec2.tags.erase_all(acl.acl_id);
    ec2.acls.erase(acl.acl_id);
  }
  for (const auto& group : groups) {
    ec2.tags.erase_all(group.group_id);
    ec2.groups.erase(group.group_id);
    ec2.sync.group_changed(group.group_id);
  }
  ec2.tags.erase_all(row.vpc_id);
  ec2.vpcs.erase(row.vpc_id);
  ec2.forget_flow_logs(row.vpc_id);
  ec2.sync.vpc_changed(row.vpc_id);
}

VpcRow create_default_vpc(Ec2State& ec2, const std::string& region) {
  if (const auto there = ec2.vpcs.default_of(region)) {
    throw AwsError("DefaultVpcAlreadyExists",
                   "A Default VPC already exists for this account in "
                   "this region.");
  }
  const auto vpc = create_vpc(ec2, {.region = region, .cidr = "172.31.0.0/16", .is_default = true});
  const InternetGatewayRow gateway{ec2_id("igw"), region, vpc.vpc_id, ec2.clock.now_ms()};
  ec2.internet_gateways.insert(gateway);
  ec2.route_tables.put_route({ec2.route_tables.of_vpc(vpc.vpc_id).front().route_table_id,
                              "0.0.0.0/0", "GatewayId", gateway.igw_id});
  const auto block = block_of("172.31.0.0/16");
  std::uint64_t third = 0;
  for (const auto& zone : zones_of(region)) {
    const vpc::Cidr subnet(block.host(third), 20);
    create_subnet(
        ec2,
        {.vpc = vpc, .cidr = subnet.text(), .availability_zone = zone.name, .is_default = true});
    third += subnet.size();
  }
  return vpc;
}

void ensure_region(Ec2State& ec2, const std::string& region) {
  if (!ec2.regions.claim(region)) return;
  const Json configurations = {
      {{"Key", "domain-name"}, {"Values", {{{"Value", private_domain_of(region)}}}}},
      {{"Key", "domain-name-servers"}, {"Values", {{{"Value", "AmazonProvidedDNS"}}}}}};
  ec2.dhcp_options.insert(
      {ec2_id("dopt"), region, configurations.dump(), true, ec2.clock.now_ms()});
  create_default_vpc(ec2, region);
}

}  // namespace enibox::ec2

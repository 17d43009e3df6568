#include "emulator/ec2/ipv6.hpp"

#include <algorithm>

#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/security_group.hpp"
#include "emulator/ec2/vpc.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2 {
namespace {

// A random address of a /64: "<first four groups>:xxxx:xxxx:xxxx:xxxx".
std::string random_host(const vpc::Cidr& block) {
  return block.host(std::stoull(random_hex(15), nullptr, 16) + 4).text();
}

// What the VPC was born with lets IPv6 out (the group) and through (the ACL) as it does IPv4.
void open_defaults(Ec2State& ec2, const std::string& vpc_id) {
  const auto group = *ec2.groups.find_named(vpc_id, "default");
  const auto rules = ec2.groups.rules(group.group_id);
  if (std::none_of(rules.begin(), rules.end(), [](const GroupRuleRow& rule) {
        return rule.egress && rule.peer == "::/0" && rule.protocol == "-1";
      })) {
    allow_all_egress(ec2, group, "cidr6");
    ec2.sync.group_changed(group.group_id);
  }
  add_ipv6_entries(ec2, *ec2.acls.default_of(vpc_id));
}

std::string checked_address(Ec2State& ec2, const SubnetIpv6Row& block, const std::string& text) {
  const auto address = vpc::IpAddress::parse(text);
  if (!address || !address->is_v6() || !block_of(block.cidr).contains(*address)) {
    throw AwsError("InvalidParameterValue",
                   "Address " + text + " does not fall within the subnet's address range");
  }
  if (ec2.ipv6.owner_of(block.subnet_id, address->text())) {
    throw AwsError("InvalidIPAddress.InUse", "Address " + text + " is in use.");
  }
  return address->text();
}

}  // namespace

VpcIpv6Row add_vpc_ipv6(Ec2State& ec2, const VpcRow& vpc, const std::string& border_group) {
  if (std::ssize(ec2.ipv6.of_vpc(vpc.vpc_id)) >= ec2.quotas.blocks_per_vpc) {
    throw AwsError("CidrLimitExceeded", "This network " + vpc.vpc_id +
                                            " has met its maximum number of allowed CIDRs: " +
                                            std::to_string(ec2.quotas.blocks_per_vpc));
  }
  VpcIpv6Row row{ec2_id("vpc-cidr-assoc"), vpc.vpc_id, "",
                 border_group.empty() ? vpc.region : border_group, ec2.clock.now_ms()};
  do {
    const auto digits = random_hex(6);
    const auto text = "2001:db8:" + digits.substr(0, 4) + ":" + digits.substr(4) + "00::/56";
    row.cidr = vpc::Cidr::parse(text)->text();
  } while (ec2.ipv6.find_cidr(row.cidr));
  const bool first = ec2.ipv6.of_vpc(vpc.vpc_id).empty();
  ec2.ipv6.insert(row);
  if (first) open_defaults(ec2, vpc.vpc_id);
  return row;
}

void remove_vpc_ipv6(Ec2State& ec2, const VpcIpv6Row& row) {
  for (const auto& subnet : ec2.subnets.of_vpc(row.vpc_id)) {
    const auto block = ec2.ipv6.of_subnet(subnet.subnet_id);
    if (block && block_of(row.cidr).contains(block_of(block->cidr))) {
      throw AwsError("InvalidCidrBlock.InUse",
                     "The vpc CIDR block with association ID " + row.association_id +
                         " may not be disassociated. It is used by subnet " + subnet.subnet_id);
    }
  }
  ec2.ipv6.erase_of_vpc(row.association_id);
}

SubnetIpv6Row add_subnet_ipv6(Ec2State& ec2, const SubnetRow& subnet, const std::string& cidr) {
  const auto block = vpc::Cidr::parse(cidr);
  bool inside = false;
  for (const auto& row : ec2.ipv6.of_vpc(subnet.vpc_id)) {
    inside = inside || (block && block_of(row.cidr).contains(*block));
  }
  if (!block || !block->is_v6() || !inside || block->prefix() > 64 || block->prefix() % 4 != 0) {
    throw AwsError("InvalidSubnet.Range", "The CIDR '" + cidr + "' is invalid.");
  }
  if (ec2.ipv6.of_subnet(subnet.subnet_id)) {
    throw AwsError("SubnetIpv6CidrBlockAssociationLimitExceeded",
                   "The subnet '" + subnet.subnet_id + "' already has an IPv6 CIDR block.");
  }
  for (const auto& other : ec2.subnets.of_vpc(subnet.vpc_id)) {
    const auto taken = ec2.ipv6.of_subnet(other.subnet_id);
    if (taken && block_of(taken->cidr).overlaps(*block)) {
      throw AwsError("InvalidSubnet.Conflict",
                     "The CIDR '" + cidr + "' conflicts with another subnet");
    }
  }
  SubnetIpv6Row row{ec2_id("subnet-cidr-assoc"), subnet.subnet_id, block->text()};
  ec2.ipv6.insert(row);
  return row;
}

void remove_subnet_ipv6(Ec2State& ec2, const SubnetIpv6Row& row) {
  if (ec2.ipv6.has_addresses(row.subnet_id)) {
    throw AwsError("InvalidCidrBlock.InUse", "The IPv6 CIDR block of subnet '" + row.subnet_id +
                                                 "' has addresses that are in use.");
  }
  ec2.ipv6.erase_of_subnet(row.association_id);
}

std::vector<std::string> assign_ipv6(Ec2State& ec2, const EniRow& eni, const Ipv6Wanted& wanted) {
  if (wanted.fixed.empty() && wanted.count == 0) return {};
  const auto block = ec2.ipv6.of_subnet(eni.subnet_id);
  if (!block) {
    throw AwsError("InvalidParameterValue",
                   "The subnet '" + eni.subnet_id + "' has no IPv6 CIDR block associated.");
  }
  const auto have = ec2.ipv6.of_eni(eni.eni_id);
  int position = have.empty() ? 0 : have.back().position + 1;
  std::vector<std::string> added;
  const auto add = [&](const std::string& address) {
    ec2.ipv6.insert(Ipv6AddressRow{eni.subnet_id, address, eni.eni_id, position++});
    added.push_back(address);
  };
  for (const auto& text : wanted.fixed) add(checked_address(ec2, *block, text));
  for (int i = 0; i < wanted.count; ++i) {
    auto address = random_host(block_of(block->cidr));
    while (ec2.ipv6.owner_of(eni.subnet_id, address)) address = random_host(block_of(block->cidr));
    add(address);
  }
  return added;
}

Json vpc_ipv6_json(const VpcIpv6Row& row, const char* state) {
  return {{"AssociationId", row.association_id},
          {"Ipv6CidrBlock", row.cidr},
          {"Ipv6CidrBlockState", {{"State", state}}},
          {"NetworkBorderGroup", row.border_group},
          {"Ipv6Pool", "Amazon"},
          {"Ipv6AddressAttribute", "public"},
          {"IpSource", "amazon"}};
}

Json vpc_ipv6_json(Ec2State& ec2, const std::string& vpc_id) {
  Json all = Json::array();
  for (const auto& row : ec2.ipv6.of_vpc(vpc_id)) all.push_back(vpc_ipv6_json(row, "associated"));
  return all;
}

Json subnet_ipv6_json(const SubnetIpv6Row& row, const char* state) {
  return {{"AssociationId", row.association_id},
          {"Ipv6CidrBlock", row.cidr},
          {"Ipv6CidrBlockState", {{"State", state}}},
          {"Ipv6AddressAttribute", "public"},
          {"IpSource", "amazon"}};
}

Json subnet_ipv6_json(Ec2State& ec2, const std::string& subnet_id) {
  Json all = Json::array();
  if (const auto row = ec2.ipv6.of_subnet(subnet_id)) {
    all.push_back(subnet_ipv6_json(*row, "associated"));
  }
  return all;
}

Json eni_ipv6_json(Ec2State& ec2, const std::string& eni_id) {
  Json all = Json::array();
  for (const auto& row : ec2.ipv6.of_eni(eni_id)) {
    all.push_back({{"Ipv6Address", row.address}, {"IsPrimaryIpv6", false}});
  }
  return all;
}

}  // namespace enibox::ec2

#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/ipv6.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ec2/vpc.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kVpcFilters[] = {
    {"cidr", "CidrBlock"},
    {"cidr-block-association.association-id", "CidrBlockAssociationSet[].AssociationId"},
    {"cidr-block-association.cidr-block", "CidrBlockAssociationSet[].CidrBlock"},
    {"cidr-block-association.state", "CidrBlockAssociationSet[].CidrBlockState.State"},
    {"dhcp-options-id", "DhcpOptionsId"},
    {"ipv6-cidr-block-association.association-id", "Ipv6CidrBlockAssociationSet[].AssociationId"},
    {"ipv6-cidr-block-association.ipv6-cidr-block", "Ipv6CidrBlockAssociationSet[].Ipv6CidrBlock"},
    {"ipv6-cidr-block-association.ipv6-pool", "Ipv6CidrBlockAssociationSet[].Ipv6Pool"},
    {"ipv6-cidr-block-association.state", "Ipv6CidrBlockAssociationSet[].Ipv6CidrBlockState.State"},
    {"is-default", "IsDefault"},
    {"isDefault", "IsDefault"},
    {"owner-id", "OwnerId"},
    {"state", "State"},
    {"vpc-id", "VpcId"},
};

Json cidr_association(const VpcCidrRow& row, const char* state) {
  return {{"AssociationId", row.association_id},
          {"CidrBlock", row.cidr},
          {"CidrBlockState", {{"State", state}}}};
}

Json vpc_json(Ec2State& ec2, const VpcRow& row) {
  const auto blocks = ec2.vpcs.cidrs(row.vpc_id);
  Json associations = Json::array();
  for (const auto& block : blocks) associations.push_back(cidr_association(block, "associated"));
  return {{"VpcId", row.vpc_id},
          {"State", "available"},
          {"CidrBlock", blocks.front().cidr},
          {"CidrBlockAssociationSet", std::move(associations)},
          {"Ipv6CidrBlockAssociationSet", vpc_ipv6_json(ec2, row.vpc_id)},
          {"DhcpOptionsId", row.dhcp_options_id},
          {"InstanceTenancy", row.instance_tenancy},
          {"IsDefault", row.is_default},
          {"OwnerId", ec2.account_id},
          {"Tags", tags_json(ec2, row.vpc_id)}};
}

std::string checked_block(const std::string& cidr) {
  const auto block = vpc::Cidr::parse(cidr);
  if (!block || block->is_v6()) {
    throw invalid_value(cidr, "cidrBlock", "This is not a valid CIDR block.");
  }
  if (block->prefix() < 16 || block->prefix() > 28) {
    throw AwsError("InvalidVpc.Range", "The CIDR '" + cidr + "' is invalid.");
  }
  return block->text();
}

// Blocks of the user's own and of IPAM are not served.
void refuse_own_blocks(const Json& in) {
  for (const auto* name : {"Ipv6CidrBlock", "Ipv6Pool", "Ipv6IpamPoolId", "Ipv4IpamPoolId"}) {
    if (!in.contains(name)) continue;
    throw AwsError("UnsupportedOperation",
                   std::string("The parameter ") + name + " is not served here.");
  }
}

}  // namespace

Json create_vpc(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  refuse_own_blocks(in);
  if (!in.contains("CidrBlock")) throw missing_parameter("cidrBlock");
  const auto tenancy = in.value("InstanceTenancy", "default");
  if (tenancy == "host") {
    throw invalid_value(tenancy, "instanceTenancy", "Only default and dedicated are allowed.");
  }
  const auto row = ec2::create_vpc(ec2, {.region = request.region,
                                         .cidr = checked_block(in.at("CidrBlock")),
                                         .instance_tenancy = tenancy});
  if (in.value("AmazonProvidedIpv6CidrBlock", false)) {
    add_vpc_ipv6(ec2, row, in.value("Ipv6CidrBlockNetworkBorderGroup", ""));
  }
  tag_new(ec2, request.region, in, {row.vpc_id, "vpc"});
  auto vpc = vpc_json(ec2, row);
  vpc["State"] = "pending";
  return {{"Vpc", std::move(vpc)}};
}

Json create_default_vpc(Ec2State& ec2, const api::RequestContext& request, const Json&) {
  return {{"Vpc", vpc_json(ec2, ec2::create_default_vpc(ec2, request.region))}};
}

Json delete_vpc(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  ec2::delete_vpc(ec2, ec2.vpc(request.region, in.at("VpcId")));
  return Json::object();
}

Json describe_vpcs(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "VpcIds");
  for (const auto& id : ids) items.push_back(vpc_json(ec2, ec2.vpc(request.region, id)));
  if (ids.empty()) {
    for (const auto& row : ec2.vpcs.list(request.region)) items.push_back(vpc_json(ec2, row));
  }
  return describe(request, in, {"Vpcs", "VpcId", std::move(items), kVpcFilters});
}

Json modify_vpc_attribute(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  auto row = ec2.vpc(request.region, in.at("VpcId"));
  const std::pair<const char*, bool*> attributes[] = {
      {"EnableDnsSupport", &row.dns_support},
      {"EnableDnsHostnames", &row.dns_hostnames},
      {"EnableNetworkAddressUsageMetrics", &row.address_metrics}};
  int given = 0;
  for (const auto& [name, value] : attributes) {
    if (!in.contains(name)) continue;
    *value = in.at(name).value("Value", false);
    ++given;
  }
  if (given == 0) throw missing_parameter("attribute");
  if (given > 1) throw bad_combination("Fields for multiple attribute types specified");
  ec2.vpcs.update(row);
  ec2.sync.vpc_changed(row.vpc_id);
  return Json::object();
}

Json describe_vpc_attribute(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = ec2.vpc(request.region, in.at("VpcId"));
  const auto attribute = in.at("Attribute").get<std::string>();
  const auto answer = [&](const char* member, bool value) -> Json {
    return {{"VpcId", row.vpc_id}, {member, {{"Value", value}}}};
  };
  if (attribute == "enableDnsSupport") return answer("EnableDnsSupport", row.dns_support);
  if (attribute == "enableDnsHostnames") return answer("EnableDnsHostnames", row.dns_hostnames);
  if (attribute == "enableNetworkAddressUsageMetrics") {
    return answer("EnableNetworkAddressUsageMetrics", row.address_metrics);
  }
  throw invalid_value(attribute, "attribute", "Unknown attribute.");
}

Json modify_vpc_tenancy(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  auto row = ec2.vpc(request.region, in.at("VpcId"));
  row.instance_tenancy = in.value("InstanceTenancy", "default");
  ec2.vpcs.update(row);
  return {{"ReturnValue", true}};
}

Json associate_vpc_cidr_block(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  refuse_own_blocks(in);
  const auto vpc = ec2.vpc(request.region, in.at("VpcId"));
  if (in.value("AmazonProvidedIpv6CidrBlock", false)) {
    const auto row = add_vpc_ipv6(ec2, vpc, in.value("Ipv6CidrBlockNetworkBorderGroup", ""));
    return {{"VpcId", vpc.vpc_id}, {"Ipv6CidrBlockAssociation", vpc_ipv6_json(row, "associating")}};
  }
  if (!in.contains("CidrBlock")) throw missing_parameter("cidrBlock");
  const auto cidr = checked_block(in.at("CidrBlock"));
  const auto blocks = ec2.vpcs.cidrs(vpc.vpc_id);
  for (const auto& block : blocks) {
    if (block_of(block.cidr).overlaps(block_of(cidr))) {
      throw AwsError("CidrConflict", "The CIDR '" + cidr + "' conflicts with another CIDR in VPC.");
    }
  }
  if (std::ssize(blocks) >= ec2.quotas.blocks_per_vpc) {
    throw AwsError("CidrLimitExceeded", "This network " + vpc.vpc_id +
                                            " has met its maximum number of allowed CIDRs: " +
                                            std::to_string(ec2.quotas.blocks_per_vpc));
  }
  const VpcCidrRow row{ec2_id("vpc-cidr-assoc"), vpc.vpc_id, blocks.back().position + 1, cidr};
  ec2.vpcs.insert_cidr(row);
  ec2.sync.vpc_changed(vpc.vpc_id);
  return {{"VpcId", vpc.vpc_id}, {"CidrBlockAssociation", cidr_association(row, "associating")}};
}

Json disassociate_vpc_cidr_block(Ec2State& ec2, const api::RequestContext& request,
                                 const Json& in) {
  const std::string id = in.at("AssociationId");
  if (const auto ipv6 = ec2.ipv6.find_of_vpc(id);
      ipv6 && ec2.vpcs.find(ipv6->vpc_id)->region == request.region) {
    remove_vpc_ipv6(ec2, *ipv6);
    return {{"VpcId", ipv6->vpc_id},
            {"Ipv6CidrBlockAssociation", vpc_ipv6_json(*ipv6, "disassociating")}};
  }
  const auto row = ec2.vpcs.find_cidr(id);
  if (!row || ec2.vpcs.find(row->vpc_id)->region != request.region) {
    throw AwsError("InvalidVpcCidrBlockAssociationIdError.NotFound",
                   "The vpc CIDR block association ID '" + id + "' does not exist");
  }
  if (row->position == 0) {
    throw AwsError("OperationNotPermitted",
                   "The vpc CIDR block with association ID " + id +
                       " may not be disassociated. It is the primary IPv4 CIDR block of the VPC");
  }
  for (const auto& subnet : ec2.subnets.of_vpc(row->vpc_id)) {
    if (block_of(row->cidr).overlaps(block_of(subnet.cidr))) {
      throw AwsError("InvalidCidrBlock.InUse",
                     "The vpc CIDR block with association ID " + id +
                         " may not be disassociated. It is used by subnet " + subnet.subnet_id);
    }
  }
  ec2.vpcs.erase_cidr(id);
  ec2.sync.vpc_changed(row->vpc_id);
  return {{"VpcId", row->vpc_id},
          {"CidrBlockAssociation", cidr_association(*row, "disassociating")}};
}

}  // namespace enibox::ec2::op

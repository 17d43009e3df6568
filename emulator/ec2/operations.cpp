#include "emulator/ec2/operations.hpp"

#include <string_view>

#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/vpc.hpp"

namespace enibox::ec2 {
namespace {

struct Row {
  std::string_view name;
  op::Handler* handler;
};

constexpr Row kOperations[] = {
    {"AllocateAddress", op::allocate_address},
    {"AssignPrivateIpAddresses", op::assign_private_ip_addresses},
    {"AssociateAddress", op::associate_address},
    {"AssociateDhcpOptions", op::associate_dhcp_options},
    {"AssociateRouteTable", op::associate_route_table},
    {"AssociateVpcCidrBlock", op::associate_vpc_cidr_block},
    {"AttachInternetGateway", op::attach_internet_gateway},
    {"AttachNetworkInterface", op::attach_network_interface},
    {"AuthorizeSecurityGroupEgress", op::authorize_security_group_egress},
    {"AuthorizeSecurityGroupIngress", op::authorize_security_group_ingress},
    {"CreateDefaultSubnet", op::create_default_subnet},
    {"CreateDefaultVpc", op::create_default_vpc},
    {"CreateDhcpOptions", op::create_dhcp_options},
    {"CreateFlowLogs", op::create_flow_logs},
    {"CreateInternetGateway", op::create_internet_gateway},
    {"CreateKeyPair", op::create_key_pair},
    {"CreateLaunchTemplate", op::create_launch_template},
    {"CreateLaunchTemplateVersion", op::create_launch_template_version},
    {"CreateNatGateway", op::create_nat_gateway},
    {"CreateNetworkAcl", op::create_network_acl},
    {"CreateNetworkAclEntry", op::create_network_acl_entry},
    {"CreateNetworkInterface", op::create_network_interface},
    {"CreateRoute", op::create_route},
    {"CreateRouteTable", op::create_route_table},
    {"CreateSecurityGroup", op::create_security_group},
    {"CreateSubnet", op::create_subnet},
    {"CreateTags", op::create_tags},
    {"CreateVpc", op::create_vpc},
    {"DeleteDhcpOptions", op::delete_dhcp_options},
    {"DeleteFlowLogs", op::delete_flow_logs},
    {"DeleteInternetGateway", op::delete_internet_gateway},
    {"DeleteKeyPair", op::delete_key_pair},
    {"DeleteLaunchTemplate", op::delete_launch_template},
    {"DeleteLaunchTemplateVersions", op::delete_launch_template_versions},
    {"DeleteNatGateway", op::delete_nat_gateway},
    {"DeleteNetworkAcl", op::delete_network_acl},
    {"DeleteNetworkAclEntry", op::delete_network_acl_entry},
    {"DeleteNetworkInterface", op::delete_network_interface},
    {"DeleteRoute", op::delete_route},
    {"DeleteRouteTable", op::delete_route_table},
    {"DeleteSecurityGroup", op::delete_security_group},
    {"DeleteSubnet", op::delete_subnet},
    {"DeleteTags", op::delete_tags},
    {"DeleteVpc", op::delete_vpc},
    {"DescribeAccountAttributes", op::describe_account_attributes},
    {"DescribeAddresses", op::describe_addresses},
    {"DescribeAvailabilityZones", op::describe_availability_zones},
    {"DescribeDhcpOptions", op::describe_dhcp_options},
    {"DescribeFlowLogs", op::describe_flow_logs},
    {"DescribeImages", op::describe_images},
    {"DescribeInstanceAttribute", op::describe_instance_attribute},
    {"DescribeInstanceStatus", op::describe_instance_status},
    {"DescribeInstanceTypeOfferings", op::describe_instance_type_offerings},
    {"DescribeInstanceTypes", op::describe_instance_types},
    {"DescribeInstances", op::describe_instances},
    {"DescribeInternetGateways", op::describe_internet_gateways},
    {"DescribeKeyPairs", op::describe_key_pairs},
    {"DescribeLaunchTemplateVersions", op::describe_launch_template_versions},
    {"DescribeLaunchTemplates", op::describe_launch_templates},
    {"DescribeNatGateways", op::describe_nat_gateways},
    {"DescribeNetworkAcls", op::describe_network_acls},
    {"DescribeNetworkInterfaceAttribute", op::describe_network_interface_attribute},
    {"DescribeNetworkInterfaces", op::describe_network_interfaces},
    {"DescribeRegions", op::describe_regions},
    {"DescribeRouteTables", op::describe_route_tables},
    {"DescribeSecurityGroupReferences", op::describe_security_group_references},
    {"DescribeSecurityGroupRules", op::describe_security_group_rules},
    {"DescribeSecurityGroups", op::describe_security_groups},
    {"DescribeStaleSecurityGroups", op::describe_stale_security_groups},
    {"DescribeSubnets", op::describe_subnets},
    {"DescribeTags", op::describe_tags},
    {"DescribeVpcAttribute", op::describe_vpc_attribute},
    {"DescribeVpcs", op::describe_vpcs},
    {"DetachInternetGateway", op::detach_internet_gateway},
    {"DetachNetworkInterface", op::detach_network_interface},
    {"DisassociateAddress", op::disassociate_address},
    {"DisassociateRouteTable", op::disassociate_route_table},
    {"DisassociateVpcCidrBlock", op::disassociate_vpc_cidr_block},
    {"ImportKeyPair", op::import_key_pair},
    {"ModifyInstanceAttribute", op::modify_instance_attribute},
    {"ModifyInstanceMetadataOptions", op::modify_instance_metadata_options},
    {"ModifyLaunchTemplate", op::modify_launch_template},
    {"ModifyNetworkInterfaceAttribute", op::modify_network_interface_attribute},
    {"ModifySecurityGroupRules", op::modify_security_group_rules},
    {"ModifySubnetAttribute", op::modify_subnet_attribute},
    {"ModifyVpcAttribute", op::modify_vpc_attribute},
    {"ModifyVpcTenancy", op::modify_vpc_tenancy},
    {"MonitorInstances", op::monitor_instances},
    {"RebootInstances", op::reboot_instances},
    {"ReleaseAddress", op::release_address},
    {"ReplaceNetworkAclAssociation", op::replace_network_acl_association},
    {"ReplaceNetworkAclEntry", op::replace_network_acl_entry},
    {"ReplaceRoute", op::replace_route},
    {"ReplaceRouteTableAssociation", op::replace_route_table_association},
    {"ResetNetworkInterfaceAttribute", op::reset_network_interface_attribute},
    {"RevokeSecurityGroupEgress", op::revoke_security_group_egress},
    {"RevokeSecurityGroupIngress", op::revoke_security_group_ingress},
    {"RunInstances", op::run_instances},
    {"StartInstances", op::start_instances},
    {"StopInstances", op::stop_instances},
    {"TerminateInstances", op::terminate_instances},
    {"UnassignPrivateIpAddresses", op::unassign_private_ip_addresses},
    {"UnmonitorInstances", op::unmonitor_instances},
    {"UpdateSecurityGroupRuleDescriptionsEgress", op::update_rule_descriptions_egress},
    {"UpdateSecurityGroupRuleDescriptionsIngress", op::update_rule_descriptions_ingress},
};

bool only_reads(std::string_view name) {
  return name.starts_with("Describe") || name.starts_with("Get");
}

void ensure_region_committed(Ec2State& ec2, const std::string& region) {
  if (ec2.regions.seen(region)) return;
  store::Transaction transaction(ec2.db);
  ensure_region(ec2, region);
  transaction.commit();
}

api::Answer run_changing(Ec2State& ec2, op::Handler* handler, const api::RequestContext& request,
                         const Json& in) {
  const auto before = ec2.network.generation();
  store::Transaction transaction(ec2.db);
  auto output = handler(ec2, request, in);
  transaction.commit();
  const auto after = ec2.network.generation();
  return {std::move(output), after == before ? 0 : after};
}

}  // namespace

api::Service make_operations(Ec2State& ec2) {
  api::Service service{.name = "ec2", .operations = {}};
  for (const auto& row : kOperations) {
    auto* handler = row.handler;
    const bool reads = only_reads(row.name);
    service.operations.emplace(
        row.name,
        [&ec2, handler, reads](const api::RequestContext& request, const Json& in) -> api::Answer {
          ensure_region_committed(ec2, request.region);
          if (reads) return handler(ec2, request, in);
          return run_changing(ec2, handler, request, in);
        });
  }
  return service;
}

}  // namespace enibox::ec2

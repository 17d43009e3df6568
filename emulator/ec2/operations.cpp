#include "emulator/ec2/operations.hpp"

#include <string_view>

#include "emulator/ec2/client_tokens.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/vpc.hpp"

namespace enibox::ec2 {
namespace {

struct Row {
  std::string_view name;
  op::Handler* handler;
};

constexpr Row kOperations[] = {
    {"AcceptVpcPeeringConnection", op::accept_vpc_peering_connection},
    {"AllocateAddress", op::allocate_address},
    {"AssignIpv6Addresses", op::assign_ipv6_addresses},
    {"AssignPrivateIpAddresses", op::assign_private_ip_addresses},
    {"AssignPrivateNatGatewayAddress", op::assign_private_nat_gateway_address},
    {"AssociateAddress", op::associate_address},
    {"AssociateDhcpOptions", op::associate_dhcp_options},
    {"AssociateIamInstanceProfile", op::associate_iam_instance_profile},
    {"AssociateNatGatewayAddress", op::associate_nat_gateway_address},
    {"AssociateRouteTable", op::associate_route_table},
    {"AssociateSubnetCidrBlock", op::associate_subnet_cidr_block},
    {"AssociateVpcCidrBlock", op::associate_vpc_cidr_block},
    {"AttachInternetGateway", op::attach_internet_gateway},
    {"AttachNetworkInterface", op::attach_network_interface},
    {"AuthorizeSecurityGroupEgress", op::authorize_security_group_egress},
    {"AuthorizeSecurityGroupIngress", op::authorize_security_group_ingress},
    {"CopyImage", op::copy_image},
    {"CreateDefaultSubnet", op::create_default_subnet},
    {"CreateDefaultVpc", op::create_default_vpc},
    {"CreateDhcpOptions", op::create_dhcp_options},
    {"CreateFlowLogs", op::create_flow_logs},
    {"CreateImage", op::create_image},
    {"CreateInternetGateway", op::create_internet_gateway},
    {"CreateKeyPair", op::create_key_pair},
    {"CreateLaunchTemplate", op::create_launch_template},
    {"CreateLaunchTemplateVersion", op::create_launch_template_version},
    {"CreateManagedPrefixList", op::create_managed_prefix_list},
    {"CreateNatGateway", op::create_nat_gateway},
    {"CreateNetworkAcl", op::create_network_acl},
    {"CreateNetworkAclEntry", op::create_network_acl_entry},
    {"CreateNetworkInsightsPath", op::create_network_insights_path},
    {"CreateNetworkInterface", op::create_network_interface},
    {"CreateRoute", op::create_route},
    {"CreateRouteTable", op::create_route_table},
    {"CreateSecurityGroup", op::create_security_group},
    {"CreateSubnet", op::create_subnet},
    {"CreateSubnetCidrReservation", op::create_subnet_cidr_reservation},
    {"CreateTags", op::create_tags},
    {"CreateVpc", op::create_vpc},
    {"CreateVpcPeeringConnection", op::create_vpc_peering_connection},
    {"DeleteDhcpOptions", op::delete_dhcp_options},
    {"DeleteFlowLogs", op::delete_flow_logs},
    {"DeleteInternetGateway", op::delete_internet_gateway},
    {"DeleteKeyPair", op::delete_key_pair},
    {"DeleteLaunchTemplate", op::delete_launch_template},
    {"DeleteLaunchTemplateVersions", op::delete_launch_template_versions},
    {"DeleteManagedPrefixList", op::delete_managed_prefix_list},
    {"DeleteNatGateway", op::delete_nat_gateway},
    {"DeleteNetworkAcl", op::delete_network_acl},
    {"DeleteNetworkAclEntry", op::delete_network_acl_entry},
    {"DeleteNetworkInsightsAnalysis", op::delete_network_insights_analysis},
    {"DeleteNetworkInsightsPath", op::delete_network_insights_path},
    {"DeleteNetworkInterface", op::delete_network_interface},
    {"DeleteRoute", op::delete_route},
    {"DeleteRouteTable", op::delete_route_table},
    {"DeleteSecurityGroup", op::delete_security_group},
    {"DeleteSubnet", op::delete_subnet},
    {"DeleteSubnetCidrReservation", op::delete_subnet_cidr_reservation},
    {"DeleteTags", op::delete_tags},
    {"DeleteVolume", op::delete_volume},
    {"DeleteVpc", op::delete_vpc},
    {"DeregisterImage", op::deregister_image},
    {"DeleteVpcPeeringConnection", op::delete_vpc_peering_connection},
    {"DescribeAccountAttributes", op::describe_account_attributes},
    {"DescribeAddresses", op::describe_addresses},
    {"DescribeAddressesAttribute", op::describe_addresses_attribute},
    {"DescribeAvailabilityZones", op::describe_availability_zones},
    {"DescribeDhcpOptions", op::describe_dhcp_options},
    {"DescribeEgressOnlyInternetGateways", op::describe_egress_only_internet_gateways},
    {"DescribeFlowLogs", op::describe_flow_logs},
    {"DescribeIamInstanceProfileAssociations", op::describe_iam_instance_profile_associations},
    {"DescribeImageAttribute", op::describe_image_attribute},
    {"DescribeImages", op::describe_images},
    {"DescribeInstanceAttribute", op::describe_instance_attribute},
    {"DescribeInstanceCreditSpecifications", op::describe_instance_credit_specifications},
    {"DescribeInstanceStatus", op::describe_instance_status},
    {"DescribeInstanceTypeOfferings", op::describe_instance_type_offerings},
    {"DescribeInstanceTypes", op::describe_instance_types},
    {"DescribeInstances", op::describe_instances},
    {"DescribeInternetGateways", op::describe_internet_gateways},
    {"DescribeKeyPairs", op::describe_key_pairs},
    {"DescribeLaunchTemplateVersions", op::describe_launch_template_versions},
    {"DescribeLaunchTemplates", op::describe_launch_templates},
    {"DescribeManagedPrefixLists", op::describe_managed_prefix_lists},
    {"DescribeNatGateways", op::describe_nat_gateways},
    {"DescribeNetworkAcls", op::describe_network_acls},
    {"DescribeNetworkInsightsAnalyses", op::describe_network_insights_analyses},
    {"DescribeNetworkInsightsPaths", op::describe_network_insights_paths},
    {"DescribeNetworkInterfaceAttribute", op::describe_network_interface_attribute},
    {"DescribeNetworkInterfacePermissions", op::describe_network_interface_permissions},
    {"DescribeNetworkInterfaces", op::describe_network_interfaces},
    {"DescribePrefixLists", op::describe_prefix_lists},
    {"DescribeRegions", op::describe_regions},
    {"DescribeRouteTables", op::describe_route_tables},
    {"DescribeSecurityGroupReferences", op::describe_security_group_references},
    {"DescribeSecurityGroupRules", op::describe_security_group_rules},
    {"DescribeSecurityGroupVpcAssociations", op::describe_security_group_vpc_associations},
    {"DescribeSecurityGroups", op::describe_security_groups},
    {"DescribeStaleSecurityGroups", op::describe_stale_security_groups},
    {"DescribeSubnets", op::describe_subnets},
    {"DescribeTags", op::describe_tags},
    {"DescribeVolumeStatus", op::describe_volume_status},
    {"DescribeVolumes", op::describe_volumes},
    {"DescribeVpcAttribute", op::describe_vpc_attribute},
    {"DescribeVpcEndpoints", op::describe_vpc_endpoints},
    {"DescribeVpcPeeringConnections", op::describe_vpc_peering_connections},
    {"DescribeVpcs", op::describe_vpcs},
    {"DetachInternetGateway", op::detach_internet_gateway},
    {"DetachNetworkInterface", op::detach_network_interface},
    {"DisassociateAddress", op::disassociate_address},
    {"DisassociateIamInstanceProfile", op::disassociate_iam_instance_profile},
    {"DisassociateNatGatewayAddress", op::disassociate_nat_gateway_address},
    {"DisassociateRouteTable", op::disassociate_route_table},
    {"DisassociateSubnetCidrBlock", op::disassociate_subnet_cidr_block},
    {"DisassociateVpcCidrBlock", op::disassociate_vpc_cidr_block},
    {"GetConsoleOutput", op::get_console_output},
    {"GetLaunchTemplateData", op::get_launch_template_data},
    {"GetSecurityGroupsForVpc", op::get_security_groups_for_vpc},
    {"GetSubnetCidrReservations", op::get_subnet_cidr_reservations},
    {"GetManagedPrefixListAssociations", op::get_managed_prefix_list_associations},
    {"GetManagedPrefixListEntries", op::get_managed_prefix_list_entries},
    {"ImportKeyPair", op::import_key_pair},
    {"ModifyAddressAttribute", op::modify_address_attribute},
    {"ModifyImageAttribute", op::modify_image_attribute},
    {"ModifyInstanceAttribute", op::modify_instance_attribute},
    {"ModifyInstanceCreditSpecification", op::modify_instance_credit_specification},
    {"ModifyInstanceMaintenanceOptions", op::modify_instance_maintenance_options},
    {"ModifyInstanceMetadataOptions", op::modify_instance_metadata_options},
    {"ModifyLaunchTemplate", op::modify_launch_template},
    {"ModifyManagedPrefixList", op::modify_managed_prefix_list},
    {"ModifyNetworkInterfaceAttribute", op::modify_network_interface_attribute},
    {"ModifyPrivateDnsNameOptions", op::modify_private_dns_name_options},
    {"ModifySecurityGroupRules", op::modify_security_group_rules},
    {"ModifySubnetAttribute", op::modify_subnet_attribute},
    {"ModifyVpcAttribute", op::modify_vpc_attribute},
    {"ModifyVpcPeeringConnectionOptions", op::modify_vpc_peering_connection_options},
    {"ModifyVpcTenancy", op::modify_vpc_tenancy},
    {"MonitorInstances", op::monitor_instances},
    {"RebootInstances", op::reboot_instances},
    {"RegisterImage", op::register_image},
    {"RejectVpcPeeringConnection", op::reject_vpc_peering_connection},
    {"ReleaseAddress", op::release_address},
    {"ReplaceIamInstanceProfileAssociation", op::replace_iam_instance_profile_association},
    {"ReplaceNetworkAclAssociation", op::replace_network_acl_association},
    {"ReplaceNetworkAclEntry", op::replace_network_acl_entry},
    {"ReplaceRoute", op::replace_route},
    {"ReplaceRouteTableAssociation", op::replace_route_table_association},
    {"ResetAddressAttribute", op::reset_address_attribute},
    {"ResetImageAttribute", op::reset_image_attribute},
    {"ResetInstanceAttribute", op::reset_instance_attribute},
    {"ResetNetworkInterfaceAttribute", op::reset_network_interface_attribute},
    {"RestoreManagedPrefixListVersion", op::restore_managed_prefix_list_version},
    {"RevokeSecurityGroupEgress", op::revoke_security_group_egress},
    {"RevokeSecurityGroupIngress", op::revoke_security_group_ingress},
    {"RunInstances", op::run_instances},
    {"StartInstances", op::start_instances},
    {"StartNetworkInsightsAnalysis", op::start_network_insights_analysis},
    {"StopInstances", op::stop_instances},
    {"TerminateInstances", op::terminate_instances},
    {"UnassignIpv6Addresses", op::unassign_ipv6_addresses},
    {"UnassignPrivateIpAddresses", op::unassign_private_ip_addresses},
    {"UnassignPrivateNatGatewayAddress", op::unassign_private_nat_gateway_address},
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
  ec2.routing.changed();
  transaction.commit();
}

api::Answer run_changing(Ec2State& ec2, ClientTokens* tokens, op::Handler* handler,
                         const api::RequestContext& request, const Json& in) {
  if (tokens != nullptr) {
    if (auto answer = tokens->answered(request, in)) return std::move(*answer);
  }
  const auto before = ec2.network.generation();
  store::Transaction transaction(ec2.db);
  auto output = handler(ec2, request, in);
  if (tokens != nullptr) tokens->remember(request, in, output);
  ec2.routing.changed();
  transaction.commit();
  const auto after = ec2.network.generation();
  return {std::move(output), after == before ? 0 : after};
}

}  // namespace

api::Service make_operations(Ec2State& ec2) {
  api::Service service{.name = "ec2", .operations = {}};
  const auto tokens = std::make_shared<ClientTokens>(ec2.db, ec2.clock);
  for (const auto& row : kOperations) {
    auto* handler = row.handler;
    const bool reads = only_reads(row.name);
    service.operations.emplace(
        row.name,
        [&ec2, handler, reads, kept = has_own_client_tokens(row.name) ? nullptr : tokens](
            const api::RequestContext& request, const Json& in) -> api::Answer {
          ensure_region_committed(ec2, request.region);
          if (reads) return handler(ec2, request, in);
          return run_changing(ec2, kept.get(), handler, request, in);
        });
  }
  return service;
}

}  // namespace enibox::ec2

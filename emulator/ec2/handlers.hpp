#pragma once
#include "api/wire/service.hpp"
#include "emulator/ec2/state.hpp"

// The handlers of EC2's operations, one file for each resource. Input and answer are named as in
// the model; the table (operations.cpp) gives the transaction and the barrier.
namespace enibox::ec2::op {

using Handler = Json(Ec2State& ec2, const api::RequestContext& request, const Json& in);

// vpc_operations.cpp
Handler create_vpc, create_default_vpc, delete_vpc, describe_vpcs;
Handler modify_vpc_attribute, describe_vpc_attribute, modify_vpc_tenancy;
Handler associate_vpc_cidr_block, disassociate_vpc_cidr_block;
// subnet_operations.cpp
Handler create_subnet, create_default_subnet, delete_subnet, describe_subnets;
Handler modify_subnet_attribute;
// subnet_reservation_operations.cpp
Handler create_subnet_cidr_reservation, delete_subnet_cidr_reservation;
Handler get_subnet_cidr_reservations;
// ipv6_operations.cpp
Handler associate_subnet_cidr_block, disassociate_subnet_cidr_block;
Handler assign_ipv6_addresses, unassign_ipv6_addresses;

// security_group_operations.cpp
Handler create_security_group, delete_security_group, describe_security_groups;
Handler get_security_groups_for_vpc;
// security_group_rule_operations.cpp
Handler authorize_security_group_ingress, authorize_security_group_egress;
Handler revoke_security_group_ingress, revoke_security_group_egress;
Handler update_rule_descriptions_ingress, update_rule_descriptions_egress;
Handler modify_security_group_rules, describe_security_group_rules;
Handler describe_stale_security_groups, describe_security_group_references;

// network_interface_operations.cpp
Handler create_network_interface, delete_network_interface, describe_network_interfaces;
Handler describe_network_interface_attribute, modify_network_interface_attribute;
Handler reset_network_interface_attribute;
Handler attach_network_interface, detach_network_interface;
Handler assign_private_ip_addresses, unassign_private_ip_addresses;
// run_instances.cpp
Handler run_instances;
// instance_operations.cpp
Handler describe_instances, describe_instance_status;
Handler start_instances, stop_instances, reboot_instances, terminate_instances;
// instance_attribute_operations.cpp
Handler describe_instance_attribute, modify_instance_attribute, modify_instance_metadata_options;
Handler monitor_instances, unmonitor_instances;
// instance_option_operations.cpp
Handler describe_instance_credit_specifications, modify_instance_credit_specification;
Handler modify_instance_maintenance_options, modify_private_dns_name_options;
Handler reset_instance_attribute, get_console_output;
// instance_profile_operations.cpp
Handler associate_iam_instance_profile, disassociate_iam_instance_profile;
Handler replace_iam_instance_profile_association, describe_iam_instance_profile_associations;
// catalogue_operations.cpp: what EC2 offers, the same for every account
Handler describe_regions, describe_availability_zones, describe_account_attributes;
Handler describe_instance_types, describe_instance_type_offerings;
// image_operations.cpp
Handler describe_images, describe_image_attribute, modify_image_attribute, reset_image_attribute;
Handler create_image, register_image, copy_image, deregister_image;
// volume_operations.cpp
Handler describe_volumes, describe_volume_status, delete_volume;
// absent_operations.cpp
Handler describe_vpc_endpoints, describe_network_interface_permissions;
Handler describe_security_group_vpc_associations, describe_egress_only_internet_gateways;
// tag_operations.cpp
Handler create_tags, delete_tags, describe_tags;

// route_table_operations.cpp
Handler create_route_table, delete_route_table, describe_route_tables;
Handler create_route, replace_route, delete_route;
Handler associate_route_table, disassociate_route_table, replace_route_table_association;
// internet_gateway_operations.cpp
Handler create_internet_gateway, delete_internet_gateway, describe_internet_gateways;
Handler attach_internet_gateway, detach_internet_gateway;
// address_operations.cpp
Handler allocate_address, release_address, describe_addresses;
Handler associate_address, disassociate_address;
Handler modify_address_attribute, reset_address_attribute, describe_addresses_attribute;
// nat_gateway_operations.cpp
Handler create_nat_gateway, delete_nat_gateway, describe_nat_gateways;
// nat_gateway_address_operations.cpp
Handler associate_nat_gateway_address, disassociate_nat_gateway_address;
Handler assign_private_nat_gateway_address, unassign_private_nat_gateway_address;
// peering_operations.cpp
Handler create_vpc_peering_connection, accept_vpc_peering_connection;
Handler reject_vpc_peering_connection, delete_vpc_peering_connection;
Handler describe_vpc_peering_connections, modify_vpc_peering_connection_options;
// network_acl_operations.cpp
Handler create_network_acl, delete_network_acl, describe_network_acls;
Handler create_network_acl_entry, replace_network_acl_entry, delete_network_acl_entry;
Handler replace_network_acl_association;

// prefix_list_operations.cpp
Handler create_managed_prefix_list, modify_managed_prefix_list, delete_managed_prefix_list;
Handler restore_managed_prefix_list_version, describe_managed_prefix_lists;
Handler get_managed_prefix_list_entries, get_managed_prefix_list_associations;
Handler describe_prefix_lists;

// key_pair_operations.cpp
Handler create_key_pair, import_key_pair, delete_key_pair, describe_key_pairs;
// launch_template_operations.cpp
Handler create_launch_template, create_launch_template_version, modify_launch_template;
Handler delete_launch_template, delete_launch_template_versions;
Handler describe_launch_templates, describe_launch_template_versions;
Handler get_launch_template_data;
// dhcp_options_operations.cpp
Handler create_dhcp_options, delete_dhcp_options, associate_dhcp_options, describe_dhcp_options;
// flow_log_operations.cpp
Handler create_flow_logs, delete_flow_logs, describe_flow_logs;
// insights_path_operations.cpp
Handler create_network_insights_path, delete_network_insights_path;
Handler describe_network_insights_paths;
// insights_analysis_operations.cpp
Handler start_network_insights_analysis, delete_network_insights_analysis;
Handler describe_network_insights_analyses;

}  // namespace enibox::ec2::op

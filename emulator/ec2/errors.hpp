#pragma once
#include <string>
#include <string_view>

#include "api/error.hpp"

// EC2's "not found" errors, by kind of resource, with its spelling of each (they differ).
namespace enibox::ec2 {

inline AwsError missing(const char* code, const char* noun, const std::string& id) {
  return {code, "The " + std::string(noun) + " ID '" + id + "' does not exist"};
}
inline AwsError vpc_not_found(const std::string& id) {
  return missing("InvalidVpcID.NotFound", "vpc", id);
}
inline AwsError subnet_not_found(const std::string& id) {
  return missing("InvalidSubnetID.NotFound", "subnet", id);
}
inline AwsError group_not_found(const std::string& id) {
  return {"InvalidGroup.NotFound", "The security group '" + id + "' does not exist"};
}
inline AwsError group_rule_not_found(const std::string& id) {
  return {"InvalidSecurityGroupRuleId.NotFound",
          "The security group rule ID '" + id + "' does not exist"};
}
inline AwsError eni_not_found(const std::string& id) {
  return missing("InvalidNetworkInterfaceID.NotFound", "networkInterface", id);
}
inline AwsError attachment_not_found(const std::string& id) {
  return {"InvalidAttachmentID.NotFound", "The attachment '" + id + "' does not exist."};
}
inline AwsError instance_not_found(const std::string& id) {
  return missing("InvalidInstanceID.NotFound", "instance", id);
}
inline AwsError dhcp_options_not_found(const std::string& id) {
  return missing("InvalidDhcpOptionID.NotFound", "dhcpOption", id);
}
inline AwsError igw_not_found(const std::string& id) {
  return missing("InvalidInternetGatewayID.NotFound", "internetGateway", id);
}
inline AwsError route_table_not_found(const std::string& id) {
  return missing("InvalidRouteTableID.NotFound", "routeTable", id);
}
inline AwsError association_not_found(const std::string& id) {
  return missing("InvalidAssociationID.NotFound", "association", id);
}
inline AwsError nat_gateway_not_found(const std::string& id) {
  return {"NatGatewayNotFound", "NAT gateway " + id + " was not found"};
}
inline AwsError allocation_not_found(const std::string& id) {
  return missing("InvalidAllocationID.NotFound", "allocation", id);
}
inline AwsError address_not_found(const std::string& ip) {
  return {"InvalidAddress.NotFound", "Address '" + ip + "' not found."};
}
inline AwsError network_acl_not_found(const std::string& id) {
  return missing("InvalidNetworkAclID.NotFound", "networkAcl", id);
}
inline AwsError prefix_list_not_found(const std::string& id) {
  return missing("InvalidPrefixListID.NotFound", "prefix list", id);
}
inline AwsError key_pair_not_found(const std::string& name) {
  return {"InvalidKeyPair.NotFound", "The key pair '" + name + "' does not exist"};
}
inline AwsError flow_log_not_found(const std::string& id) {
  return missing("InvalidFlowLogId.NotFound", "flow log", id);
}
inline AwsError insights_path_not_found(const std::string& id) {
  return missing("InvalidNetworkInsightsPathId.NotFound", "network insights path", id);
}
inline AwsError insights_analysis_not_found(const std::string& id) {
  return missing("InvalidNetworkInsightsAnalysisId.NotFound", "network insights analysis", id);
}
inline AwsError peering_not_found(const std::string& id) {
  return missing("InvalidVpcPeeringConnectionID.NotFound", "vpcPeeringConnection", id);
}
inline AwsError image_not_found(const std::string& id) {
  return {"InvalidAMIID.NotFound", "The image id '[" + id + "]' does not exist"};
}

inline AwsError subnet_reservation_not_found(const std::string& id) {
  return missing("InvalidSubnetCidrReservationID.NotFound", "subnet-cidr-reservation", id);
}
inline AwsError volume_not_found(const std::string& id) {
  return {"InvalidVolume.NotFound", "The volume '" + id + "' does not exist."};
}
inline AwsError launch_template_not_found(const std::string& id) {
  return {"InvalidLaunchTemplateId.NotFound",
          "The specified launch template, with template ID " + id + ", does not exist."};
}

// Throws the kind's "malformed" unless the id is its prefix ("eni"), a dash and hex digits. VPCs
// and subnets have no such error: theirs is "not found".
inline void check_id(std::string_view prefix, const std::string& id) {
  struct Kind {
    std::string_view prefix;
    const char* code;
  };
  static constexpr Kind kKinds[] = {
      {"acl", "InvalidNetworkAclId.Malformed"},
      {"ami", "InvalidAMIID.Malformed"},
      {"dopt", "InvalidDhcpOptionsId.Malformed"},
      {"eni", "InvalidNetworkInterfaceId.Malformed"},
      {"eni-attach", "InvalidNetworkInterfaceAttachmentId.Malformed"},
      {"i", "InvalidInstanceID.Malformed"},
      {"igw", "InvalidInternetGatewayId.Malformed"},
      {"lt", "InvalidLaunchTemplateId.Malformed"},
      {"nat", "NatGatewayMalformed"},
      {"pcx", "InvalidVpcPeeringConnectionId.Malformed"},
      {"rtb", "InvalidRouteTableId.Malformed"},
      {"sg", "InvalidGroupId.Malformed"},
      {"sgr", "InvalidSecurityGroupRuleId.Malformed"},
      {"vol", "InvalidVolumeID.Malformed"},
  };
  const auto after = prefix.size() + 1;
  const bool fits = id.size() > after && id.starts_with(prefix) && id[prefix.size()] == '-' &&
                    id.find_first_not_of("0123456789abcdef", after) == std::string::npos;
  if (fits) return;
  for (const auto& kind : kKinds) {
    if (kind.prefix != prefix) continue;
    throw AwsError(kind.code,
                   "Invalid id: \"" + id + "\" (expecting \"" + std::string(prefix) + "-...\")");
  }
}

inline AwsError in_use(const std::string& message) { return {"DependencyViolation", message}; }
// "resource sg-1 has a dependent object"
inline AwsError has_dependent(const std::string& id) {
  return in_use("resource " + id + " has a dependent object");
}
inline AwsError missing_parameter(const std::string& name) {
  return {"MissingParameter", "The request must contain the parameter " + name};
}
inline AwsError invalid_value(const std::string& value, const std::string& parameter,
                              const std::string& why) {
  return {"InvalidParameterValue",
          "Value (" + value + ") for parameter " + parameter + " is invalid. " + why};
}
inline AwsError bad_combination(const std::string& message) {
  return {"InvalidParameterCombination", message};
}

}  // namespace enibox::ec2

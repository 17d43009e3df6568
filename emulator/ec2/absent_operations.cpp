#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"

// Kinds of which an account here has none, since nothing makes them. Clients ask for them on the
// way; an empty list is the true answer, an id the kind's "not found".
namespace enibox::ec2::op {
namespace {

constexpr FilterField kEndpointFilters[] = {
    {"ip-address-type", "IpAddressType"},
    {"service-name", "ServiceName"},
    {"service-region", "ServiceRegion"},
    {"vpc-endpoint-id", "VpcEndpointId"},
    {"vpc-endpoint-state", "State"},
    {"vpc-endpoint-type", "VpcEndpointType"},
    {"vpc-id", "VpcId"},
};
constexpr FilterField kPermissionFilters[] = {
    {"network-interface-permission.aws-account-id", "AwsAccountId"},
    {"network-interface-permission.aws-service", "AwsService"},
    {"network-interface-permission.network-interface-id", "NetworkInterfaceId"},
    {"network-interface-permission.network-interface-permission-id",
     "NetworkInterfacePermissionId"},
    {"network-interface-permission.permission", "Permission"},
};
constexpr FilterField kGroupVpcFilters[] = {
    {"group-id", "GroupId"}, {"group-owner-id", "GroupOwnerId"}, {"state", "State"},
    {"vpc-id", "VpcId"},     {"vpc-owner-id", "VpcOwnerId"},
};
constexpr FilterField kEgressGatewayFilters[] = {
    {"egress-only-internet-gateway-id", "EgressOnlyInternetGatewayId"},
};

void refuse_ids(const Json& in, const char* member, const char* code, const char* text) {
  const auto ids = wanted_ids(in, member);
  if (!ids.empty()) throw AwsError(code, text + (" '" + ids.front() + "' does not exist"));
}

}  // namespace

Json describe_vpc_endpoints(Ec2State&, const api::RequestContext& request, const Json& in) {
  refuse_ids(in, "VpcEndpointIds", "InvalidVpcEndpointId.NotFound", "The Vpc Endpoint Id");
  return describe(request, in, {"VpcEndpoints", "VpcEndpointId", {}, kEndpointFilters});
}

Json describe_network_interface_permissions(Ec2State&, const api::RequestContext& request,
                                            const Json& in) {
  refuse_ids(in, "NetworkInterfacePermissionIds", "InvalidPermissionID.NotFound",
             "The network interface permission ID");
  return describe(
      request, in,
      {"NetworkInterfacePermissions", "NetworkInterfacePermissionId", {}, kPermissionFilters});
}

Json describe_security_group_vpc_associations(Ec2State&, const api::RequestContext& request,
                                              const Json& in) {
  return describe(request, in, {"SecurityGroupVpcAssociations", "GroupId", {}, kGroupVpcFilters});
}

Json describe_egress_only_internet_gateways(Ec2State&, const api::RequestContext& request,
                                            const Json& in) {
  refuse_ids(in, "EgressOnlyInternetGatewayIds", "InvalidGatewayID.NotFound", "The eigw ID");
  return describe(
      request, in,
      {"EgressOnlyInternetGateways", "EgressOnlyInternetGatewayId", {}, kEgressGatewayFilters});
}

}  // namespace enibox::ec2::op

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/ipv6.hpp"
#include "emulator/ec2/network_interface.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2::op {

Json associate_subnet_cidr_block(Ec2State& ec2, const api::RequestContext& request,
                                 const Json& in) {
  const auto subnet = ec2.subnet(request.region, in.at("SubnetId"));
  if (!in.contains("Ipv6CidrBlock")) throw missing_parameter("ipv6CidrBlock");
  const auto row = add_subnet_ipv6(ec2, subnet, in.at("Ipv6CidrBlock"));
  return {{"SubnetId", subnet.subnet_id},
          {"Ipv6CidrBlockAssociation", subnet_ipv6_json(row, "associating")}};
}

Json disassociate_subnet_cidr_block(Ec2State& ec2, const api::RequestContext& request,
                                    const Json& in) {
  const std::string id = in.at("AssociationId");
  const auto row = ec2.ipv6.find_of_subnet(id);
  if (!row || ec2.subnets.find(row->subnet_id)->region != request.region) {
    throw AwsError("InvalidSubnetCidrBlockAssociationID.NotFound",
                   "The subnet CIDR block association ID '" + id + "' does not exist");
  }
  remove_subnet_ipv6(ec2, *row);
  return {{"SubnetId", row->subnet_id},
          {"Ipv6CidrBlockAssociation", subnet_ipv6_json(*row, "disassociating")}};
}

Json assign_ipv6_addresses(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto eni = own_eni(ec2, request.region, in.at("NetworkInterfaceId"));
  if (in.contains("Ipv6Prefixes") || in.contains("Ipv6PrefixCount")) {
    throw AwsError("UnsupportedOperation", "Prefix delegation is not served here.");
  }
  const Ipv6Wanted wanted{wanted_ids(in, "Ipv6Addresses"), in.value("Ipv6AddressCount", 0)};
  if (wanted.fixed.empty() == (wanted.count == 0)) {
    throw bad_combination("Exactly one of ipv6Addresses and ipv6AddressCount must be given.");
  }
  return {{"NetworkInterfaceId", eni.eni_id},
          {"AssignedIpv6Addresses", assign_ipv6(ec2, eni, wanted)}};
}

Json unassign_ipv6_addresses(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto eni = own_eni(ec2, request.region, in.at("NetworkInterfaceId"));
  const auto addresses = wanted_ids(in, "Ipv6Addresses");
  for (const auto& text : addresses) {
    const auto address = vpc::IpAddress::parse(text);
    if (!address || ec2.ipv6.erase_address(eni.eni_id, address->text()) == 0) {
      throw AwsError("InvalidParameterValue",
                     "Some of the specified addresses are not assigned to interface " + eni.eni_id);
    }
  }
  return {{"NetworkInterfaceId", eni.eni_id}, {"UnassignedIpv6Addresses", addresses}};
}

}  // namespace enibox::ec2::op

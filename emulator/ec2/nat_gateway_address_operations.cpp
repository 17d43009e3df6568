#include <algorithm>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/elastic_ip.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/nat_gateway.hpp"
#include "emulator/ec2/network_interface.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2::op {
namespace {

constexpr std::ptrdiff_t kPublicAddresses = 2, kPrivateAddresses = 8;  // EC2's standard quotas

NatGatewayRow available_nat(Ec2State& ec2, const std::string& region, const Json& in,
                            const char* type) {
  auto row = require_nat_gateway(ec2, region, in.at("NatGatewayId"));
  if (row.state != "available") {
    throw AwsError("InvalidStateTransition",
                   "The NAT gateway " + row.nat_gateway_id + " is in the state " + row.state + ".");
  }
  if (row.connectivity_type != type) {
    throw AwsError("InvalidParameter", "The NAT gateway " + row.nat_gateway_id + " is " +
                                           row.connectivity_type + ", not " + type + ".");
  }
  return row;
}

// The addresses named, of all the gateway has.
Json chosen(const Json& all, const char* member, const std::vector<std::string>& values,
            const char* status) {
  Json some = Json::array();
  for (auto each : all) {
    if (std::find(values.begin(), values.end(), each.value(member, "")) == values.end()) continue;
    each["Status"] = status;
    some.push_back(std::move(each));
  }
  return some;
}

void remove_private(Ec2State& ec2, const NatGatewayRow& row, const std::string& text) {
  const auto address = vpc::IpAddress::parse(text);
  const auto have = ec2.enis.addresses(row.eni_id);
  const auto found = std::find_if(have.begin(), have.end(), [&](const auto& each) {
    return address && !address->is_v6() && each.address == address->to_v4();
  });
  if (found == have.end()) {
    throw AwsError("InvalidParameterValue",
                   "Address " + text + " is not assigned to " + row.nat_gateway_id);
  }
  if (found->is_primary) {
    throw AwsError("InvalidParameterValue",
                   "The primary private IP address " + text + " may not be unassigned.");
  }
  ec2.enis.erase_address(row.subnet_id, found->address);
}

Json answer_of(const NatGatewayRow& row, Json addresses) {
  return {{"NatGatewayId", row.nat_gateway_id}, {"NatGatewayAddresses", std::move(addresses)}};
}

// Adds them to a gateway that has room for so many; the answer's addresses have the status.
Json add_addresses(Ec2State& ec2, const NatGatewayRow& row, const NatAddresses& wanted,
                   const char* status) {
  const bool is_public = row.connectivity_type == "public";
  const auto more = is_public ? std::ssize(wanted.allocation_ids)
                              : std::ssize(wanted.private_addresses) + wanted.count;
  if (std::ssize(ec2.enis.addresses(row.eni_id)) + more >
      (is_public ? kPublicAddresses : kPrivateAddresses)) {
    throw AwsError("NatGatewayAddressLimitExceeded",
                   "The maximum number of addresses of the NAT gateway has been reached.");
  }
  const auto added = add_nat_addresses(ec2, row, wanted);
  return answer_of(row, chosen(nat_addresses_json(ec2, row), "PrivateIp", added, status));
}

}  // namespace

Json associate_nat_gateway_address(Ec2State& ec2, const api::RequestContext& request,
                                   const Json& in) {
  const auto row = available_nat(ec2, request.region, in, "public");
  const NatAddresses wanted{.allocation_ids = wanted_ids(in, "AllocationIds"),
                            .private_addresses = wanted_ids(in, "PrivateIpAddresses")};
  return add_addresses(ec2, row, wanted, "associating");
}

Json disassociate_nat_gateway_address(Ec2State& ec2, const api::RequestContext& request,
                                      const Json& in) {
  const auto row = available_nat(ec2, request.region, in, "public");
  const auto ids = wanted_ids(in, "AssociationIds");
  const auto before = nat_addresses_json(ec2, row);
  for (const auto& id : ids) {
    const auto address = ec2.addresses.find_association(id);
    if (!address || address->eni_id != row.eni_id) throw association_not_found(id);
    if (address->private_address == row.private_address) {
      throw AwsError("InvalidParameterValue",
                     "The primary address of a NAT gateway cannot be disassociated.");
    }
    const auto private_address = address->private_address;
    ec2::disassociate_address(ec2, *address);
    remove_private(ec2, row, private_address);
  }
  return answer_of(row, chosen(before, "AssociationId", ids, "disassociating"));
}

Json assign_private_nat_gateway_address(Ec2State& ec2, const api::RequestContext& request,
                                        const Json& in) {
  const auto row = available_nat(ec2, request.region, in, "private");
  const NatAddresses wanted{.allocation_ids = {},
                            .private_addresses = wanted_ids(in, "PrivateIpAddresses"),
                            .count = in.value("PrivateIpAddressCount", 0)};
  if (wanted.private_addresses.empty() == (wanted.count == 0)) {
    throw bad_combination(
        "Exactly one of privateIpAddresses and privateIpAddressCount must be given.");
  }
  return add_addresses(ec2, row, wanted, "assigning");
}

Json unassign_private_nat_gateway_address(Ec2State& ec2, const api::RequestContext& request,
                                          const Json& in) {
  const auto row = available_nat(ec2, request.region, in, "private");
  const auto addresses = wanted_ids(in, "PrivateIpAddresses");
  const auto before = nat_addresses_json(ec2, row);
  for (const auto& address : addresses) remove_private(ec2, row, address);
  return answer_of(row, chosen(before, "PrivateIp", addresses, "unassigning"));
}

}  // namespace enibox::ec2::op

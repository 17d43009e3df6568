#pragma once
#include <optional>
#include <string>
#include <vector>

#include "emulator/ec2/ec2.hpp"
#include "emulator/ec2/ipv6.hpp"
#include "emulator/ec2/state.hpp"

// The life of an elastic network interface: rules that handlers, instances, gateways and ECS share.
// Each runs in the caller's transaction. Errors: AwsError with EC2's codes. Loop thread only.
namespace enibox::ec2 {

struct EniWanted {
  std::string region, subnet_id;
  std::optional<std::string> address{};            // the primary one; otherwise a free one
  std::vector<std::string> secondary_addresses{};  // fixed
  int secondary_count = 0;                         // and free ones
  std::vector<std::string> group_ids{};            // empty: the VPC's default group
  std::string description{};
  std::string interface_type = "interface";
  std::string requester_id{};
  bool source_dest_check = true;
  bool without_groups = false;  // a NAT gateway's
  Ipv6Wanted ipv6{};
  bool in_service = false;  // attached from the beginning, to what is no instance
};

EniRow create_eni(Ec2State& ec2, const EniWanted& wanted);

struct AttachWanted {
  std::string instance_id;
  std::optional<int> device_index{};  // otherwise the next free one
  bool delete_on_termination = false;
};

// Gives the row with its attachment. Throws InvalidParameterValue, AttachmentLimitExceeded,
// IncorrectState.
EniRow attach_eni(Ec2State& ec2, const std::string& eni_id, const AttachWanted& wanted);
void detach_eni(Ec2State& ec2, const std::string& eni_id);
// Throws InvalidNetworkInterface.InUse while attached.
void delete_eni(Ec2State& ec2, const std::string& eni_id);

// An interface of ECS, a NAT gateway, ... is only that service's to change: AuthFailure.
EniRow own_eni(Ec2State& ec2, const std::string& region, const std::string& eni_id);

// Replaces the groups. Throws as create_eni.
void set_eni_groups(Ec2State& ec2, const EniRow& eni, const std::vector<std::string>& group_ids);

// What the other services see.
NetworkInterface eni_value(Ec2State& ec2, const EniRow& row);
// Empty when the VPC gives no private names.
std::string eni_dns_name(Ec2State& ec2, const EniRow& row, const std::string& address);

// network_interface_json.cpp: NetworkInterface, its PrivateIpAddresses, and GroupIdentifiers.
Json eni_json(Ec2State& ec2, const EniRow& row);
Json private_addresses_json(Ec2State& ec2, const EniRow& row);
Json group_identifiers(Ec2State& ec2, const std::vector<std::string>& group_ids);

// Adds secondary addresses: fixed ones and `count` free ones; gives the new ones. Throws as
// create_eni, and PrivateIpAddressLimitExceeded.
std::vector<std::string> assign_addresses(Ec2State& ec2, const EniRow& eni,
                                          const std::vector<std::string>& fixed, int count);

}  // namespace enibox::ec2

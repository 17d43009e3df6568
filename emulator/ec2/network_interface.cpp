#include "emulator/ec2/network_interface.hpp"

#include <algorithm>
#include <set>

#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/elastic_ip.hpp"
#include "emulator/ec2/instance_types.hpp"
#include "emulator/ec2/zones.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2 {
namespace {

std::vector<std::string> groups_for(Ec2State& ec2, const std::string& region,
                                    const std::string& vpc_id, const std::string& owner_id,
                                    const std::vector<std::string>& wanted) {
  if (wanted.empty()) return {ec2.groups.find_named(vpc_id, "default")->group_id};
  std::vector<std::string> group_ids;
  for (const auto& group_id : wanted) {
    if (std::find(group_ids.begin(), group_ids.end(), group_id) != group_ids.end()) continue;
    if (ec2.group(region, group_id).vpc_id != vpc_id) {
      throw AwsError("InvalidParameter", "Security group " + group_id + " and " + owner_id +
                                             " belong to different networks.");
    }
    group_ids.push_back(group_id);
  }
  if (std::ssize(group_ids) > ec2.quotas.groups_per_interface) {
    throw AwsError("SecurityGroupsPerInterfaceLimitExceeded",
                   "The maximum number of security groups per interface has been reached.");
  }
  return group_ids;
}

// All addresses are known to be free before the first row is made.
std::vector<std::uint32_t> fixed_addresses(Ec2State& ec2, const SubnetRow& subnet,
                                           const EniWanted& wanted) {
  std::vector<std::uint32_t> addresses;
  if (wanted.address) addresses.push_back(check_address(ec2.enis, subnet, *wanted.address));
  for (const auto& text : wanted.secondary_addresses) {
    const auto address = check_address(ec2.enis, subnet, text);
    if (std::find(addresses.begin(), addresses.end(), address) != addresses.end()) {
      throw AwsError("InvalidParameterValue", "Address " + text + " is given twice.");
    }
    addresses.push_back(address);
  }
  return addresses;
}

int next_device_index(const std::vector<EniRow>& attached) {
  int index = 0;
  for (const auto& eni : attached) {
    if (eni.device_index == index) ++index;
  }
  return index;
}

void check_limit(const InstanceRow& instance, const std::vector<EniRow>& attached) {
  const auto* type = find_instance_type(instance.instance_type);
  if (type && std::ssize(attached) >= type->max_enis) {
    throw AwsError("AttachmentLimitExceeded",
                   "Interface count " + std::to_string(attached.size() + 1) +
                       " exceeds the limit for " + instance.instance_type);
  }
}

}  // namespace

EniRow create_eni(Ec2State& ec2, const EniWanted& wanted) {
  const auto subnet = ec2.subnet(wanted.region, wanted.subnet_id);
  if (ec2.enis.count(wanted.region) >= ec2.quotas.interfaces_per_region) {
    throw AwsError("NetworkInterfaceLimitExceeded",
                   "The maximum number of network interfaces has been reached.");
  }
  std::vector<std::string> group_ids;
  if (!wanted.without_groups) {
    group_ids = groups_for(ec2, wanted.region, subnet.vpc_id, "subnet " + subnet.subnet_id,
                           wanted.group_ids);
  }
  auto addresses = fixed_addresses(ec2, subnet, wanted);
  // The primary one leads, also when only secondary ones were fixed.
  if (!wanted.address) {
    auto primary = pick_address(ec2, subnet);
    while (std::find(addresses.begin(), addresses.end(), primary) != addresses.end()) {
      primary = pick_address(ec2, subnet);
    }
    addresses.insert(addresses.begin(), primary);
  }

  EniRow row{.eni_id = ec2_id("eni"),
             .region = wanted.region,
             .vpc_id = subnet.vpc_id,
             .subnet_id = subnet.subnet_id,
             .availability_zone = subnet.availability_zone,
             .address = vpc::IpAddress::v4(addresses.front()).text(),
             .mac = random_mac(subnet.availability_zone),
             .description = wanted.description,
             .interface_type = wanted.interface_type,
             .requester_id = wanted.requester_id,
             .source_dest_check = wanted.source_dest_check,
             .created_ms = ec2.clock.now_ms()};
  if (wanted.in_service) {
    row.attachment_id = ec2_id("ela-attach");
    row.device_index = 1;
    row.attached_ms = row.created_ms;
  }
  ec2.enis.insert(row);
  bool primary = true;
  for (const auto address : addresses) {
    ec2.enis.insert_address({subnet.subnet_id, address, row.eni_id, primary});
    primary = false;
  }
  for (int i = 0; i < wanted.secondary_count; ++i) {
    ec2.enis.insert_address({subnet.subnet_id, pick_address(ec2, subnet), row.eni_id, false});
  }
  ec2.enis.set_groups(row.eni_id, group_ids);
  auto ipv6 = wanted.ipv6;
  if (subnet.assign_ipv6 && ipv6.fixed.empty() && ipv6.count == 0) ipv6.count = 1;
  assign_ipv6(ec2, row, ipv6);
  return row;
}

EniRow own_eni(Ec2State& ec2, const std::string& region, const std::string& eni_id) {
  auto row = ec2.eni(region, eni_id);
  if (row.requester_id.empty()) return row;
  throw AwsError("AuthFailure", "You do not have permission to access the specified resource.",
                 403);
}

EniRow attach_eni(Ec2State& ec2, const std::string& eni_id, const AttachWanted& wanted) {
  auto row = ec2.enis.find(eni_id);
  if (!row) throw eni_not_found(eni_id);
  const auto instance = ec2.instance(row->region, wanted.instance_id);
  if (row->attached()) {
    throw AwsError("InvalidParameterValue",
                   "Interface: [" + eni_id + "] in-use and cannot be attached.");
  }
  if (instance.state == "terminated" || instance.state == "shutting-down") {
    throw AwsError("IncorrectState",
                   "Instance '" + instance.instance_id + "' is not 'running' or 'stopped'.");
  }
  if (instance.availability_zone != row->availability_zone) {
    throw AwsError("InvalidParameterCombination",
                   "You may not attach a network interface to an instance if they are not in the "
                   "same availability zone");
  }
  if (instance.vpc_id != row->vpc_id) {
    throw AwsError("InvalidParameterCombination",
                   "You may not attach a network interface to an instance if they are not in the "
                   "same VPC");
  }
  const auto attached = ec2.enis.of_instance(instance.instance_id);
  check_limit(instance, attached);
  const int index = wanted.device_index.value_or(next_device_index(attached));
  if (std::any_of(attached.begin(), attached.end(),
                  [&](const EniRow& other) { return other.device_index == index; })) {
    throw AwsError("InvalidParameterValue", "Instance '" + instance.instance_id +
                                                "' already has an interface attached at device "
                                                "index '" +
                                                std::to_string(index) + "'.");
  }
  row->attachment_id = ec2_id("eni-attach");
  row->instance_id = instance.instance_id;
  row->device_index = index;
  row->attached_ms = ec2.clock.now_ms();
  row->delete_on_termination = wanted.delete_on_termination;
  ec2.enis.update(*row);
  ec2.eni_changed(eni_id);
  return *row;
}

void detach_eni(Ec2State& ec2, const std::string& eni_id) {
  auto row = ec2.enis.find(eni_id);
  if (!row) throw eni_not_found(eni_id);
  row->attachment_id.clear();
  row->instance_id.clear();
  row->device_index = -1;
  row->attached_ms = 0;
  row->delete_on_termination = false;
  ec2.enis.update(*row);
  ec2.eni_changed(eni_id);
}

void delete_eni(Ec2State& ec2, const std::string& eni_id) {
  const auto row = ec2.enis.find(eni_id);
  if (!row) throw eni_not_found(eni_id);
  if (row->attached()) {
    throw AwsError("InvalidParameterValue",
                   "Network interface '" + eni_id + "' is currently in use.");
  }
  for (const auto& address : ec2.addresses.of_eni(eni_id)) disassociate_address(ec2, address);
  ec2.tags.erase_all(eni_id);
  ec2.enis.erase(eni_id);
  ec2.forget_flow_logs(eni_id);
  ec2.eni_changed(eni_id);
}

void set_eni_groups(Ec2State& ec2, const EniRow& eni, const std::vector<std::string>& group_ids) {
  ec2.enis.set_groups(
      eni.eni_id, groups_for(ec2, eni.region, eni.vpc_id, "interface " + eni.eni_id, group_ids));
  ec2.eni_changed(eni.eni_id);
}

std::vector<std::string> assign_addresses(Ec2State& ec2, const EniRow& eni,
                                          const std::vector<std::string>& fixed, int count) {
  const auto subnet = *ec2.subnets.find(eni.subnet_id);
  const auto instance = ec2.instances.find(eni.instance_id);
  const auto* type = instance ? find_instance_type(instance->instance_type) : nullptr;
  const auto limit = type ? type->ipv4_per_eni : 50;
  if (std::ssize(ec2.enis.addresses(eni.eni_id)) + std::ssize(fixed) + count > limit) {
    throw AwsError("PrivateIpAddressLimitExceeded",
                   "Number of private addresses will exceed limit.");
  }
  std::vector<std::uint32_t> added;
  const auto add = [&](std::uint32_t address) {
    ec2.enis.insert_address({subnet.subnet_id, address, eni.eni_id, false});
    added.push_back(address);
  };
  for (const auto& text : fixed) add(check_address(ec2.enis, subnet, text));
  for (int i = 0; i < count; ++i) add(pick_address(ec2, subnet));
  std::vector<std::string> texts;
  for (const auto address : added) texts.push_back(vpc::IpAddress::v4(address).text());
  ec2.eni_changed(eni.eni_id);
  return texts;
}

NetworkInterface eni_value(Ec2State& ec2, const EniRow& row) {
  const auto subnet = ec2.subnets.find(row.subnet_id);
  std::vector<std::string> secondary_addresses;
  for (const auto& each : ec2.enis.addresses(row.eni_id))
    if (!each.is_primary) secondary_addresses.push_back(vpc::IpAddress::v4(each.address).text());
  return {.eni_id = row.eni_id,
          .region = row.region,
          .vpc_id = row.vpc_id,
          .subnet_id = row.subnet_id,
          .subnet_cidr = subnet->cidr,
          .availability_zone = row.availability_zone,
          .address = row.address,
          .secondary_addresses = std::move(secondary_addresses),
          .private_dns_name = eni_dns_name(ec2, row, row.address),
          .mac = row.mac,
          .description = row.description,
          .status = row.attached() ? "in-use" : "available",
          .group_ids = ec2.enis.groups(row.eni_id),
          .source_dest_check = row.source_dest_check,
          .attachment_id = row.attachment_id,
          .instance_id = row.instance_id,
          .device_index = row.device_index,
          .delete_on_termination = row.delete_on_termination,
          .requester_managed = !row.requester_id.empty()};
}

std::string eni_dns_name(Ec2State& ec2, const EniRow& row, const std::string& address) {
  const auto vpc = ec2.vpcs.find(row.vpc_id);
  if (!vpc->dns_support || !vpc->dns_hostnames) return {};
  return private_dns_name(row.region, address);
}

}  // namespace enibox::ec2

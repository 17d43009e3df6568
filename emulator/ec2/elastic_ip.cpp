#include "emulator/ec2/elastic_ip.hpp"

#include "emulator/ec2/public_address.hpp"
#include "emulator/ec2/zones.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2 {

namespace {

bool is_up(Ec2State& ec2, const std::string& eni_id) {
  const auto eni = ec2.enis.find(eni_id);
  const auto instance = eni ? ec2.instances.find(eni->instance_id) : std::nullopt;
  return instance && (instance->state == "running" || instance->state == "pending");
}

}  // namespace

AddressRow allocate_address(Ec2State& ec2, const std::string& region) {
  if (ec2.addresses.count(region) >= ec2.quotas.elastic_ips_per_region) {
    throw AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.");
  }
  AddressRow row{.allocation_id = ec2_id("eipalloc"),
                 .region = region,
                 .public_ip = pick_public_address(ec2),
                 .network_border_group = region,
                 .association_id = {},
                 .eni_id = {},
                 .private_address = {},
                 .created_ms = ec2.clock.now_ms()};
  ec2.addresses.insert(row);
  return row;
}

AddressRow require_allocation(Ec2State& ec2, const std::string& region, const std::string& id) {
  const auto row = ec2.addresses.find(id);
  if (!row || row->region != region) throw allocation_not_found(id);
  return *row;
}

AddressRow associate_address(Ec2State& ec2, AddressRow row, const EniRow& eni,
                             const std::string& private_address) {
  if (!ec2.internet_gateways.of_vpc(eni.vpc_id)) {
    throw AwsError("Gateway.NotAttached",
                   "Network " + eni.vpc_id + " is not attached to any internet gateway");
  }
  row.association_id = ec2_id("eipassoc");
  row.eni_id = eni.eni_id;
  row.private_address = private_address;
  ec2.addresses.update(row);
  if (private_address == eni.address) withdraw_public_address(ec2, eni.eni_id);
  ec2.eni_changed(eni.eni_id);
  return row;
}

void disassociate_address(Ec2State& ec2, AddressRow row) {
  const auto eni_id = row.eni_id;
  row.association_id.clear();
  row.eni_id.clear();
  row.private_address.clear();
  ec2.addresses.update(row);
  if (is_up(ec2, eni_id)) restore_public_address(ec2, eni_id);
  ec2.eni_changed(eni_id);
}

Json association_json(const AddressRow& row, const std::string& account_id) {
  return {{"AllocationId", row.allocation_id},
          {"AssociationId", row.association_id},
          {"IpOwnerId", account_id},
          {"PublicDnsName", public_dns_name(row.region, row.public_ip)},
          {"PublicIp", row.public_ip}};
}

}  // namespace enibox::ec2

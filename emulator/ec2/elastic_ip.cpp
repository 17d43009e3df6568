#include "emulator/ec2/elastic_ip.hpp"

#include "emulator/ec2/zones.hpp"
#include "emulator/ids.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2 {

AddressRow allocate_address(Ec2State& ec2, const std::string& region) {
  if (std::ssize(ec2.addresses.list(region)) >= ec2.quotas.elastic_ips_per_region) {
    throw AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.");
  }
  const auto pool = *vpc::Cidr::parse("198.18.0.0/15");
  AddressRow row{.allocation_id = ec2_id("eipalloc"),
                 .region = region,
                 .public_ip = {},
                 .network_border_group = region,
                 .association_id = {},
                 .eni_id = {},
                 .private_address = {},
                 .created_ms = ec2.clock.now_ms()};
  do {
    const auto offset = std::stoul(random_hex(5), nullptr, 16) % (pool.size() - 2) + 1;
    row.public_ip = pool.host(offset).text();
  } while (ec2.addresses.find_ip(row.public_ip));
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
  ec2.eni_changed(eni.eni_id);
  return row;
}

void disassociate_address(Ec2State& ec2, AddressRow row) {
  const auto eni_id = row.eni_id;
  row.association_id.clear();
  row.eni_id.clear();
  row.private_address.clear();
  ec2.addresses.update(row);
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

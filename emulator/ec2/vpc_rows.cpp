#include "emulator/ec2/vpc_rows.hpp"

namespace enibox::ec2 {

void VpcRows::insert(const VpcRow& row) { store::run_row(insert_, row); }

void VpcRows::update(const VpcRow& row) {
  update_.run(row.vpc_id, row.instance_tenancy, row.dhcp_options_id, row.dns_support,
              row.dns_hostnames, row.address_metrics);
}

void VpcRows::erase(const std::string& vpc_id) { erase_.run(vpc_id); }

std::optional<VpcRow> VpcRows::find(const std::string& vpc_id) {
  return store::read_one<VpcRow>(find_.query(vpc_id));
}

std::vector<VpcRow> VpcRows::list(const std::string& region) {
  return store::read_all<VpcRow>(list_.query(region));
}

std::vector<VpcRow> VpcRows::all() { return store::read_all<VpcRow>(all_.query()); }

std::optional<VpcRow> VpcRows::default_of(const std::string& region) {
  return store::read_one<VpcRow>(default_of_.query(region));
}

std::int64_t VpcRows::count(const std::string& region) {
  return store::read_count(count_.query(region));
}

void VpcRows::insert_cidr(const VpcCidrRow& row) { store::run_row(insert_cidr_, row); }

void VpcRows::erase_cidr(const std::string& association_id) { erase_cidr_.run(association_id); }

std::optional<VpcCidrRow> VpcRows::find_cidr(const std::string& association_id) {
  return store::read_one<VpcCidrRow>(find_cidr_.query(association_id));
}

std::vector<VpcCidrRow> VpcRows::cidrs(const std::string& vpc_id) {
  return store::read_all<VpcCidrRow>(cidrs_.query(vpc_id));
}

void SubnetRows::insert(const SubnetRow& row) { store::run_row(insert_, row); }

void SubnetRows::update(const SubnetRow& row) {
  update_.run(row.subnet_id, row.map_public_ip, row.assign_ipv6, row.enable_dns64,
              row.hostname_type, row.resource_name_a, row.resource_name_aaaa);
}

void SubnetRows::erase(const std::string& subnet_id) { erase_.run(subnet_id); }

std::optional<SubnetRow> SubnetRows::find(const std::string& subnet_id) {
  return store::read_one<SubnetRow>(find_.query(subnet_id));
}

std::vector<SubnetRow> SubnetRows::by_id(const std::string& region, const store::Stretch& stretch) {
  return store::read_all<SubnetRow>(by_id_.query(region, stretch.after, stretch.most));
}

std::vector<SubnetRow> SubnetRows::of_vpc(const std::string& vpc_id) {
  return store::read_all<SubnetRow>(of_vpc_.query(vpc_id));
}

std::optional<SubnetRow> SubnetRows::default_of(const std::string& region,
                                                const std::string& zone) {
  return store::read_one<SubnetRow>(default_of_.query(region, zone));
}

std::int64_t SubnetRows::addresses_used(const std::string& subnet_id) {
  return store::read_count(addresses_used_.query(subnet_id));
}

}  // namespace enibox::ec2

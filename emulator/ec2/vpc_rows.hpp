#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"
#include "emulator/store/stretch.hpp"

// The rows of VPCs and subnets. Errors: StoreError. Loop thread only.
namespace enibox::ec2 {

struct VpcRow {
  std::string vpc_id, region;
  bool is_default = false;
  std::string instance_tenancy = "default", dhcp_options_id;
  bool dns_support = true, dns_hostnames = false, address_metrics = false;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.vpc_id, r.region, r.is_default, r.instance_tenancy, r.dhcp_options_id,
                 r.dns_support, r.dns_hostnames, r.address_metrics, r.created_ms);
  }
};

struct VpcCidrRow {
  std::string association_id, vpc_id;
  int position = 0;  // 0: the primary block
  std::string cidr;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.association_id, r.vpc_id, r.position, r.cidr);
  }
};

struct SubnetRow {
  std::string subnet_id, region, vpc_id, cidr, availability_zone;
  bool default_for_az = false, map_public_ip = false, assign_ipv6 = false, enable_dns64 = false;
  std::string hostname_type = "ip-name";
  bool resource_name_a = false, resource_name_aaaa = false;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.subnet_id, r.region, r.vpc_id, r.cidr, r.availability_zone, r.default_for_az,
                 r.map_public_ip, r.assign_ipv6, r.enable_dns64, r.hostname_type, r.resource_name_a,
                 r.resource_name_aaaa, r.created_ms);
  }
};

// Every column in the order of fields().
#define ENIBOX_VPC_COLUMNS                                                       \
  "vpc_id, region, is_default, instance_tenancy, dhcp_options_id, dns_support, " \
  "dns_hostnames, address_metrics, created_ms"
#define ENIBOX_SUBNET_COLUMNS                                                           \
  "subnet_id, region, vpc_id, cidr, availability_zone, default_for_az, map_public_ip, " \
  "assign_ipv6, enable_dns64, hostname_type, resource_name_a, resource_name_aaaa, created_ms"

class VpcRows {
 public:
  explicit VpcRows(store::Database& db) : db_(db) {}
  void insert(const VpcRow& row);
  void update(const VpcRow& row);  // the attributes, DHCP options, tenancy
  void erase(const std::string& vpc_id);
  std::optional<VpcRow> find(const std::string& vpc_id);
  std::vector<VpcRow> list(const std::string& region);
  std::vector<VpcRow> all();
  std::optional<VpcRow> default_of(const std::string& region);
  std::int64_t count(const std::string& region);

  void insert_cidr(const VpcCidrRow& row);
  void erase_cidr(const std::string& association_id);
  std::optional<VpcCidrRow> find_cidr(const std::string& association_id);
  std::vector<VpcCidrRow> cidrs(const std::string& vpc_id);  // the primary one first

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_vpc VALUES (?,?,?,?,?,?,?,?,?)"};
  store::Statement update_{
      db_,
      "UPDATE ec2_vpc SET instance_tenancy=?2, dhcp_options_id=?3, dns_support=?4, "
      "dns_hostnames=?5, address_metrics=?6 WHERE vpc_id=?1"};
  store::Statement erase_{db_, "DELETE FROM ec2_vpc WHERE vpc_id=?"};
  store::Statement find_{db_, "SELECT " ENIBOX_VPC_COLUMNS " FROM ec2_vpc WHERE vpc_id=?"};
  store::Statement list_{db_, "SELECT " ENIBOX_VPC_COLUMNS
                              " FROM ec2_vpc WHERE region=? "
                              "ORDER BY created_ms, vpc_id"};
  store::Statement all_{db_,
                        "SELECT " ENIBOX_VPC_COLUMNS " FROM ec2_vpc ORDER BY created_ms, vpc_id"};
  store::Statement default_of_{
      db_, "SELECT " ENIBOX_VPC_COLUMNS " FROM ec2_vpc WHERE region=? AND is_default=1"};
  store::Statement count_{db_, "SELECT count(*) FROM ec2_vpc WHERE region=?"};
  store::Statement insert_cidr_{db_, "INSERT INTO ec2_vpc_cidr VALUES (?,?,?,?)"};
  store::Statement erase_cidr_{db_, "DELETE FROM ec2_vpc_cidr WHERE association_id=?"};
  store::Statement find_cidr_{
      db_,
      "SELECT association_id, vpc_id, position, cidr FROM ec2_vpc_cidr WHERE association_id=?"};
  store::Statement cidrs_{db_,
                          "SELECT association_id, vpc_id, position, cidr FROM ec2_vpc_cidr "
                          "WHERE vpc_id=? ORDER BY position"};
};

class SubnetRows {
 public:
  explicit SubnetRows(store::Database& db) : db_(db) {}
  void insert(const SubnetRow& row);
  void update(const SubnetRow& row);  // the attributes
  void erase(const std::string& subnet_id);
  std::optional<SubnetRow> find(const std::string& subnet_id);
  std::vector<SubnetRow> by_id(const std::string& region, const store::Stretch& stretch);
  std::vector<SubnetRow> of_vpc(const std::string& vpc_id);
  // The default subnet of a zone.
  std::optional<SubnetRow> default_of(const std::string& region, const std::string& zone);
  std::int64_t addresses_used(const std::string& subnet_id);

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_subnet VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"};
  store::Statement update_{
      db_,
      "UPDATE ec2_subnet SET map_public_ip=?2, assign_ipv6=?3, enable_dns64=?4, hostname_type=?5, "
      "resource_name_a=?6, resource_name_aaaa=?7 WHERE subnet_id=?1"};
  store::Statement erase_{db_, "DELETE FROM ec2_subnet WHERE subnet_id=?"};
  store::Statement find_{db_, "SELECT " ENIBOX_SUBNET_COLUMNS " FROM ec2_subnet WHERE subnet_id=?"};
  store::Statement by_id_{db_, "SELECT " ENIBOX_SUBNET_COLUMNS
                               " FROM ec2_subnet WHERE region=? AND subnet_id>? "
                               "ORDER BY subnet_id LIMIT ?"};
  store::Statement of_vpc_{db_, "SELECT " ENIBOX_SUBNET_COLUMNS
                                " FROM ec2_subnet WHERE vpc_id=? "
                                "ORDER BY created_ms, availability_zone, subnet_id"};
  store::Statement default_of_{
      db_, "SELECT " ENIBOX_SUBNET_COLUMNS
           " FROM ec2_subnet WHERE region=? AND availability_zone=? AND default_for_az=1"};
  store::Statement addresses_used_{db_,
                                   "SELECT count(*) FROM ec2_private_address WHERE subnet_id=?"};
};

#undef ENIBOX_VPC_COLUMNS
#undef ENIBOX_SUBNET_COLUMNS

}  // namespace enibox::ec2

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"

// The rows of IPv6: blocks of VPCs and subnets, addresses of interfaces. Errors: StoreError; a
// block or address that is taken is a constraint. Loop thread only.
namespace enibox::ec2 {

struct VpcIpv6Row {
  std::string association_id, vpc_id, cidr, border_group;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.association_id, r.vpc_id, r.cidr, r.border_group, r.created_ms);
  }
};

struct SubnetIpv6Row {
  std::string association_id, subnet_id, cidr;
  static auto fields(auto& r, auto&& visit) { return visit(r.association_id, r.subnet_id, r.cidr); }
};

struct Ipv6AddressRow {
  std::string subnet_id, address, eni_id;
  int position = 0;  // in the order they were assigned
  static auto fields(auto& r, auto&& visit) {
    return visit(r.subnet_id, r.address, r.eni_id, r.position);
  }
};

class Ipv6Rows {
 public:
  explicit Ipv6Rows(store::Database& db) : db_(db) {}

  void insert(const VpcIpv6Row& row) { store::run_row(insert_vpc_, row); }
  void erase_of_vpc(const std::string& association_id) { erase_vpc_.run(association_id); }
  std::optional<VpcIpv6Row> find_of_vpc(const std::string& association_id) {
    return store::read_one<VpcIpv6Row>(find_vpc_.query(association_id));
  }
  std::optional<VpcIpv6Row> find_cidr(const std::string& cidr) {
    return store::read_one<VpcIpv6Row>(find_cidr_.query(cidr));
  }
  std::vector<VpcIpv6Row> of_vpc(const std::string& vpc_id) {
    return store::read_all<VpcIpv6Row>(of_vpc_.query(vpc_id));
  }

  void insert(const SubnetIpv6Row& row) { store::run_row(insert_subnet_, row); }
  void erase_of_subnet(const std::string& association_id) { erase_subnet_.run(association_id); }
  std::optional<SubnetIpv6Row> find_of_subnet(const std::string& association_id) {
    return store::read_one<SubnetIpv6Row>(find_subnet_.query(association_id));
  }
  std::optional<SubnetIpv6Row> of_subnet(const std::string& subnet_id) {
    return store::read_one<SubnetIpv6Row>(of_subnet_.query(subnet_id));
  }

  void insert(const Ipv6AddressRow& row) { store::run_row(insert_address_, row); }
  int erase_address(const std::string& eni_id, const std::string& address) {
    return erase_address_.run(eni_id, address);
  }
  std::vector<Ipv6AddressRow> of_eni(const std::string& eni_id) {
    return store::read_all<Ipv6AddressRow>(of_eni_.query(eni_id));
  }
  std::optional<std::string> owner_of(const std::string& subnet_id, const std::string& address) {
    const auto texts = store::read_texts(owner_.query(subnet_id, address));
    return texts.empty() ? std::nullopt : std::optional(texts.front());
  }
  bool has_addresses(const std::string& subnet_id) {
    return store::read_count(used_.query(subnet_id)) != 0;
  }

 private:
  store::Database& db_;
  store::Statement insert_vpc_{db_, "INSERT INTO ec2_vpc_ipv6 VALUES (?,?,?,?,?)"};
  store::Statement erase_vpc_{db_, "DELETE FROM ec2_vpc_ipv6 WHERE association_id=?"};
  store::Statement find_vpc_{db_,
                             "SELECT association_id, vpc_id, cidr, border_group, created_ms "
                             "FROM ec2_vpc_ipv6 WHERE association_id=?"};
  store::Statement find_cidr_{db_,
                              "SELECT association_id, vpc_id, cidr, border_group, created_ms "
                              "FROM ec2_vpc_ipv6 WHERE cidr=?"};
  store::Statement of_vpc_{db_,
                           "SELECT association_id, vpc_id, cidr, border_group, created_ms "
                           "FROM ec2_vpc_ipv6 WHERE vpc_id=? ORDER BY created_ms, association_id"};
  store::Statement insert_subnet_{db_, "INSERT INTO ec2_subnet_ipv6 VALUES (?,?,?)"};
  store::Statement erase_subnet_{db_, "DELETE FROM ec2_subnet_ipv6 WHERE association_id=?"};
  store::Statement find_subnet_{
      db_, "SELECT association_id, subnet_id, cidr FROM ec2_subnet_ipv6 WHERE association_id=?"};
  store::Statement of_subnet_{
      db_, "SELECT association_id, subnet_id, cidr FROM ec2_subnet_ipv6 WHERE subnet_id=?"};
  store::Statement insert_address_{db_, "INSERT INTO ec2_ipv6_address VALUES (?,?,?,?)"};
  store::Statement erase_address_{db_, "DELETE FROM ec2_ipv6_address WHERE eni_id=? AND address=?"};
  store::Statement of_eni_{db_,
                           "SELECT subnet_id, address, eni_id, position FROM ec2_ipv6_address "
                           "WHERE eni_id=? ORDER BY position"};
  store::Statement owner_{db_,
                          "SELECT eni_id FROM ec2_ipv6_address WHERE subnet_id=? AND address=?"};
  store::Statement used_{db_, "SELECT EXISTS (SELECT 1 FROM ec2_ipv6_address WHERE subnet_id=?)"};
};

}  // namespace enibox::ec2

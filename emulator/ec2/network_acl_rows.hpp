#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"

// The rows of network ACLs. Errors: StoreError. Loop thread only.
namespace enibox::ec2 {

struct AclRow {
  std::string acl_id, region, vpc_id;
  bool is_default = false;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.acl_id, r.region, r.vpc_id, r.is_default, r.created_ms);
  }
};

struct AclEntryRow {
  std::string acl_id;
  bool egress = false;
  int rule_number = 0;
  std::string protocol, rule_action;
  std::optional<std::string> cidr, cidr6;
  std::optional<int> icmp_type, icmp_code, from_port, to_port;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.acl_id, r.egress, r.rule_number, r.protocol, r.rule_action, r.cidr, r.cidr6,
                 r.icmp_type, r.icmp_code, r.from_port, r.to_port);
  }
};

struct AclAssociationRow {
  std::string subnet_id, association_id, acl_id;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.subnet_id, r.association_id, r.acl_id);
  }
};

class AclRows {
 public:
  explicit AclRows(store::Database& db) : db_(db) {}
  void insert(const AclRow& row) { store::run_row(insert_, row); }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<AclRow> find(const std::string& id) {
    return store::read_one<AclRow>(find_.query(id));
  }
  std::optional<AclRow> default_of(const std::string& vpc_id) {
    return store::read_one<AclRow>(default_of_.query(vpc_id));
  }
  std::vector<AclRow> of_vpc(const std::string& vpc_id) {
    return store::read_all<AclRow>(of_vpc_.query(vpc_id));
  }
  std::vector<AclRow> list(const std::string& region) {
    return store::read_all<AclRow>(list_.query(region));
  }

  void put_entry(const AclEntryRow& row) { store::run_row(put_entry_, row); }
  int erase_entry(const std::string& acl_id, bool egress, int number) {
    return erase_entry_.run(acl_id, egress, number);
  }
  std::vector<AclEntryRow> entries(const std::string& acl_id) {
    return store::read_all<AclEntryRow>(entries_.query(acl_id));
  }

  void associate(const AclAssociationRow& row) { store::run_row(associate_, row); }
  std::optional<AclAssociationRow> find_association(const std::string& id) {
    return store::read_one<AclAssociationRow>(find_association_.query(id));
  }
  std::vector<AclAssociationRow> associations(const std::string& acl_id) {
    return store::read_all<AclAssociationRow>(associations_.query(acl_id));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_network_acl VALUES (?,?,?,?,?)"};
  store::Statement erase_{db_, "DELETE FROM ec2_network_acl WHERE acl_id=?"};
  store::Statement find_{
      db_,
      "SELECT acl_id, region, vpc_id, is_default, created_ms FROM ec2_network_acl WHERE acl_id=?"};
  store::Statement default_of_{db_,
                               "SELECT acl_id, region, vpc_id, is_default, created_ms "
                               "FROM ec2_network_acl WHERE vpc_id=? AND is_default=1"};
  store::Statement of_vpc_{db_,
                           "SELECT acl_id, region, vpc_id, is_default, created_ms "
                           "FROM ec2_network_acl WHERE vpc_id=? ORDER BY created_ms, acl_id"};
  store::Statement list_{db_,
                         "SELECT acl_id, region, vpc_id, is_default, created_ms "
                         "FROM ec2_network_acl WHERE region=? ORDER BY created_ms, acl_id"};
  store::Statement put_entry_{
      db_, "INSERT OR REPLACE INTO ec2_network_acl_entry VALUES (?,?,?,?,?,?,?,?,?,?,?)"};
  store::Statement erase_entry_{
      db_, "DELETE FROM ec2_network_acl_entry WHERE acl_id=? AND egress=? AND rule_number=?"};
  store::Statement entries_{
      db_,
      "SELECT acl_id, egress, rule_number, protocol, rule_action, cidr, cidr6, icmp_type, "
      "icmp_code, from_port, to_port FROM ec2_network_acl_entry WHERE acl_id=? "
      "ORDER BY egress DESC, rule_number"};
  store::Statement associate_{db_,
                              "INSERT OR REPLACE INTO ec2_network_acl_association VALUES (?,?,?)"};
  store::Statement find_association_{db_,
                                     "SELECT subnet_id, association_id, acl_id "
                                     "FROM ec2_network_acl_association WHERE association_id=?"};
  store::Statement associations_{db_,
                                 "SELECT subnet_id, association_id, acl_id "
                                 "FROM ec2_network_acl_association WHERE acl_id=? "
                                 "ORDER BY subnet_id"};
};

}  // namespace enibox::ec2

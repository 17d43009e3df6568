#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"
#include "emulator/store/stretch.hpp"

// The rows of security groups and their rules. Errors: StoreError. Loop thread only.
namespace enibox::ec2 {

struct GroupRow {
  std::string group_id, region, vpc_id, name, description;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.group_id, r.region, r.vpc_id, r.name, r.description, r.created_ms);
  }
};

struct GroupRuleRow {
  std::string rule_id, region, group_id;
  bool egress = false;
  std::string protocol;
  int from_port = -1, to_port = -1;  // ICMP: type and code; -1 all
  std::string peer_kind;             // "cidr", "cidr6", "prefix-list", "group"
  std::string peer;
  std::optional<std::string> description;
  std::string peer_vpc;  // of a group; that one may be gone
  static auto fields(auto& r, auto&& visit) {
    return visit(r.rule_id, r.region, r.group_id, r.egress, r.protocol, r.from_port, r.to_port,
                 r.peer_kind, r.peer, r.description, r.peer_vpc);
  }
  // The same permission, whatever its id and description.
  bool same_permission(const GroupRuleRow& other) const {
    return egress == other.egress && protocol == other.protocol && from_port == other.from_port &&
           to_port == other.to_port && peer_kind == other.peer_kind && peer == other.peer;
  }
};

// Every column in the order of fields().
#define ENIBOX_GROUP_COLUMNS "group_id, region, vpc_id, name, description, created_ms"
#define ENIBOX_RULE_COLUMNS                                                            \
  "rule_id, region, group_id, egress, protocol, from_port, to_port, peer_kind, peer, " \
  "description, peer_vpc"

class GroupRows {
 public:
  explicit GroupRows(store::Database& db) : db_(db) {}
  void insert(const GroupRow& row);
  void erase(const std::string& group_id);
  std::optional<GroupRow> find(const std::string& group_id);
  std::optional<GroupRow> find_named(const std::string& vpc_id, const std::string& name);
  std::vector<GroupRow> by_id(const std::string& region, const store::Stretch& stretch);
  std::vector<GroupRow> of_vpc(const std::string& vpc_id);
  std::vector<GroupRow> all();
  std::int64_t count(const std::string& region);

  void insert_rule(const GroupRuleRow& row);
  void update_rule(const GroupRuleRow& row);
  void erase_rule(const std::string& rule_id);
  std::optional<GroupRuleRow> find_rule(const std::string& rule_id);
  std::vector<GroupRuleRow> rules(const std::string& group_id);          // as they were made
  std::vector<GroupRuleRow> rules_of_region(const std::string& region);  // as they were made
  std::vector<GroupRuleRow> rules_by_id(const std::string& region, const store::Stretch& stretch);

  std::vector<GroupRuleRow> rules_naming(const std::string& group_id);  // as their peer

  // Whether an interface carries it, or a rule of another group of its VPC names it.
  bool in_use(const std::string& group_id);
  bool referenced_by_other(const std::string& group_id);

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_security_group VALUES (?,?,?,?,?,?)"};
  store::Statement erase_{db_, "DELETE FROM ec2_security_group WHERE group_id=?"};
  store::Statement find_{
      db_, "SELECT " ENIBOX_GROUP_COLUMNS " FROM ec2_security_group WHERE group_id=?"};
  store::Statement find_named_{
      db_, "SELECT " ENIBOX_GROUP_COLUMNS " FROM ec2_security_group WHERE vpc_id=? AND name=?"};
  store::Statement by_id_{db_, "SELECT " ENIBOX_GROUP_COLUMNS
                               " FROM ec2_security_group WHERE region=? AND group_id>? "
                               "ORDER BY group_id LIMIT ?"};
  store::Statement of_vpc_{db_,
                           "SELECT " ENIBOX_GROUP_COLUMNS
                           " FROM ec2_security_group WHERE vpc_id=? ORDER BY created_ms, group_id"};
  store::Statement all_{
      db_, "SELECT " ENIBOX_GROUP_COLUMNS " FROM ec2_security_group ORDER BY created_ms, group_id"};
  store::Statement count_{db_, "SELECT count(*) FROM ec2_security_group WHERE region=?"};
  store::Statement insert_rule_{
      db_,
      "INSERT INTO ec2_security_group_rule (rule_id, region, group_id, egress, protocol, "
      "from_port, to_port, peer_kind, peer, description, peer_vpc) "
      "VALUES (?,?,?,?,?,?,?,?,?,?,?)"};
  store::Statement update_rule_{
      db_,
      "UPDATE ec2_security_group_rule SET protocol=?2, from_port=?3, to_port=?4, peer_kind=?5, "
      "peer=?6, description=?7, peer_vpc=?8 WHERE rule_id=?1"};
  store::Statement erase_rule_{db_, "DELETE FROM ec2_security_group_rule WHERE rule_id=?"};
  store::Statement find_rule_{
      db_, "SELECT " ENIBOX_RULE_COLUMNS " FROM ec2_security_group_rule WHERE rule_id=?"};
  store::Statement rules_{db_, "SELECT " ENIBOX_RULE_COLUMNS
                               " FROM ec2_security_group_rule WHERE group_id=? ORDER BY position"};
  store::Statement rules_of_region_{
      db_, "SELECT " ENIBOX_RULE_COLUMNS
           " FROM ec2_security_group_rule WHERE region=? ORDER BY position"};
  store::Statement rules_by_id_{db_, "SELECT " ENIBOX_RULE_COLUMNS
                                     " FROM ec2_security_group_rule WHERE region=? AND rule_id>? "
                                     "ORDER BY rule_id LIMIT ?"};
  store::Statement rules_naming_{db_, "SELECT " ENIBOX_RULE_COLUMNS
                                      " FROM ec2_security_group_rule "
                                      "WHERE peer=? AND peer_kind='group' ORDER BY position"};
  store::Statement in_use_{
      db_, "SELECT EXISTS (SELECT 1 FROM ec2_network_interface_group WHERE group_id=?)"};
  store::Statement referenced_{db_,
                               "SELECT EXISTS (SELECT 1 FROM ec2_security_group_rule r "
                               "JOIN ec2_security_group g USING (group_id) "
                               "WHERE r.peer=?1 AND r.peer_kind='group' AND r.group_id<>?1 "
                               "AND g.vpc_id=r.peer_vpc)"};
};

#undef ENIBOX_GROUP_COLUMNS
#undef ENIBOX_RULE_COLUMNS

}  // namespace enibox::ec2

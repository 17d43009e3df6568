#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"

// The rows of the customer's managed prefix lists. Errors: StoreError. Loop thread only.
namespace enibox::ec2 {

struct PrefixListRow {
  std::string prefix_list_id, region, name, address_family;
  int max_entries = 0;
  std::int64_t version = 1;
  std::string state;
  std::optional<std::string> client_token;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.prefix_list_id, r.region, r.name, r.address_family, r.max_entries, r.version,
                 r.state, r.client_token, r.created_ms);
  }
};

struct PrefixListEntryRow {
  std::string prefix_list_id;
  std::int64_t version = 1;
  std::string cidr;
  std::optional<std::string> description;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.prefix_list_id, r.version, r.cidr, r.description);
  }
};

#define ENIBOX_PREFIX_LIST_COLUMNS                                              \
  "prefix_list_id, region, name, address_family, max_entries, version, state, " \
  "client_token, created_ms"

class PrefixListRows {
 public:
  explicit PrefixListRows(store::Database& db) : db_(db) {}
  void insert(const PrefixListRow& row) { store::run_row(insert_, row); }
  void update(const PrefixListRow& row) {  // name, size, version, state
    update_.run(row.prefix_list_id, row.name, row.max_entries, row.version, row.state);
  }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<PrefixListRow> find(const std::string& id) {
    return store::read_one<PrefixListRow>(find_.query(id));
  }
  std::optional<PrefixListRow> find_token(const std::string& region, const std::string& token) {
    return store::read_one<PrefixListRow>(find_token_.query(region, token));
  }
  std::vector<PrefixListRow> list(const std::string& region) {
    return store::read_all<PrefixListRow>(list_.query(region));
  }
  std::vector<PrefixListRow> all() { return store::read_all<PrefixListRow>(all_.query()); }

  void insert_entry(const PrefixListEntryRow& row) { store::run_row(insert_entry_, row); }
  std::vector<PrefixListEntryRow> entries(const std::string& id, std::int64_t version) {
    return store::read_all<PrefixListEntryRow>(entries_.query(id, version));
  }

  // The security groups and the route tables that name it.
  std::vector<std::string> groups_with(const std::string& id) {
    return store::read_texts(groups_with_.query(id));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_prefix_list VALUES (?,?,?,?,?,?,?,?,?)"};
  store::Statement update_{db_,
                           "UPDATE ec2_prefix_list SET name=?2, max_entries=?3, version=?4, "
                           "state=?5 WHERE prefix_list_id=?1"};
  store::Statement erase_{db_, "DELETE FROM ec2_prefix_list WHERE prefix_list_id=?"};
  store::Statement find_{
      db_, "SELECT " ENIBOX_PREFIX_LIST_COLUMNS " FROM ec2_prefix_list WHERE prefix_list_id=?"};
  store::Statement find_token_{db_, "SELECT " ENIBOX_PREFIX_LIST_COLUMNS
                                    " FROM ec2_prefix_list WHERE region=? AND client_token=?"};
  store::Statement list_{db_, "SELECT " ENIBOX_PREFIX_LIST_COLUMNS
                              " FROM ec2_prefix_list WHERE region=? "
                              "ORDER BY created_ms, prefix_list_id"};
  store::Statement all_{db_, "SELECT " ENIBOX_PREFIX_LIST_COLUMNS
                             " FROM ec2_prefix_list ORDER BY created_ms, prefix_list_id"};
  store::Statement insert_entry_{db_, "INSERT INTO ec2_prefix_list_entry VALUES (?,?,?,?)"};
  store::Statement entries_{db_,
                            "SELECT prefix_list_id, version, cidr, description "
                            "FROM ec2_prefix_list_entry WHERE prefix_list_id=? AND version=? "
                            "ORDER BY cidr"};
  store::Statement groups_with_{db_,
                                "SELECT DISTINCT group_id FROM ec2_security_group_rule "
                                "WHERE peer=? AND peer_kind='prefix-list' ORDER BY group_id"};
};

#undef ENIBOX_PREFIX_LIST_COLUMNS

}  // namespace enibox::ec2

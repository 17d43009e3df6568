#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "emulator/store/row.hpp"

// The rows of IAM: roles, policies, instance profiles. Errors: StoreError. Loop thread only.
namespace enibox::iam {

struct RoleRow {
  std::string role_id, name, path = "/", trust_policy, description;
  int max_session_s = 3600;
  std::string permissions_boundary;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.role_id, r.name, r.path, r.trust_policy, r.description, r.max_session_s,
                 r.permissions_boundary, r.created_ms);
  }
};

struct PolicyRow {
  std::string arn, policy_id, name, path = "/", description;
  int default_version = 1, latest_version = 1;
  std::int64_t created_ms = 0, updated_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.arn, r.policy_id, r.name, r.path, r.description, r.default_version,
                 r.latest_version, r.created_ms, r.updated_ms);
  }
};

struct PolicyVersionRow {
  std::string policy_arn;
  int version = 1;
  std::string document;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.policy_arn, r.version, r.document, r.created_ms);
  }
};

struct ProfileRow {
  std::string profile_id, name, path = "/";
  std::optional<std::string> role_name;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.profile_id, r.name, r.path, r.role_name, r.created_ms);
  }
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

class IamRows {
 public:
  explicit IamRows(store::Database& db) : db_(db) {}
  void insert(const RoleRow& row) { store::run_row(insert_role_, row); }
  void update(const RoleRow& row) {
    update_role_.run(row.name, row.trust_policy, row.description, row.max_session_s);
  }
  void erase_role(const std::string& name) { erase_role_.run(name); }
  std::optional<RoleRow> role(const std::string& name) {
    return store::read_one<RoleRow>(role_.query(name));
  }
  std::vector<RoleRow> roles() { return store::read_all<RoleRow>(roles_.query()); }

  void put_inline(const std::string& role, const std::string& name, const std::string& document) {
    put_inline_.run(role, name, document);
  }
  int erase_inline(const std::string& role, const std::string& name) {
    return erase_inline_.run(role, name);
  }
  // (name, document), by name.
  Pairs inline_policies(const std::string& role) { return pairs(inline_.query(role)); }

  void attach(const std::string& role, const std::string& arn) { attach_.run(role, arn); }
  int detach(const std::string& role, const std::string& arn) { return detach_.run(role, arn); }
  std::vector<std::string> attached(const std::string& role) {
    return store::read_texts(attached_.query(role));
  }
  std::vector<std::string> roles_with(const std::string& arn) {
    return store::read_texts(with_policy_.query(arn));
  }

  void insert(const PolicyRow& row) { store::run_row(insert_policy_, row); }
  void update(const PolicyRow& row) {
    update_policy_.run(row.arn, row.default_version, row.latest_version, row.updated_ms);
  }
  void erase_policy(const std::string& arn) { erase_policy_.run(arn); }
  std::optional<PolicyRow> policy(const std::string& arn) {
    return store::read_one<PolicyRow>(policy_.query(arn));
  }
  std::vector<PolicyRow> policies() { return store::read_all<PolicyRow>(policies_.query()); }
  void insert(const PolicyVersionRow& row) { store::run_row(insert_version_, row); }
  int erase_version(const std::string& arn, int version) {
    return erase_version_.run(arn, version);
  }
  std::vector<PolicyVersionRow> versions(const std::string& arn) {  // the newest first
    return store::read_all<PolicyVersionRow>(versions_.query(arn));
  }

  void insert(const ProfileRow& row) { store::run_row(insert_profile_, row); }
  void set_profile_role(const std::string& name, const std::optional<std::string>& role) {
    set_role_.run(role, name);
  }
  void erase_profile(const std::string& name) { erase_profile_.run(name); }
  std::optional<ProfileRow> profile(const std::string& name) {
    return store::read_one<ProfileRow>(profile_.query(name));
  }
  std::vector<ProfileRow> profiles() { return store::read_all<ProfileRow>(profiles_.query()); }

  Pairs tags(const std::string& owner) { return pairs(tags_.query(owner)); }
  void put_tag(const std::string& owner, const std::string& key, const std::string& value) {
    put_tag_.run(owner, key, value);
  }
  void erase_tag(const std::string& owner, const std::string& key) { erase_tag_.run(owner, key); }
  void erase_tags(const std::string& owner) { erase_tags_.run(owner); }

 private:
  static Pairs pairs(store::Query rows) {
    Pairs all;
    while (rows.next()) all.emplace_back(rows.text(0), rows.text(1));
    return all;
  }

  store::Database& db_;
  store::Statement insert_role_{db_, "INSERT INTO iam_role VALUES (?,?,?,?,?,?,?,?)"};
  store::Statement update_role_{
      db_, "UPDATE iam_role SET trust_policy=?2, description=?3, max_session_s=?4 WHERE name=?1"};
  store::Statement erase_role_{db_, "DELETE FROM iam_role WHERE name=?"};
  store::Statement role_{
      db_,
      "SELECT role_id, name, path, trust_policy, description, max_session_s, permissions_boundary, "
      "created_ms FROM iam_role WHERE name=?"};
  store::Statement roles_{
      db_,
      "SELECT role_id, name, path, trust_policy, description, max_session_s, permissions_boundary, "
      "created_ms FROM iam_role ORDER BY name"};
  store::Statement put_inline_{db_, "INSERT OR REPLACE INTO iam_role_policy VALUES (?,?,?)"};
  store::Statement erase_inline_{db_, "DELETE FROM iam_role_policy WHERE role_name=? AND name=?"};
  store::Statement inline_{
      db_, "SELECT name, document FROM iam_role_policy WHERE role_name=? ORDER BY name"};
  store::Statement attach_{db_, "INSERT OR IGNORE INTO iam_attached_policy VALUES (?,?)"};
  store::Statement detach_{db_,
                           "DELETE FROM iam_attached_policy WHERE role_name=? AND policy_arn=?"};
  store::Statement attached_{
      db_, "SELECT policy_arn FROM iam_attached_policy WHERE role_name=? ORDER BY policy_arn"};
  store::Statement with_policy_{
      db_, "SELECT role_name FROM iam_attached_policy WHERE policy_arn=? ORDER BY role_name"};
  store::Statement insert_policy_{db_, "INSERT INTO iam_policy VALUES (?,?,?,?,?,?,?,?,?)"};
  store::Statement update_policy_{
      db_,
      "UPDATE iam_policy SET default_version=?2, latest_version=?3, updated_ms=?4 WHERE arn=?1"};
  store::Statement erase_policy_{db_, "DELETE FROM iam_policy WHERE arn=?"};
  store::Statement policy_{
      db_,
      "SELECT arn, policy_id, name, path, description, default_version, latest_version, "
      "created_ms, updated_ms FROM iam_policy WHERE arn=?"};
  store::Statement policies_{
      db_,
      "SELECT arn, policy_id, name, path, description, default_version, latest_version, "
      "created_ms, updated_ms FROM iam_policy ORDER BY name"};
  store::Statement insert_version_{db_, "INSERT INTO iam_policy_version VALUES (?,?,?,?)"};
  store::Statement erase_version_{
      db_, "DELETE FROM iam_policy_version WHERE policy_arn=? AND version=?"};
  store::Statement versions_{db_,
                             "SELECT policy_arn, version, document, created_ms "
                             "FROM iam_policy_version WHERE policy_arn=? ORDER BY version DESC"};
  store::Statement insert_profile_{db_, "INSERT INTO iam_instance_profile VALUES (?,?,?,?,?)"};
  store::Statement set_role_{db_, "UPDATE iam_instance_profile SET role_name=? WHERE name=?"};
  store::Statement erase_profile_{db_, "DELETE FROM iam_instance_profile WHERE name=?"};
  store::Statement profile_{db_,
                            "SELECT profile_id, name, path, role_name, created_ms "
                            "FROM iam_instance_profile WHERE name=?"};
  store::Statement profiles_{db_,
                             "SELECT profile_id, name, path, role_name, created_ms "
                             "FROM iam_instance_profile ORDER BY name"};
  store::Statement tags_{db_, "SELECT key, value FROM iam_tag WHERE owner=? ORDER BY key"};
  store::Statement put_tag_{db_, "INSERT OR REPLACE INTO iam_tag VALUES (?,?,?)"};
  store::Statement erase_tag_{db_, "DELETE FROM iam_tag WHERE owner=? AND key=?"};
  store::Statement erase_tags_{db_, "DELETE FROM iam_tag WHERE owner=?"};
};

}  // namespace enibox::iam

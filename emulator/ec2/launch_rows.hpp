#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"

// The rows of what instances are launched with: key pairs and launch templates. Errors: StoreError.
// Loop thread only.
namespace enibox::ec2 {

struct KeyPairRow {
  std::string key_pair_id, region, name, fingerprint, key_type, public_key;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.key_pair_id, r.region, r.name, r.fingerprint, r.key_type, r.public_key,
                 r.created_ms);
  }
};

class KeyPairRows {
 public:
  explicit KeyPairRows(store::Database& db) : db_(db) {}
  void insert(const KeyPairRow& row) { store::run_row(insert_, row); }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<KeyPairRow> find(const std::string& region, const std::string& name) {
    return store::read_one<KeyPairRow>(find_.query(region, name));
  }
  std::optional<KeyPairRow> find_id(const std::string& id) {
    return store::read_one<KeyPairRow>(find_id_.query(id));
  }
  std::vector<KeyPairRow> list(const std::string& region) {
    return store::read_all<KeyPairRow>(list_.query(region));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_key_pair VALUES (?,?,?,?,?,?,?)"};
  store::Statement erase_{db_, "DELETE FROM ec2_key_pair WHERE key_pair_id=?"};
  store::Statement find_{
      db_,
      "SELECT key_pair_id, region, name, fingerprint, key_type, public_key, created_ms "
      "FROM ec2_key_pair WHERE region=? AND name=?"};
  store::Statement find_id_{
      db_,
      "SELECT key_pair_id, region, name, fingerprint, key_type, public_key, created_ms "
      "FROM ec2_key_pair WHERE key_pair_id=?"};
  store::Statement list_{
      db_,
      "SELECT key_pair_id, region, name, fingerprint, key_type, public_key, created_ms "
      "FROM ec2_key_pair WHERE region=? ORDER BY name"};
};

struct LaunchTemplateRow {
  std::string launch_template_id, region, name;
  int default_version = 1, latest_version = 1;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.launch_template_id, r.region, r.name, r.default_version, r.latest_version,
                 r.created_ms);
  }
};

struct LaunchTemplateVersionRow {
  std::string launch_template_id;
  int version = 1;
  std::optional<std::string> description;
  std::string data;  // JSON
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.launch_template_id, r.version, r.description, r.data, r.created_ms);
  }
};

class LaunchTemplateRows {
 public:
  explicit LaunchTemplateRows(store::Database& db) : db_(db) {}
  void insert(const LaunchTemplateRow& row) { store::run_row(insert_, row); }
  void update(const LaunchTemplateRow& row) {  // its default and latest version
    update_.run(row.launch_template_id, row.default_version, row.latest_version);
  }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<LaunchTemplateRow> find(const std::string& id) {
    return store::read_one<LaunchTemplateRow>(find_.query(id));
  }
  std::optional<LaunchTemplateRow> find_named(const std::string& region, const std::string& name) {
    return store::read_one<LaunchTemplateRow>(find_named_.query(region, name));
  }
  std::vector<LaunchTemplateRow> list(const std::string& region) {
    return store::read_all<LaunchTemplateRow>(list_.query(region));
  }
  void insert_version(const LaunchTemplateVersionRow& row) { store::run_row(insert_version_, row); }
  int erase_version(const std::string& id, int version) { return erase_version_.run(id, version); }
  std::vector<LaunchTemplateVersionRow> versions(const std::string& id) {  // the newest first
    return store::read_all<LaunchTemplateVersionRow>(versions_.query(id));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_launch_template VALUES (?,?,?,?,?,?)"};
  store::Statement update_{db_,
                           "UPDATE ec2_launch_template SET default_version=?2, latest_version=?3 "
                           "WHERE launch_template_id=?1"};
  store::Statement erase_{db_, "DELETE FROM ec2_launch_template WHERE launch_template_id=?"};
  store::Statement find_{
      db_,
      "SELECT launch_template_id, region, name, default_version, latest_version, created_ms "
      "FROM ec2_launch_template WHERE launch_template_id=?"};
  store::Statement find_named_{
      db_,
      "SELECT launch_template_id, region, name, default_version, latest_version, created_ms "
      "FROM ec2_launch_template WHERE region=? AND name=?"};
  store::Statement list_{
      db_,
      "SELECT launch_template_id, region, name, default_version, latest_version, created_ms "
      "FROM ec2_launch_template WHERE region=? ORDER BY name"};
  store::Statement insert_version_{db_,
                                   "INSERT INTO ec2_launch_template_version VALUES (?,?,?,?,?)"};
  store::Statement erase_version_{
      db_, "DELETE FROM ec2_launch_template_version WHERE launch_template_id=? AND version=?"};
  store::Statement versions_{
      db_,
      "SELECT launch_template_id, version, description, data, created_ms "
      "FROM ec2_launch_template_version WHERE launch_template_id=? ORDER BY version DESC"};
};

}  // namespace enibox::ec2

#pragma once
#include <string>
#include <vector>

#include "emulator/store/row.hpp"
#include "emulator/store/stretch.hpp"

// The rows of tags, of all EC2 resources. Errors: StoreError. Loop thread only.
namespace enibox::ec2 {

struct TagRow {
  std::string resource_id, key, value, region, resource_type;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.resource_id, r.key, r.value, r.region, r.resource_type);
  }
};

class TagRows {
 public:
  explicit TagRows(store::Database& db) : db_(db) {}
  void put(const TagRow& row);  // replaces the value of a key that is there
  void erase(const std::string& resource_id, const std::string& key);
  void erase_all(const std::string& resource_id);
  std::vector<TagRow> of(const std::string& resource_id);  // by key
  std::vector<TagRow> list(const std::string& region);
  // By resource and key; the key of the list is key_of().
  std::vector<TagRow> by_key(const std::string& region, const store::Stretch& stretch);
  static std::string key_of(const TagRow& row) { return row.resource_id + "/" + row.key; }

 private:
  store::Database& db_;
  store::Statement put_{db_, "INSERT OR REPLACE INTO ec2_tag VALUES (?,?,?,?,?)"};
  store::Statement erase_{db_, "DELETE FROM ec2_tag WHERE resource_id=? AND key=?"};
  store::Statement erase_all_{db_, "DELETE FROM ec2_tag WHERE resource_id=?"};
  store::Statement of_{db_,
                       "SELECT resource_id, key, value, region, resource_type FROM ec2_tag "
                       "WHERE resource_id=? ORDER BY key"};
  store::Statement list_{db_,
                         "SELECT resource_id, key, value, region, resource_type FROM ec2_tag "
                         "WHERE region=? ORDER BY resource_id, key"};
  store::Statement by_key_{db_,
                           "SELECT resource_id, key, value, region, resource_type FROM ec2_tag "
                           "WHERE region=? AND (resource_id, key) > (?, ?) "
                           "ORDER BY resource_id, key LIMIT ?"};
};

}  // namespace enibox::ec2

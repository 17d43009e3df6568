#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"

// The rows of machine images that users made. Errors: StoreError. Loop thread only.
namespace enibox::ec2 {

struct ImageRow {
  std::string image_id, region, name, description;
  std::string base_image_id;    // the one of EC2's own it boots
  std::string mappings = "[]";  // JSON: BlockDeviceMappings
  std::string instance_id;      // it was made of; empty: registered or copied
  bool is_public = false;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.image_id, r.region, r.name, r.description, r.base_image_id, r.mappings,
                 r.instance_id, r.is_public, r.created_ms);
  }
};

#define ENIBOX_IMAGE_COLUMNS                                                               \
  "image_id, region, name, description, base_image_id, mappings, instance_id, is_public, " \
  "created_ms"

class ImageRows {
 public:
  explicit ImageRows(store::Database& db) : db_(db) {}
  void insert(const ImageRow& row) { store::run_row(insert_, row); }
  void update(const ImageRow& row) {  // the attributes
    update_.run(row.image_id, row.description, row.is_public);
  }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<ImageRow> find(const std::string& id) {
    return store::read_one<ImageRow>(find_.query(id));
  }
  std::optional<ImageRow> find_named(const std::string& region, const std::string& name) {
    return store::read_one<ImageRow>(find_named_.query(region, name));
  }
  std::vector<ImageRow> list(const std::string& region) {
    return store::read_all<ImageRow>(list_.query(region));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_image VALUES (?,?,?,?,?,?,?,?,?)"};
  store::Statement update_{db_,
                           "UPDATE ec2_image SET description=?2, is_public=?3 WHERE image_id=?1"};
  store::Statement erase_{db_, "DELETE FROM ec2_image WHERE image_id=?"};
  store::Statement find_{db_, "SELECT " ENIBOX_IMAGE_COLUMNS " FROM ec2_image WHERE image_id=?"};
  store::Statement find_named_{
      db_, "SELECT " ENIBOX_IMAGE_COLUMNS " FROM ec2_image WHERE region=? AND name=?"};
  store::Statement list_{db_, "SELECT " ENIBOX_IMAGE_COLUMNS
                              " FROM ec2_image WHERE region=? ORDER BY created_ms, image_id"};
};
#undef ENIBOX_IMAGE_COLUMNS

}  // namespace enibox::ec2

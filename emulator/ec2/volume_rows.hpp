#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"
#include "emulator/store/stretch.hpp"

// The rows of EBS volumes: those that instances were launched with. Errors: StoreError. Loop thread
// only.
namespace enibox::ec2 {

struct VolumeRow {
  std::string volume_id, region, availability_zone;
  std::string instance_id, device_name;  // no instance: detached
  bool delete_on_termination = true;
  int size_gib = 0;
  std::string volume_type = "gp3";
  int iops = 0, throughput = 0;  // 0: the type has none
  bool encrypted = false;
  std::string kms_key_id, snapshot_id;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.volume_id, r.region, r.availability_zone, r.instance_id, r.device_name,
                 r.delete_on_termination, r.size_gib, r.volume_type, r.iops, r.throughput,
                 r.encrypted, r.kms_key_id, r.snapshot_id, r.created_ms);
  }
};

#define ENIBOX_VOLUME_COLUMNS                                                               \
  "volume_id, region, availability_zone, instance_id, device_name, "                        \
  "delete_on_termination, size_gib, volume_type, iops, throughput, encrypted, kms_key_id, " \
  "snapshot_id, created_ms"

class VolumeRows {
 public:
  explicit VolumeRows(store::Database& db) : db_(db) {}
  void insert(const VolumeRow& row) { store::run_row(insert_, row); }
  void update(const VolumeRow& row) {  // the attachment
    update_.run(row.volume_id, row.instance_id, row.device_name, row.delete_on_termination);
  }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<VolumeRow> find(const std::string& id) {
    return store::read_one<VolumeRow>(find_.query(id));
  }
  std::vector<VolumeRow> by_id(const std::string& region, const store::Stretch& stretch) {
    return store::read_all<VolumeRow>(by_id_.query(region, stretch.after, stretch.most));
  }
  std::vector<VolumeRow> of_instance(const std::string& instance_id) {  // by device name
    return store::read_all<VolumeRow>(of_instance_.query(instance_id));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_volume VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"};
  store::Statement update_{db_,
                           "UPDATE ec2_volume SET instance_id=?2, device_name=?3, "
                           "delete_on_termination=?4 WHERE volume_id=?1"};
  store::Statement erase_{db_, "DELETE FROM ec2_volume WHERE volume_id=?"};
  store::Statement find_{db_, "SELECT " ENIBOX_VOLUME_COLUMNS " FROM ec2_volume WHERE volume_id=?"};
  store::Statement by_id_{db_, "SELECT " ENIBOX_VOLUME_COLUMNS
                               " FROM ec2_volume WHERE region=? AND volume_id>? "
                               "ORDER BY volume_id LIMIT ?"};
  store::Statement of_instance_{db_, "SELECT " ENIBOX_VOLUME_COLUMNS
                                     " FROM ec2_volume WHERE instance_id=? AND instance_id<>'' "
                                     "ORDER BY device_name"};
};
#undef ENIBOX_VOLUME_COLUMNS

}  // namespace enibox::ec2

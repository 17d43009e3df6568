#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"
#include "emulator/store/stretch.hpp"

// The rows of elastic network interfaces: attachment, private addresses, groups. Errors:
// StoreError; an address or device index that is taken is a constraint. Loop thread only.
namespace enibox::ec2 {

struct EniRow {
  std::string eni_id, region, vpc_id, subnet_id, availability_zone, address, mac, description;
  std::string interface_type = "interface";
  std::string requester_id;  // set: RequesterManaged
  bool source_dest_check = true;
  std::int64_t created_ms = 0;
  std::string attachment_id{}, instance_id{};  // empty without an attachment
  int device_index = -1;
  std::int64_t attached_ms = 0;
  bool delete_on_termination = false;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.eni_id, r.region, r.vpc_id, r.subnet_id, r.availability_zone, r.address, r.mac,
                 r.description, r.interface_type, r.requester_id, r.source_dest_check, r.created_ms,
                 r.attachment_id, r.instance_id, r.device_index, r.attached_ms,
                 r.delete_on_termination);
  }
  bool attached() const { return !attachment_id.empty(); }
};

struct PrivateAddressRow {
  std::string subnet_id;
  std::uint32_t address = 0;
  std::string eni_id;
  bool is_primary = false;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.subnet_id, r.address, r.eni_id, r.is_primary);
  }
};

// Every column in the order of EniRow::fields.
#define ENIBOX_ENI_COLUMNS                                                                    \
  "eni_id, region, vpc_id, subnet_id, availability_zone, address, mac, description, "         \
  "interface_type, requester_id, source_dest_check, created_ms, attachment_id, instance_id, " \
  "device_index, attached_ms, delete_on_termination"

class EniRows {
 public:
  explicit EniRows(store::Database& db) : db_(db) {}
  void insert(const EniRow& row);
  void update(const EniRow& row);  // description, check, attachment
  void erase(const std::string& eni_id);
  std::optional<EniRow> find(const std::string& eni_id);
  std::optional<EniRow> find_attachment(const std::string& attachment_id);
  // By id.
  std::vector<EniRow> by_id(const std::string& region, const store::Stretch& stretch);
  std::vector<EniRow> by_id_in_subnet(const std::string& subnet_id, const store::Stretch& stretch);
  std::vector<EniRow> by_id_in_vpc(const std::string& vpc_id, const store::Stretch& stretch);
  std::vector<EniRow> by_id_in_group(const std::string& group_id, const store::Stretch& stretch);
  std::vector<EniRow> of_address(std::uint32_t address);            // in whatever subnet
  std::vector<EniRow> of_instance(const std::string& instance_id);  // by device index
  std::vector<EniRow> of_subnet(const std::string& subnet_id);
  std::vector<EniRow> of_vpc(const std::string& vpc_id);
  std::vector<EniRow> of_group(const std::string& group_id);
  std::vector<EniRow> of_mac(const std::string& mac);
  std::vector<EniRow> of_requester(const std::string& requester_id);
  std::vector<EniRow> all_attached();  // to instances
  std::int64_t count(const std::string& region);

  void insert_address(const PrivateAddressRow& row);
  void erase_address(const std::string& subnet_id, std::uint32_t address);
  std::vector<PrivateAddressRow> addresses(const std::string& eni_id);  // the primary one first
  std::optional<std::string> owner_of(const std::string& subnet_id, std::uint32_t address);
  std::vector<std::uint32_t> taken(const std::string& subnet_id);  // ascending

  void set_groups(const std::string& eni_id, const std::vector<std::string>& group_ids);
  std::vector<std::string> groups(const std::string& eni_id);

 private:
  store::Database& db_;
  store::Statement insert_{
      db_, "INSERT INTO ec2_network_interface VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"};
  store::Statement update_{
      db_,
      "UPDATE ec2_network_interface SET description=?2, source_dest_check=?3, attachment_id=?4, "
      "instance_id=?5, device_index=?6, attached_ms=?7, delete_on_termination=?8 WHERE eni_id=?1"};
  store::Statement erase_{db_, "DELETE FROM ec2_network_interface WHERE eni_id=?"};
  store::Statement find_{db_,
                         "SELECT " ENIBOX_ENI_COLUMNS " FROM ec2_network_interface WHERE eni_id=?"};
  store::Statement find_attachment_{db_, "SELECT " ENIBOX_ENI_COLUMNS
                                         " FROM ec2_network_interface "
                                         "WHERE attachment_id=? AND attachment_id<>''"};
  store::Statement by_id_{db_, "SELECT " ENIBOX_ENI_COLUMNS
                               " FROM ec2_network_interface WHERE region=? AND eni_id>? "
                               "ORDER BY eni_id LIMIT ?"};
  store::Statement by_id_in_subnet_{db_, "SELECT " ENIBOX_ENI_COLUMNS
                                         " FROM ec2_network_interface WHERE subnet_id=? AND "
                                         "eni_id>? ORDER BY eni_id LIMIT ?"};
  store::Statement by_id_in_vpc_{db_, "SELECT " ENIBOX_ENI_COLUMNS
                                      " FROM ec2_network_interface WHERE vpc_id=? AND eni_id>? "
                                      "ORDER BY eni_id LIMIT ?"};
  store::Statement by_id_in_group_{
      db_, "SELECT " ENIBOX_ENI_COLUMNS
           " FROM ec2_network_interface WHERE eni_id IN (SELECT g.eni_id "
           "FROM ec2_network_interface_group g WHERE g.group_id=? AND g.eni_id>? "
           "ORDER BY g.eni_id LIMIT ?) ORDER BY eni_id"};
  store::Statement of_address_{db_, "SELECT " ENIBOX_ENI_COLUMNS
                                    " FROM ec2_network_interface WHERE eni_id IN (SELECT a.eni_id "
                                    "FROM ec2_private_address a WHERE a.address=?) "
                                    "ORDER BY eni_id"};
  store::Statement of_instance_{db_, "SELECT " ENIBOX_ENI_COLUMNS
                                     " FROM ec2_network_interface WHERE instance_id=? "
                                     "AND instance_id<>'' ORDER BY device_index"};
  store::Statement of_subnet_{
      db_, "SELECT " ENIBOX_ENI_COLUMNS
           " FROM ec2_network_interface WHERE subnet_id=? ORDER BY created_ms, eni_id"};
  store::Statement of_vpc_{
      db_, "SELECT " ENIBOX_ENI_COLUMNS
           " FROM ec2_network_interface WHERE vpc_id=? ORDER BY created_ms, eni_id"};
  store::Statement of_group_{db_, "SELECT " ENIBOX_ENI_COLUMNS
                                  " FROM ec2_network_interface WHERE eni_id IN (SELECT eni_id "
                                  "FROM ec2_network_interface_group WHERE group_id=?) "
                                  "ORDER BY created_ms, eni_id"};
  store::Statement of_mac_{db_,
                           "SELECT " ENIBOX_ENI_COLUMNS " FROM ec2_network_interface WHERE mac=?"};
  store::Statement of_requester_{db_, "SELECT " ENIBOX_ENI_COLUMNS
                                      " FROM ec2_network_interface WHERE requester_id=? "
                                      "ORDER BY created_ms, eni_id"};
  store::Statement all_attached_{db_, "SELECT " ENIBOX_ENI_COLUMNS
                                      " FROM ec2_network_interface WHERE instance_id<>'' "
                                      "ORDER BY created_ms, eni_id"};
  store::Statement count_{db_, "SELECT count(*) FROM ec2_network_interface WHERE region=?"};
  store::Statement insert_address_{db_, "INSERT INTO ec2_private_address VALUES (?,?,?,?)"};
  store::Statement erase_address_{
      db_, "DELETE FROM ec2_private_address WHERE subnet_id=? AND address=?"};
  store::Statement addresses_{db_,
                              "SELECT subnet_id, address, eni_id, is_primary "
                              "FROM ec2_private_address WHERE eni_id=? "
                              "ORDER BY is_primary DESC, address"};
  store::Statement owner_{db_,
                          "SELECT eni_id FROM ec2_private_address WHERE subnet_id=? AND address=?"};
  store::Statement taken_{
      db_, "SELECT address FROM ec2_private_address WHERE subnet_id=? ORDER BY address"};
  store::Statement clear_groups_{db_, "DELETE FROM ec2_network_interface_group WHERE eni_id=?"};
  store::Statement add_group_{db_, "INSERT INTO ec2_network_interface_group VALUES (?,?,?)"};
  store::Statement groups_{db_,
                           "SELECT group_id FROM ec2_network_interface_group WHERE eni_id=? "
                           "ORDER BY position"};
};

#undef ENIBOX_ENI_COLUMNS

}  // namespace enibox::ec2

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"

// The rows of subnet CIDR reservations. Errors: StoreError. Loop thread only.
namespace enibox::ec2 {

struct SubnetReservationRow {
  std::string reservation_id, region, subnet_id, cidr;
  std::string type;  // "prefix": kept for prefix delegation; "explicit": only given by name
  std::string description;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.reservation_id, r.region, r.subnet_id, r.cidr, r.type, r.description,
                 r.created_ms);
  }
};

class SubnetReservationRows {
 public:
  explicit SubnetReservationRows(store::Database& db) : db_(db) {}
  void insert(const SubnetReservationRow& row) { store::run_row(insert_, row); }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<SubnetReservationRow> find(const std::string& id) {
    return store::read_one<SubnetReservationRow>(find_.query(id));
  }
  std::vector<SubnetReservationRow> of_subnet(const std::string& subnet_id) {
    return store::read_all<SubnetReservationRow>(of_subnet_.query(subnet_id));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_subnet_reservation VALUES (?,?,?,?,?,?,?)"};
  store::Statement erase_{db_, "DELETE FROM ec2_subnet_reservation WHERE reservation_id=?"};
  store::Statement find_{db_,
                         "SELECT reservation_id, region, subnet_id, cidr, reservation_type, "
                         "description, created_ms FROM ec2_subnet_reservation "
                         "WHERE reservation_id=?"};
  store::Statement of_subnet_{db_,
                              "SELECT reservation_id, region, subnet_id, cidr, reservation_type, "
                              "description, created_ms FROM ec2_subnet_reservation "
                              "WHERE subnet_id=? ORDER BY created_ms, reservation_id"};
};

}  // namespace enibox::ec2

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"

// The rows of VPC peering connections. Errors: StoreError. Loop thread only.
namespace enibox::ec2 {

struct PeeringRow {
  std::string peering_id;
  std::string requester_region, requester_vpc, accepter_region, accepter_vpc, accepter_owner;
  std::string status;
  std::string options = "{}";  // JSON: "requester" and "accepter", each as DescribeVpcPeering shows
  std::int64_t created_ms = 0, changed_ms = 0;
  std::string message{};
  std::int64_t expires_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.peering_id, r.requester_region, r.requester_vpc, r.accepter_region,
                 r.accepter_vpc, r.accepter_owner, r.status, r.options, r.created_ms, r.changed_ms,
                 r.message, r.expires_ms);
  }
  // Seen from there.
  bool is_in(const std::string& region) const {
    return region == requester_region || region == accepter_region;
  }
  bool joins(const std::string& one, const std::string& other) const {
    return (one == requester_vpc && other == accepter_vpc) ||
           (one == accepter_vpc && other == requester_vpc);
  }
};

#define ENIBOX_PEERING_COLUMNS                                                   \
  "peering_id, requester_region, requester_vpc, accepter_region, accepter_vpc, " \
  "accepter_owner, status, options, created_ms, changed_ms, message, expires_ms"

class PeeringRows {
 public:
  explicit PeeringRows(store::Database& db) : db_(db) {}
  void insert(const PeeringRow& row) { store::run_row(insert_, row); }
  void update(const PeeringRow& row) {  // status, options
    update_.run(row.peering_id, row.status, row.options, row.changed_ms, row.message);
  }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<PeeringRow> find(const std::string& id) {
    return store::read_one<PeeringRow>(find_.query(id));
  }
  std::vector<PeeringRow> list(const std::string& region) {
    return store::read_all<PeeringRow>(list_.query(region));
  }
  std::vector<PeeringRow> of_vpc(const std::string& vpc_id) {
    return store::read_all<PeeringRow>(of_vpc_.query(vpc_id));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_vpc_peering (" ENIBOX_PEERING_COLUMNS
                                ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"};
  store::Statement update_{db_,
                           "UPDATE ec2_vpc_peering SET status=?2, options=?3, changed_ms=?4, "
                           "message=?5 WHERE peering_id=?1"};
  store::Statement erase_{db_, "DELETE FROM ec2_vpc_peering WHERE peering_id=?"};
  store::Statement find_{
      db_, "SELECT " ENIBOX_PEERING_COLUMNS " FROM ec2_vpc_peering WHERE peering_id=?"};
  store::Statement list_{db_, "SELECT " ENIBOX_PEERING_COLUMNS
                              " FROM ec2_vpc_peering WHERE ?1 IN (requester_region, "
                              "accepter_region) ORDER BY created_ms, peering_id"};
  store::Statement of_vpc_{db_, "SELECT " ENIBOX_PEERING_COLUMNS
                                " FROM ec2_vpc_peering WHERE requester_vpc=?1 OR accepter_vpc=?1 "
                                "ORDER BY created_ms, peering_id"};
};

#undef ENIBOX_PEERING_COLUMNS

}  // namespace enibox::ec2

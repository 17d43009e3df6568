#pragma once
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"

// The rows of public addresses that interfaces got at launch. Errors: StoreError. Loop thread only.
namespace enibox::ec2 {

struct PublicAddressRow {
  std::string eni_id, region;
  std::optional<std::string> public_ip{};  // none: not at the time
  static auto fields(auto& r, auto&& visit) { return visit(r.eni_id, r.region, r.public_ip); }
};

class PublicAddressRows {
 public:
  explicit PublicAddressRows(store::Database& db) : db_(db) {}
  void put(const PublicAddressRow& row) { store::run_row(put_, row); }
  std::optional<PublicAddressRow> of_eni(const std::string& eni_id) {
    return store::read_one<PublicAddressRow>(of_eni_.query(eni_id));
  }
  std::optional<PublicAddressRow> find_ip(const std::string& public_ip) {
    return store::read_one<PublicAddressRow>(find_ip_.query(public_ip));
  }
  // Whether any interface of the VPC has one.
  bool any_in(const std::string& vpc_id) { return store::read_count(in_vpc_.query(vpc_id)) > 0; }

 private:
  store::Database& db_;
  store::Statement put_{
      db_, "INSERT OR REPLACE INTO ec2_public_address (eni_id, region, public_ip) VALUES (?,?,?)"};
  store::Statement of_eni_{db_,
                           "SELECT eni_id, region, public_ip FROM ec2_public_address "
                           "WHERE eni_id=?"};
  store::Statement find_ip_{db_,
                            "SELECT eni_id, region, public_ip FROM ec2_public_address "
                            "WHERE public_ip=?"};
  store::Statement in_vpc_{db_,
                           "SELECT count(*) FROM ec2_public_address "
                           "JOIN ec2_network_interface USING (eni_id) "
                           "WHERE vpc_id=? AND public_ip IS NOT NULL"};
};

}  // namespace enibox::ec2

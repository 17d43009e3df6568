#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"

// The rows of route tables, internet and NAT gateways and elastic IP addresses. Errors: StoreError.
// Loop thread only.
namespace enibox::ec2 {

struct RouteTableRow {
  std::string route_table_id, region, vpc_id;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.route_table_id, r.region, r.vpc_id, r.created_ms);
  }
};

struct RouteRow {
  std::string route_table_id, destination;
  std::string target_kind;  // the member of Route: "GatewayId", "NatGatewayId", ...
  std::string target, origin = "CreateRoute";
  static auto fields(auto& r, auto&& visit) {
    return visit(r.route_table_id, r.destination, r.target_kind, r.target, r.origin);
  }
};

struct RouteAssociationRow {
  std::string association_id, route_table_id, vpc_id;
  std::optional<std::string> subnet_id;  // none: the VPC's main association
  static auto fields(auto& r, auto&& visit) {
    return visit(r.association_id, r.route_table_id, r.vpc_id, r.subnet_id);
  }
};

class RouteTableRows {
 public:
  explicit RouteTableRows(store::Database& db) : db_(db) {}
  void insert(const RouteTableRow& row) { store::run_row(insert_, row); }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<RouteTableRow> find(const std::string& id) {
    return store::read_one<RouteTableRow>(find_.query(id));
  }
  std::vector<RouteTableRow> list(const std::string& region) {
    return store::read_all<RouteTableRow>(list_.query(region));
  }
  std::vector<RouteTableRow> of_vpc(const std::string& vpc_id) {
    return store::read_all<RouteTableRow>(of_vpc_.query(vpc_id));
  }

  void put_route(const RouteRow& row) { store::run_row(put_route_, row); }
  int erase_route(const std::string& table_id, const std::string& destination) {
    return erase_route_.run(table_id, destination);
  }
  std::vector<RouteRow> routes(const std::string& table_id) {
    return store::read_all<RouteRow>(routes_.query(table_id));
  }

  void insert_association(const RouteAssociationRow& row) { store::run_row(associate_, row); }
  void erase_association(const std::string& id) { disassociate_.run(id); }
  std::optional<RouteAssociationRow> find_association(const std::string& id) {
    return store::read_one<RouteAssociationRow>(find_association_.query(id));
  }
  std::optional<RouteAssociationRow> association_of(const std::string& subnet_id) {
    return store::read_one<RouteAssociationRow>(of_subnet_.query(subnet_id));
  }
  std::vector<RouteAssociationRow> associations(const std::string& table_id) {
    return store::read_all<RouteAssociationRow>(associations_.query(table_id));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_route_table VALUES (?,?,?,?)"};
  store::Statement erase_{db_, "DELETE FROM ec2_route_table WHERE route_table_id=?"};
  store::Statement find_{db_,
                         "SELECT route_table_id, region, vpc_id, created_ms FROM ec2_route_table "
                         "WHERE route_table_id=?"};
  store::Statement list_{db_,
                         "SELECT route_table_id, region, vpc_id, created_ms FROM ec2_route_table "
                         "WHERE region=? ORDER BY created_ms, route_table_id"};
  store::Statement of_vpc_{db_,
                           "SELECT route_table_id, region, vpc_id, created_ms "
                           "FROM ec2_route_table WHERE vpc_id=? ORDER BY created_ms, "
                           "route_table_id"};
  store::Statement put_route_{
      db_,
      "INSERT OR REPLACE INTO ec2_route (route_table_id, destination, target_kind, target, origin) "
      "VALUES (?,?,?,?,?)"};
  store::Statement erase_route_{db_,
                                "DELETE FROM ec2_route WHERE route_table_id=? AND destination=?"};
  store::Statement routes_{db_,
                           "SELECT route_table_id, destination, target_kind, target, origin "
                           "FROM ec2_route WHERE route_table_id=? ORDER BY position"};
  store::Statement associate_{db_, "INSERT INTO ec2_route_table_association VALUES (?,?,?,?)"};
  store::Statement disassociate_{db_,
                                 "DELETE FROM ec2_route_table_association WHERE association_id=?"};
  store::Statement find_association_{db_,
                                     "SELECT association_id, route_table_id, vpc_id, subnet_id "
                                     "FROM ec2_route_table_association WHERE association_id=?"};
  store::Statement of_subnet_{db_,
                              "SELECT association_id, route_table_id, vpc_id, subnet_id "
                              "FROM ec2_route_table_association WHERE subnet_id=?"};
  store::Statement associations_{db_,
                                 "SELECT association_id, route_table_id, vpc_id, subnet_id "
                                 "FROM ec2_route_table_association WHERE route_table_id=? "
                                 "ORDER BY subnet_id, association_id"};
};

struct InternetGatewayRow {
  std::string igw_id, region;
  std::optional<std::string> vpc_id;  // none: detached
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.igw_id, r.region, r.vpc_id, r.created_ms);
  }
};

class InternetGatewayRows {
 public:
  explicit InternetGatewayRows(store::Database& db) : db_(db) {}
  void insert(const InternetGatewayRow& row) { store::run_row(insert_, row); }
  void attach(const std::string& id, const std::optional<std::string>& vpc_id) {
    attach_.run(vpc_id, id);
  }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<InternetGatewayRow> find(const std::string& id) {
    return store::read_one<InternetGatewayRow>(find_.query(id));
  }
  std::optional<InternetGatewayRow> of_vpc(const std::string& vpc_id) {
    return store::read_one<InternetGatewayRow>(of_vpc_.query(vpc_id));
  }
  std::vector<InternetGatewayRow> list(const std::string& region) {
    return store::read_all<InternetGatewayRow>(list_.query(region));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_internet_gateway VALUES (?,?,?,?)"};
  store::Statement attach_{db_, "UPDATE ec2_internet_gateway SET vpc_id=? WHERE igw_id=?"};
  store::Statement erase_{db_, "DELETE FROM ec2_internet_gateway WHERE igw_id=?"};
  store::Statement find_{
      db_, "SELECT igw_id, region, vpc_id, created_ms FROM ec2_internet_gateway WHERE igw_id=?"};
  store::Statement of_vpc_{
      db_, "SELECT igw_id, region, vpc_id, created_ms FROM ec2_internet_gateway WHERE vpc_id=?"};
  store::Statement list_{db_,
                         "SELECT igw_id, region, vpc_id, created_ms FROM ec2_internet_gateway "
                         "WHERE region=? ORDER BY created_ms, igw_id"};
};

struct AddressRow {
  std::string allocation_id, region, public_ip, network_border_group;
  std::string association_id, eni_id, private_address;  // empty: not associated
  std::int64_t created_ms = 0;
  std::string ptr_record{};  // "host.example.com."; empty: none
  static auto fields(auto& r, auto&& visit) {
    return visit(r.allocation_id, r.region, r.public_ip, r.network_border_group, r.association_id,
                 r.eni_id, r.private_address, r.created_ms, r.ptr_record);
  }
};

class AddressRows {
 public:
  explicit AddressRows(store::Database& db) : db_(db) {}
  void insert(const AddressRow& row) { store::run_row(insert_, row); }
  void update(const AddressRow& row) {  // the association and the PTR record
    update_.run(row.allocation_id, row.association_id, row.eni_id, row.private_address,
                row.ptr_record);
  }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<AddressRow> find(const std::string& id) {
    return store::read_one<AddressRow>(find_.query(id));
  }
  std::optional<AddressRow> find_ip(const std::string& public_ip) {
    return store::read_one<AddressRow>(find_ip_.query(public_ip));
  }
  std::optional<AddressRow> find_association(const std::string& id) {
    return store::read_one<AddressRow>(find_association_.query(id));
  }
  std::vector<AddressRow> of_eni(const std::string& eni_id) {
    return store::read_all<AddressRow>(of_eni_.query(eni_id));
  }
  std::int64_t count(const std::string& region) { return store::read_count(count_.query(region)); }
  std::vector<AddressRow> list(const std::string& region) {
    return store::read_all<AddressRow>(list_.query(region));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_address VALUES (?,?,?,?,?,?,?,?,?)"};
  store::Statement update_{
      db_,
      "UPDATE ec2_address SET association_id=?2, eni_id=?3, private_address=?4, ptr_record=?5 "
      "WHERE allocation_id=?1"};
  store::Statement erase_{db_, "DELETE FROM ec2_address WHERE allocation_id=?"};
  store::Statement find_{
      db_,
      "SELECT allocation_id, region, public_ip, network_border_group, association_id, eni_id, "
      "private_address, created_ms, ptr_record FROM ec2_address WHERE allocation_id=?"};
  store::Statement find_ip_{
      db_,
      "SELECT allocation_id, region, public_ip, network_border_group, association_id, eni_id, "
      "private_address, created_ms, ptr_record FROM ec2_address WHERE public_ip=?"};
  store::Statement find_association_{
      db_,
      "SELECT allocation_id, region, public_ip, network_border_group, association_id, eni_id, "
      "private_address, created_ms, ptr_record FROM ec2_address WHERE association_id=? AND "
      "association_id<>''"};
  store::Statement of_eni_{
      db_,
      "SELECT allocation_id, region, public_ip, network_border_group, association_id, eni_id, "
      "private_address, created_ms, ptr_record FROM ec2_address WHERE eni_id=? AND eni_id<>'' "
      "ORDER BY private_address"};
  store::Statement count_{db_, "SELECT count(*) FROM ec2_address WHERE region=?"};
  store::Statement list_{
      db_,
      "SELECT allocation_id, region, public_ip, network_border_group, association_id, eni_id, "
      "private_address, created_ms, ptr_record FROM ec2_address WHERE region=? "
      "ORDER BY created_ms, allocation_id"};
};

struct NatGatewayRow {
  std::string nat_gateway_id, region, vpc_id, subnet_id;
  std::string connectivity_type = "public", state = "pending";
  std::string eni_id, private_address, allocation_id, association_id, public_ip;
  std::optional<std::string> client_token;
  std::int64_t created_ms = 0, deleted_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.nat_gateway_id, r.region, r.vpc_id, r.subnet_id, r.connectivity_type, r.state,
                 r.eni_id, r.private_address, r.allocation_id, r.association_id, r.public_ip,
                 r.client_token, r.created_ms, r.deleted_ms);
  }
};

class NatGatewayRows {
 public:
  explicit NatGatewayRows(store::Database& db) : db_(db) {}
  void insert(const NatGatewayRow& row) { store::run_row(insert_, row); }
  void set_state(const std::string& id, const std::string& state) { set_state_.run(state, id); }
  void set_deleted(const std::string& id, std::int64_t unix_ms) { set_deleted_.run(unix_ms, id); }
  void erase_deleted_before(std::int64_t unix_ms) { erase_before_.run(unix_ms); }
  std::optional<NatGatewayRow> find(const std::string& id) {
    return store::read_one<NatGatewayRow>(find_.query(id));
  }
  std::optional<NatGatewayRow> find_token(const std::string& region, const std::string& token) {
    return store::read_one<NatGatewayRow>(find_token_.query(region, token));
  }
  std::vector<NatGatewayRow> list(const std::string& region) {
    return store::read_all<NatGatewayRow>(list_.query(region));
  }
  std::vector<NatGatewayRow> in_state(const std::string& state) {
    return store::read_all<NatGatewayRow>(in_state_.query(state));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_nat_gateway VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"};
  store::Statement set_state_{db_, "UPDATE ec2_nat_gateway SET state=? WHERE nat_gateway_id=?"};
  store::Statement in_state_{
      db_,
      "SELECT nat_gateway_id, region, vpc_id, subnet_id, connectivity_type, state, eni_id, "
      "private_address, allocation_id, association_id, public_ip, client_token, created_ms, "
      "deleted_ms FROM ec2_nat_gateway WHERE state=? ORDER BY nat_gateway_id"};
  store::Statement set_deleted_{
      db_,
      "UPDATE ec2_nat_gateway SET state='deleted', deleted_ms=?, client_token=NULL "
      "WHERE nat_gateway_id=?"};
  store::Statement erase_before_{
      db_, "DELETE FROM ec2_nat_gateway WHERE state='deleted' AND deleted_ms<?"};
  store::Statement find_{
      db_,
      "SELECT nat_gateway_id, region, vpc_id, subnet_id, connectivity_type, state, eni_id, "
      "private_address, allocation_id, association_id, public_ip, client_token, created_ms, "
      "deleted_ms FROM ec2_nat_gateway WHERE nat_gateway_id=?"};
  store::Statement find_token_{
      db_,
      "SELECT nat_gateway_id, region, vpc_id, subnet_id, connectivity_type, state, eni_id, "
      "private_address, allocation_id, association_id, public_ip, client_token, created_ms, "
      "deleted_ms FROM ec2_nat_gateway WHERE region=? AND client_token=?"};
  store::Statement list_{
      db_,
      "SELECT nat_gateway_id, region, vpc_id, subnet_id, connectivity_type, state, eni_id, "
      "private_address, allocation_id, association_id, public_ip, client_token, created_ms, "
      "deleted_ms FROM ec2_nat_gateway WHERE region=? ORDER BY created_ms, nat_gateway_id"};
};

}  // namespace enibox::ec2

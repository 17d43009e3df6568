#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"
#include "emulator/store/stretch.hpp"

// The rows of instances and reservations. Errors: StoreError. Loop thread only.
namespace enibox::ec2 {

struct ReservationRow {
  std::string reservation_id, region;
  std::optional<std::string> client_token;
  std::string request;  // the input as JSON text
  std::string requester_id;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.reservation_id, r.region, r.client_token, r.request, r.requester_id);
  }
};

struct InstanceRow {
  std::string instance_id, region, reservation_id;
  int launch_index = 0;
  std::string vpc_id, subnet_id, availability_zone, private_address, private_dns_name;
  std::string primary_eni_id, instance_type, image_id, architecture;
  std::string state = "pending";
  std::string state_reason_code, state_reason, transition_reason;
  std::int64_t launched_ms = 0, changed_ms = 0;
  std::string key_name, user_data;  // user data in base64
  std::string instance_profile_arn, instance_profile_id, root_volume_id, client_token;
  bool disable_api_termination = false, disable_api_stop = false;
  std::string shutdown_behavior = "stop";
  bool ebs_optimized = false, monitoring = false;
  std::string metadata_options = "{}";
  std::string options = "{}";  // JSON: instance_options.hpp
  static auto fields(auto& r, auto&& visit) {
    return visit(r.instance_id, r.region, r.reservation_id, r.launch_index, r.vpc_id, r.subnet_id,
                 r.availability_zone, r.private_address, r.private_dns_name, r.primary_eni_id,
                 r.instance_type, r.image_id, r.architecture, r.state, r.state_reason_code,
                 r.state_reason, r.transition_reason, r.launched_ms, r.changed_ms, r.key_name,
                 r.user_data, r.instance_profile_arn, r.instance_profile_id, r.root_volume_id,
                 r.client_token, r.disable_api_termination, r.disable_api_stop, r.shutdown_behavior,
                 r.ebs_optimized, r.monitoring, r.metadata_options, r.options);
  }
};

// Every column in the order of fields().
#define ENIBOX_INSTANCE_COLUMNS                                                                \
  "instance_id, region, reservation_id, launch_index, vpc_id, subnet_id, availability_zone, "  \
  "private_address, private_dns_name, primary_eni_id, instance_type, image_id, architecture, " \
  "state, state_reason_code, state_reason, transition_reason, launched_ms, changed_ms, "       \
  "key_name, user_data, instance_profile_arn, instance_profile_id, root_volume_id, "           \
  "client_token, disable_api_termination, disable_api_stop, shutdown_behavior, "               \
  "ebs_optimized, monitoring, metadata_options, options"

class InstanceRows {
 public:
  explicit InstanceRows(store::Database& db) : db_(db) {}
  void insert_reservation(const ReservationRow& row);
  std::optional<ReservationRow> find_reservation(const std::string& reservation_id);
  std::optional<ReservationRow> find_token(const std::string& region, const std::string& token);

  void insert(const InstanceRow& row);
  // The state and what users may modify.
  void update(const InstanceRow& row);
  void erase(const std::string& instance_id);
  std::optional<InstanceRow> find(const std::string& instance_id);
  std::vector<InstanceRow> list(const std::string& region);
  std::vector<InstanceRow> by_id(const std::string& region, const store::Stretch& stretch);
  std::vector<std::string> reservation_ids(const std::string& region,
                                           const store::Stretch& stretch);
  std::vector<InstanceRow> of_reservation(const std::string& reservation_id);
  std::vector<InstanceRow> of_vpc(const std::string& vpc_id);
  std::vector<InstanceRow> in_state(const std::string& state);
  std::vector<InstanceRow> terminated_before(std::int64_t unix_ms);

 private:
  store::Database& db_;
  store::Statement insert_reservation_{db_, "INSERT INTO ec2_reservation VALUES (?,?,?,?,?)"};
  store::Statement find_reservation_{
      db_,
      "SELECT reservation_id, region, client_token, request, requester_id FROM ec2_reservation "
      "WHERE reservation_id=?"};
  store::Statement find_token_{
      db_,
      "SELECT reservation_id, region, client_token, request, requester_id FROM ec2_reservation "
      "WHERE region=? AND client_token=?"};
  store::Statement insert_{db_,
                           "INSERT INTO ec2_instance VALUES "
                           "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"};
  store::Statement update_{
      db_,
      "UPDATE ec2_instance SET state=?2, state_reason_code=?3, state_reason=?4, "
      "transition_reason=?5, launched_ms=?6, changed_ms=?7, instance_type=?8, user_data=?9, "
      "instance_profile_arn=?10, instance_profile_id=?11, disable_api_termination=?12, "
      "disable_api_stop=?13, shutdown_behavior=?14, ebs_optimized=?15, monitoring=?16, "
      "metadata_options=?17, options=?18 WHERE instance_id=?1"};
  store::Statement erase_{db_, "DELETE FROM ec2_instance WHERE instance_id=?"};
  store::Statement find_{
      db_, "SELECT " ENIBOX_INSTANCE_COLUMNS " FROM ec2_instance WHERE instance_id=?"};
  store::Statement list_{db_, "SELECT " ENIBOX_INSTANCE_COLUMNS
                              " FROM ec2_instance WHERE region=? ORDER BY launched_ms, "
                              "reservation_id, launch_index"};
  store::Statement by_id_{db_, "SELECT " ENIBOX_INSTANCE_COLUMNS
                               " FROM ec2_instance WHERE region=? AND instance_id>? "
                               "ORDER BY instance_id LIMIT ?"};
  store::Statement reservation_ids_{db_,
                                    "SELECT reservation_id FROM ec2_reservation WHERE region=? "
                                    "AND reservation_id>? ORDER BY reservation_id LIMIT ?"};
  store::Statement of_reservation_{
      db_, "SELECT " ENIBOX_INSTANCE_COLUMNS
           " FROM ec2_instance WHERE reservation_id=? ORDER BY launch_index"};
  store::Statement of_vpc_{db_, "SELECT " ENIBOX_INSTANCE_COLUMNS
                                " FROM ec2_instance WHERE vpc_id=? ORDER BY launched_ms, "
                                "reservation_id, launch_index"};
  store::Statement in_state_{db_, "SELECT " ENIBOX_INSTANCE_COLUMNS
                                  " FROM ec2_instance WHERE state=? ORDER BY launched_ms, "
                                  "instance_id"};
  store::Statement terminated_before_{db_, "SELECT " ENIBOX_INSTANCE_COLUMNS
                                           " FROM ec2_instance WHERE state='terminated' "
                                           "AND changed_ms<? ORDER BY instance_id"};
};
#undef ENIBOX_INSTANCE_COLUMNS

}  // namespace enibox::ec2

#include "emulator/ec2/instance_rows.hpp"

namespace enibox::ec2 {

void InstanceRows::insert_reservation(const ReservationRow& row) {
  store::run_row(insert_reservation_, row);
}

std::optional<ReservationRow> InstanceRows::find_reservation(const std::string& reservation_id) {
  return store::read_one<ReservationRow>(find_reservation_.query(reservation_id));
}

std::optional<ReservationRow> InstanceRows::find_token(const std::string& region,
                                                       const std::string& token) {
  return store::read_one<ReservationRow>(find_token_.query(region, token));
}

void InstanceRows::insert(const InstanceRow& row) { store::run_row(insert_, row); }

void InstanceRows::update(const InstanceRow& row) {
  update_.run(row.instance_id, row.state, row.state_reason_code, row.state_reason,
              row.transition_reason, row.launched_ms, row.changed_ms, row.instance_type,
              row.user_data, row.instance_profile_arn, row.instance_profile_id,
              row.disable_api_termination, row.disable_api_stop, row.shutdown_behavior,
              row.ebs_optimized, row.monitoring, row.metadata_options, row.options);
}

void InstanceRows::erase(const std::string& instance_id) { erase_.run(instance_id); }

std::optional<InstanceRow> InstanceRows::find(const std::string& instance_id) {
  return store::read_one<InstanceRow>(find_.query(instance_id));
}

std::vector<InstanceRow> InstanceRows::list(const std::string& region) {
  return store::read_all<InstanceRow>(list_.query(region));
}

std::vector<InstanceRow> InstanceRows::by_id(const std::string& region,
                                             const store::Stretch& stretch) {
  return store::read_all<InstanceRow>(by_id_.query(region, stretch.after, stretch.most));
}

std::vector<std::string> InstanceRows::reservation_ids(const std::string& region,
                                                       const store::Stretch& stretch) {
  return store::read_texts(reservation_ids_.query(region, stretch.after, stretch.most));
}

std::vector<InstanceRow> InstanceRows::of_reservation(const std::string& reservation_id) {
  return store::read_all<InstanceRow>(of_reservation_.query(reservation_id));
}

std::vector<InstanceRow> InstanceRows::of_vpc(const std::string& vpc_id) {
  return store::read_all<InstanceRow>(of_vpc_.query(vpc_id));
}

std::vector<InstanceRow> InstanceRows::in_state(const std::string& state) {
  return store::read_all<InstanceRow>(in_state_.query(state));
}

std::vector<InstanceRow> InstanceRows::terminated_before(std::int64_t unix_ms) {
  return store::read_all<InstanceRow>(terminated_before_.query(unix_ms));
}

}  // namespace enibox::ec2

#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"

// The rows of DHCP options and flow logs. Errors: StoreError. Loop thread only.
namespace enibox::ec2 {

struct DhcpOptionsRow {
  std::string dhcp_options_id, region;
  std::string configurations;  // JSON: DhcpConfigurationList
  bool is_default = false;
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.dhcp_options_id, r.region, r.configurations, r.is_default, r.created_ms);
  }
};

class DhcpOptionsRows {
 public:
  explicit DhcpOptionsRows(store::Database& db) : db_(db) {}
  void insert(const DhcpOptionsRow& row) { store::run_row(insert_, row); }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<DhcpOptionsRow> find(const std::string& id) {
    return store::read_one<DhcpOptionsRow>(find_.query(id));
  }
  std::optional<DhcpOptionsRow> default_of(const std::string& region) {
    return store::read_one<DhcpOptionsRow>(default_of_.query(region));
  }
  std::vector<DhcpOptionsRow> list(const std::string& region) {
    return store::read_all<DhcpOptionsRow>(list_.query(region));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_dhcp_options VALUES (?,?,?,?,?)"};
  store::Statement erase_{db_, "DELETE FROM ec2_dhcp_options WHERE dhcp_options_id=?"};
  store::Statement find_{db_,
                         "SELECT dhcp_options_id, region, configurations, is_default, created_ms "
                         "FROM ec2_dhcp_options WHERE dhcp_options_id=?"};
  store::Statement default_of_{
      db_,
      "SELECT dhcp_options_id, region, configurations, is_default, created_ms "
      "FROM ec2_dhcp_options WHERE region=? AND is_default=1"};
  store::Statement list_{db_,
                         "SELECT dhcp_options_id, region, configurations, is_default, created_ms "
                         "FROM ec2_dhcp_options WHERE region=? ORDER BY created_ms, "
                         "dhcp_options_id"};
};

struct FlowLogRow {
  std::string flow_log_id, region, resource_id, traffic_type;
  std::string destination_type = "cloud-watch-logs", destination, log_group_name, permission_arn;
  std::string format;
  int interval_s = 600;
  std::int64_t created_ms = 0;
  std::string cross_account_role, destination_options;  // the latter JSON, for S3
  static auto fields(auto& r, auto&& visit) {
    return visit(r.flow_log_id, r.region, r.resource_id, r.traffic_type, r.destination_type,
                 r.destination, r.log_group_name, r.permission_arn, r.format, r.interval_s,
                 r.created_ms, r.cross_account_role, r.destination_options);
  }
};

#define ENIBOX_FLOW_LOG_COLUMNS                                                          \
  "flow_log_id, region, resource_id, traffic_type, destination_type, destination, "      \
  "log_group_name, permission_arn, format, interval_s, created_ms, cross_account_role, " \
  "destination_options"

class FlowLogRows {
 public:
  explicit FlowLogRows(store::Database& db) : db_(db) {}
  void insert(const FlowLogRow& row) { store::run_row(insert_, row); }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<FlowLogRow> find(const std::string& id) {
    return store::read_one<FlowLogRow>(find_.query(id));
  }
  std::vector<FlowLogRow> list(const std::string& region) {
    return store::read_all<FlowLogRow>(list_.query(region));
  }
  std::vector<FlowLogRow> all() { return store::read_all<FlowLogRow>(all_.query()); }
  std::vector<FlowLogRow> of_resource(const std::string& resource_id) {
    return store::read_all<FlowLogRow>(of_resource_.query(resource_id));
  }

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ec2_flow_log (" ENIBOX_FLOW_LOG_COLUMNS
                                ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"};
  store::Statement erase_{db_, "DELETE FROM ec2_flow_log WHERE flow_log_id=?"};
  store::Statement find_{
      db_, "SELECT " ENIBOX_FLOW_LOG_COLUMNS " FROM ec2_flow_log WHERE flow_log_id=?"};
  store::Statement list_{db_, "SELECT " ENIBOX_FLOW_LOG_COLUMNS
                              " FROM ec2_flow_log WHERE region=? ORDER BY created_ms, flow_log_id"};
  store::Statement all_{
      db_, "SELECT " ENIBOX_FLOW_LOG_COLUMNS " FROM ec2_flow_log ORDER BY created_ms, flow_log_id"};
  store::Statement of_resource_{
      db_, "SELECT " ENIBOX_FLOW_LOG_COLUMNS
           " FROM ec2_flow_log WHERE resource_id=? ORDER BY created_ms, flow_log_id"};
};

#undef ENIBOX_FLOW_LOG_COLUMNS

}  // namespace enibox::ec2

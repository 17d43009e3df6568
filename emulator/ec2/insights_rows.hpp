#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/row.hpp"

// The rows of Reachability Analyzer. Errors: StoreError. Loop thread only.
namespace enibox::ec2 {

struct InsightsPathRow {
  std::string path_id, region;
  std::string source, destination;        // ids; the destination may be an address only
  std::string source_ip, destination_ip;  // may be empty
  std::string protocol;                   // "tcp", "udp"
  std::optional<int> destination_port;
  std::string filter_at_source, filter_at_destination;  // JSON: PathFilter; may be empty
  std::int64_t created_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.path_id, r.region, r.source, r.destination, r.source_ip, r.destination_ip,
                 r.protocol, r.destination_port, r.filter_at_source, r.filter_at_destination,
                 r.created_ms);
  }
};

#define ENIBOX_INSIGHTS_PATH_COLUMNS                                            \
  "path_id, region, source, destination, source_ip, destination_ip, protocol, " \
  "destination_port, filter_at_source, filter_at_destination, created_ms"

class InsightsPathRows {
 public:
  explicit InsightsPathRows(store::Database& db) : db_(db) {}
  void insert(const InsightsPathRow& row) { store::run_row(insert_, row); }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<InsightsPathRow> find(const std::string& id) {
    return store::read_one<InsightsPathRow>(find_.query(id));
  }
  std::vector<InsightsPathRow> list(const std::string& region) {
    return store::read_all<InsightsPathRow>(list_.query(region));
  }
  std::int64_t count(const std::string& region) { return store::read_count(count_.query(region)); }

 private:
  store::Database& db_;
  store::Statement insert_{db_,
                           "INSERT INTO ec2_network_insights_path (" ENIBOX_INSIGHTS_PATH_COLUMNS
                           ") VALUES (?,?,?,?,?,?,?,?,?,?,?)"};
  store::Statement erase_{db_, "DELETE FROM ec2_network_insights_path WHERE path_id=?"};
  store::Statement find_{db_, "SELECT " ENIBOX_INSIGHTS_PATH_COLUMNS
                              " FROM ec2_network_insights_path WHERE path_id=?"};
  store::Statement list_{db_, "SELECT " ENIBOX_INSIGHTS_PATH_COLUMNS
                              " FROM ec2_network_insights_path WHERE region=? "
                              "ORDER BY created_ms, path_id"};
  store::Statement count_{db_, "SELECT count(*) FROM ec2_network_insights_path WHERE region=?"};
};

#undef ENIBOX_INSIGHTS_PATH_COLUMNS

struct InsightsAnalysisRow {
  std::string analysis_id, region, path_id;
  std::int64_t started_ms = 0;
  std::string result;  // JSON: what NetworkInsightsAnalysis has beside these and the tags
  static auto fields(auto& r, auto&& visit) {
    return visit(r.analysis_id, r.region, r.path_id, r.started_ms, r.result);
  }
};

class InsightsAnalysisRows {
 public:
  explicit InsightsAnalysisRows(store::Database& db) : db_(db) {}
  void insert(const InsightsAnalysisRow& row) { store::run_row(insert_, row); }
  void erase(const std::string& id) { erase_.run(id); }
  std::optional<InsightsAnalysisRow> find(const std::string& id) {
    return store::read_one<InsightsAnalysisRow>(find_.query(id));
  }
  std::vector<InsightsAnalysisRow> list(const std::string& region) {
    return store::read_all<InsightsAnalysisRow>(list_.query(region));
  }
  std::vector<InsightsAnalysisRow> of_path(const std::string& path_id) {
    return store::read_all<InsightsAnalysisRow>(of_path_.query(path_id));
  }
  std::int64_t count(const std::string& region) { return store::read_count(count_.query(region)); }

 private:
  store::Database& db_;
  store::Statement insert_{db_,
                           "INSERT INTO ec2_network_insights_analysis (analysis_id, region, "
                           "path_id, started_ms, result) VALUES (?,?,?,?,?)"};
  store::Statement erase_{db_, "DELETE FROM ec2_network_insights_analysis WHERE analysis_id=?"};
  store::Statement find_{db_,
                         "SELECT analysis_id, region, path_id, started_ms, result "
                         "FROM ec2_network_insights_analysis WHERE analysis_id=?"};
  store::Statement list_{db_,
                         "SELECT analysis_id, region, path_id, started_ms, result "
                         "FROM ec2_network_insights_analysis WHERE region=? "
                         "ORDER BY started_ms, analysis_id"};
  store::Statement of_path_{db_,
                            "SELECT analysis_id, region, path_id, started_ms, result "
                            "FROM ec2_network_insights_analysis WHERE path_id=? "
                            "ORDER BY started_ms, analysis_id"};
  store::Statement count_{db_, "SELECT count(*) FROM ec2_network_insights_analysis WHERE region=?"};
};

}  // namespace enibox::ec2

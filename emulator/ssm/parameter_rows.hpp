#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "emulator/store/row.hpp"
#include "emulator/tagging/tagged_resource.hpp"

// The rows of SSM parameters: one a version; the highest is the parameter. Errors: StoreError. Loop
// thread only.
namespace enibox::ssm {

struct ParameterRow {
  std::string region, name;
  std::int64_t version = 1;
  std::string type, value, description, allowed_pattern;
  std::string data_type = "text", tier = "Standard", key_id;
  std::int64_t modified_ms = 0;
  static auto fields(auto& r, auto&& visit) {
    return visit(r.region, r.name, r.version, r.type, r.value, r.description, r.allowed_pattern,
                 r.data_type, r.tier, r.key_id, r.modified_ms);
  }
};

using Tags = std::vector<std::pair<std::string, std::string>>;

class ParameterRows {
 public:
  explicit ParameterRows(store::Database& db) : db_(db) {}
  void insert(const ParameterRow& row);
  int erase(const std::string& region, const std::string& name);  // how many versions went
  void erase_version(const std::string& region, const std::string& name, std::int64_t version);
  std::optional<ParameterRow> latest(const std::string& region, const std::string& name);
  std::optional<ParameterRow> version(const std::string& region, const std::string& name,
                                      std::int64_t version);
  std::vector<ParameterRow> history(const std::string& region, const std::string& name);
  // The latest of each whose name begins with `prefix`, by name.
  std::vector<ParameterRow> list(const std::string& region, const std::string& prefix);

  std::optional<std::int64_t> labelled(const std::string& region, const std::string& name,
                                       const std::string& label);
  void put_label(const std::string& region, const std::string& name, const std::string& label,
                 std::int64_t version);
  int erase_label(const std::string& region, const std::string& name, const std::string& label);
  std::vector<std::string> labels(const std::string& region, const std::string& name,
                                  std::int64_t version);

  Tags tags(const std::string& region, const std::string& name);
  // Of all parameters, ordered by the parameter's name.
  std::vector<NamedTag> all_tags(const std::string& region);
  void put_tag(const std::string& region, const std::string& name, const std::string& key,
               const std::string& value);
  void erase_tag(const std::string& region, const std::string& name, const std::string& key);

 private:
  store::Database& db_;
  store::Statement insert_{db_, "INSERT INTO ssm_parameter VALUES (?,?,?,?,?,?,?,?,?,?,?)"};
  store::Statement erase_{db_, "DELETE FROM ssm_parameter WHERE region=? AND name=?"};
  store::Statement erase_tags_{db_, "DELETE FROM ssm_parameter_tag WHERE region=? AND name=?"};
  store::Statement erase_version_{
      db_, "DELETE FROM ssm_parameter WHERE region=? AND name=? AND version=?"};
  store::Statement history_{
      db_,
      "SELECT region, name, version, type, value, description, allowed_pattern, data_type, tier, "
      "key_id, modified_ms FROM ssm_parameter WHERE region=? AND name=? ORDER BY version"};
  store::Statement latest_{
      db_,
      "SELECT region, name, version, type, value, description, allowed_pattern, data_type, tier, "
      "key_id, modified_ms FROM ssm_parameter WHERE region=? AND name=? "
      "ORDER BY version DESC LIMIT 1"};
  store::Statement version_{
      db_,
      "SELECT region, name, version, type, value, description, allowed_pattern, data_type, tier, "
      "key_id, modified_ms FROM ssm_parameter WHERE region=? AND name=? AND version=?"};
  store::Statement list_{
      db_,
      "SELECT region, name, max(version), type, value, description, allowed_pattern, data_type, "
      "tier, key_id, modified_ms FROM ssm_parameter "
      "WHERE region=?1 AND name>=?2 AND substr(name, 1, length(?2))=?2 GROUP BY name ORDER BY "
      "name"};
  store::Statement labelled_{
      db_, "SELECT version FROM ssm_parameter_label WHERE region=? AND name=? AND label=?"};
  store::Statement put_label_{
      db_,
      "INSERT OR REPLACE INTO ssm_parameter_label (region, name, label, version) VALUES (?,?,?,?)"};
  store::Statement erase_label_{
      db_, "DELETE FROM ssm_parameter_label WHERE region=? AND name=? AND label=?"};
  store::Statement labels_{
      db_,
      "SELECT label FROM ssm_parameter_label WHERE region=? AND name=? AND version=? "
      "ORDER BY label"};
  store::Statement tags_{
      db_, "SELECT key, value FROM ssm_parameter_tag WHERE region=? AND name=? ORDER BY key"};
  store::Statement all_tags_{
      db_, "SELECT name, key, value FROM ssm_parameter_tag WHERE region=? ORDER BY name, key"};
  store::Statement put_tag_{db_, "INSERT OR REPLACE INTO ssm_parameter_tag VALUES (?,?,?,?)"};
  store::Statement erase_tag_{db_,
                              "DELETE FROM ssm_parameter_tag WHERE region=? AND name=? AND key=?"};
};

}  // namespace enibox::ssm

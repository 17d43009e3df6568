#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "emulator/store/database.hpp"

// The rows of Session Manager sessions. Loop thread only; StoreError.
namespace enibox::ssm {

struct SessionRow {
  std::string session_id, region, target;
  std::string status;  // "Connecting", "Connected", "Disconnected", "Terminated", "Failed"
  std::string document_name, owner, reason;
  std::string details;  // why it ended
  std::int64_t start_ms = 0;
  std::optional<std::int64_t> end_ms;

  bool is_active() const { return !end_ms; }
};

class SessionRows {
 public:
  explicit SessionRows(store::Database& db);

  void insert(const SessionRow& row);
  void set_status(const std::string& session_id, const std::string& status);
  void end(const std::string& session_id, const std::string& status, const std::string& details,
           std::int64_t now_ms);
  // A daemon that starts has no process of an earlier one.
  void end_all_active(const std::string& details, std::int64_t now_ms);

  std::optional<SessionRow> find(const std::string& region, const std::string& session_id);
  // Newest first; all of the active or all of the ended ones.
  std::vector<SessionRow> list(const std::string& region, bool active);

 private:
  store::Statement insert_, set_status_, end_, end_all_, prune_, find_, list_;
};

}  // namespace enibox::ssm

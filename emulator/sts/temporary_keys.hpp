#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "emulator/clock.hpp"
#include "emulator/store/row.hpp"

// Short-lived credentials: made for whoever may have them, found again by their access key id.
// Loop thread only.
namespace enibox::sts {

struct TemporaryKey {
  std::string access_key_id, secret_access_key, session_token;
  std::int64_t expires_ms = 0;
  std::string arn, user_id;  // who has them
  static auto fields(auto& r, auto&& visit) {
    return visit(r.access_key_id, r.secret_access_key, r.session_token, r.expires_ms, r.arn,
                 r.user_id);
  }
};

class TemporaryKeys {
 public:
  TemporaryKeys(store::Database& db, const Clock& clock) : db_(db), clock_(clock) {}

  TemporaryKey issue(std::int64_t seconds, std::string arn, std::string user_id);
  // Also one that has expired, for a while.
  std::optional<TemporaryKey> find(const std::string& access_key_id);
  // Forgets what expired a day ago. For a timer.
  void sweep();

 private:
  store::Database& db_;
  const Clock& clock_;
  store::Statement insert_{db_,
                           "INSERT INTO sts_key (access_key_id, secret_access_key, session_token, "
                           "expires_ms, arn, user_id) VALUES (?,?,?,?,?,?)"};
  store::Statement find_{db_,
                         "SELECT access_key_id, secret_access_key, session_token, expires_ms, arn, "
                         "user_id FROM sts_key WHERE access_key_id=?"};
  store::Statement erase_{db_, "DELETE FROM sts_key WHERE expires_ms<?"};
};

}  // namespace enibox::sts

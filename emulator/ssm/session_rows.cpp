#include "emulator/ssm/session_rows.hpp"

namespace enibox::ssm {
namespace {

SessionRow read(const store::Query& row) {
  return {.session_id = row.text(0),
          .region = row.text(1),
          .target = row.text(2),
          .status = row.text(3),
          .document_name = row.text(4),
          .owner = row.text(5),
          .reason = row.text(6),
          .details = row.text(7),
          .start_ms = row.integer(8),
          .end_ms = row.maybe_integer(9)};
}

}  // namespace

SessionRows::SessionRows(store::Database& db)
    : insert_(db,
              "INSERT INTO sessions (session_id, region, target, status, document_name, owner,"
              " reason, details, start_ms, end_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      set_status_(db, "UPDATE sessions SET status = ? WHERE session_id = ? AND end_ms IS NULL"),
      end_(db,
           "UPDATE sessions SET status = ?, details = ?, end_ms = ?"
           " WHERE session_id = ? AND end_ms IS NULL"),
      end_all_(db,
               "UPDATE sessions SET status = 'Terminated', details = ?, end_ms = ?"
               " WHERE end_ms IS NULL"),
      // AWS keeps 30 days; a bound is enough here.
      prune_(db,
             "DELETE FROM sessions WHERE end_ms IS NOT NULL AND session_id NOT IN"
             " (SELECT session_id FROM sessions ORDER BY start_ms DESC LIMIT 10000)"),
      find_(db,
            "SELECT session_id, region, target, status, document_name, owner, reason, details,"
            " start_ms, end_ms FROM sessions WHERE region = ? AND session_id = ?"),
      list_(db,
            "SELECT session_id, region, target, status, document_name, owner, reason, details,"
            " start_ms, end_ms FROM sessions WHERE region = ? AND (end_ms IS NULL) = ?"
            " ORDER BY start_ms DESC, session_id DESC") {}

void SessionRows::insert(const SessionRow& row) {
  insert_.run(row.session_id, row.region, row.target, row.status, row.document_name, row.owner,
              row.reason, row.details, row.start_ms, row.end_ms);
}

void SessionRows::set_status(const std::string& session_id, const std::string& status) {
  set_status_.run(status, session_id);
}

void SessionRows::end(const std::string& session_id, const std::string& status,
                      const std::string& details, std::int64_t now_ms) {
  end_.run(status, details, now_ms, session_id);
}

void SessionRows::end_all_active(const std::string& details, std::int64_t now_ms) {
  end_all_.run(details, now_ms);
  prune_.run();
}

std::optional<SessionRow> SessionRows::find(const std::string& region,
                                            const std::string& session_id) {
  auto rows = find_.query(region, session_id);
  if (!rows.next()) return std::nullopt;
  return read(rows);
}

std::vector<SessionRow> SessionRows::list(const std::string& region, bool active) {
  std::vector<SessionRow> sessions;
  auto rows = list_.query(region, active);
  while (rows.next()) sessions.push_back(read(rows));
  return sessions;
}

}  // namespace enibox::ssm

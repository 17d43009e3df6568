-- Session Manager sessions: what DescribeSessions shows. Whether a process runs is not here: a
-- session lives in the daemon that started it, and its row is closed when that daemon is gone.
CREATE TABLE sessions (
  session_id     TEXT    NOT NULL PRIMARY KEY,
  region         TEXT    NOT NULL,
  target         TEXT    NOT NULL,
  status         TEXT    NOT NULL CHECK (status IN ('Connected', 'Connecting', 'Disconnected',
                                                    'Terminated', 'Terminating', 'Failed')),
  document_name  TEXT    NOT NULL,
  owner          TEXT    NOT NULL,
  reason         TEXT    NOT NULL,
  details        TEXT    NOT NULL,
  start_ms       INTEGER NOT NULL,
  end_ms         INTEGER            -- NULL while it is active
) STRICT;
CREATE INDEX sessions_by_start ON sessions (region, start_ms DESC, session_id);

-- SSM parameters, CloudWatch Logs, IAM. Times are Unix milliseconds.

CREATE TABLE ssm_parameter (
  region          TEXT NOT NULL,
  name            TEXT NOT NULL,
  version         INTEGER NOT NULL,
  type            TEXT NOT NULL,
  value           TEXT NOT NULL,
  description     TEXT NOT NULL,
  allowed_pattern TEXT NOT NULL,
  data_type       TEXT NOT NULL,
  tier            TEXT NOT NULL,
  key_id          TEXT NOT NULL,
  modified_ms     INTEGER NOT NULL,
  PRIMARY KEY (region, name, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE ssm_parameter_label (
  region  TEXT NOT NULL,
  name    TEXT NOT NULL,
  label   TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (region, name, label),
  FOREIGN KEY (region, name, version) REFERENCES ssm_parameter ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE ssm_parameter_tag (
  region TEXT NOT NULL,
  name   TEXT NOT NULL,
  key    TEXT NOT NULL,
  value  TEXT NOT NULL,
  PRIMARY KEY (region, name, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE logs_group (
  group_id       INTEGER PRIMARY KEY,
  region         TEXT NOT NULL,
  name           TEXT NOT NULL,
  retention_days INTEGER,
  class          TEXT NOT NULL,
  kms_key_id     TEXT NOT NULL,
  created_ms     INTEGER NOT NULL,
  UNIQUE (region, name)
) STRICT;

CREATE TABLE logs_group_tag (
  group_id INTEGER NOT NULL REFERENCES logs_group ON DELETE CASCADE,
  key      TEXT NOT NULL,
  value    TEXT NOT NULL,
  PRIMARY KEY (group_id, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE logs_stream (
  stream_id      INTEGER PRIMARY KEY,
  group_id       INTEGER NOT NULL REFERENCES logs_group ON DELETE CASCADE,
  name           TEXT NOT NULL,
  created_ms     INTEGER NOT NULL,
  first_event_ms INTEGER,
  last_event_ms  INTEGER,
  ingested_ms    INTEGER,
  UNIQUE (group_id, name)
) STRICT;

CREATE TABLE logs_event (
  event_id     INTEGER PRIMARY KEY,      -- in the order they came
  stream_id    INTEGER NOT NULL REFERENCES logs_stream ON DELETE CASCADE,
  timestamp_ms INTEGER NOT NULL,
  ingested_ms  INTEGER NOT NULL,
  message      TEXT NOT NULL
) STRICT;
CREATE INDEX logs_event_time ON logs_event (stream_id, timestamp_ms, event_id);

CREATE TABLE iam_role (
  role_id              TEXT NOT NULL UNIQUE,
  name                 TEXT PRIMARY KEY,
  path                 TEXT NOT NULL,
  trust_policy         TEXT NOT NULL,
  description          TEXT NOT NULL,
  max_session_s        INTEGER NOT NULL,
  permissions_boundary TEXT NOT NULL,
  created_ms           INTEGER NOT NULL
) STRICT;

CREATE TABLE iam_role_policy (
  role_name TEXT NOT NULL REFERENCES iam_role ON DELETE CASCADE,
  name      TEXT NOT NULL,
  document  TEXT NOT NULL,
  PRIMARY KEY (role_name, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE iam_attached_policy (
  role_name  TEXT NOT NULL REFERENCES iam_role ON DELETE CASCADE,
  policy_arn TEXT NOT NULL,
  PRIMARY KEY (role_name, policy_arn)
) STRICT, WITHOUT ROWID;

CREATE TABLE iam_policy (
  arn             TEXT PRIMARY KEY,
  policy_id       TEXT NOT NULL UNIQUE,
  name            TEXT NOT NULL UNIQUE,
  path            TEXT NOT NULL,
  description     TEXT NOT NULL,
  default_version INTEGER NOT NULL,
  latest_version  INTEGER NOT NULL,
  created_ms      INTEGER NOT NULL,
  updated_ms      INTEGER NOT NULL
) STRICT;

CREATE TABLE iam_policy_version (
  policy_arn TEXT NOT NULL REFERENCES iam_policy ON DELETE CASCADE,
  version    INTEGER NOT NULL,
  document   TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (policy_arn, version)
) STRICT;

CREATE TABLE iam_instance_profile (
  profile_id TEXT NOT NULL UNIQUE,
  name       TEXT PRIMARY KEY,
  path       TEXT NOT NULL,
  role_name  TEXT REFERENCES iam_role,
  created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE iam_tag (
  owner TEXT NOT NULL,                    -- "role/NAME", "instance-profile/NAME", a policy's ARN
  key   TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;

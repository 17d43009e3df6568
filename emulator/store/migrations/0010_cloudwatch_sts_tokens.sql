-- CloudWatch metrics (their times are Unix seconds: CloudWatch knows no shorter ones), keys of STS, client
-- tokens of EC2, indexes for many tasks.

CREATE TABLE cloudwatch_metric (
  metric_id  INTEGER PRIMARY KEY,
  region     TEXT NOT NULL,
  namespace  TEXT NOT NULL,
  name       TEXT NOT NULL,
  dimensions TEXT NOT NULL,  -- a JSON object, so sorted by name
  last_put_s INTEGER NOT NULL,
  UNIQUE (region, namespace, name, dimensions)
) STRICT;

-- What was put in one second or minute: equal values share a row, a statistic set has one of its own.
CREATE TABLE cloudwatch_point (
  metric_id    INTEGER NOT NULL REFERENCES cloudwatch_metric ON DELETE CASCADE,
  time_s       INTEGER NOT NULL,
  unit         TEXT NOT NULL,
  minimum      REAL NOT NULL,
  maximum      REAL NOT NULL,
  sample_count REAL NOT NULL,
  sum          REAL NOT NULL,
  PRIMARY KEY (metric_id, time_s, unit, minimum, maximum)
) STRICT, WITHOUT ROWID;

CREATE INDEX cloudwatch_point_by_time ON cloudwatch_point (time_s);

-- Credentials that STS handed out, for as long as they are good.
CREATE TABLE sts_key (
  access_key_id     TEXT PRIMARY KEY,
  secret_access_key TEXT NOT NULL,
  session_token     TEXT NOT NULL,
  expires_ms        INTEGER NOT NULL,
  arn               TEXT NOT NULL,  -- who has them
  user_id           TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- EC2's requests with a ClientToken, for a day.
CREATE TABLE ec2_client_token (
  region     TEXT NOT NULL,
  operation  TEXT NOT NULL,
  token      TEXT NOT NULL,
  request    TEXT NOT NULL,
  answer     TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (region, operation, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX ec2_client_token_by_time ON ec2_client_token (created_ms);

-- What runs on an instance is asked for at every placement, and what is not finished at every turn
-- of the reconciler: the stopped tasks are not in the way.
DROP INDEX ecs_tasks_instance;
CREATE INDEX ecs_tasks_on_instance ON ecs_tasks (container_instance_id, sequence)
  WHERE last_status <> 'STOPPED';
DROP INDEX ecs_tasks_unfinished;
CREATE INDEX ecs_tasks_unfinished ON ecs_tasks (sequence) WHERE last_status <> 'STOPPED';

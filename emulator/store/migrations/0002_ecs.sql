-- Amazon ECS: clusters, task definitions, container instances, tasks and their containers.
-- Times are Unix milliseconds; 0 means "not yet". *_json columns hold values of the API's own shapes.

CREATE TABLE ecs_clusters (
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,               -- ACTIVE, INACTIVE
  settings_json TEXT NOT NULL,
  configuration_json TEXT NOT NULL,
  capacity_providers_json TEXT NOT NULL,
  default_strategy_json TEXT NOT NULL,
  service_connect_json TEXT NOT NULL,
  PRIMARY KEY (region, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE ecs_task_definitions (
  region TEXT NOT NULL,
  family TEXT NOT NULL,
  revision INTEGER NOT NULL,
  status TEXT NOT NULL,               -- ACTIVE, INACTIVE, DELETE_IN_PROGRESS
  definition_json TEXT NOT NULL,      -- the TaskDefinition shape as it was registered, defaults filled in
  PRIMARY KEY (region, family, revision)
) STRICT, WITHOUT ROWID;

-- The highest revision ever given in a family: a number is never given twice.
CREATE TABLE ecs_families (
  region TEXT NOT NULL,
  family TEXT NOT NULL,
  last_revision INTEGER NOT NULL,
  PRIMARY KEY (region, family)
) STRICT, WITHOUT ROWID;

CREATE TABLE ecs_tags (
  arn TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (arn, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE ecs_container_instances (
  id TEXT PRIMARY KEY,                -- 32 hex
  region TEXT NOT NULL,
  cluster TEXT NOT NULL,
  ec2_instance_id TEXT NOT NULL,
  status TEXT NOT NULL,               -- ACTIVE, DRAINING, INACTIVE
  agent_connected INTEGER NOT NULL,
  registered_ms INTEGER NOT NULL,
  version INTEGER NOT NULL,
  cpu INTEGER NOT NULL,               -- registered, in CPU units
  memory INTEGER NOT NULL,            -- registered, in MiB
  max_enis INTEGER NOT NULL,
  availability_zone TEXT NOT NULL,
  vpc_id TEXT NOT NULL,
  attributes_json TEXT NOT NULL,
  last_bridge_host INTEGER NOT NULL   -- the last host number given out of 169.254.172.0/22
) STRICT, WITHOUT ROWID;
CREATE INDEX ecs_container_instances_cluster ON ecs_container_instances (region, cluster, status);
CREATE UNIQUE INDEX ecs_container_instances_ec2 ON ecs_container_instances (ec2_instance_id)
  WHERE status <> 'INACTIVE';

CREATE TABLE ecs_tasks (
  id TEXT PRIMARY KEY,                -- 32 hex
  sequence INTEGER NOT NULL UNIQUE,   -- order of creation
  region TEXT NOT NULL,
  cluster TEXT NOT NULL,
  family TEXT NOT NULL,
  revision INTEGER NOT NULL,
  container_instance_id TEXT NOT NULL,
  ec2_instance_id TEXT NOT NULL,
  availability_zone TEXT NOT NULL,
  launch_type TEXT NOT NULL,
  task_group TEXT NOT NULL,
  started_by TEXT NOT NULL,
  enable_execute_command INTEGER NOT NULL,
  cpu TEXT NOT NULL,                  -- task level, as answered; empty: none
  memory TEXT NOT NULL,
  reserved_cpu INTEGER NOT NULL,      -- what placement takes off the instance
  reserved_memory INTEGER NOT NULL,
  overrides_json TEXT NOT NULL,
  client_token TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  last_status TEXT NOT NULL,
  desired_status TEXT NOT NULL,
  version INTEGER NOT NULL,           -- API: one more a state change; also the row's revision for jobs
  created_ms INTEGER NOT NULL,
  connectivity_ms INTEGER NOT NULL,
  pull_started_ms INTEGER NOT NULL,
  pull_stopped_ms INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  stopping_ms INTEGER NOT NULL,
  execution_stopped_ms INTEGER NOT NULL,
  stopped_ms INTEGER NOT NULL,
  stop_code TEXT NOT NULL,
  stopped_reason TEXT NOT NULL,
  -- awsvpc: the one attachment; empty ids when the network mode is another
  attachment_id TEXT NOT NULL,
  attachment_status TEXT NOT NULL,
  subnet_id TEXT NOT NULL,
  eni_id TEXT NOT NULL,
  mac TEXT NOT NULL,
  private_dns_name TEXT NOT NULL,
  address TEXT NOT NULL,
  bridge_address TEXT NOT NULL,       -- 169.254.172.N of ecs-eth0
  pause_docker_id TEXT NOT NULL,
  pause_docker_name TEXT NOT NULL,
  pause_pid INTEGER NOT NULL          -- in the instance's pid namespace
) STRICT;
CREATE INDEX ecs_tasks_cluster ON ecs_tasks (region, cluster, desired_status, sequence);
CREATE INDEX ecs_tasks_instance ON ecs_tasks (container_instance_id, last_status);
CREATE INDEX ecs_tasks_ec2_instance ON ecs_tasks (ec2_instance_id, sequence);
CREATE INDEX ecs_tasks_unfinished ON ecs_tasks (last_status) WHERE last_status <> 'STOPPED';
CREATE INDEX ecs_tasks_token ON ecs_tasks (region, cluster, client_token) WHERE client_token <> '';

CREATE TABLE ecs_containers (
  task_id TEXT NOT NULL REFERENCES ecs_tasks (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  arn_id TEXT NOT NULL,               -- UUID of the container's ARN
  image TEXT NOT NULL,
  image_digest TEXT NOT NULL,
  image_id TEXT NOT NULL,
  essential INTEGER NOT NULL,
  cpu INTEGER NOT NULL,
  memory INTEGER NOT NULL,
  memory_reservation INTEGER NOT NULL,
  docker_id TEXT NOT NULL,            -- 64 hex
  docker_name TEXT NOT NULL,
  pid_in_host INTEGER NOT NULL,
  last_status TEXT NOT NULL,          -- PENDING, RUNNING, STOPPED
  has_exit_code INTEGER NOT NULL,
  exit_code INTEGER NOT NULL,
  reason TEXT NOT NULL,
  argv_json TEXT NOT NULL,
  stop_signal INTEGER NOT NULL,
  health TEXT NOT NULL,               -- UNKNOWN, HEALTHY, UNHEALTHY
  created_ms INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  finished_ms INTEGER NOT NULL,
  PRIMARY KEY (task_id, name)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ecs_containers_docker ON ecs_containers (docker_id);

CREATE TABLE ecs_account_settings (
  region TEXT NOT NULL,
  principal_arn TEXT NOT NULL,        -- empty: the account's default
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (region, principal_arn, name)
) STRICT, WITHOUT ROWID;

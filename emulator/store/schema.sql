-- What migrations/ make, in one step, for new databases. Written by
--   UPDATE_GOLDEN=1 build/unit_tests --gtest_filter='Schema.*'
CREATE TABLE cloudwatch_metric (
  metric_id  INTEGER PRIMARY KEY,
  region     TEXT NOT NULL,
  namespace  TEXT NOT NULL,
  name       TEXT NOT NULL,
  dimensions TEXT NOT NULL,  -- a JSON object, so sorted by name
  last_put_s INTEGER NOT NULL,
  UNIQUE (region, namespace, name, dimensions)
) STRICT;
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
CREATE TABLE ec2_address (
  allocation_id        TEXT PRIMARY KEY,
  region               TEXT NOT NULL,
  public_ip            TEXT NOT NULL UNIQUE,
  network_border_group TEXT NOT NULL,
  association_id       TEXT NOT NULL,    -- empty: not associated
  eni_id               TEXT NOT NULL,
  private_address      TEXT NOT NULL,
  created_ms           INTEGER NOT NULL
, ptr_record TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE ec2_client_token (
  region     TEXT NOT NULL,
  operation  TEXT NOT NULL,
  token      TEXT NOT NULL,
  request    TEXT NOT NULL,
  answer     TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY (region, operation, token)
) STRICT, WITHOUT ROWID;
CREATE TABLE ec2_dhcp_options (
  dhcp_options_id TEXT PRIMARY KEY,
  region          TEXT NOT NULL,
  configurations  TEXT NOT NULL,         -- JSON: DhcpConfigurationList
  is_default      INTEGER NOT NULL,
  created_ms      INTEGER NOT NULL
) STRICT;
CREATE TABLE ec2_flow_log (
  flow_log_id      TEXT PRIMARY KEY,
  region           TEXT NOT NULL,
  resource_id      TEXT NOT NULL,
  traffic_type     TEXT NOT NULL,
  destination_type TEXT NOT NULL,
  destination      TEXT NOT NULL,
  log_group_name   TEXT NOT NULL,
  permission_arn   TEXT NOT NULL,
  format           TEXT NOT NULL,
  interval_s       INTEGER NOT NULL,
  created_ms       INTEGER NOT NULL
, cross_account_role TEXT NOT NULL DEFAULT '', destination_options TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE ec2_image (
  image_id      TEXT PRIMARY KEY,
  region        TEXT NOT NULL,
  name          TEXT NOT NULL,
  description   TEXT NOT NULL,
  base_image_id TEXT NOT NULL,             -- the one of EC2's own it boots
  mappings      TEXT NOT NULL,             -- JSON: BlockDeviceMappings
  instance_id   TEXT NOT NULL,             -- it was made of; empty: registered or copied
  is_public     INTEGER NOT NULL,
  created_ms    INTEGER NOT NULL,
  UNIQUE (region, name)
) STRICT;
CREATE TABLE ec2_instance (
  instance_id             TEXT PRIMARY KEY,
  region                  TEXT NOT NULL,
  reservation_id          TEXT NOT NULL REFERENCES ec2_reservation,
  launch_index            INTEGER NOT NULL,
  vpc_id                  TEXT NOT NULL,
  subnet_id               TEXT NOT NULL,
  availability_zone       TEXT NOT NULL,
  private_address         TEXT NOT NULL,
  private_dns_name        TEXT NOT NULL,
  primary_eni_id          TEXT NOT NULL,
  instance_type           TEXT NOT NULL,
  image_id                TEXT NOT NULL,
  architecture            TEXT NOT NULL,
  state                   TEXT NOT NULL
    CHECK (state IN ('pending','running','shutting-down','terminated','stopping','stopped')),
  state_reason_code       TEXT NOT NULL,
  state_reason            TEXT NOT NULL,
  transition_reason       TEXT NOT NULL,
  launched_ms             INTEGER NOT NULL,
  changed_ms              INTEGER NOT NULL,
  key_name                TEXT NOT NULL,
  user_data               TEXT NOT NULL, -- base64, as given
  instance_profile_arn    TEXT NOT NULL,
  instance_profile_id     TEXT NOT NULL,
  root_volume_id          TEXT NOT NULL,
  client_token            TEXT NOT NULL,
  disable_api_termination INTEGER NOT NULL,
  disable_api_stop        INTEGER NOT NULL,
  shutdown_behavior       TEXT NOT NULL,
  ebs_optimized           INTEGER NOT NULL,
  monitoring              INTEGER NOT NULL,
  metadata_options        TEXT NOT NULL  -- JSON, as DescribeInstances shows it
, options TEXT NOT NULL DEFAULT '{}') STRICT;
CREATE TABLE ec2_internet_gateway (
  igw_id     TEXT PRIMARY KEY,
  region     TEXT NOT NULL,
  vpc_id     TEXT REFERENCES ec2_vpc,    -- NULL: detached
  created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE ec2_ipv6_address (
  subnet_id TEXT NOT NULL REFERENCES ec2_subnet,
  address   TEXT NOT NULL,
  eni_id    TEXT NOT NULL REFERENCES ec2_network_interface ON DELETE CASCADE,
  position  INTEGER NOT NULL,
  PRIMARY KEY (subnet_id, address)
) STRICT, WITHOUT ROWID;
CREATE TABLE ec2_key_pair (
  key_pair_id TEXT PRIMARY KEY,
  region      TEXT NOT NULL,
  name        TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  key_type    TEXT NOT NULL,
  public_key  TEXT NOT NULL,
  created_ms  INTEGER NOT NULL,
  UNIQUE (region, name)
) STRICT;
CREATE TABLE ec2_launch_template (
  launch_template_id TEXT PRIMARY KEY,
  region             TEXT NOT NULL,
  name               TEXT NOT NULL,
  default_version    INTEGER NOT NULL,
  latest_version     INTEGER NOT NULL,
  created_ms         INTEGER NOT NULL,
  UNIQUE (region, name)
) STRICT;
CREATE TABLE ec2_launch_template_version (
  launch_template_id TEXT NOT NULL REFERENCES ec2_launch_template ON DELETE CASCADE,
  version            INTEGER NOT NULL,
  description        TEXT,
  data               TEXT NOT NULL,      -- JSON: ResponseLaunchTemplateData
  created_ms         INTEGER NOT NULL,
  PRIMARY KEY (launch_template_id, version)
) STRICT;
CREATE TABLE ec2_nat_gateway (
  nat_gateway_id    TEXT PRIMARY KEY,
  region            TEXT NOT NULL,
  vpc_id            TEXT NOT NULL,
  subnet_id         TEXT NOT NULL,
  connectivity_type TEXT NOT NULL,
  state             TEXT NOT NULL,
  eni_id            TEXT NOT NULL,
  private_address   TEXT NOT NULL,
  allocation_id     TEXT NOT NULL,
  association_id    TEXT NOT NULL,
  public_ip         TEXT NOT NULL,
  client_token      TEXT,
  created_ms        INTEGER NOT NULL,
  deleted_ms        INTEGER NOT NULL,
  UNIQUE (region, client_token)
) STRICT;
CREATE TABLE ec2_network_acl (
  acl_id     TEXT PRIMARY KEY,
  region     TEXT NOT NULL,
  vpc_id     TEXT NOT NULL REFERENCES ec2_vpc,
  is_default INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE ec2_network_acl_association (
  subnet_id      TEXT PRIMARY KEY REFERENCES ec2_subnet ON DELETE CASCADE,
  association_id TEXT NOT NULL UNIQUE,
  acl_id         TEXT NOT NULL REFERENCES ec2_network_acl
) STRICT;
CREATE TABLE ec2_network_acl_entry (
  acl_id      TEXT NOT NULL REFERENCES ec2_network_acl ON DELETE CASCADE,
  egress      INTEGER NOT NULL,
  rule_number INTEGER NOT NULL,
  protocol    TEXT NOT NULL,             -- "-1" or a number
  rule_action TEXT NOT NULL CHECK (rule_action IN ('allow', 'deny')),
  cidr        TEXT,
  cidr6       TEXT,
  icmp_type   INTEGER,
  icmp_code   INTEGER,
  from_port   INTEGER,
  to_port     INTEGER,
  PRIMARY KEY (acl_id, egress, rule_number)
) STRICT, WITHOUT ROWID;
CREATE TABLE ec2_network_insights_analysis (
  analysis_id TEXT PRIMARY KEY,
  region TEXT NOT NULL,
  path_id TEXT NOT NULL REFERENCES ec2_network_insights_path (path_id),
  started_ms INTEGER NOT NULL,
  result TEXT NOT NULL  -- JSON: the members of NetworkInsightsAnalysis that it found out, and its filters
) STRICT;
CREATE TABLE ec2_network_insights_path (
  path_id TEXT PRIMARY KEY,
  region TEXT NOT NULL,
  source TEXT NOT NULL,       -- ids of resources
  destination TEXT NOT NULL,  -- empty: an address only
  source_ip TEXT NOT NULL,
  destination_ip TEXT NOT NULL,
  protocol TEXT NOT NULL,
  destination_port INTEGER,
  filter_at_source TEXT NOT NULL,       -- JSON: PathFilter, or empty
  filter_at_destination TEXT NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE ec2_network_interface (
  eni_id                TEXT PRIMARY KEY,
  region                TEXT NOT NULL,
  vpc_id                TEXT NOT NULL REFERENCES ec2_vpc,
  subnet_id             TEXT NOT NULL REFERENCES ec2_subnet,
  availability_zone     TEXT NOT NULL,
  address               TEXT NOT NULL,  -- the primary private one
  mac                   TEXT NOT NULL UNIQUE,
  description           TEXT NOT NULL,
  interface_type        TEXT NOT NULL,
  requester_id          TEXT NOT NULL,  -- empty: a user's own
  source_dest_check     INTEGER NOT NULL,
  created_ms            INTEGER NOT NULL,
  -- the attachment: ids empty without one
  attachment_id         TEXT NOT NULL,
  instance_id           TEXT NOT NULL,
  device_index          INTEGER NOT NULL,
  attached_ms           INTEGER NOT NULL,
  delete_on_termination INTEGER NOT NULL
) STRICT;
CREATE TABLE ec2_network_interface_group (
  eni_id   TEXT NOT NULL REFERENCES ec2_network_interface ON DELETE CASCADE,
  position INTEGER NOT NULL,
  group_id TEXT NOT NULL REFERENCES ec2_security_group,
  PRIMARY KEY (eni_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE ec2_prefix_list (
  prefix_list_id TEXT PRIMARY KEY,
  region         TEXT NOT NULL,
  name           TEXT NOT NULL,
  address_family TEXT NOT NULL,        -- IPv4, IPv6
  max_entries    INTEGER NOT NULL,
  version        INTEGER NOT NULL,     -- the current one
  state          TEXT NOT NULL,        -- create-complete, modify-complete, ...
  client_token   TEXT,
  created_ms     INTEGER NOT NULL,
  UNIQUE (region, client_token)
) STRICT;
CREATE TABLE ec2_prefix_list_entry (
  prefix_list_id TEXT NOT NULL REFERENCES ec2_prefix_list ON DELETE CASCADE,
  version        INTEGER NOT NULL,
  cidr           TEXT NOT NULL,
  description    TEXT,
  PRIMARY KEY (prefix_list_id, version, cidr)
) STRICT, WITHOUT ROWID;
CREATE TABLE ec2_private_address (
  subnet_id  TEXT NOT NULL REFERENCES ec2_subnet,
  address    INTEGER NOT NULL,          -- host order
  eni_id     TEXT NOT NULL REFERENCES ec2_network_interface ON DELETE CASCADE,
  is_primary INTEGER NOT NULL,
  PRIMARY KEY (subnet_id, address)
) STRICT, WITHOUT ROWID;
CREATE TABLE ec2_public_address (
  eni_id    TEXT PRIMARY KEY REFERENCES ec2_network_interface ON DELETE CASCADE,
  region    TEXT NOT NULL,
  public_ip TEXT UNIQUE                  -- NULL: none at the time
) STRICT;
CREATE TABLE ec2_region (
  region TEXT PRIMARY KEY          -- its default VPC has been made
) STRICT, WITHOUT ROWID;
CREATE TABLE ec2_reservation (
  reservation_id TEXT PRIMARY KEY,
  region         TEXT NOT NULL,
  client_token   TEXT,
  request        TEXT NOT NULL,         -- the input, to tell a repeat from a misuse of the token
  requester_id   TEXT NOT NULL,
  UNIQUE (region, client_token)
) STRICT;
CREATE TABLE ec2_route (
  position       INTEGER PRIMARY KEY,
  route_table_id TEXT NOT NULL REFERENCES ec2_route_table ON DELETE CASCADE,
  destination    TEXT NOT NULL,          -- a CIDR (v4 or v6) or a prefix list
  target_kind    TEXT NOT NULL,          -- the member of Route: GatewayId, NatGatewayId, ...
  target         TEXT NOT NULL,
  origin         TEXT NOT NULL,
  UNIQUE (route_table_id, destination)
) STRICT;
CREATE TABLE ec2_route_table (
  route_table_id TEXT PRIMARY KEY,
  region         TEXT NOT NULL,
  vpc_id         TEXT NOT NULL REFERENCES ec2_vpc,
  created_ms     INTEGER NOT NULL
) STRICT;
CREATE TABLE ec2_route_table_association (
  association_id TEXT PRIMARY KEY,
  route_table_id TEXT NOT NULL REFERENCES ec2_route_table,
  vpc_id         TEXT NOT NULL,
  subnet_id      TEXT REFERENCES ec2_subnet,   -- NULL: the VPC's main association
  UNIQUE (subnet_id)
) STRICT;
CREATE TABLE ec2_routing_stamp (
  only  INTEGER PRIMARY KEY CHECK (only = 1),
  stamp INTEGER NOT NULL
) STRICT;
CREATE TABLE ec2_security_group (
  group_id    TEXT PRIMARY KEY,
  region      TEXT NOT NULL,
  vpc_id      TEXT NOT NULL REFERENCES ec2_vpc,
  name        TEXT NOT NULL,
  description TEXT NOT NULL,
  created_ms  INTEGER NOT NULL,
  UNIQUE (vpc_id, name)
) STRICT;
CREATE TABLE ec2_security_group_rule (
  position       INTEGER PRIMARY KEY,   -- in the order they were made
  rule_id        TEXT NOT NULL UNIQUE,
  region         TEXT NOT NULL,
  group_id       TEXT NOT NULL REFERENCES ec2_security_group ON DELETE CASCADE,
  egress         INTEGER NOT NULL,
  protocol       TEXT NOT NULL,         -- "-1", "tcp", "udp", "icmp", "icmpv6" or a number
  from_port      INTEGER NOT NULL,
  to_port        INTEGER NOT NULL,
  peer_kind      TEXT NOT NULL,         -- cidr, cidr6, prefix-list, group
  peer           TEXT NOT NULL,
  description    TEXT, peer_vpc TEXT NOT NULL DEFAULT '',
  UNIQUE (group_id, egress, protocol, from_port, to_port, peer_kind, peer)
) STRICT;
CREATE TABLE ec2_subnet (
  subnet_id          TEXT PRIMARY KEY,
  region             TEXT NOT NULL,
  vpc_id             TEXT NOT NULL REFERENCES ec2_vpc,
  cidr               TEXT NOT NULL,
  availability_zone  TEXT NOT NULL,
  default_for_az     INTEGER NOT NULL,
  map_public_ip      INTEGER NOT NULL,
  assign_ipv6        INTEGER NOT NULL,
  enable_dns64       INTEGER NOT NULL,
  hostname_type      TEXT NOT NULL,
  resource_name_a    INTEGER NOT NULL,
  resource_name_aaaa INTEGER NOT NULL,
  created_ms         INTEGER NOT NULL,
  UNIQUE (vpc_id, cidr)
) STRICT;
CREATE TABLE ec2_subnet_ipv6 (
  association_id TEXT PRIMARY KEY,
  subnet_id      TEXT NOT NULL UNIQUE REFERENCES ec2_subnet ON DELETE CASCADE,
  cidr           TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE ec2_subnet_reservation (
  reservation_id   TEXT PRIMARY KEY,
  region           TEXT NOT NULL,
  subnet_id        TEXT NOT NULL REFERENCES ec2_subnet ON DELETE CASCADE,
  cidr             TEXT NOT NULL,
  reservation_type TEXT NOT NULL CHECK (reservation_type IN ('prefix', 'explicit')),
  description      TEXT NOT NULL,
  created_ms       INTEGER NOT NULL
) STRICT;
CREATE TABLE ec2_tag (
  resource_id   TEXT NOT NULL,
  key           TEXT NOT NULL,
  value         TEXT NOT NULL,
  region        TEXT NOT NULL,
  resource_type TEXT NOT NULL,
  PRIMARY KEY (resource_id, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE ec2_volume (
  volume_id             TEXT PRIMARY KEY,
  region                TEXT NOT NULL,
  availability_zone     TEXT NOT NULL,
  instance_id           TEXT NOT NULL,     -- empty: detached
  device_name           TEXT NOT NULL,
  delete_on_termination INTEGER NOT NULL,
  size_gib              INTEGER NOT NULL,
  volume_type           TEXT NOT NULL,
  iops                  INTEGER NOT NULL,  -- 0: the type has none
  throughput            INTEGER NOT NULL,
  encrypted             INTEGER NOT NULL,
  kms_key_id            TEXT NOT NULL,
  snapshot_id           TEXT NOT NULL,
  created_ms            INTEGER NOT NULL
) STRICT;
CREATE TABLE ec2_vpc (
  vpc_id           TEXT PRIMARY KEY,
  region           TEXT NOT NULL,
  is_default       INTEGER NOT NULL,
  instance_tenancy TEXT NOT NULL,
  dhcp_options_id  TEXT NOT NULL,
  dns_support      INTEGER NOT NULL,
  dns_hostnames    INTEGER NOT NULL,
  address_metrics  INTEGER NOT NULL,
  created_ms       INTEGER NOT NULL
) STRICT;
CREATE TABLE ec2_vpc_cidr (
  association_id TEXT PRIMARY KEY,
  vpc_id         TEXT NOT NULL REFERENCES ec2_vpc ON DELETE CASCADE,
  position       INTEGER NOT NULL,   -- 0: the primary block
  cidr           TEXT NOT NULL,
  UNIQUE (vpc_id, position)
) STRICT;
CREATE TABLE ec2_vpc_ipv6 (
  association_id TEXT PRIMARY KEY,
  vpc_id         TEXT NOT NULL REFERENCES ec2_vpc ON DELETE CASCADE,
  cidr           TEXT NOT NULL UNIQUE,
  border_group   TEXT NOT NULL,
  created_ms     INTEGER NOT NULL
) STRICT;
CREATE TABLE ec2_vpc_peering (
  peering_id       TEXT PRIMARY KEY,
  requester_region TEXT NOT NULL,
  requester_vpc    TEXT NOT NULL,
  accepter_region  TEXT NOT NULL,
  accepter_vpc     TEXT NOT NULL,
  accepter_owner   TEXT NOT NULL,
  status           TEXT NOT NULL,
  options          TEXT NOT NULL,        -- JSON
  created_ms       INTEGER NOT NULL,
  changed_ms       INTEGER NOT NULL
, message TEXT NOT NULL DEFAULT '', expires_ms INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE ecs_account_settings (
  region TEXT NOT NULL,
  principal_arn TEXT NOT NULL,        -- empty: the account's default
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (region, principal_arn, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE ecs_capacity_providers (
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,               -- ACTIVE, INACTIVE (deleted, still described by name)
  update_status TEXT NOT NULL,        -- CREATE_COMPLETE, UPDATE_COMPLETE, DELETE_COMPLETE
  auto_scaling_json TEXT NOT NULL,    -- the autoScalingGroupProvider, defaults filled in
  PRIMARY KEY (region, name)
) STRICT, WITHOUT ROWID;
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
, version_info_json TEXT NOT NULL DEFAULT
  '{"agentVersion":"1.105.1","agentHash":"*a1b2c3d4","dockerVersion":"DockerVersion: 25.0.14"}', ports_json TEXT NOT NULL DEFAULT
  '{"PORTS":["22","2376","2375","51678","51679"],"PORTS_UDP":[]}') STRICT, WITHOUT ROWID;
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
CREATE TABLE ecs_task_definitions (
  region TEXT NOT NULL,
  family TEXT NOT NULL,
  revision INTEGER NOT NULL,
  status TEXT NOT NULL,               -- ACTIVE, INACTIVE, DELETE_IN_PROGRESS
  definition_json TEXT NOT NULL,      -- the TaskDefinition shape as it was registered, defaults filled in
  PRIMARY KEY (region, family, revision)
) STRICT, WITHOUT ROWID;
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
CREATE TABLE iam_attached_policy (
  role_name  TEXT NOT NULL REFERENCES iam_role ON DELETE CASCADE,
  policy_arn TEXT NOT NULL,
  PRIMARY KEY (role_name, policy_arn)
) STRICT, WITHOUT ROWID;
CREATE TABLE iam_instance_profile (
  profile_id TEXT NOT NULL UNIQUE,
  name       TEXT PRIMARY KEY,
  path       TEXT NOT NULL,
  role_name  TEXT REFERENCES iam_role,
  created_ms INTEGER NOT NULL
) STRICT;
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
CREATE TABLE iam_tag (
  owner TEXT NOT NULL,                    -- "role/NAME", "instance-profile/NAME", a policy's ARN
  key   TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE logs_event (
  event_id     INTEGER PRIMARY KEY,      -- in the order they came
  stream_id    INTEGER NOT NULL REFERENCES logs_stream ON DELETE CASCADE,
  timestamp_ms INTEGER NOT NULL,
  ingested_ms  INTEGER NOT NULL,
  message      TEXT NOT NULL
, group_id INTEGER NOT NULL DEFAULT 0) STRICT;
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
CREATE TABLE logs_metric_filter (
  group_id        INTEGER NOT NULL REFERENCES logs_group ON DELETE CASCADE,
  name            TEXT NOT NULL,
  pattern         TEXT NOT NULL,
  transformations TEXT NOT NULL,         -- JSON: MetricTransformations
  created_ms      INTEGER NOT NULL,
  PRIMARY KEY (group_id, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE logs_resource_policy (
  region     TEXT NOT NULL,
  name       TEXT NOT NULL,
  document   TEXT NOT NULL,
  updated_ms INTEGER NOT NULL,
  PRIMARY KEY (region, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE logs_stream (
  stream_id      INTEGER PRIMARY KEY,
  group_id       INTEGER NOT NULL REFERENCES logs_group ON DELETE CASCADE,
  name           TEXT NOT NULL,
  created_ms     INTEGER NOT NULL,
  first_event_ms INTEGER,
  last_event_ms  INTEGER,
  ingested_ms    INTEGER, stored_bytes INTEGER NOT NULL DEFAULT 0,
  UNIQUE (group_id, name)
) STRICT;
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
CREATE TABLE sts_key (
  access_key_id     TEXT PRIMARY KEY,
  secret_access_key TEXT NOT NULL,
  session_token     TEXT NOT NULL,
  expires_ms        INTEGER NOT NULL,
  arn               TEXT NOT NULL,  -- who has them
  user_id           TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX cloudwatch_point_by_time ON cloudwatch_point (time_s);
CREATE INDEX ec2_address_eni ON ec2_address (eni_id);
CREATE INDEX ec2_address_region ON ec2_address (region, created_ms);
CREATE INDEX ec2_client_token_by_time ON ec2_client_token (created_ms);
CREATE INDEX ec2_dhcp_options_region ON ec2_dhcp_options (region, created_ms);
CREATE INDEX ec2_flow_log_region ON ec2_flow_log (region, created_ms);
CREATE INDEX ec2_flow_log_resource ON ec2_flow_log (resource_id);
CREATE INDEX ec2_instance_by_id ON ec2_instance (region, instance_id);
CREATE INDEX ec2_instance_region ON ec2_instance (region, launched_ms, instance_id);
CREATE INDEX ec2_instance_reservation ON ec2_instance (reservation_id, launch_index);
CREATE INDEX ec2_instance_state ON ec2_instance (state);
CREATE INDEX ec2_instance_vpc ON ec2_instance (vpc_id);
CREATE INDEX ec2_internet_gateway_region ON ec2_internet_gateway (region, created_ms);
CREATE UNIQUE INDEX ec2_internet_gateway_vpc ON ec2_internet_gateway (vpc_id);
CREATE INDEX ec2_ipv6_address_eni ON ec2_ipv6_address (eni_id, position);
CREATE INDEX ec2_nat_gateway_region ON ec2_nat_gateway (region, created_ms);
CREATE INDEX ec2_network_acl_association_acl ON ec2_network_acl_association (acl_id);
CREATE UNIQUE INDEX ec2_network_acl_default ON ec2_network_acl (vpc_id) WHERE is_default = 1;
CREATE INDEX ec2_network_acl_region ON ec2_network_acl (region, created_ms);
CREATE INDEX ec2_network_insights_analysis_path ON ec2_network_insights_analysis (path_id);
CREATE INDEX ec2_network_insights_analysis_region ON ec2_network_insights_analysis (region, started_ms);
CREATE INDEX ec2_network_insights_path_region ON ec2_network_insights_path (region, created_ms);
CREATE UNIQUE INDEX ec2_network_interface_attachment ON ec2_network_interface (attachment_id)
  WHERE attachment_id <> '';
CREATE INDEX ec2_network_interface_by_id ON ec2_network_interface (region, eni_id);
CREATE UNIQUE INDEX ec2_network_interface_device
  ON ec2_network_interface (instance_id, device_index) WHERE instance_id <> '';
CREATE INDEX ec2_network_interface_group_group ON ec2_network_interface_group (group_id);
CREATE INDEX ec2_network_interface_region ON ec2_network_interface (region, created_ms, eni_id);
CREATE INDEX ec2_network_interface_subnet ON ec2_network_interface (subnet_id, eni_id);
CREATE INDEX ec2_network_interface_vpc ON ec2_network_interface (vpc_id, eni_id);
CREATE INDEX ec2_prefix_list_region ON ec2_prefix_list (region, created_ms, prefix_list_id);
CREATE INDEX ec2_private_address_by_address ON ec2_private_address (address);
CREATE INDEX ec2_private_address_eni ON ec2_private_address (eni_id, is_primary DESC, address);
CREATE INDEX ec2_reservation_by_id ON ec2_reservation (region, reservation_id);
CREATE INDEX ec2_route_table_association_table ON ec2_route_table_association (route_table_id);
CREATE UNIQUE INDEX ec2_route_table_main ON ec2_route_table_association (vpc_id)
  WHERE subnet_id IS NULL;
CREATE INDEX ec2_route_table_region ON ec2_route_table (region, created_ms);
CREATE INDEX ec2_route_table_vpc ON ec2_route_table (vpc_id);
CREATE INDEX ec2_route_target ON ec2_route (target);
CREATE INDEX ec2_security_group_by_id ON ec2_security_group (region, group_id);
CREATE INDEX ec2_security_group_region ON ec2_security_group (region, created_ms, group_id);
CREATE INDEX ec2_security_group_rule_by_id ON ec2_security_group_rule (region, rule_id);
CREATE INDEX ec2_security_group_rule_peer ON ec2_security_group_rule (peer, peer_kind);
CREATE INDEX ec2_security_group_rule_region ON ec2_security_group_rule (region, position);
CREATE INDEX ec2_subnet_by_id ON ec2_subnet (region, subnet_id);
CREATE INDEX ec2_subnet_region ON ec2_subnet (region, created_ms, subnet_id);
CREATE INDEX ec2_subnet_reservation_subnet ON ec2_subnet_reservation (subnet_id, created_ms);
CREATE INDEX ec2_tag_region ON ec2_tag (region, resource_id, key);
CREATE INDEX ec2_volume_by_id ON ec2_volume (region, volume_id);
CREATE INDEX ec2_volume_instance ON ec2_volume (instance_id, device_name);
CREATE INDEX ec2_volume_region ON ec2_volume (region, created_ms, volume_id);
CREATE INDEX ec2_vpc_ipv6_vpc ON ec2_vpc_ipv6 (vpc_id, created_ms);
CREATE UNIQUE INDEX ec2_vpc_one_default ON ec2_vpc (region) WHERE is_default = 1;
CREATE INDEX ec2_vpc_peering_accepter ON ec2_vpc_peering (accepter_vpc);
CREATE INDEX ec2_vpc_peering_requester ON ec2_vpc_peering (requester_vpc);
CREATE INDEX ec2_vpc_region ON ec2_vpc (region, created_ms, vpc_id);
CREATE INDEX ecs_container_instances_cluster ON ecs_container_instances (region, cluster, status);
CREATE UNIQUE INDEX ecs_container_instances_ec2 ON ecs_container_instances (ec2_instance_id)
  WHERE status <> 'INACTIVE';
CREATE INDEX ecs_container_instances_registered
  ON ecs_container_instances (region, cluster, registered_ms, id);
CREATE UNIQUE INDEX ecs_containers_docker ON ecs_containers (docker_id);
CREATE INDEX ecs_task_definitions_deleted ON ecs_task_definitions (status)
  WHERE status = 'DELETE_IN_PROGRESS';
CREATE INDEX ecs_tasks_cluster ON ecs_tasks (region, cluster, desired_status, sequence);
CREATE INDEX ecs_tasks_counted ON ecs_tasks (region, cluster, last_status)
  WHERE last_status <> 'STOPPED';
CREATE INDEX ecs_tasks_definition ON ecs_tasks (region, family, revision);
CREATE INDEX ecs_tasks_ec2_instance ON ecs_tasks (ec2_instance_id, sequence);
CREATE INDEX ecs_tasks_family ON ecs_tasks (region, cluster, family, desired_status, sequence);
CREATE INDEX ecs_tasks_interface ON ecs_tasks (eni_id) WHERE eni_id <> '';
CREATE INDEX ecs_tasks_living ON ecs_tasks (container_instance_id, task_group)
  WHERE last_status <> 'STOPPED';
CREATE INDEX ecs_tasks_on_instance ON ecs_tasks (container_instance_id, sequence)
  WHERE last_status <> 'STOPPED';
CREATE INDEX ecs_tasks_placed ON ecs_tasks (container_instance_id, desired_status, sequence);
CREATE INDEX ecs_tasks_started_by ON ecs_tasks (region, cluster, started_by, desired_status, sequence);
CREATE INDEX ecs_tasks_stopped ON ecs_tasks (stopped_ms) WHERE last_status = 'STOPPED';
CREATE INDEX ecs_tasks_token ON ecs_tasks (region, cluster, client_token) WHERE client_token <> '';
CREATE INDEX ecs_tasks_unfinished ON ecs_tasks (sequence) WHERE last_status <> 'STOPPED';
CREATE INDEX logs_event_of_group ON logs_event (group_id, timestamp_ms, event_id);
CREATE INDEX logs_event_time ON logs_event (stream_id, timestamp_ms, event_id);
CREATE INDEX sessions_by_start ON sessions (region, start_ms DESC, session_id);
CREATE TRIGGER ec2_address_stamp_delete AFTER DELETE ON ec2_address
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_address_stamp_insert AFTER INSERT ON ec2_address
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_address_stamp_update AFTER UPDATE ON ec2_address
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_internet_gateway_stamp_delete AFTER DELETE ON ec2_internet_gateway
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_internet_gateway_stamp_insert AFTER INSERT ON ec2_internet_gateway
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_internet_gateway_stamp_update AFTER UPDATE ON ec2_internet_gateway
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_nat_gateway_stamp_delete AFTER DELETE ON ec2_nat_gateway
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_nat_gateway_stamp_insert AFTER INSERT ON ec2_nat_gateway
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_nat_gateway_stamp_update AFTER UPDATE ON ec2_nat_gateway
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_private_address_stamp_delete AFTER DELETE ON ec2_private_address
  WHEN NOT OLD.is_primary AND EXISTS (SELECT 1 FROM ec2_nat_gateway WHERE eni_id = OLD.eni_id)
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_private_address_stamp_insert AFTER INSERT ON ec2_private_address
  WHEN NOT NEW.is_primary AND EXISTS (SELECT 1 FROM ec2_nat_gateway WHERE eni_id = NEW.eni_id)
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_public_address_stamp_delete AFTER DELETE ON ec2_public_address
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_public_address_stamp_insert AFTER INSERT ON ec2_public_address
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_public_address_stamp_update AFTER UPDATE ON ec2_public_address
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_route_stamp_delete AFTER DELETE ON ec2_route
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_route_stamp_insert AFTER INSERT ON ec2_route
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_route_stamp_update AFTER UPDATE ON ec2_route
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_route_table_association_stamp_delete AFTER DELETE ON ec2_route_table_association
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_route_table_association_stamp_insert AFTER INSERT ON ec2_route_table_association
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_route_table_association_stamp_update AFTER UPDATE ON ec2_route_table_association
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_subnet_stamp_delete AFTER DELETE ON ec2_subnet
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_subnet_stamp_insert AFTER INSERT ON ec2_subnet
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_vpc_peering_stamp_delete AFTER DELETE ON ec2_vpc_peering
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_vpc_peering_stamp_insert AFTER INSERT ON ec2_vpc_peering
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_vpc_peering_stamp_update AFTER UPDATE ON ec2_vpc_peering
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;

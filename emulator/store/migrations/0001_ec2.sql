-- EC2: what a region holds. Ids are AWS's; times are Unix milliseconds; lists of values that
-- nothing joins on are JSON text.

CREATE TABLE ec2_region (
  region TEXT PRIMARY KEY          -- its default VPC has been made
) STRICT, WITHOUT ROWID;

CREATE TABLE ec2_tag (
  resource_id   TEXT NOT NULL,
  key           TEXT NOT NULL,
  value         TEXT NOT NULL,
  region        TEXT NOT NULL,
  resource_type TEXT NOT NULL,
  PRIMARY KEY (resource_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX ec2_tag_region ON ec2_tag (region, resource_id, key);

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
CREATE INDEX ec2_vpc_region ON ec2_vpc (region, created_ms, vpc_id);
CREATE UNIQUE INDEX ec2_vpc_one_default ON ec2_vpc (region) WHERE is_default = 1;

CREATE TABLE ec2_vpc_cidr (
  association_id TEXT PRIMARY KEY,
  vpc_id         TEXT NOT NULL REFERENCES ec2_vpc ON DELETE CASCADE,
  position       INTEGER NOT NULL,   -- 0: the primary block
  cidr           TEXT NOT NULL,
  UNIQUE (vpc_id, position)
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
CREATE INDEX ec2_subnet_region ON ec2_subnet (region, created_ms, subnet_id);

CREATE TABLE ec2_security_group (
  group_id    TEXT PRIMARY KEY,
  region      TEXT NOT NULL,
  vpc_id      TEXT NOT NULL REFERENCES ec2_vpc,
  name        TEXT NOT NULL,
  description TEXT NOT NULL,
  created_ms  INTEGER NOT NULL,
  UNIQUE (vpc_id, name)
) STRICT;
CREATE INDEX ec2_security_group_region ON ec2_security_group (region, created_ms, group_id);

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
  description    TEXT,
  UNIQUE (group_id, egress, protocol, from_port, to_port, peer_kind, peer)
) STRICT;
CREATE INDEX ec2_security_group_rule_peer ON ec2_security_group_rule (peer, peer_kind);
CREATE INDEX ec2_security_group_rule_region ON ec2_security_group_rule (region, position);

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
CREATE INDEX ec2_network_interface_region ON ec2_network_interface (region, created_ms, eni_id);
CREATE INDEX ec2_network_interface_subnet ON ec2_network_interface (subnet_id);
CREATE INDEX ec2_network_interface_vpc ON ec2_network_interface (vpc_id);
CREATE UNIQUE INDEX ec2_network_interface_attachment ON ec2_network_interface (attachment_id)
  WHERE attachment_id <> '';
CREATE UNIQUE INDEX ec2_network_interface_device
  ON ec2_network_interface (instance_id, device_index) WHERE instance_id <> '';

-- Subnets of a VPC do not overlap: an address is one interface's.
CREATE TABLE ec2_private_address (
  subnet_id  TEXT NOT NULL REFERENCES ec2_subnet,
  address    INTEGER NOT NULL,          -- host order
  eni_id     TEXT NOT NULL REFERENCES ec2_network_interface ON DELETE CASCADE,
  is_primary INTEGER NOT NULL,
  PRIMARY KEY (subnet_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX ec2_private_address_eni ON ec2_private_address (eni_id, is_primary DESC, address);

CREATE TABLE ec2_network_interface_group (
  eni_id   TEXT NOT NULL REFERENCES ec2_network_interface ON DELETE CASCADE,
  position INTEGER NOT NULL,
  group_id TEXT NOT NULL REFERENCES ec2_security_group,
  PRIMARY KEY (eni_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX ec2_network_interface_group_group ON ec2_network_interface_group (group_id);

CREATE TABLE ec2_reservation (
  reservation_id TEXT PRIMARY KEY,
  region         TEXT NOT NULL,
  client_token   TEXT,
  request        TEXT NOT NULL,         -- the input, to tell a repeat from a misuse of the token
  requester_id   TEXT NOT NULL,
  UNIQUE (region, client_token)
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
) STRICT;
CREATE INDEX ec2_instance_region ON ec2_instance (region, launched_ms, instance_id);
CREATE INDEX ec2_instance_state ON ec2_instance (state);
CREATE INDEX ec2_instance_reservation ON ec2_instance (reservation_id, launch_index);

CREATE TABLE ec2_dhcp_options (
  dhcp_options_id TEXT PRIMARY KEY,
  region          TEXT NOT NULL,
  configurations  TEXT NOT NULL,         -- JSON: DhcpConfigurationList
  is_default      INTEGER NOT NULL,
  created_ms      INTEGER NOT NULL
) STRICT;
CREATE INDEX ec2_dhcp_options_region ON ec2_dhcp_options (region, created_ms);

CREATE TABLE ec2_internet_gateway (
  igw_id     TEXT PRIMARY KEY,
  region     TEXT NOT NULL,
  vpc_id     TEXT REFERENCES ec2_vpc,    -- NULL: detached
  created_ms INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX ec2_internet_gateway_vpc ON ec2_internet_gateway (vpc_id);
CREATE INDEX ec2_internet_gateway_region ON ec2_internet_gateway (region, created_ms);

CREATE TABLE ec2_route_table (
  route_table_id TEXT PRIMARY KEY,
  region         TEXT NOT NULL,
  vpc_id         TEXT NOT NULL REFERENCES ec2_vpc,
  created_ms     INTEGER NOT NULL
) STRICT;
CREATE INDEX ec2_route_table_region ON ec2_route_table (region, created_ms);
CREATE INDEX ec2_route_table_vpc ON ec2_route_table (vpc_id);

CREATE TABLE ec2_route (
  position       INTEGER PRIMARY KEY,
  route_table_id TEXT NOT NULL REFERENCES ec2_route_table ON DELETE CASCADE,
  destination    TEXT NOT NULL,          -- a CIDR (v4 or v6) or a prefix list
  target_kind    TEXT NOT NULL,          -- the member of Route: GatewayId, NatGatewayId, ...
  target         TEXT NOT NULL,
  origin         TEXT NOT NULL,
  UNIQUE (route_table_id, destination)
) STRICT;
CREATE INDEX ec2_route_target ON ec2_route (target);

CREATE TABLE ec2_route_table_association (
  association_id TEXT PRIMARY KEY,
  route_table_id TEXT NOT NULL REFERENCES ec2_route_table,
  vpc_id         TEXT NOT NULL,
  subnet_id      TEXT REFERENCES ec2_subnet,   -- NULL: the VPC's main association
  UNIQUE (subnet_id)
) STRICT;
CREATE UNIQUE INDEX ec2_route_table_main ON ec2_route_table_association (vpc_id)
  WHERE subnet_id IS NULL;
CREATE INDEX ec2_route_table_association_table ON ec2_route_table_association (route_table_id);

CREATE TABLE ec2_address (
  allocation_id        TEXT PRIMARY KEY,
  region               TEXT NOT NULL,
  public_ip            TEXT NOT NULL UNIQUE,
  network_border_group TEXT NOT NULL,
  association_id       TEXT NOT NULL,    -- empty: not associated
  eni_id               TEXT NOT NULL,
  private_address      TEXT NOT NULL,
  created_ms           INTEGER NOT NULL
) STRICT;
CREATE INDEX ec2_address_region ON ec2_address (region, created_ms);
CREATE INDEX ec2_address_eni ON ec2_address (eni_id);

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
CREATE INDEX ec2_nat_gateway_region ON ec2_nat_gateway (region, created_ms);

CREATE TABLE ec2_network_acl (
  acl_id     TEXT PRIMARY KEY,
  region     TEXT NOT NULL,
  vpc_id     TEXT NOT NULL REFERENCES ec2_vpc,
  is_default INTEGER NOT NULL,
  created_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX ec2_network_acl_region ON ec2_network_acl (region, created_ms);
CREATE UNIQUE INDEX ec2_network_acl_default ON ec2_network_acl (vpc_id) WHERE is_default = 1;

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

CREATE TABLE ec2_network_acl_association (
  subnet_id      TEXT PRIMARY KEY REFERENCES ec2_subnet ON DELETE CASCADE,
  association_id TEXT NOT NULL UNIQUE,
  acl_id         TEXT NOT NULL REFERENCES ec2_network_acl
) STRICT;
CREATE INDEX ec2_network_acl_association_acl ON ec2_network_acl_association (acl_id);

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
) STRICT;
CREATE INDEX ec2_flow_log_region ON ec2_flow_log (region, created_ms);

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
) STRICT;

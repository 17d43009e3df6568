-- EC2: what an instance was launched with beside its columns, volumes, images made by users, IPv6
-- blocks, address attributes, NAT gateways of several addresses.

-- JSON: Placement, CpuCredits, CpuOptions ... as DescribeInstances shows them.
ALTER TABLE ec2_instance ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
CREATE INDEX ec2_instance_vpc ON ec2_instance (vpc_id);

ALTER TABLE ec2_address ADD COLUMN ptr_record TEXT NOT NULL DEFAULT '';

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
CREATE INDEX ec2_volume_region ON ec2_volume (region, created_ms, volume_id);
CREATE INDEX ec2_volume_instance ON ec2_volume (instance_id, device_name);
INSERT INTO ec2_volume
  SELECT root_volume_id, region, availability_zone, instance_id, '/dev/xvda', 1, 30, 'gp3', 3000,
         125, 0, '', '', launched_ms
  FROM ec2_instance WHERE state <> 'terminated';

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

CREATE TABLE ec2_subnet_reservation (
  reservation_id   TEXT PRIMARY KEY,
  region           TEXT NOT NULL,
  subnet_id        TEXT NOT NULL REFERENCES ec2_subnet ON DELETE CASCADE,
  cidr             TEXT NOT NULL,
  reservation_type TEXT NOT NULL CHECK (reservation_type IN ('prefix', 'explicit')),
  description      TEXT NOT NULL,
  created_ms       INTEGER NOT NULL
) STRICT;
CREATE INDEX ec2_subnet_reservation_subnet ON ec2_subnet_reservation (subnet_id, created_ms);

CREATE TABLE ec2_vpc_ipv6 (
  association_id TEXT PRIMARY KEY,
  vpc_id         TEXT NOT NULL REFERENCES ec2_vpc ON DELETE CASCADE,
  cidr           TEXT NOT NULL UNIQUE,
  border_group   TEXT NOT NULL,
  created_ms     INTEGER NOT NULL
) STRICT;
CREATE INDEX ec2_vpc_ipv6_vpc ON ec2_vpc_ipv6 (vpc_id, created_ms);

CREATE TABLE ec2_subnet_ipv6 (
  association_id TEXT PRIMARY KEY,
  subnet_id      TEXT NOT NULL UNIQUE REFERENCES ec2_subnet ON DELETE CASCADE,
  cidr           TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE ec2_ipv6_address (
  subnet_id TEXT NOT NULL REFERENCES ec2_subnet,
  address   TEXT NOT NULL,
  eni_id    TEXT NOT NULL REFERENCES ec2_network_interface ON DELETE CASCADE,
  position  INTEGER NOT NULL,
  PRIMARY KEY (subnet_id, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX ec2_ipv6_address_eni ON ec2_ipv6_address (eni_id, position);

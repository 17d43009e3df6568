-- Lists in pages are read on by id.
CREATE INDEX ec2_network_interface_by_id ON ec2_network_interface (region, eni_id);
DROP INDEX ec2_network_interface_subnet;
CREATE INDEX ec2_network_interface_subnet ON ec2_network_interface (subnet_id, eni_id);
DROP INDEX ec2_network_interface_vpc;
CREATE INDEX ec2_network_interface_vpc ON ec2_network_interface (vpc_id, eni_id);
CREATE INDEX ec2_private_address_by_address ON ec2_private_address (address);
CREATE INDEX ec2_subnet_by_id ON ec2_subnet (region, subnet_id);
CREATE INDEX ec2_security_group_by_id ON ec2_security_group (region, group_id);
CREATE INDEX ec2_security_group_rule_by_id ON ec2_security_group_rule (region, rule_id);
CREATE INDEX ec2_volume_by_id ON ec2_volume (region, volume_id);
CREATE INDEX ec2_instance_by_id ON ec2_instance (region, instance_id);
CREATE INDEX ec2_reservation_by_id ON ec2_reservation (region, reservation_id);

-- What a stream holds is counted as it comes; CloudWatch counts 26 bytes an event beside its text.
ALTER TABLE logs_stream ADD COLUMN stored_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE logs_stream SET stored_bytes =
  (SELECT coalesce(sum(length(CAST(message AS BLOB)) + 26), 0) FROM logs_event e
   WHERE e.stream_id = logs_stream.stream_id);

-- Searches go through all streams of a group in the order of time.
ALTER TABLE logs_event ADD COLUMN group_id INTEGER NOT NULL DEFAULT 0;
UPDATE logs_event SET group_id =
  (SELECT s.group_id FROM logs_stream s WHERE s.stream_id = logs_event.stream_id);
CREATE INDEX logs_event_of_group ON logs_event (group_id, timestamp_ms, event_id);

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

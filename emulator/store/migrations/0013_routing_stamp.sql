-- What nobody reads any more: tokens are in ec2_client_token.
DROP INDEX ec2_flow_log_token;
ALTER TABLE ec2_flow_log DROP COLUMN client_token;
ALTER TABLE ec2_flow_log DROP COLUMN request;

-- The VPC of the group that a rule names: a group of a peer may go, and the rule stays.
ALTER TABLE ec2_security_group_rule ADD COLUMN peer_vpc TEXT NOT NULL DEFAULT '';
UPDATE ec2_security_group_rule SET peer_vpc = coalesce(
  (SELECT vpc_id FROM ec2_security_group g WHERE g.group_id = ec2_security_group_rule.peer), '')
  WHERE peer_kind = 'group';

-- Another number after every change of what RoutingView reads. Of private addresses these are the
-- secondary ones of NAT gateways; what it reads of interfaces and subnets never changes.
CREATE TABLE ec2_routing_stamp (
  only  INTEGER PRIMARY KEY CHECK (only = 1),
  stamp INTEGER NOT NULL
) STRICT;
CREATE TRIGGER ec2_subnet_stamp_insert AFTER INSERT ON ec2_subnet
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_subnet_stamp_delete AFTER DELETE ON ec2_subnet
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_route_table_association_stamp_insert AFTER INSERT ON ec2_route_table_association
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_route_table_association_stamp_update AFTER UPDATE ON ec2_route_table_association
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_route_table_association_stamp_delete AFTER DELETE ON ec2_route_table_association
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_route_stamp_insert AFTER INSERT ON ec2_route
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_route_stamp_update AFTER UPDATE ON ec2_route
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_route_stamp_delete AFTER DELETE ON ec2_route
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_internet_gateway_stamp_insert AFTER INSERT ON ec2_internet_gateway
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_internet_gateway_stamp_update AFTER UPDATE ON ec2_internet_gateway
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_internet_gateway_stamp_delete AFTER DELETE ON ec2_internet_gateway
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_address_stamp_insert AFTER INSERT ON ec2_address
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_address_stamp_update AFTER UPDATE ON ec2_address
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_address_stamp_delete AFTER DELETE ON ec2_address
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_public_address_stamp_insert AFTER INSERT ON ec2_public_address
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_public_address_stamp_update AFTER UPDATE ON ec2_public_address
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_public_address_stamp_delete AFTER DELETE ON ec2_public_address
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_nat_gateway_stamp_insert AFTER INSERT ON ec2_nat_gateway
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_nat_gateway_stamp_update AFTER UPDATE ON ec2_nat_gateway
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_nat_gateway_stamp_delete AFTER DELETE ON ec2_nat_gateway
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_vpc_peering_stamp_insert AFTER INSERT ON ec2_vpc_peering
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_vpc_peering_stamp_update AFTER UPDATE ON ec2_vpc_peering
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_vpc_peering_stamp_delete AFTER DELETE ON ec2_vpc_peering
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_private_address_stamp_insert AFTER INSERT ON ec2_private_address
  WHEN NOT NEW.is_primary AND EXISTS (SELECT 1 FROM ec2_nat_gateway WHERE eni_id = NEW.eni_id)
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;
CREATE TRIGGER ec2_private_address_stamp_delete AFTER DELETE ON ec2_private_address
  WHEN NOT OLD.is_primary AND EXISTS (SELECT 1 FROM ec2_nat_gateway WHERE eni_id = OLD.eni_id)
BEGIN INSERT OR REPLACE INTO ec2_routing_stamp VALUES (1, random()); END;

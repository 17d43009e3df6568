-- Public addresses of EC2's own pool that interfaces got at launch. The row says that the interface
-- wants one; it has none while its instance is stopped or an elastic address is in its place.
CREATE TABLE ec2_public_address (
  eni_id    TEXT PRIMARY KEY REFERENCES ec2_network_interface ON DELETE CASCADE,
  region    TEXT NOT NULL,
  public_ip TEXT UNIQUE                  -- NULL: none at the time
) STRICT;

-- A peering connection's end of life and why: DescribeVpcPeeringConnections shows both for a while.
ALTER TABLE ec2_vpc_peering ADD COLUMN message TEXT NOT NULL DEFAULT '';
ALTER TABLE ec2_vpc_peering ADD COLUMN expires_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX ec2_vpc_peering_requester ON ec2_vpc_peering (requester_vpc);
CREATE INDEX ec2_vpc_peering_accepter ON ec2_vpc_peering (accepter_vpc);

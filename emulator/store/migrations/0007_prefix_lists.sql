-- Managed prefix lists. Every version keeps its entries: they can be read and restored.

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
CREATE INDEX ec2_prefix_list_region ON ec2_prefix_list (region, created_ms, prefix_list_id);

CREATE TABLE ec2_prefix_list_entry (
  prefix_list_id TEXT NOT NULL REFERENCES ec2_prefix_list ON DELETE CASCADE,
  version        INTEGER NOT NULL,
  cidr           TEXT NOT NULL,
  description    TEXT,
  PRIMARY KEY (prefix_list_id, version, cidr)
) STRICT, WITHOUT ROWID;

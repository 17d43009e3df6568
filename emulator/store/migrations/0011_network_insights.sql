-- Reachability Analyzer: paths, and what their analyses found.
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
CREATE INDEX ec2_network_insights_path_region ON ec2_network_insights_path (region, created_ms);

CREATE TABLE ec2_network_insights_analysis (
  analysis_id TEXT PRIMARY KEY,
  region TEXT NOT NULL,
  path_id TEXT NOT NULL REFERENCES ec2_network_insights_path (path_id),
  started_ms INTEGER NOT NULL,
  result TEXT NOT NULL  -- JSON: the members of NetworkInsightsAnalysis that it found out, and its filters
) STRICT;
CREATE INDEX ec2_network_insights_analysis_region ON ec2_network_insights_analysis (region, started_ms);
CREATE INDEX ec2_network_insights_analysis_path ON ec2_network_insights_analysis (path_id);

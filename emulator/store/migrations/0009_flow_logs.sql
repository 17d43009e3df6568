-- What CreateFlowLogs may say besides, and which task an interface belongs to.
ALTER TABLE ec2_flow_log ADD COLUMN cross_account_role TEXT NOT NULL DEFAULT '';
ALTER TABLE ec2_flow_log ADD COLUMN destination_options TEXT NOT NULL DEFAULT '';  -- JSON; S3 only
ALTER TABLE ec2_flow_log ADD COLUMN client_token TEXT NOT NULL DEFAULT '';
ALTER TABLE ec2_flow_log ADD COLUMN request TEXT NOT NULL DEFAULT '';              -- JSON, with a client token

CREATE INDEX ec2_flow_log_token ON ec2_flow_log (region, client_token) WHERE client_token <> '';
CREATE INDEX ec2_flow_log_resource ON ec2_flow_log (resource_id);
CREATE INDEX ecs_tasks_interface ON ecs_tasks (eni_id) WHERE eni_id <> '';

-- Capacity providers over Auto Scaling groups; what RegisterContainerInstance tells of an instance;
-- and the ways in which tasks are looked for.

CREATE TABLE ecs_capacity_providers (
  region TEXT NOT NULL,
  name TEXT NOT NULL,
  status TEXT NOT NULL,               -- ACTIVE, INACTIVE (deleted, still described by name)
  update_status TEXT NOT NULL,        -- CREATE_COMPLETE, UPDATE_COMPLETE, DELETE_COMPLETE
  auto_scaling_json TEXT NOT NULL,    -- the autoScalingGroupProvider, defaults filled in
  PRIMARY KEY (region, name)
) STRICT, WITHOUT ROWID;

ALTER TABLE ecs_container_instances ADD COLUMN version_info_json TEXT NOT NULL DEFAULT
  '{"agentVersion":"1.105.1","agentHash":"*a1b2c3d4","dockerVersion":"DockerVersion: 25.0.14"}';
ALTER TABLE ecs_container_instances ADD COLUMN ports_json TEXT NOT NULL DEFAULT
  '{"PORTS":["22","2376","2375","51678","51679"],"PORTS_UDP":[]}';
CREATE INDEX ecs_container_instances_registered
  ON ecs_container_instances (region, cluster, registered_ms, id);

CREATE INDEX ecs_tasks_family ON ecs_tasks (region, cluster, family, desired_status, sequence);
CREATE INDEX ecs_tasks_started_by ON ecs_tasks (region, cluster, started_by, desired_status, sequence);
CREATE INDEX ecs_tasks_placed ON ecs_tasks (container_instance_id, desired_status, sequence);
CREATE INDEX ecs_tasks_living ON ecs_tasks (container_instance_id, task_group)
  WHERE last_status <> 'STOPPED';
CREATE INDEX ecs_tasks_counted ON ecs_tasks (region, cluster, last_status)
  WHERE last_status <> 'STOPPED';
CREATE INDEX ecs_tasks_stopped ON ecs_tasks (stopped_ms) WHERE last_status = 'STOPPED';
CREATE INDEX ecs_tasks_definition ON ecs_tasks (region, family, revision);
CREATE INDEX ecs_task_definitions_deleted ON ecs_task_definitions (status)
  WHERE status = 'DELETE_IN_PROGRESS';

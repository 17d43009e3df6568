#include "emulator/ecs/tasks.hpp"

namespace enibox::ecs {
namespace {

Task read_task(const store::Query& row) {
  Task t;
  int i = 0;
  t.id = row.text(i++);
  t.sequence = row.integer(i++);
  t.region = row.text(i++);
  t.cluster = row.text(i++);
  t.family = row.text(i++);
  t.revision = row.integer(i++);
  t.container_instance_id = row.text(i++);
  t.ec2_instance_id = row.text(i++);
  t.availability_zone = row.text(i++);
  t.launch_type = row.text(i++);
  t.group = row.text(i++);
  t.started_by = row.text(i++);
  t.enable_execute_command = row.integer(i++) != 0;
  t.cpu = row.text(i++);
  t.memory = row.text(i++);
  t.reserved_cpu = row.integer(i++);
  t.reserved_memory = row.integer(i++);
  t.overrides = Json::parse(row.text(i++));
  t.client_token = row.text(i++);
  t.request_hash = row.text(i++);
  t.last_status = row.text(i++);
  t.desired_status = row.text(i++);
  t.version = row.integer(i++);
  t.created_ms = row.integer(i++);
  t.connectivity_ms = row.integer(i++);
  t.pull_started_ms = row.integer(i++);
  t.pull_stopped_ms = row.integer(i++);
  t.started_ms = row.integer(i++);
  t.stopping_ms = row.integer(i++);
  t.execution_stopped_ms = row.integer(i++);
  t.stopped_ms = row.integer(i++);
  t.stop_code = row.text(i++);
  t.stopped_reason = row.text(i++);
  t.attachment.id = row.text(i++);
  t.attachment.status = row.text(i++);
  t.attachment.subnet_id = row.text(i++);
  t.attachment.eni_id = row.text(i++);
  t.attachment.mac = row.text(i++);
  t.attachment.private_dns_name = row.text(i++);
  t.attachment.address = row.text(i++);
  t.bridge_address = row.text(i++);
  t.pause_docker_id = row.text(i++);
  t.pause_docker_name = row.text(i++);
  t.pause_pid = row.integer(i++);
  return t;
}

Container read_container(const store::Query& row) {
  Container c;
  int i = 0;
  c.task_id = row.text(i++);
  c.position = row.integer(i++);
  c.name = row.text(i++);
  c.arn_id = row.text(i++);
  c.image = row.text(i++);
  c.image_digest = row.text(i++);
  c.image_id = row.text(i++);
  c.essential = row.integer(i++) != 0;
  c.cpu = row.integer(i++);
  c.memory = row.integer(i++);
  c.memory_reservation = row.integer(i++);
  c.docker_id = row.text(i++);
  c.docker_name = row.text(i++);
  c.pid_in_host = row.integer(i++);
  c.last_status = row.text(i++);
  c.has_exit_code = row.integer(i++) != 0;
  c.exit_code = row.integer(i++);
  c.reason = row.text(i++);
  c.argv = Json::parse(row.text(i++)).get<std::vector<std::string>>();
  c.stop_signal = row.integer(i++);
  c.health = row.text(i++);
  c.created_ms = row.integer(i++);
  c.started_ms = row.integer(i++);
  c.finished_ms = row.integer(i++);
  return c;
}

}  // namespace

// The index is said, because SQLite would guess by the number of columns.
#define LIST_TASKS(index, by)                                                                  \
  "SELECT id, sequence FROM ecs_tasks INDEXED BY " index                                       \
  " WHERE region = ?1 AND cluster = ?2 AND desired_status = ?3 AND sequence > ?8" by           \
  " AND (?4 = '' OR container_instance_id = ?4) AND (?5 = '' OR family = ?5) AND (?6 = '' OR " \
  "started_by = ?6) AND (?7 = '' OR launch_type = ?7) ORDER BY sequence LIMIT ?9"
#define TASK_COLUMNS                                                                              \
  "id, sequence, region, cluster, family, revision, container_instance_id, ec2_instance_id, "     \
  "availability_zone, launch_type, task_group, started_by, enable_execute_command, cpu, memory, " \
  "reserved_cpu, reserved_memory, overrides_json, client_token, request_hash, last_status, "      \
  "desired_status, version, created_ms, connectivity_ms, pull_started_ms, pull_stopped_ms, "      \
  "started_ms, stopping_ms, execution_stopped_ms, stopped_ms, stop_code, stopped_reason, "        \
  "attachment_id, attachment_status, subnet_id, eni_id, mac, private_dns_name, address, "         \
  "bridge_address, pause_docker_id, pause_docker_name, pause_pid"
#define CONTAINER_COLUMNS                                                                    \
  "task_id, position, name, arn_id, image, image_digest, image_id, essential, cpu, memory, " \
  "memory_reservation, docker_id, docker_name, pid_in_host, last_status, has_exit_code, "    \
  "exit_code, reason, argv_json, stop_signal, health, created_ms, started_ms, finished_ms"

Tasks::Tasks(store::Database& db)
    : insert_(db, "INSERT INTO ecs_tasks (" TASK_COLUMNS
                  ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                  "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      insert_container_(db, "INSERT INTO ecs_containers (" CONTAINER_COLUMNS
                            ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                            "?, ?, ?, ?)"),
      update_(db,
              "UPDATE ecs_tasks SET last_status = ?2, desired_status = ?3, version = ?4, "
              "connectivity_ms = ?5, pull_started_ms = ?6, pull_stopped_ms = ?7, started_ms = ?8, "
              "stopping_ms = ?9, execution_stopped_ms = ?10, stopped_ms = ?11, stop_code = ?12, "
              "stopped_reason = ?13, attachment_status = ?14, eni_id = ?15, mac = ?16, "
              "private_dns_name = ?17, address = ?18, bridge_address = ?19, pause_pid = ?20 WHERE "
              "id = ?1"),
      update_container_(
          db,
          "UPDATE ecs_containers SET image_digest = ?3, image_id = ?4, "
          "pid_in_host = ?5, last_status = ?6, has_exit_code = ?7, exit_code = ?8, "
          "reason = ?9, argv_json = ?10, stop_signal = ?11, health = ?12, created_ms "
          "= ?13, started_ms = ?14, finished_ms = ?15 WHERE task_id = ?1 AND name = ?2"),
      find_(db, "SELECT " TASK_COLUMNS " FROM ecs_tasks WHERE id = ?"),
      by_pause_(db, "SELECT " TASK_COLUMNS " FROM ecs_tasks WHERE pause_docker_id = ?"),
      find_many_(db, "SELECT " TASK_COLUMNS
                     " FROM ecs_tasks WHERE id IN (SELECT value FROM json_each(?))"),
      containers_(db, "SELECT " CONTAINER_COLUMNS
                      " FROM ecs_containers WHERE task_id = ? ORDER BY position"),
      containers_many_(db, "SELECT " CONTAINER_COLUMNS
                           " FROM ecs_containers WHERE task_id IN (SELECT value FROM "
                           "json_each(?)) ORDER BY task_id, position"),
      container_by_docker_(db,
                           "SELECT " CONTAINER_COLUMNS " FROM ecs_containers WHERE docker_id = ?"),
      list_(db, LIST_TASKS("ecs_tasks_cluster", "")),
      list_placed_(db, LIST_TASKS("ecs_tasks_placed", " AND container_instance_id = ?4")),
      list_family_(db, LIST_TASKS("ecs_tasks_family", " AND family = ?5")),
      list_started_by_(db, LIST_TASKS("ecs_tasks_started_by", " AND started_by = ?6")),
      with_token_(db, "SELECT " TASK_COLUMNS
                      " FROM ecs_tasks WHERE region = ? AND cluster = ? AND client_token <> '' AND "
                      "client_token = ? ORDER BY sequence"),
      on_instance_(db, "SELECT " TASK_COLUMNS
                       " FROM ecs_tasks WHERE container_instance_id = ? AND last_status <> "
                       "'STOPPED' ORDER BY sequence"),
      on_ec2_instance_(
          db, "SELECT " TASK_COLUMNS " FROM ecs_tasks WHERE ec2_instance_id = ? ORDER BY sequence"),
      unfinished_(db, "SELECT " TASK_COLUMNS
                      " FROM ecs_tasks WHERE last_status <> 'STOPPED' ORDER BY sequence"),
      any_unfinished_(db,
                      "SELECT 1 FROM ecs_tasks WHERE region = ? AND cluster = ? AND last_status <> "
                      "'STOPPED' LIMIT 1"),
      stopped_before_(db, "SELECT " TASK_COLUMNS
                          " FROM ecs_tasks WHERE last_status = 'STOPPED' AND stopped_ms < ? "
                          "ORDER BY stopped_ms"),
      remove_(db, "DELETE FROM ecs_tasks WHERE id = ?"),
      uses_definition_(
          db, "SELECT 1 FROM ecs_tasks WHERE region = ? AND family = ? AND revision = ? LIMIT 1"),
      bridge_addresses_(db,
                        "SELECT bridge_address FROM ecs_tasks WHERE container_instance_id = ? AND "
                        "last_status <> 'STOPPED'"),
      usage_(db,
             "SELECT container_instance_id, task_group, count(*), sum(reserved_cpu), "
             "sum(reserved_memory), sum(attachment_id <> ''), sum(last_status = 'RUNNING'), "
             "sum(last_status IN ('PROVISIONING', 'PENDING', 'ACTIVATING')) FROM ecs_tasks WHERE "
             "container_instance_id IN (SELECT value FROM json_each(?)) AND last_status <> "
             "'STOPPED' GROUP BY container_instance_id, task_group"),
      counts_(db,
              "SELECT coalesce(sum(last_status = 'RUNNING'), 0), coalesce(sum(last_status IN "
              "('PROVISIONING', 'PENDING', 'ACTIVATING')), 0) FROM ecs_tasks WHERE region = ? AND "
              "cluster = ? AND last_status <> 'STOPPED'"),
      next_sequence_(db, "SELECT coalesce(max(sequence), 0) + 1 FROM ecs_tasks") {}
#undef LIST_TASKS
#undef TASK_COLUMNS
#undef CONTAINER_COLUMNS

void Tasks::insert(Task& t, const std::vector<Container>& containers) {
  if (t.sequence == 0) {
    auto row = next_sequence_.query();
    row.next();
    t.sequence = row.integer(0);
  }
  insert_.run(t.id, t.sequence, t.region, t.cluster, t.family, t.revision, t.container_instance_id,
              t.ec2_instance_id, t.availability_zone, t.launch_type, t.group, t.started_by,
              t.enable_execute_command, t.cpu, t.memory, t.reserved_cpu, t.reserved_memory,
              t.overrides.dump(), t.client_token, t.request_hash, t.last_status, t.desired_status,
              t.version, t.created_ms, t.connectivity_ms, t.pull_started_ms, t.pull_stopped_ms,
              t.started_ms, t.stopping_ms, t.execution_stopped_ms, t.stopped_ms, t.stop_code,
              t.stopped_reason, t.attachment.id, t.attachment.status, t.attachment.subnet_id,
              t.attachment.eni_id, t.attachment.mac, t.attachment.private_dns_name,
              t.attachment.address, t.bridge_address, t.pause_docker_id, t.pause_docker_name,
              t.pause_pid);
  for (const auto& c : containers) {
    insert_container_.run(c.task_id, c.position, c.name, c.arn_id, c.image, c.image_digest,
                          c.image_id, c.essential, c.cpu, c.memory, c.memory_reservation,
                          c.docker_id, c.docker_name, c.pid_in_host, c.last_status, c.has_exit_code,
                          c.exit_code, c.reason, Json(c.argv).dump(), c.stop_signal, c.health,
                          c.created_ms, c.started_ms, c.finished_ms);
  }
}

void Tasks::update(const Task& t) {
  update_.run(t.id, t.last_status, t.desired_status, t.version, t.connectivity_ms,
              t.pull_started_ms, t.pull_stopped_ms, t.started_ms, t.stopping_ms,
              t.execution_stopped_ms, t.stopped_ms, t.stop_code, t.stopped_reason,
              t.attachment.status, t.attachment.eni_id, t.attachment.mac,
              t.attachment.private_dns_name, t.attachment.address, t.bridge_address, t.pause_pid);
}

void Tasks::update(const Container& c) {
  update_container_.run(c.task_id, c.name, c.image_digest, c.image_id, c.pid_in_host, c.last_status,
                        c.has_exit_code, c.exit_code, c.reason, Json(c.argv).dump(), c.stop_signal,
                        c.health, c.created_ms, c.started_ms, c.finished_ms);
}

std::optional<Task> Tasks::find(const std::string& task_id) {
  auto row = find_.query(task_id);
  if (!row.next()) return std::nullopt;
  return read_task(row);
}

std::optional<Task> Tasks::find_by_docker_id(const std::string& docker_id) {
  if (const auto container = container_by_docker_id(docker_id)) return find(container->task_id);
  auto row = by_pause_.query(docker_id);
  if (!row.next()) return std::nullopt;
  return read_task(row);
}

std::map<std::string, Task> Tasks::find(const std::vector<std::string>& task_ids) {
  std::map<std::string, Task> found;
  auto row = find_many_.query(Json(task_ids).dump());
  while (row.next()) {
    Task task = read_task(row);
    found.emplace(task.id, std::move(task));
  }
  return found;
}

std::map<std::string, std::vector<Container>> Tasks::containers(
    const std::vector<std::string>& task_ids) {
  std::map<std::string, std::vector<Container>> found;
  auto row = containers_many_.query(Json(task_ids).dump());
  while (row.next()) {
    Container container = read_container(row);
    found[container.task_id].push_back(std::move(container));
  }
  return found;
}

std::vector<Container> Tasks::containers(const std::string& task_id) {
  std::vector<Container> found;
  auto row = containers_.query(task_id);
  while (row.next()) found.push_back(read_container(row));
  return found;
}

std::optional<Container> Tasks::container_by_docker_id(const std::string& docker_id) {
  auto row = container_by_docker_.query(docker_id);
  if (!row.next()) return std::nullopt;
  return read_container(row);
}

std::vector<Task> Tasks::read_all(store::Query rows) {
  std::vector<Task> found;
  while (rows.next()) found.push_back(read_task(rows));
  return found;
}

std::vector<Tasks::Row> Tasks::list(const Filter& f) {
  auto& way_in = !f.container_instance_id.empty() ? list_placed_
                 : !f.started_by.empty()          ? list_started_by_
                 : !f.family.empty()              ? list_family_
                                                  : list_;
  std::vector<Row> found;
  auto row = way_in.query(f.region, f.cluster, f.desired_status, f.container_instance_id, f.family,
                          f.started_by, f.launch_type, f.after_sequence, f.limit);
  while (row.next()) found.push_back({row.text(0), row.integer(1)});
  return found;
}

std::vector<Task> Tasks::with_token(const std::string& region, const std::string& cluster,
                                    const std::string& client_token) {
  return read_all(with_token_.query(region, cluster, client_token));
}
std::vector<Task> Tasks::on_instance(const std::string& container_instance_id) {
  return read_all(on_instance_.query(container_instance_id));
}
std::vector<Task> Tasks::on_ec2_instance(const std::string& ec2_instance_id) {
  return read_all(on_ec2_instance_.query(ec2_instance_id));
}
std::vector<Task> Tasks::unfinished() { return read_all(unfinished_.query()); }

bool Tasks::any_unfinished(const std::string& region, const std::string& cluster) {
  return any_unfinished_.query(region, cluster).next();
}

std::vector<Task> Tasks::stopped_before(std::int64_t unix_ms) {
  return read_all(stopped_before_.query(unix_ms));
}

void Tasks::remove(const std::string& task_id) { remove_.run(task_id); }

bool Tasks::uses_definition(const std::string& region, const std::string& family,
                            std::int64_t revision) {
  return uses_definition_.query(region, family, revision).next();
}

std::vector<std::string> Tasks::bridge_addresses(const std::string& container_instance_id) {
  std::vector<std::string> found;
  auto row = bridge_addresses_.query(container_instance_id);
  while (row.next()) found.push_back(row.text(0));
  return found;
}

std::map<std::string, Remaining> Tasks::remaining(const std::vector<ContainerInstance>& instances) {
  std::map<std::string, Remaining> found;
  Json ids = Json::array();
  for (const auto& i : instances) {
    ids.push_back(i.id);
    found[i.id] = {.cpu = i.cpu,
                   .memory = i.memory,
                   .enis = i.max_enis - 1,
                   .running_tasks = 0,
                   .pending_tasks = 0,
                   .groups = {}};
  }
  auto row = usage_.query(ids.dump());
  while (row.next()) {
    Remaining& left = found[row.text(0)];
    left.groups[row.text(1)] = static_cast<int>(row.integer(2));
    left.cpu -= row.integer(3);
    left.memory -= row.integer(4);
    left.enis -= row.integer(5);
    left.running_tasks += row.integer(6);
    left.pending_tasks += row.integer(7);
  }
  return found;
}

Remaining Tasks::remaining(const ContainerInstance& instance) {
  return remaining(std::vector<ContainerInstance>{instance}).at(instance.id);
}

Tasks::Counts Tasks::counts(const std::string& region, const std::string& cluster) {
  auto row = counts_.query(region, cluster);
  row.next();
  return {row.integer(0), row.integer(1)};
}

}  // namespace enibox::ecs

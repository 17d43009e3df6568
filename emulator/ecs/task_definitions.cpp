#include "emulator/ecs/task_definitions.hpp"

namespace enibox::ecs {
namespace {

TaskDefinition read(const store::Query& row) {
  TaskDefinition definition;
  definition.region = row.text(0);
  definition.family = row.text(1);
  definition.revision = row.integer(2);
  definition.status = row.text(3);
  definition.definition = Json::parse(row.text(4));
  return definition;
}

}  // namespace

TaskDefinitions::TaskDefinitions(store::Database& db)
    : bump_(db,
            "INSERT INTO ecs_families (region, family, last_revision) VALUES (?, ?, 1) "
            "ON CONFLICT (region, family) DO UPDATE SET last_revision = last_revision + 1 "
            "RETURNING last_revision"),
      put_(db,
           "INSERT OR REPLACE INTO ecs_task_definitions (region, family, revision, status, "
           "definition_json) VALUES (?, ?, ?, ?, ?)"),
      remove_(db,
              "DELETE FROM ecs_task_definitions WHERE region = ? AND family = ? AND revision = ?"),
      find_(db,
            "SELECT region, family, revision, status, definition_json FROM ecs_task_definitions "
            "WHERE region = ? AND family = ? AND revision = ?"),
      latest_(db,
              "SELECT region, family, revision, status, definition_json FROM ecs_task_definitions "
              "WHERE region = ? AND family = ? AND status = 'ACTIVE' "
              "ORDER BY revision DESC LIMIT 1"),
      list_(db,
            "SELECT family, revision, status FROM ecs_task_definitions "
            "WHERE region = ?1 AND (?2 = '' OR family = ?2) ORDER BY family, revision"),
      being_deleted_(db,
                     "SELECT region, family, revision FROM ecs_task_definitions WHERE status = "
                     "'DELETE_IN_PROGRESS' ORDER BY region, family, revision") {}

std::int64_t TaskDefinitions::next_revision(const std::string& region, const std::string& family) {
  auto row = bump_.query(region, family);
  row.next();
  const auto revision = row.integer(0);
  row.next();  // to the end, or the insert is not carried out
  return revision;
}

void TaskDefinitions::put(const TaskDefinition& d) {
  put_.run(d.region, d.family, d.revision, d.status, d.definition.dump());
}

void TaskDefinitions::remove(const std::string& region, const std::string& family,
                             std::int64_t revision) {
  remove_.run(region, family, revision);
}

std::optional<TaskDefinition> TaskDefinitions::find(const std::string& region,
                                                    const TaskDefinitionName& name) {
  auto row = name.revision ? find_.query(region, name.family, name.revision)
                           : latest_.query(region, name.family);
  if (!row.next()) return std::nullopt;
  return read(row);
}

std::vector<TaskDefinitions::Row> TaskDefinitions::list(const std::string& region,
                                                        const std::string& family) {
  std::vector<Row> rows;
  auto row = list_.query(region, family);
  while (row.next()) rows.push_back({region, row.text(0), row.text(2), row.integer(1)});
  return rows;
}

std::vector<TaskDefinitions::Row> TaskDefinitions::being_deleted() {
  std::vector<Row> rows;
  auto row = being_deleted_.query();
  while (row.next()) {
    rows.push_back({row.text(0), row.text(1), "DELETE_IN_PROGRESS", row.integer(2)});
  }
  return rows;
}

}  // namespace enibox::ecs

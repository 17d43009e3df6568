#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

constexpr std::int64_t kStoppedTasksKept_ms = 3'600'000;  // AWS: at least one hour

}  // namespace

void forget_what_is_over(Ecs& ecs) {
  store::Transaction transaction(ecs.db);
  for (const auto& task : ecs.tasks.stopped_before(ecs.clock.now_ms() - kStoppedTasksKept_ms)) {
    ecs.tags.clear(ecs.arns.task(task));
    ecs.tasks.remove(task.id);
  }
  for (const auto& definition : ecs.definitions.being_deleted()) {
    if (ecs.tasks.uses_definition(definition.region, definition.family, definition.revision)) {
      continue;
    }
    ecs.tags.clear(
        ecs.arns.task_definition(definition.region, definition.family, definition.revision));
    ecs.definitions.remove(definition.region, definition.family, definition.revision);
  }
  transaction.commit();
}

}  // namespace enibox::ecs

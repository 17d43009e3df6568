#pragma once
#include <string>

#include "emulator/store/row.hpp"

namespace enibox::ecs {

// Which task a network interface belongs to, or belonged to while its row is kept. Loop thread
// only.
class TaskInterfaces {
 public:
  explicit TaskInterfaces(store::Database& db)
      : find_(db,
              "SELECT id FROM ecs_tasks WHERE eni_id=? AND eni_id<>'' ORDER BY sequence DESC "
              "LIMIT 1") {}

  // The task's id; empty: none.
  std::string task_of(const std::string& eni_id) {
    auto row = find_.query(eni_id);
    return row.next() ? row.text(0) : std::string();
  }

 private:
  store::Statement find_;
};

}  // namespace enibox::ecs

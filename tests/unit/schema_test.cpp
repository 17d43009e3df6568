#include "embedded/schema.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "embedded/migrations.hpp"

namespace enibox::store {
namespace {

using Handle = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;

Handle made_by(std::span<const embedded::File> scripts) {
  sqlite3* raw = nullptr;
  sqlite3_open(":memory:", &raw);
  Handle handle(raw, sqlite3_close);
  for (const auto& script : scripts) {
    const int result =
        sqlite3_exec(raw, std::string(script.bytes).c_str(), nullptr, nullptr, nullptr);
    EXPECT_EQ(result, SQLITE_OK) << script.name << ": " << sqlite3_errmsg(raw);
  }
  return handle;
}

// Tables, then indexes, then triggers, as CREATE statements.
std::string schema_of(const Handle& handle) {
  std::string text;
  const auto add = [](void* to, int, char** row, char**) {
    *static_cast<std::string*>(to) += std::string(row[0]) + ";\n";
    return 0;
  };
  sqlite3_exec(handle.get(),
               "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY CASE type WHEN "
               "'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, name",
               add, &text, nullptr);
  return text;
}

// A new database has what the migrations make. UPDATE_GOLDEN=1 writes it anew; read the diff then.
TEST(Schema, IsWhatTheMigrationsMake) {
  const auto expected = schema_of(made_by(embedded::migrations()));
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(std::string(ENIBOX_SOURCE_DIR) + "/emulator/store/schema.sql")
        << "-- What migrations/ make, in one step, for new databases. Written by\n"
           "--   UPDATE_GOLDEN=1 build/unit_tests --gtest_filter='Schema.*'\n"
        << expected;
  }
  EXPECT_EQ(schema_of(made_by(embedded::schema())), expected);
}

// A migration that writes rows of its own would have to be in schema.sql by hand.
TEST(Schema, HasNoRows) {
  const auto migrated = made_by(embedded::migrations());
  EXPECT_EQ(sqlite3_total_changes64(migrated.get()), 0);
}

}  // namespace
}  // namespace enibox::store

#include "embedded/schema.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <set>
#include <string>

#include "embedded/migrations.hpp"

namespace enibox::store {
namespace {

// The CREATE statements of a database that these scripts have made.
std::set<std::string> made_by(std::span<const embedded::File> scripts) {
  sqlite3* raw = nullptr;
  sqlite3_open(":memory:", &raw);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db(raw, sqlite3_close);
  for (const auto& script : scripts) {
    const int result =
        sqlite3_exec(raw, std::string(script.bytes).c_str(), nullptr, nullptr, nullptr);
    EXPECT_EQ(result, SQLITE_OK) << script.name << ": " << sqlite3_errmsg(raw);
  }
  std::set<std::string> statements;
  const auto add = [](void* to, int, char** row, char**) {
    static_cast<std::set<std::string>*>(to)->insert(row[0]);
    return 0;
  };
  sqlite3_exec(raw, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL", add, &statements,
               nullptr);
  return statements;
}

TEST(Schema, OfANewDatabaseIsThatOfAMigratedOne) {
  const auto migrated = made_by(embedded::migrations());
  EXPECT_GT(migrated.size(), 100u);
  EXPECT_EQ(made_by(embedded::schema()), migrated);
}

}  // namespace
}  // namespace enibox::store

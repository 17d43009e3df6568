#include "emulator/store/database.hpp"

#include <gtest/gtest.h>

namespace enibox::store {
namespace {

TEST(Database, BindsAndReadsByType) {
  Database db;
  db.run("CREATE TABLE t (a TEXT, b INTEGER, c REAL, d TEXT) STRICT");
  db.run("INSERT INTO t VALUES (?, ?, ?, ?)", "x", std::int64_t{1} << 40, 2.5,
         std::optional<std::string>());
  Statement select(db, "SELECT a, b, c, d FROM t");
  auto row = select.query();
  ASSERT_TRUE(row.next());
  EXPECT_EQ(row.text(0), "x");
  EXPECT_EQ(row.integer(1), std::int64_t{1} << 40);
  EXPECT_EQ(row.real(2), 2.5);
  EXPECT_FALSE(row.maybe_text(3));
  EXPECT_FALSE(row.next());
}

TEST(Database, TransactionRollsBackUnlessCommitted) {
  Database db;
  db.run("CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT");
  {
    Transaction outer(db);
    db.run("INSERT INTO t VALUES (1)");
    Transaction inner(db);
    db.run("INSERT INTO t VALUES (2)");
    inner.commit();
  }
  Statement count(db, "SELECT count(*) FROM t");
  auto row = count.query();
  row.next();
  EXPECT_EQ(row.integer(0), 0);
}

TEST(Database, AConstraintIsToldApart) {
  Database db;
  db.run("CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT");
  db.run("INSERT INTO t VALUES (1)");
  try {
    db.run("INSERT INTO t VALUES (1)");
    FAIL();
  } catch (const StoreError& e) {
    EXPECT_TRUE(e.is_constraint());
  }
}

TEST(Database, MigratesOnce) {
  Database db;
  db.migrate();
  db.migrate();
}

}  // namespace
}  // namespace enibox::store

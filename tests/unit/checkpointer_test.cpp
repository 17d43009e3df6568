#include "emulator/store/checkpointer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>

#include "tests/unit/fake_clock.hpp"

namespace enibox::store {
namespace {

class CheckpointerTest : public ::testing::Test {
 protected:
  CheckpointerTest() {
    std::string name = std::filesystem::temp_directory_path() / "enibox-checkpoint-XXXXXX";
    directory = ::mkdtemp(name.data());
    db.emplace(path(), Database::Options{});
    db->run("CREATE TABLE t (a INTEGER PRIMARY KEY) STRICT");
  }
  ~CheckpointerTest() override {
    db.reset();
    std::filesystem::remove_all(directory);
  }

  std::string path() const { return directory + "/test.db"; }
  // What the file holds without its log; 0 for a copy taken in the middle of a checkpoint.
  std::int64_t rows_in_file() const {
    std::filesystem::copy_file(path(), directory + "/copy.db",
                               std::filesystem::copy_options::overwrite_existing);
    try {
      Database copy(directory + "/copy.db", {});
      Statement count(copy, "SELECT count(*) FROM t");
      auto row = count.query();
      row.next();
      return row.integer(0);
    } catch (const StoreError&) {
      return 0;
    }
  }

  std::string directory;
  std::optional<Database> db;
  boost::asio::io_context loop;
  FakeClock clock;
};

TEST_F(CheckpointerTest, WhatWasCommittedReachesTheFileWithoutTheLoop) {
  Checkpointer checkpointer(loop, clock, *db, path());
  for (int i = 0; i < 2'000; ++i) db->run("INSERT INTO t VALUES (?)", i);
  EXPECT_EQ(rows_in_file(), 0) << "no commit moved anything itself";
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::int64_t rows = 0;
  while ((rows = rows_in_file()) < 2'000 && std::chrono::steady_clock::now() < deadline) {
    clock.advance(std::chrono::seconds(1));
    loop.restart();
    loop.poll();
  }
  EXPECT_EQ(rows, 2'000);
}

}  // namespace
}  // namespace enibox::store

// make_schema OUTPUT MIGRATION...: writes what the migrations make of an empty database, as CREATE
// statements: a new database gets it in one step. A part of the build.
#include <sqlite3.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

namespace {

using Handle = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;

void run(const Handle& db, const std::string& script, const std::string& name,
         int (*on_row)(void*, int, char**, char**) = nullptr, void* context = nullptr) {
  if (sqlite3_exec(db.get(), script.c_str(), on_row, context, nullptr) == SQLITE_OK) return;
  std::cerr << name << ": " << sqlite3_errmsg(db.get()) << "\n";
  std::exit(1);
}

int write_statement(void* output, int, char** row, char**) {
  *static_cast<std::ofstream*>(output) << row[0] << ";\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  sqlite3* raw = nullptr;
  sqlite3_open(":memory:", &raw);
  const Handle db(raw, sqlite3_close);
  for (int i = 2; i < argc; ++i) {
    std::ifstream file(argv[i]);
    run(db, std::string(std::istreambuf_iterator<char>(file), {}), argv[i]);
  }
  if (sqlite3_total_changes(db.get()) != 0) {
    std::cerr << "a migration writes rows of its own, which a new database would lack\n";
    return 1;
  }
  std::ofstream output(argv[1]);
  // Tables before what stands on them, in the order of their making.
  run(db,
      "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
      " ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, rowid",
      argv[1], write_statement, &output);
  return output.flush() ? 0 : 1;
}

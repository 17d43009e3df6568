#include "emulator/store/database.hpp"

#include <sqlite3.h>

#include <cstdio>
#include <cstdlib>

#include "embedded/migrations.hpp"
#include "embedded/schema.hpp"

namespace enibox::store {
namespace {

// A connection belongs to one thread, so SQLite needs no mutex of its own for it.
constexpr int kOpenFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;

[[noreturn]] void fail(sqlite3* handle, const std::string& step) {
  throw StoreError(sqlite3_extended_errcode(handle), step + ": " + sqlite3_errmsg(handle));
}

// Of "0001_ec2.sql": the number orders migrations and is the database's user_version.
int number_of(const embedded::File& migration) {
  return std::stoi(std::string(migration.name.substr(0, 4)));
}

}  // namespace

bool StoreError::is_constraint() const { return (code_ & 0xff) == SQLITE_CONSTRAINT; }

void StatementRelease::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Query::Query(Query&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}

Query::~Query() {
  if (statement_) sqlite3_reset(statement_);
}

bool Query::next() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      fail(sqlite3_db_handle(statement_), sqlite3_sql(statement_));
  }
}

std::string Query::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes ? std::string(bytes,
                             static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
               : std::string();
}
std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Query::real(int column) const { return sqlite3_column_double(statement_, column); }
bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}
std::optional<std::string> Query::maybe_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}
std::optional<std::int64_t> Query::maybe_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

Statement::Statement(Database& db, std::string_view sql) : db_(db), sql_(sql) {
  if (parses_early_) prepare();
}

void Statement::prepare() {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_.handle(), sql_.data(), static_cast<int>(sql_.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    fail(db_.handle(), std::string(sql_));
  }
  statement_.reset(statement);
}

void Statement::reset(int given_values) {
  if (!statement_) prepare();
  sqlite3_reset(statement_.get());
  if (sqlite3_bind_parameter_count(statement_.get()) != given_values) {
    // A mistake of ours that would bind NULL where a value was meant.
    std::fprintf(stderr, "%d values given to: %s\n", given_values, sqlite3_sql(statement_.get()));
    std::abort();
  }
}

int Statement::changes() const { return sqlite3_changes(sqlite3_db_handle(statement_.get())); }

void Statement::bind(int index, std::string_view value) {
  sqlite3_bind_text(statement_.get(), index, value.data(), static_cast<int>(value.size()),
                    SQLITE_TRANSIENT);
}
void Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
}
void Statement::bind(int index, double value) {
  sqlite3_bind_double(statement_.get(), index, value);
}
void Statement::bind(int index, std::nullptr_t) { sqlite3_bind_null(statement_.get(), index); }

Database::Database() {
  if (sqlite3_open_v2(":memory:", &handle_, kOpenFlags, nullptr) != SQLITE_OK) {
    fail(handle_, "open :memory:");
  }
  exec("PRAGMA foreign_keys=ON");
}

Database::Database(const std::string& path, Options options) {
  if (sqlite3_open_v2(path.c_str(), &handle_, kOpenFlags, nullptr) != SQLITE_OK) {
    const std::string why = sqlite3_errmsg(handle_);
    sqlite3_close(handle_);
    throw StoreError(SQLITE_CANTOPEN, "open " + path + ": " + why);
  }
  sqlite3_busy_timeout(handle_, 5000);
  exec("PRAGMA journal_mode=WAL");
  exec(options.durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  exec("PRAGMA foreign_keys=ON");
}

Database::~Database() { sqlite3_close_v2(handle_); }

void Database::exec(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(handle_, sql);
}

void Database::migrate() {
  int at = 0;
  {
    Statement version(*this, "PRAGMA user_version");
    auto row = version.query();
    row.next();
    at = static_cast<int>(row.integer(0));
  }
  const auto bring_to = [this](int number, std::string_view script) {
    Transaction transaction(*this);
    exec(std::string(script).c_str());
    exec(("PRAGMA user_version=" + std::to_string(number)).c_str());
    transaction.commit();
  };
  int newest = 0;
  for (const auto& file : embedded::migrations()) newest = std::max(newest, number_of(file));
  // A new database gets in one step what the migrations would make of it in many: the daemon's
  // start is mostly this.
  if (at == 0) return bring_to(newest, embedded::schema().front().bytes);
  for (const auto& file : embedded::migrations()) {
    if (number_of(file) > at) bring_to(number_of(file), file.bytes);
  }
  if (at > newest) {
    throw StoreError(SQLITE_ERROR, "the database is of a newer Enibox (schema " +
                                       std::to_string(at) + ", this one knows " +
                                       std::to_string(newest) + ")");
  }
}

void Database::clear() {
  std::vector<std::string> tables;
  {
    Statement names(*this,
                    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                    "'sqlite_%' ORDER BY name");
    auto row = names.query();
    while (row.next()) tables.push_back(row.text(0));
  }
  Transaction transaction(*this);
  exec("PRAGMA defer_foreign_keys=ON");
  for (const auto& table : tables) exec(("DELETE FROM \"" + table + "\"").c_str());
  transaction.commit();
}

Transaction::Transaction(Database& db) : db_(db) {
  if (db_.depth_++ == 0) db_.exec("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_) return;
  --db_.depth_;
  // An inner one that was not committed leaves by exception, which also rolls the outer one back.
  if (db_.depth_ > 0) return;
  db_.after_commit_.clear();
  sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
  if (db_.depth_ == 1) db_.exec("COMMIT");
  open_ = false;
  // Closed before the actions run: they may begin transactions of their own.
  if (--db_.depth_ == 0) db_.run_after_commit();
}

void Database::after_commit(std::function<void()> action) {
  after_commit_.push_back(std::move(action));
  if (depth_ == 0) run_after_commit();
}

void Database::run_after_commit() {
  const auto actions = std::exchange(after_commit_, {});
  for (const auto& action : actions) action();
}

}  // namespace enibox::store

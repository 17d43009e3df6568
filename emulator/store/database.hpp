#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

// A thin owner of SQLite. SQL is a string literal beside the repository that owns it; values are
// bound by type. Loop thread only. Errors: StoreError.
namespace enibox::store {

class StoreError : public std::runtime_error {
 public:
  StoreError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  bool is_constraint() const;  // a UNIQUE, CHECK or foreign key said no

 private:
  int code_;  // SQLite's extended result code
};

struct StatementRelease {
  void operator()(sqlite3_stmt* statement) const;
};

class Database;

// The rows of one run of a statement; the cursor itself. Resets its statement when it goes.
class Query {
 public:
  bool next();  // steps to the next row; false at the end
  std::string text(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  bool is_null(int column) const;
  std::optional<std::string> maybe_text(int column) const;
  std::optional<std::int64_t> maybe_integer(int column) const;

  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

 private:
  friend class Statement;
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  sqlite3_stmt* statement_;
};

// A prepared statement: parsed at its first run, since most of the several hundred there are never
// run by one daemon. Not to be run again while a Query of it is open.
class Statement {
 public:
  // From now on they are parsed when they are made: for tests, where a mistake is to show at once.
  static void parse_early() { parses_early_ = true; }

  // Only a literal is trusted SQL.
  template <std::size_t N>
  Statement(Database& db, const char (&sql)[N]) : Statement(db, std::string_view(sql, N - 1)) {}

  template <typename... Args>
  [[nodiscard]] Query query(const Args&... args) {
    reset(static_cast<int>(sizeof...(Args)));
    bind_all(std::index_sequence_for<Args...>{}, args...);
    return Query(statement_.get());
  }
  // For statements without rows: runs to the end, gives the number of changed rows.
  template <typename... Args>
  int run(const Args&... args) {
    auto rows = query(args...);
    while (rows.next()) {
    }
    return changes();
  }

 private:
  friend class Database;
  Statement(Database& db, std::string_view sql);
  void prepare();
  void reset(int given_values);  // aborts when the statement has another number of parameters
  int changes() const;
  template <std::size_t... I, typename... Args>
  void bind_all(std::index_sequence<I...>, const Args&... args) {
    (bind(static_cast<int>(I) + 1, args), ...);
  }
  void bind(int index, std::string_view value);
  void bind(int index, const std::string& value) { bind(index, std::string_view(value)); }
  void bind(int index, const char* value) { bind(index, std::string_view(value)); }
  void bind(int index, std::int64_t value);
  void bind(int index, int value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::uint32_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, bool value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, double value);
  void bind(int index, std::nullptr_t);
  template <typename T>
  void bind(int index, const std::optional<T>& value) {
    if (value) {
      bind(index, *value);
    } else {
      bind(index, nullptr);
    }
  }

  static inline bool parses_early_ = false;
  Database& db_;
  std::string_view sql_;
  std::unique_ptr<sqlite3_stmt, StatementRelease> statement_;
};

class Database {
 public:
  struct Options {
    bool durable = false;  // synchronous=FULL: an answered write survives a power cut, too
  };
  // In memory.
  Database();
  // A file in WAL mode, made when it is not there.
  Database(const std::string& path, Options options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs the numbered migrations the database has not seen, each in one transaction.
  // Throws StoreError when the database is newer than this program.
  void migrate();

  // Deletes every row of every table, in one transaction; the schema stays.
  void clear();

  // One-off statements (not in a loop).
  template <std::size_t N, typename... Args>
  int run(const char (&sql)[N], const Args&... args) {
    return Statement(*this, sql).run(args...);
  }

  // Calls `action` when the outermost transaction has committed (at once when there is none), in
  // the order given; never when it rolls back. For what must follow the rows: the network, hooks.
  // An action must not throw.
  void after_commit(std::function<void()> action);

 private:
  friend class Statement;
  friend class Transaction;
  void exec(const char* sql);
  sqlite3* handle() const { return handle_; }
  sqlite3* handle_ = nullptr;
  void run_after_commit();
  int depth_ = 0;  // of nested transactions
  std::vector<std::function<void()>> after_commit_;
};

// Rolls back unless committed. Nested ones join the outermost.
class Transaction {
 public:
  explicit Transaction(Database& db);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& db_;
  bool open_ = true;
};

}  // namespace enibox::store

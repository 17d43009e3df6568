#include "emulator/store/checkpointer.hpp"

#include <spdlog/spdlog.h>
#include <sqlite3.h>

namespace enibox::store {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(500);
// Pages of a log that was never quite emptied: writers wait for a moment, and it begins anew.
constexpr int kTooLong = 8'000;

}  // namespace

// Opened by the first job and used by jobs only, which run one after the other.
class Checkpointer::Connection {
 public:
  explicit Connection(std::string path) : path_(std::move(path)) {}
  ~Connection() { sqlite3_close(handle_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void checkpoint() {
    open();
    const int pages = run(SQLITE_CHECKPOINT_PASSIVE);
    // Most of the work is done by now.
    if (pages >= kTooLong) run(SQLITE_CHECKPOINT_RESTART);
  }

 private:
  void open() {
    if (handle_ != nullptr) return;
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    check(sqlite3_open_v2(path_.c_str(), &handle_, kFlags, nullptr), "open");
    sqlite3_busy_timeout(handle_, 1000);
    // A connection that has read nothing yet does not know of the log.
    check(sqlite3_exec(handle_, "SELECT 1 FROM sqlite_schema", nullptr, nullptr, nullptr), "read");
  }
  // The pages of the log.
  int run(int mode) {
    int pages = 0;
    const int result = sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, &pages, nullptr);
    if (result != SQLITE_BUSY) check(result, "checkpoint");  // busy: the next one will do it
    return pages;
  }
  void check(int result, const char* step) {
    if (result == SQLITE_OK) return;
    throw StoreError(result, std::string(step) + " " + path_ + ": " + sqlite3_errstr(result));
  }

  std::string path_;
  sqlite3* handle_ = nullptr;
};

Checkpointer::Checkpointer(boost::asio::io_context& loop, Clock& clock, Database& db,
                           std::string path)
    : clock_(clock),
      changes_(db, "SELECT total_changes()"),
      connection_(std::make_shared<Connection>(std::move(path))),
      queue_(loop, 1) {
  Statement(db, "PRAGMA wal_autocheckpoint=0").run();  // which would do it within a commit
  look_later();
}

Checkpointer::~Checkpointer() = default;

void Checkpointer::look_later() {
  timer_ = clock_.after(kLookEvery, [this] { look(); });
}

void Checkpointer::look() {
  auto row = changes_.query();
  row.next();
  const auto changes = row.integer(0);
  if (changes == changes_seen_) return look_later();
  changes_seen_ = changes;
  queue_.submit(
      [connection = connection_] {
        connection->checkpoint();
        return Nothing{};
      },
      Done<Nothing>([this](Outcome<Nothing> outcome) {
        if (!outcome.ok()) spdlog::error("the database's log: {}", outcome.error());
        look_later();
      }));
}

}  // namespace enibox::store

#pragma once
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "emulator/clock.hpp"
#include "emulator/job_queue.hpp"
#include "emulator/store/database.hpp"

namespace enibox::store {

// Moves what was committed from the write-ahead log into the database file, on a thread and a
// connection of its own, soon after there was something: copying and syncing pages never holds up
// the loop. Loop thread only.
class Checkpointer {
 public:
  // `path` is that of `db`; both outlive this.
  Checkpointer(boost::asio::io_context& loop, Clock& clock, Database& db, std::string path);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

 private:
  class Connection;
  void look_later();
  void look();

  Clock& clock_;
  Statement changes_;
  std::int64_t changes_seen_ = 0;
  std::shared_ptr<Connection> connection_;  // the thread's
  std::unique_ptr<Clock::Timer> timer_;
  JobQueue queue_;
};

}  // namespace enibox::store

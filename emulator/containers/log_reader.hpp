#pragma once
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "emulator/containers/log_lines.hpp"
#include "emulator/containers/watch.hpp"

namespace enibox::containers {

struct LogReaderOptions {
  std::string path;           // the file conmon writes
  std::string position_path;  // where this reader keeps how far it came
  // Of what is delivered, about this much stays for `docker logs`; the file system gets the rest
  // back (a hole at the front of the file, so nothing moves under the writer's hands).
  std::uint64_t keep_bytes = 4 << 20;
};

// Follows one container's log file and delivers its lines in order. The place is written down after
// `deliver` has returned, so a daemon that dies in between delivers again, and otherwise each line
// comes once. Loop thread only; a flood is read in portions between other work.
class LogReader {
 public:
  using Deliver = std::function<void(std::vector<LogLine>)>;
  // Throws std::system_error when the file cannot be opened.
  LogReader(boost::asio::io_context& loop, FileWatch& files, LogReaderOptions options,
            Deliver deliver);
  ~LogReader();
  // The container has ended: reads what is left, delivers also an unfinished line, calls `done`.
  void finish(std::function<void()> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// The last lines of a log file; tail < 0: all that is kept. Any thread.
std::vector<LogLine> read_last_lines(const std::string& path, int tail);

}  // namespace enibox::containers

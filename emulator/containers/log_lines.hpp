#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/containers/runtime.hpp"

// Reading the log files that conmon writes (`k8s-file`, the Kubernetes CRI log format):
//   2026-11-23T00:46:42.047805197+00:00 stdout F a whole line
//   2026-11-23T00:46:42.047805197+00:00 stderr P the beginning of one
namespace enibox::containers {

// The largest CloudWatch Logs event: 256 KiB less 26 bytes of overhead. PutLogEvents.
inline constexpr std::size_t kLargestEvent = 262'144 - 26;

// "2026-11-23T00:46:42.047805197+00:00" as Unix milliseconds; -1 when it is no such time.
std::int64_t parse_log_time(std::string_view text);

// Where reading goes on after a restart: bytes before `offset` are done with, and of what comes
// after it the first `lines` lines were given already (one stream has an unfinished line there).
struct LogPosition {
  std::uint64_t offset = 0;
  std::uint64_t lines = 0;
  bool operator==(const LogPosition&) const = default;
};

// Puts the pieces of a file together. feed() takes the file's bytes in any portions; a torn last
// record waits for its rest. Standard output and error are joined apart.
class LogAssembler {
 public:
  explicit LogAssembler(LogPosition start = {})
      : fed_(start.offset), position_(start), skip_(start.lines) {}

  // Complete lines, in order. A line above kLargestEvent comes in pieces of that size.
  std::vector<LogLine> feed(std::string_view bytes);
  // What has no line end yet: when the container has ended, or for `docker logs`.
  std::vector<LogLine> flush();
  // Behind all lines given so far.
  LogPosition position() const { return position_; }

 private:
  struct Stream {
    std::string text;
    std::int64_t first_time = 0;
    bool open = false;
  };
  void record(std::string_view line, std::vector<LogLine>& out);
  void give(Stream& stream, std::vector<LogLine>& out);

  std::string torn_;
  Stream streams_[2];  // stdout, stderr
  std::uint64_t fed_ = 0;
  LogPosition position_;
  std::uint64_t skip_ = 0;
};

}  // namespace enibox::containers

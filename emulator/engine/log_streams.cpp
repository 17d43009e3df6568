#include "emulator/engine/log_streams.hpp"

#include <algorithm>
#include <cstdlib>

#include "emulator/engine/errors.hpp"
#include "emulator/engine/times.hpp"

namespace enibox::engine {
namespace {

// A follower that does not read loses lines rather than making the daemon keep them all.
constexpr std::size_t kMaxBehindBytes = 8 << 20;

int tail_of(const std::optional<std::string>& text) {
  if (!text || text->empty() || *text == "all") return -1;
  char* end = nullptr;
  const long value = std::strtol(text->c_str(), &end, 10);
  return *end != '\0' || value < 0 || value > 1'000'000'000 ? -1 : static_cast<int>(value);
}

bool same_line(const containers::LogLine& a, const containers::LogLine& b) {
  return a.timestamp_ms == b.timestamp_ms && a.from_stderr == b.from_stderr && a.text == b.text;
}

// Lines that came while the kept ones were read may be among those: the longest beginning of
// `arrived` that `kept` ends with.
std::size_t overlap(const std::vector<containers::LogLine>& kept,
                    const std::vector<containers::LogLine>& arrived) {
  for (auto size = std::min(kept.size(), arrived.size()); size > 0; --size) {
    if (std::equal(arrived.begin(), arrived.begin() + static_cast<std::ptrdiff_t>(size),
                   kept.end() - static_cast<std::ptrdiff_t>(size), same_line)) {
      return size;
    }
  }
  return 0;
}

}  // namespace

void LogStreams::answer(const Call& call, const EngineContainer& container) {
  if (!container.in_runtime) {
    // The pause process writes nothing; the agent is not a process here.
    if (const auto stream = call.exchange->stream({.status = 200,
                                                   .content_type = "application/octet-stream",
                                                   .body = {},
                                                   .headers = engine_headers()})) {
      stream->end();
    }
    return;
  }
  auto follower = std::make_shared<Follower>();
  follower->container_id = container.id;
  const auto now = clock_.now_ms();
  auto& format = follower->format;
  format.tty = container.tty;
  format.timestamps = call.flag("timestamps");
  format.want_stdout = call.flag("stdout");
  format.want_stderr = call.flag("stderr");
  if (!format.want_stdout && !format.want_stderr) {
    throw EngineError(400, "Bad parameters: you must choose at least one stream");
  }
  if (const auto since = call.parameter("since"); since && !since->empty() && *since != "0") {
    format.since_ms = parse_time_ms(*since, now);
  }
  if (const auto until = call.parameter("until"); until && !until->empty() && *until != "0") {
    format.until_ms = parse_time_ms(*until, now);
  }
  const bool follow = call.flag("follow") && container.state == "running";
  if (follow) followers_->push_back(follower);

  runtime_.read_log(
      container.id, tail_of(call.parameter("tail")),
      [this, follower, follow, call](Outcome<std::vector<containers::LogLine>> kept) {
        if (!kept.ok()) {
          forget(*followers_, follower.get());
          return call.reply_error(500, kept.error());
        }
        follower->stream = call.exchange->stream(
            {.status = 200,
             .content_type = follower->format.tty ? "application/vnd.docker.raw-stream"
                                                  : "application/vnd.docker.multiplexed-stream",
             .body = {},
             .headers = engine_headers()});
        if (!follower->stream) return forget(*followers_, follower.get());
        begin(follower, kept.get());
        if (!follow) follower->stream->end();
      });
}

void LogStreams::begin(const std::shared_ptr<Follower>& follower,
                       const std::vector<containers::LogLine>& kept) {
  follower->stream->listen({.on_data = {},
                            .on_eof = {},
                            .on_drained = {},
                            .on_closed = [weak = std::weak_ptr(followers_), raw = follower.get()] {
                              if (const auto followers = weak.lock()) forget(*followers, raw);
                            }});
  follower->stream->write(format_log(kept, follower->format));
  follower->caught_up = true;
  auto arrived = std::exchange(follower->arrived, {});
  arrived.erase(arrived.begin(),
                arrived.begin() + static_cast<std::ptrdiff_t>(overlap(kept, arrived)));
  follower->stream->write(format_log(arrived, follower->format));
  if (follower->container_ended) follower->stream->end();
}

void LogStreams::logged(const std::string& container_id,
                        const std::vector<containers::LogLine>& lines) {
  for (const auto& follower : *followers_) {
    if (follower->container_id != container_id) continue;
    if (!follower->caught_up) {
      follower->arrived.insert(follower->arrived.end(), lines.begin(), lines.end());
    } else if (follower->stream->queued_bytes() < kMaxBehindBytes) {
      follower->stream->write(format_log(lines, follower->format));
    }
  }
}

void LogStreams::ended(const std::string& container_id) {
  for (const auto& follower : *followers_) {
    if (follower->container_id != container_id) continue;
    follower->container_ended = true;
    if (follower->caught_up) follower->stream->end();
  }
}

void LogStreams::forget(Followers& followers, const Follower* follower) {
  std::erase_if(followers, [&](const auto& one) { return one.get() == follower; });
}

}  // namespace enibox::engine

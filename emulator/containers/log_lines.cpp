#include "emulator/containers/log_lines.hpp"

#include <charconv>
#include <ctime>

namespace enibox::containers {
namespace {

// Digits at a fixed place; -1 for anything else.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  const auto* begin = text.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + count, value);
  return error == std::errc() && end == begin + count && *begin != '-' ? value : -1;
}

// "Z", "+00:00", "-07:30" as seconds east of UTC.
std::int64_t zone_seconds(std::string_view zone) {
  if (zone.size() != 6) return 0;
  const auto seconds = std::int64_t{digits(zone, 1, 2)} * 3600 + digits(zone, 4, 2) * 60;
  return zone[0] == '-' ? -seconds : seconds;
}

}  // namespace

std::int64_t parse_log_time(std::string_view text) {
  constexpr std::size_t kSecondsEnd = 19;  // 2026-11-23T00:46:42
  std::tm time{};
  time.tm_year = digits(text, 0, 4) - 1900;
  time.tm_mon = digits(text, 5, 2) - 1;
  time.tm_mday = digits(text, 8, 2);
  time.tm_hour = digits(text, 11, 2);
  time.tm_min = digits(text, 14, 2);
  time.tm_sec = digits(text, 17, 2);
  if (time.tm_year < 0 || time.tm_mon < 0 || time.tm_mday < 0 || time.tm_hour < 0 ||
      time.tm_min < 0 || time.tm_sec < 0)
    return -1;
  auto rest = text.substr(kSecondsEnd);
  int milliseconds = 0;
  if (rest.starts_with('.')) {
    const auto fraction_end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    for (std::size_t i = 1; i <= 3; ++i)
      milliseconds = milliseconds * 10 + (i < fraction_end ? rest[i] - '0' : 0);
    rest = rest.substr(fraction_end);
  }
  return (::timegm(&time) - zone_seconds(rest)) * 1000 + milliseconds;
}

std::vector<LogLine> LogAssembler::feed(std::string_view bytes) {
  std::vector<LogLine> out;
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) {
      torn_ += bytes;
      break;
    }
    if (torn_.empty()) {
      record(bytes.substr(0, end), out);
      fed_ += end + 1;
    } else {
      torn_ += bytes.substr(0, end);
      fed_ += torn_.size() + 1;
      const auto whole = std::exchange(torn_, {});
      record(whole, out);
    }
    bytes = bytes.substr(end + 1);
    if (!streams_[0].open && !streams_[1].open) position_ = {fed_, 0};
  }
  return out;
}

void LogAssembler::record(std::string_view line, std::vector<LogLine>& out) {
  // TIME SPACE ("stdout" | "stderr") SPACE ("F" | "P") SPACE TEXT
  const auto time_end = line.find(' ');
  if (time_end == std::string_view::npos || line.size() < time_end + 10) return;
  const auto source = line.substr(time_end + 1, 6);
  const char tag = line[time_end + 8];
  if ((source != "stdout" && source != "stderr") || (tag != 'F' && tag != 'P') ||
      line[time_end + 7] != ' ')
    return;
  const auto time = parse_log_time(line.substr(0, time_end));
  if (time < 0) return;
  const bool from_stderr = source == "stderr";
  auto& stream = streams_[from_stderr ? 1 : 0];
  if (!stream.open) stream.first_time = time;
  stream.open = true;
  auto text = line.substr(time_end + 10);
  while (stream.text.size() + text.size() > kLargestEvent) {
    const auto room = kLargestEvent - stream.text.size();
    stream.text += text.substr(0, room);
    text = text.substr(room);
    give(stream, out);
    stream.open = true;
  }
  stream.text += text;
  if (tag == 'F') give(stream, out);
}

void LogAssembler::give(Stream& stream, std::vector<LogLine>& out) {
  LogLine line{stream.first_time, &stream == &streams_[1], std::exchange(stream.text, {})};
  stream.open = false;
  if (skip_ > 0) {
    --skip_;
    return;
  }
  ++position_.lines;
  out.push_back(std::move(line));
}

std::vector<LogLine> LogAssembler::flush() {
  std::vector<LogLine> out;
  for (auto& stream : streams_) {
    if (stream.open && !stream.text.empty()) give(stream, out);
    stream.open = false;
  }
  position_ = {fed_, 0};
  return out;
}

}  // namespace enibox::containers

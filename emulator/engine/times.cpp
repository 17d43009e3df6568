#include "emulator/engine/times.hpp"

#include <cmath>
#include <cstdio>
#include <ctime>

#include "emulator/engine/errors.hpp"

namespace enibox::engine {
namespace {

std::string count(std::int64_t number, const char* unit) {
  return std::to_string(number) + " " + unit;
}

// Seconds of "1h30m10s"; negative when it is no duration.
double duration_seconds(const std::string& text) {
  double total = 0;
  const char* at = text.c_str();
  while (*at != '\0') {
    char* unit = nullptr;
    const double value = std::strtod(at, &unit);
    const double seconds = *unit == 'h' ? 3600 : *unit == 'm' ? 60 : *unit == 's' ? 1 : 0;
    if (unit == at || seconds == 0 || value < 0) return -1;
    total += value * seconds;
    at = unit + 1;
  }
  return text.empty() ? -1 : total;
}

}  // namespace

std::string human_duration(std::int64_t ms) {
  const auto seconds = ms / 1000;
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return count(seconds, "seconds");
  const auto minutes = seconds / 60;
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return count(minutes, "minutes");
  const auto hours = (seconds + 1800) / 3600;  // rounded
  if (hours == 1) return "About an hour";
  if (hours < 48) return count(hours, "hours");
  if (hours < 24 * 7 * 2) return count(hours / 24, "days");
  if (hours < 24 * 30 * 2) return count(hours / 24 / 7, "weeks");
  if (hours < 24 * 365 * 2) return count(hours / 24 / 30, "months");
  return count(seconds / 3600 / 24 / 365, "years");
}

std::string status_text(const EngineContainer& container, std::int64_t now_ms) {
  if (container.state == "running") {
    auto text = "Up " + human_duration(now_ms - container.started_ms);
    if (container.health == "starting") return text + " (health: starting)";
    return container.health.empty() ? text : text + " (" + container.health + ")";
  }
  if (container.state == "created" || container.started_ms == 0) return "Created";
  return "Exited (" + std::to_string(container.exit_code) + ") " +
         human_duration(now_ms - container.finished_ms) + " ago";
}

std::string rfc3339(std::int64_t unix_ms) {
  if (unix_ms == 0) return "0001-01-01T00:00:00Z";
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char date[32], text[48];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text, sizeof text, "%s.%03dZ", date, static_cast<int>(unix_ms % 1000));
  return text;
}

std::int64_t parse_time_ms(const std::string& text, std::int64_t now_ms) {
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (end != text.c_str() && *end == '\0' && std::abs(seconds) < 1e12) {
    return static_cast<std::int64_t>(seconds * 1000);
  }
  std::tm parts{};
  if (const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts)) {
    const double fraction = *rest == '.' ? std::strtod(rest, &end) : 0;
    return static_cast<std::int64_t>(timegm(&parts)) * 1000 +
           static_cast<std::int64_t>(fraction * 1000);
  }
  if (const double back = duration_seconds(text); back >= 0 && back < 1e12) {
    return now_ms - static_cast<std::int64_t>(back * 1000);
  }
  throw EngineError(400, "failed to parse value as time or duration: \"" + text + "\"");
}

}  // namespace enibox::engine

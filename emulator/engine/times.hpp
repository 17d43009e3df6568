#pragma once
#include <cstdint>
#include <string>

#include "emulator/engine/source.hpp"

// Times and statuses in docker's words. Pure functions.
namespace enibox::engine {

// "Less than a second", "5 minutes", "About an hour", "2 weeks" (docker/go-units HumanDuration).
std::string human_duration(std::int64_t ms);

// The STATUS column: "Up 5 minutes", "Up 4 hours (healthy)", "Exited (0) 2 hours ago", "Created".
std::string status_text(const EngineContainer& container, std::int64_t now_ms);

// "2026-11-23T07:09:46.123Z"; docker's zero time "0001-01-01T00:00:00Z" for 0.
std::string rfc3339(std::int64_t unix_ms);

// `since` and `until` of a request: "1700000000", "1700000000.5", RFC 3339 in UTC, or a duration
// back from now ("10m", "1h30m"). Throws EngineError 400.
std::int64_t parse_time_ms(const std::string& text, std::int64_t now_ms);

}  // namespace enibox::engine

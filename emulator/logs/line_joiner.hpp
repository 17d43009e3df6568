#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/wire/pattern.hpp"
#include "emulator/containers/log_lines.hpp"
#include "emulator/logs/sink.hpp"

// How the awslogs driver makes events of several lines (options awslogs-multiline-pattern and
// awslogs-datetime-format; Docker, "Amazon CloudWatch Logs logging driver").
namespace enibox::logs {

using containers::kLargestEvent;

// A line that the pattern is found in begins an event, the others go on with it. Each line keeps
// its end. An event has the time of its first line.
class LineJoiner {
 public:
  // Throws std::invalid_argument for a broken expression.
  explicit LineJoiner(const std::string& pattern)
      : begins_(pattern, api::Pattern::Scope::kAnywhere) {}

  // The event that is complete with this line's coming, if there is one.
  std::optional<Event> add(Event line);
  // What is there without knowing its end.
  std::optional<Event> flush();
  // The time of the first line of what is there.
  std::optional<std::int64_t> open_since_ms() const;

 private:
  api::Pattern begins_;
  std::optional<Event> open_;
};

// Of the two options, at most one; null when neither is given. Throws std::runtime_error with
// Docker's text.
std::unique_ptr<LineJoiner> make_line_joiner(const std::string& multiline_pattern,
                                             const std::string& datetime_format);
// "you cannot configure ..." when both are given, which Docker says before it makes a container.
std::string conflict_of_line_options(const std::string& multiline_pattern,
                                     const std::string& datetime_format);

// The expression that finds a time in the format of strftime(3) ("%Y-%m-%d"). What is no directive
// is part of the expression as it stands.
std::string pattern_of_datetime(std::string_view format);

}  // namespace enibox::logs

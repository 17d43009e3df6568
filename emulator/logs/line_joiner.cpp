#include "emulator/logs/line_joiner.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace enibox::logs {
namespace {

constexpr const char* kPatternOption = "awslogs-multiline-pattern";
constexpr const char* kDatetimeOption = "awslogs-datetime-format";

struct Directive {
  char letter;
  std::string_view pattern;
};
// %f and %L are the driver's own: micro- and milliseconds, the latter with their point.
constexpr Directive kDirectives[] = {
    {'a', "(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)"},
    {'A', "(?:Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day"},
    {'b', "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"},
    {'B',
     "(?:January|February|March|April|May|June|July|August|September|October|November|December)"},
    {'d', "(?:0[1-9]|[12][0-9]|3[01])"},
    {'f', "[0-9]{6}"},
    {'H', "(?:[01][0-9]|2[0-3])"},
    {'I', "(?:0[0-9]|1[0-2])"},
    {'j', "(?:[0-2][0-9]{2}|3[0-5][0-9]|36[0-6])"},
    {'L', "\\.[0-9]{3}"},
    {'m', "(?:0[1-9]|1[0-2])"},
    {'M', "[0-5][0-9]"},
    {'p', "[AP]M"},
    {'S', "[0-5][0-9]"},
    {'w', "[0-6]"},
    {'y', "[0-9]{2}"},
    {'Y', "[0-9]{4}"},
    {'z', "[+-][0-9]{4}"},
    {'Z', "[A-Z]{1,4}T"},
};

}  // namespace

std::optional<Event> LineJoiner::add(Event line) {
  std::optional<Event> complete;
  const bool begins = begins_.matches(line.message);
  if (open_ && (begins || open_->message.size() + line.message.size() > kLargestEvent))
    complete = flush();
  if (line.message.size() < kLargestEvent) line.message += '\n';
  if (open_)
    open_->message += line.message;
  else
    open_ = std::move(line);
  return complete;
}

std::optional<Event> LineJoiner::flush() { return std::exchange(open_, std::nullopt); }

std::optional<std::int64_t> LineJoiner::open_since_ms() const {
  if (!open_) return std::nullopt;
  return open_->timestamp_ms;
}

std::unique_ptr<LineJoiner> make_line_joiner(const std::string& multiline_pattern,
                                             const std::string& datetime_format) {
  if (const auto conflict = conflict_of_line_options(multiline_pattern, datetime_format);
      !conflict.empty())
    throw std::runtime_error(conflict);
  if (multiline_pattern.empty() && datetime_format.empty()) return nullptr;
  const bool is_time = multiline_pattern.empty();
  try {
    return std::make_unique<LineJoiner>(is_time ? pattern_of_datetime(datetime_format)
                                                : multiline_pattern);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error("awslogs could not parse multiline pattern key \"" +
                             std::string(is_time ? kDatetimeOption : kPatternOption) +
                             "\": " + error.what());
  }
}

std::string conflict_of_line_options(const std::string& multiline_pattern,
                                     const std::string& datetime_format) {
  if (multiline_pattern.empty() || datetime_format.empty()) return {};
  return "you cannot configure log opt '" + std::string(kDatetimeOption) + "' and '" +
         kPatternOption + "' at the same time";
}

std::string pattern_of_datetime(std::string_view format) {
  std::string pattern;
  for (std::size_t i = 0; i < format.size(); ++i) {
    const auto* known =
        format[i] == '%' && i + 1 < format.size()
            ? std::find_if(std::begin(kDirectives), std::end(kDirectives),
                           [&](const Directive& each) { return each.letter == format[i + 1]; })
            : std::end(kDirectives);
    if (known == std::end(kDirectives)) {
      pattern += format[i];
      continue;
    }
    pattern += known->pattern;
    ++i;
  }
  return pattern;
}

}  // namespace enibox::logs

#include "emulator/logs/filter_pattern.hpp"

#include "emulator/logs/filter_node.hpp"

namespace enibox::logs {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && filter::is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && filter::is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

FilterPattern::FilterPattern(std::string_view pattern) {
  const auto text = trimmed(pattern);
  if (text.starts_with('{')) {
    root_ = filter::parse_json(text);
  } else if (text.starts_with('[')) {
    if (text.size() < 2) filter::refuse(text);
    root_ = filter::parse_fields(text);
  } else {
    root_ = filter::parse_words(text);
  }
}

FilterPattern::~FilterPattern() = default;
FilterPattern::FilterPattern(FilterPattern&&) noexcept = default;
FilterPattern& FilterPattern::operator=(FilterPattern&&) noexcept = default;

bool FilterPattern::matches(const std::string& message) const { return root_->matches(message); }

std::optional<std::string> FilterPattern::value(const std::string& message,
                                                const std::string& selector) const {
  return root_->value(message, selector);
}

std::map<std::string, std::string> FilterPattern::fields(const std::string& message) const {
  return root_->fields(message);
}

bool FilterPattern::selects() const { return root_->selects(); }

}  // namespace enibox::logs

#include "api/wire/filters.hpp"

#include <algorithm>

namespace enibox::api {

namespace {

constexpr std::size_t kMaxFilterValues = 200;

struct PatternPosition {
  std::string_view pattern;
  std::size_t at = 0;

  bool ended() const { return at >= pattern.size(); }
  bool is_star() const { return !ended() && pattern[at] == '*'; }
  // Whether the element here takes `c`; stars are not asked.
  bool takes(char c) const {
    if (ended()) return false;
    if (pattern[at] == '?') return true;
    if (pattern[at] == '\\' && at + 1 < pattern.size()) return pattern[at + 1] == c;
    return pattern[at] == c;
  }
  void step() { at += pattern[at] == '\\' && at + 1 < pattern.size() ? 2 : 1; }
};

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view text) {
  // Only the last star can need another try, so this is linear in pattern times text at worst.
  PatternPosition here{pattern}, after_star{pattern};
  bool starred = false;
  std::size_t i = 0, retry = 0;
  while (i < text.size()) {
    if (here.is_star()) {
      here.step();
      after_star = here;
      starred = true;
      retry = i;
    } else if (here.takes(text[i])) {
      here.step();
      ++i;
    } else if (starred) {
      here = after_star;
      i = ++retry;
    } else {
      return false;
    }
  }
  while (here.is_star()) here.step();
  return here.ended();
}

bool Filter::passes(std::string_view row) const {
  return std::any_of(values.begin(), values.end(),
                     [&](const std::string& value) { return matches_wildcard(value, row); });
}

bool Filter::passes(const FilterValues& row) const {
  return std::any_of(row.begin(), row.end(),
                     [&](const std::string& value) { return passes(std::string_view(value)); });
}

void refuse_filter(const std::string& name) {
  throw AwsError("InvalidParameterValue", "The filter '" + name + "' is invalid");
}

std::vector<Filter> read_filters(const Json& input, const char* name) {
  std::vector<Filter> out;
  const auto given = input.find(name);
  if (given == input.end()) return out;
  std::size_t values = 0;
  for (const Json& filter : *given) {
    if (!filter.contains("Name")) refuse_filter("null");
    Filter read{filter["Name"], filter.value("Values", FilterValues{})};
    if (read.values.empty()) {
      throw AwsError("InvalidParameterValue", "The filter '" + read.name + "' has no values");
    }
    values += read.values.size();
    out.push_back(std::move(read));
  }
  if (values > kMaxFilterValues) {
    throw AwsError("FilterLimitExceeded",
                   "The maximum number of filter values specified on a single call is 200");
  }
  return out;
}

bool is_tag_filter(const Filter& filter) {
  return filter.name.compare(0, 4, "tag:") == 0 || filter.name == "tag-key" ||
         filter.name == "tag-value";
}

bool passes_tags(const Filter& filter, const std::map<std::string, std::string>& tags) {
  if (filter.name.compare(0, 4, "tag:") == 0) {
    const auto tag = tags.find(filter.name.substr(4));
    return tag != tags.end() && filter.passes(std::string_view(tag->second));
  }
  return std::any_of(tags.begin(), tags.end(), [&](const auto& tag) {
    return filter.passes(std::string_view(filter.name == "tag-key" ? tag.first : tag.second));
  });
}

}  // namespace enibox::api

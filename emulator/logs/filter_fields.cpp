#include <algorithm>

#include "emulator/logs/filter_node.hpp"

namespace enibox::logs::filter {
namespace {

// A line's parts between spaces; what is in quotes or brackets is one part, without them.
std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (at < line.size()) {
    if (is_space(line[at])) {
      ++at;
      continue;
    }
    const char close = line[at] == '"' ? '"' : line[at] == '[' ? ']' : '\0';
    const auto end = close == '\0' ? line.npos : line.find(close, at + 1);
    if (end != line.npos) {
      parts.push_back(line.substr(at + 1, end - at - 1));
      at = end + 1;
      continue;
    }
    const auto begin = at;
    while (at < line.size() && !is_space(line[at])) ++at;
    parts.push_back(line.substr(begin, at - begin));
  }
  return parts;
}

struct Field {
  std::string name;  // empty: a field without one
  // Any of these, of which each is all of its tests; empty: no condition.
  std::vector<std::vector<Test>> any;

  bool passes(const std::string& value) const {
    return any.empty() || std::any_of(any.begin(), any.end(), [&](const auto& all) {
             return std::all_of(all.begin(), all.end(),
                                [&](const Test& test) { return test.passes_text(value); });
           });
  }
};

class Fields final : public Node {
 public:
  explicit Fields(std::string_view pattern)
      : scanner_(pattern, pattern.substr(1, pattern.size() - 2)) {
    if (pattern.size() < 2 || !pattern.ends_with(']')) refuse(pattern);
    scanner_.skip_spaces();
    if (scanner_.at_end()) {
      open_ = true;  // "[]": every line
      return;
    }
    do {
      if (scanner_.take("...")) {
        if (open_) scanner_.fail();
        open_ = true;
      } else {
        (open_ ? last_ : first_).push_back(field());
      }
    } while (scanner_.take(","));
    scanner_.skip_spaces();
    if (!scanner_.at_end()) scanner_.fail();
  }

  bool matches(const std::string& message) const override {
    const auto parts = split(message);
    const auto named = first_.size() + last_.size();
    if (open_ ? parts.size() < named : parts.size() != named) return false;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto* field = field_at(i, parts.size());
      if (field != nullptr && !field->passes(parts[i])) return false;
    }
    return true;
  }
  std::map<std::string, std::string> fields(const std::string& message) const override {
    std::map<std::string, std::string> out;
    const auto parts = split(message);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto* field = field_at(i, parts.size());
      const bool named = field != nullptr && !field->name.empty();
      out["$" + (named ? field->name : std::to_string(i + 1))] = parts[i];
    }
    return out;
  }
  std::optional<std::string> value(const std::string& message,
                                   const std::string& selector) const override {
    const auto all = fields(message);
    const auto found = all.find(selector);
    if (found == all.end()) return std::nullopt;
    return found->second;
  }
  bool selects() const override { return true; }

 private:
  // nullptr: one of those that "..." stands for.
  const Field* field_at(std::size_t i, std::size_t count) const {
    if (i < first_.size()) return &first_[i];
    const auto from_end = count - i;
    return from_end <= last_.size() ? &last_[last_.size() - from_end] : nullptr;
  }
  std::string name() {
    scanner_.skip_spaces();
    return scanner_.until(",=!<>&|()");
  }
  // "status = 4* || status = 5* && status != 404": the name may be left out behind the first.
  Field field() {
    Field out;
    out.name = name();
    if (!Test::comes_next(scanner_)) return out;
    out.any.emplace_back().emplace_back(scanner_);
    while (true) {
      if (scanner_.take("||")) {
        out.any.emplace_back();
      } else if (!scanner_.take("&&")) {
        return out;
      }
      if (const auto again = name(); !again.empty() && again != out.name) scanner_.fail();
      out.any.back().emplace_back(scanner_);
    }
  }

  Scanner scanner_;
  std::vector<Field> first_, last_;  // before and behind "..."
  bool open_ = false;                // there is a "..."
};

}  // namespace

std::unique_ptr<Node> parse_fields(std::string_view pattern) {
  return std::make_unique<Fields>(pattern);
}

}  // namespace enibox::logs::filter

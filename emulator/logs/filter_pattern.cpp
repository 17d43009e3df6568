#include "emulator/logs/filter_pattern.hpp"

#include <cctype>
#include <optional>
#include <vector>

#include "api/error.hpp"

namespace enibox::logs {

class FilterPattern::Node {
 public:
  virtual ~Node() = default;
  // `json` is the message parsed, or discarded when it is not JSON.
  virtual bool matches(const std::string& message, const Json& json) const = 0;
  virtual bool needs_json() const { return false; }
};

namespace {

using Node = FilterPattern::Node;
constexpr int kMostDepth = 32;  // of parentheses: a pattern comes from outside

[[noreturn]] void refuse(std::string_view pattern) {
  throw AwsError("InvalidParameterException",
                 "Invalid filter pattern: '" + std::string(pattern) + "'");
}

// --- words ---------------------------------------------------------------------------------------

class Words final : public Node {
 public:
  explicit Words(std::string_view pattern) {
    std::size_t i = 0;
    while (i < pattern.size()) {
      if (std::isspace(static_cast<unsigned char>(pattern[i]))) {
        ++i;
        continue;
      }
      add(pattern, i);
    }
  }
  bool matches(const std::string& message, const Json&) const override {
    const auto has = [&](const std::string& word) { return message.find(word) != message.npos; };
    for (const auto& word : all_) {
      if (!has(word)) return false;
    }
    for (const auto& word : none_) {
      if (has(word)) return false;
    }
    for (const auto& word : any_) {
      if (has(word)) return true;
    }
    return any_.empty();
  }

 private:
  void add(std::string_view pattern, std::size_t& i) {
    auto* list = &all_;
    if (pattern[i] == '-') list = &none_;
    if (pattern[i] == '?') list = &any_;
    if (list != &all_) ++i;
    std::string word;
    if (i < pattern.size() && pattern[i] == '"') {
      for (++i; i < pattern.size() && pattern[i] != '"'; ++i) {
        if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
        word += pattern[i];
      }
      if (i == pattern.size()) refuse(pattern);
      ++i;
    } else {
      while (i < pattern.size() && !std::isspace(static_cast<unsigned char>(pattern[i]))) {
        const auto c = static_cast<unsigned char>(pattern[i]);
        if (!std::isalnum(c) && c != '_') {
          throw AwsError("InvalidParameterException", "Invalid character(s) in term '" +
                                                          std::string(pattern.substr(i, 1)) + "'");
        }
        word += pattern[i++];
      }
    }
    if (!word.empty()) list->push_back(std::move(word));
  }

  std::vector<std::string> all_, none_, any_;
};

// --- JSON ----------------------------------------------------------------------------------------

class Both final : public Node {
 public:
  Both(std::unique_ptr<Node> a, std::unique_ptr<Node> b, bool either)
      : a_(std::move(a)), b_(std::move(b)), either_(either) {}
  bool matches(const std::string& message, const Json& json) const override {
    const bool a = a_->matches(message, json);
    if (a == either_) return a;
    return b_->matches(message, json);
  }
  bool needs_json() const override { return true; }

 private:
  std::unique_ptr<Node> a_, b_;
  bool either_;
};

// "/api*" against "/api/v1": a star at either end, as CloudWatch allows.
bool text_matches(const std::string& wanted, const std::string& have) {
  const bool open_front = wanted.starts_with('*');
  const bool open_back = wanted.size() > 1 && wanted.ends_with('*');
  const auto core = wanted.substr(open_front ? 1 : 0,
                                  wanted.size() - (open_front ? 1u : 0u) - (open_back ? 1u : 0u));
  if (open_front && open_back) return have.find(core) != std::string::npos;
  if (open_front) return have.ends_with(core);
  if (open_back) return have.starts_with(core);
  return have == wanted;
}

class Comparison final : public Node {
 public:
  std::vector<std::string> path;
  std::string op;  // "=", "!=", "<", "<=", ">", ">=", "EXISTS", "NOT EXISTS", "IS"
  std::string value;
  std::optional<double> number;

  bool needs_json() const override { return true; }
  bool matches(const std::string&, const Json& json) const override {
    const Json* at = find(json);
    if (op == "NOT EXISTS") return at == nullptr;
    if (op == "EXISTS") return at != nullptr;
    if (!at) return false;
    if (op == "IS") {
      if (value == "NULL") return at->is_null();
      return at->is_boolean() && at->get<bool>() == (value == "TRUE");
    }
    if (number && at->is_number()) return compare(at->get<double>(), *number);
    if (op != "=" && op != "!=") return false;
    const auto text = at->is_string() ? at->get<std::string>() : at->dump();
    return text_matches(value, text) == (op == "=");
  }

 private:
  const Json* find(const Json& json) const {
    const Json* at = &json;
    for (const auto& step : path) {
      if (at->is_object()) {
        const auto next = at->find(step);
        if (next == at->end()) return nullptr;
        at = &*next;
      } else if (at->is_array() && !step.empty() && step.size() < 9 &&
                 step.find_first_not_of("0123456789") == std::string::npos) {
        const auto index = static_cast<std::size_t>(std::stoul(step));
        if (index >= at->size()) return nullptr;
        at = &(*at)[index];
      } else {
        return nullptr;
      }
    }
    return at;
  }
  bool compare(double have, double wanted) const {
    if (op == "=") return have == wanted;
    if (op == "!=") return have != wanted;
    if (op == "<") return have < wanted;
    if (op == "<=") return have <= wanted;
    if (op == ">") return have > wanted;
    return have >= wanted;
  }
};

// or := and ("||" and)*   and := one ("&&" one)*   one := "(" or ")" | "$.path" op value
class JsonParser {
 public:
  explicit JsonParser(std::string_view pattern) : whole_(pattern) {
    text_ = pattern.substr(1, pattern.size() - 2);
  }
  std::unique_ptr<Node> parse() {
    auto node = either(0);
    skip();
    if (at_ != text_.size()) refuse(whole_);
    return node;
  }

 private:
  std::unique_ptr<Node> either(int depth) {
    if (depth > kMostDepth) refuse(whole_);
    auto node = both(depth);
    while (take("||")) node = std::make_unique<Both>(std::move(node), both(depth), true);
    return node;
  }
  std::unique_ptr<Node> both(int depth) {
    auto node = one(depth);
    while (take("&&")) node = std::make_unique<Both>(std::move(node), one(depth), false);
    return node;
  }
  std::unique_ptr<Node> one(int depth) {
    if (take("(")) {
      auto node = either(depth + 1);
      if (!take(")")) refuse(whole_);
      return node;
    }
    return comparison();
  }

  std::unique_ptr<Node> comparison() {
    auto node = std::make_unique<Comparison>();
    node->path = path();
    for (const char* op : {"!=", "<=", ">=", "=", "<", ">", "NOT EXISTS", "EXISTS", "IS"}) {
      if (!take(op)) continue;
      node->op = op;
      break;
    }
    if (node->op.empty()) refuse(whole_);
    if (node->op == "EXISTS" || node->op == "NOT EXISTS") return node;
    bool quoted = false;
    node->value = value(quoted);
    if (node->op == "IS" && node->value != "NULL" && node->value != "TRUE" &&
        node->value != "FALSE") {
      refuse(whole_);
    }
    if (!quoted) node->number = number(node->value);
    return node;
  }

  std::vector<std::string> path() {
    skip();
    if (!take("$")) refuse(whole_);
    std::vector<std::string> steps;
    while (at_ < text_.size() && (text_[at_] == '.' || text_[at_] == '[')) {
      const bool bracket = text_[at_++] == '[';
      std::string step;
      if (bracket && at_ < text_.size() && text_[at_] == '\'') {
        for (++at_; at_ < text_.size() && text_[at_] != '\''; ++at_) step += text_[at_];
        ++at_;
      } else {
        while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) ||
                                      text_[at_] == '_' || text_[at_] == '-')) {
          step += text_[at_++];
        }
      }
      if (step.empty() || (bracket && (at_ >= text_.size() || text_[at_++] != ']'))) {
        refuse(whole_);
      }
      steps.push_back(std::move(step));
    }
    return steps;
  }

  std::string value(bool& quoted) {
    skip();
    std::string text;
    quoted = at_ < text_.size() && text_[at_] == '"';
    if (quoted) {
      for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        text += text_[at_];
      }
      if (at_++ >= text_.size()) refuse(whole_);
      return text;
    }
    while (at_ < text_.size() && !std::isspace(static_cast<unsigned char>(text_[at_])) &&
           text_[at_] != ')' && text_[at_] != '&' && text_[at_] != '|') {
      text += text_[at_++];
    }
    if (text.empty()) refuse(whole_);
    return text;
  }

  static std::optional<double> number(const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (end != text.c_str() + text.size()) return std::nullopt;
    return value;
  }
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool take(std::string_view token) {
    skip();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  std::string_view whole_, text_;
  std::size_t at_ = 0;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

FilterPattern::FilterPattern(std::string_view pattern) {
  const auto text = trimmed(pattern);
  if (text.starts_with('{')) {
    if (text.size() < 2 || !text.ends_with('}')) refuse(pattern);
    root_ = JsonParser(text).parse();
  } else if (text.starts_with('[') || text.starts_with('%')) {
    throw AwsError("InvalidParameterException",
                   "Patterns of space-delimited fields and regular expressions are not served "
                   "here: '" +
                       std::string(pattern) + "'");
  } else {
    root_ = std::make_unique<Words>(text);
  }
}

FilterPattern::~FilterPattern() = default;
FilterPattern::FilterPattern(FilterPattern&&) noexcept = default;

bool FilterPattern::matches(const std::string& message) const {
  if (!root_->needs_json()) return root_->matches(message, Json());
  const auto json = Json::parse(message, nullptr, false);
  return json.is_object() && root_->matches(message, json);
}

}  // namespace enibox::logs

#include "emulator/scheduler/query_language.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <regex>
#include <vector>

#include "api/error.hpp"

namespace enibox::scheduler {
namespace {

[[noreturn]] void invalid(const std::string& why) {
  throw AwsError("InvalidParameterException", "Invalid cluster query expression: " + why);
}

constexpr std::size_t kMaxExpression =
    2000;  // AWS: memberOf expressions have at most 2000 characters
constexpr int kMaxDepth = 50;

// What a subject is for one instance; no value: the instance does not have it.
std::optional<std::string> value_of(const std::string& subject,
                                    const ecs::ContainerInstance& instance,
                                    const ecs::Remaining& left) {
  if (subject.rfind("attribute:", 0) == 0) {
    for (const auto& attribute : instance.attributes) {
      if (attribute.value("name", "") == subject.substr(10)) return attribute.value("value", "");
    }
    return std::nullopt;
  }
  if (subject == "agentConnected") return instance.agent_connected ? "true" : "false";
  if (subject == "ec2InstanceId") return instance.ec2_instance_id;
  if (subject == "runningTasksCount") return std::to_string(left.running_tasks);
  if (subject == "pendingTasksCount") return std::to_string(left.pending_tasks);
  if (subject == "registeredAt") return std::to_string(instance.registered_ms);
  invalid("unknown subject '" + subject + "'");
}

std::optional<double> as_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> tokens_of(const std::string& text) {
  static const std::vector<std::string> kSymbols{"==", "!=", ">=", "<=", "=~", "!~", "&&", "||",
                                                 ">",  "<",  "(",  ")",  "[",  "]",  ",",  "!"};
  std::vector<std::string> tokens;
  std::size_t at = 0;
  while (at < text.size()) {
    if (std::isspace(static_cast<unsigned char>(text[at]))) {
      ++at;
      continue;
    }
    if (text[at] == '"' || text[at] == '\'') {
      const auto end = text.find(text[at], at + 1);
      if (end == std::string::npos) invalid("a quote is not closed");
      tokens.push_back(text.substr(at + 1, end - at - 1));
      at = end + 1;
      continue;
    }
    const auto symbol = std::ranges::find_if(
        kSymbols, [&](const std::string& s) { return text.compare(at, s.size(), s) == 0; });
    if (symbol != kSymbols.end()) {
      tokens.push_back(*symbol);
      at += symbol->size();
      continue;
    }
    const auto start = at;
    while (at < text.size() && !std::isspace(static_cast<unsigned char>(text[at])) &&
           std::string_view("=!<>()[],&|").find(text[at]) == std::string_view::npos) {
      ++at;
    }
    if (at == start) invalid("unexpected '" + text.substr(at, 1) + "'");
    tokens.push_back(text.substr(start, at - start));
  }
  return tokens;
}

// Recursive descent over the tokens; evaluates as it parses, so both sides are always checked.
class Parser {
 public:
  Parser(const std::string& text, const ecs::ContainerInstance& instance,
         const ecs::Remaining& left)
      : tokens_(tokens_of(text)), instance_(instance), left_(left) {}

  bool parse() {
    const bool result = disjunction(0);
    if (at_ != tokens_.size()) invalid("unexpected '" + tokens_[at_] + "'");
    return result;
  }

 private:
  bool peek(const std::string& token) const {
    return at_ < tokens_.size() && tokens_[at_] == token;
  }
  bool accept(const std::string& token) {
    if (!peek(token)) return false;
    ++at_;
    return true;
  }
  std::string take() {
    if (at_ == tokens_.size()) invalid("unexpected end");
    return tokens_[at_++];
  }

  bool disjunction(int depth) {
    bool result = conjunction(depth);
    while (accept("or") || accept("||")) {
      const bool next = conjunction(depth);
      result = result || next;
    }
    return result;
  }
  bool conjunction(int depth) {
    bool result = term(depth);
    while (accept("and") || accept("&&")) {
      const bool next = term(depth);
      result = result && next;
    }
    return result;
  }
  bool term(int depth) {
    if (depth > kMaxDepth) invalid("nested too deep");
    if (accept("not") || accept("!")) return !term(depth + 1);
    if (accept("(")) {
      const bool result = disjunction(depth + 1);
      if (!accept(")")) invalid("')' is missing");
      return result;
    }
    return comparison();
  }
  bool comparison() {
    const auto value = value_of(take(), instance_, left_);
    if (accept("exists")) return value.has_value();
    if (accept("not_exists")) return !value;
    if (accept("!")) {
      if (accept("exists")) return !value;
      if (accept("in")) return !contained(value);
      invalid("'!' before '" + take() + "'");
    }
    if (accept("in")) return contained(value);
    if (accept("not_in")) return !contained(value);
    const std::string operation = take();
    return compare(operation, value, take());
  }
  bool contained(const std::optional<std::string>& value) {
    if (!accept("[")) invalid("'[' is missing after 'in'");
    bool found = false;
    while (!accept("]")) {
      found = take() == value || found;
      accept(",");
    }
    return found;
  }
  static bool compare(const std::string& operation, const std::optional<std::string>& value,
                      const std::string& operand) {
    if (operation == "==" || operation == "equals") return value == operand;
    if (operation == "!=" || operation == "not_equals") return value != operand;
    if (operation == "=~" || operation == "matches")
      return value && matches_pattern(*value, operand);
    if (operation == "!~" || operation == "not_matches") {
      return !value || !matches_pattern(*value, operand);
    }
    const auto left = as_number(value.value_or(""));
    const auto right = as_number(operand);
    if (operation == ">" || operation == "greater_than") return left && right && *left > *right;
    if (operation == ">=" || operation == "greater_than_equal") {
      return left && right && *left >= *right;
    }
    if (operation == "<" || operation == "less_than") return left && right && *left < *right;
    if (operation == "<=" || operation == "less_than_equal") {
      return left && right && *left <= *right;
    }
    invalid("unknown operator '" + operation + "'");
  }
  // AWS: a Java pattern that matches the whole value; `*` alone as in t2.* is a pattern, too.
  static bool matches_pattern(const std::string& value, const std::string& pattern) {
    try {
      return std::regex_match(value, std::regex(pattern));
    } catch (const std::regex_error&) {
      invalid("bad pattern '" + pattern + "'");
    }
  }

  std::vector<std::string> tokens_;
  std::size_t at_ = 0;
  const ecs::ContainerInstance& instance_;
  const ecs::Remaining& left_;
};

}  // namespace

bool matches(const std::string& expression, const ecs::ContainerInstance& instance,
             const ecs::Remaining& left) {
  if (expression.empty() || expression.size() > kMaxExpression) invalid("empty or too long");
  return Parser(expression, instance, left).parse();
}

}  // namespace enibox::scheduler

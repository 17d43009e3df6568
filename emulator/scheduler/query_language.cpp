#include "emulator/scheduler/query_language.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

#include "api/error.hpp"
#include "api/wire/pattern.hpp"

namespace enibox::scheduler {
namespace {

using Predicate = ClusterQuery::Predicate;
using Values = std::vector<std::string>;
using Subject = std::function<Values(const ecs::ContainerInstance&, const ecs::Remaining&)>;
using Test = std::function<bool(const std::string&)>;

[[noreturn]] void invalid(const std::string& why) {
  throw AwsError("InvalidParameterException", "Invalid cluster query expression: " + why);
}

constexpr std::size_t kMaxExpression = 2000;  // AWS: characters of a memberOf expression
constexpr int kMaxDepth = 50;

// What a subject is for one instance; nothing: the instance does not have it. A task group is the
// one subject of which an instance may have several.
Subject subject_of(const std::string& name) {
  using Instance = ecs::ContainerInstance;
  using Left = ecs::Remaining;
  if (name.rfind("attribute:", 0) == 0 && name.size() > 10) {
    return [wanted = name.substr(10)](const Instance& i, const Left&) -> Values {
      for (const auto& attribute : i.attributes) {
        if (attribute.value("name", "") == wanted) return {attribute.value("value", "")};
      }
      return {};
    };
  }
  if (name == "agentConnected") {
    return
        [](const Instance& i, const Left&) { return Values{i.agent_connected ? "true" : "false"}; };
  }
  if (name == "agentVersion") {
    return [](const Instance& i, const Left&) {
      return Values{i.version_info.value("agentVersion", "")};
    };
  }
  if (name == "ec2InstanceId") {
    return [](const Instance& i, const Left&) { return Values{i.ec2_instance_id}; };
  }
  if (name == "runningTasksCount") {
    return [](const Instance&, const Left& left) {
      return Values{std::to_string(left.running_tasks)};
    };
  }
  if (name == "pendingTasksCount") {
    return [](const Instance&, const Left& left) {
      return Values{std::to_string(left.pending_tasks)};
    };
  }
  if (name == "registeredAt") {
    return [](const Instance& i, const Left&) { return Values{std::to_string(i.registered_ms)}; };
  }
  if (name == "task:group") {
    return [](const Instance&, const Left& left) {
      Values groups;
      for (const auto& [group, count] : left.groups) groups.push_back(group);
      return groups;
    };
  }
  invalid("unknown subject '" + name + "'");
}

// "2016-02-18T22:28:28+00:00", "2016-02-18" in Unix milliseconds.
std::optional<std::int64_t> parse_date(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, read = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2d%n", &year, &month, &day, &read) != 3) {
    return std::nullopt;
  }
  const auto date = std::chrono::year(year) / month / day;
  if (!date.ok()) return std::nullopt;
  if (static_cast<std::size_t>(read) < text.size()) {
    int more = 0;
    if (std::sscanf(text.c_str() + read, "T%2d:%2d:%2d%n", &hour, &minute, &second, &more) != 3) {
      return std::nullopt;
    }
    int zone_hours = 0, zone_minutes = 0;
    char sign = '+';
    if (std::sscanf(text.c_str() + read + more, "%c%2d:%2d", &sign, &zone_hours, &zone_minutes) ==
        3) {
      const int zone = zone_hours * 60 + zone_minutes;
      minute += sign == '-' ? zone : -zone;
    }
  }
  const auto at = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                  std::chrono::minutes(minute) + std::chrono::seconds(second);
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

// Numbers, and versions ("1.105.1") as lists of them.
std::optional<std::vector<double>> as_numbers(const std::string& text) {
  std::vector<double> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    std::int64_t number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return std::nullopt;
    numbers.push_back(static_cast<double>(number));
    if (next == end) return numbers;
    if (*next != '.') return std::nullopt;
    at = next + 1;
  }
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

// Recursive descent over the tokens, to a predicate.
class Parser {
 public:
  explicit Parser(const std::string& text) : tokens_(tokens_of(text)) {}

  Predicate parse() {
    auto result = disjunction(0);
    if (at_ != tokens_.size()) invalid("unexpected '" + tokens_[at_] + "'");
    return result;
  }

 private:
  bool accept(const std::string& token) {
    if (at_ == tokens_.size() || tokens_[at_] != token) return false;
    ++at_;
    return true;
  }
  std::string take() {
    if (at_ == tokens_.size()) invalid("unexpected end");
    return tokens_[at_++];
  }

  Predicate disjunction(int depth) {
    auto result = conjunction(depth);
    while (accept("or") || accept("||")) {
      result = [left = std::move(result), right = conjunction(depth)](
                   const auto& i, const auto& l) { return left(i, l) || right(i, l); };
    }
    return result;
  }
  Predicate conjunction(int depth) {
    auto result = term(depth);
    while (accept("and") || accept("&&")) {
      result = [left = std::move(result), right = term(depth)](const auto& i, const auto& l) {
        return left(i, l) && right(i, l);
      };
    }
    return result;
  }
  Predicate term(int depth) {
    if (depth > kMaxDepth) invalid("nested too deep");
    if (accept("not") || accept("!")) return negated(term(depth + 1));
    if (accept("(")) {
      auto result = disjunction(depth + 1);
      if (!accept(")")) invalid("')' is missing");
      return result;
    }
    return comparison();
  }

  Predicate comparison() {
    const std::string name = take();
    const auto subject = subject_of(name);
    const auto exists = [subject](const auto& i, const auto& l) { return !subject(i, l).empty(); };
    if (accept("exists")) return exists;
    if (accept("not_exists")) return negated(exists);
    if (accept("!")) {
      if (accept("exists")) return negated(exists);
      if (accept("in")) return negated(any_of(subject, listed()));
      invalid("'!' before '" + take() + "'");
    }
    if (accept("in")) return any_of(subject, listed());
    if (accept("not_in")) return negated(any_of(subject, listed()));
    const std::string operation = take();
    std::string operand = take();
    if (name == "registeredAt") {
      const auto date = parse_date(operand);
      if (!date) invalid("'" + operand + "' is no date");
      operand = std::to_string(*date);
    }
    return compare(subject, operation, operand);
  }

  static Predicate negated(Predicate inner) {
    return [inner = std::move(inner)](const auto& i, const auto& l) { return !inner(i, l); };
  }
  static Predicate any_of(Subject subject, Test test) {
    return [subject = std::move(subject), test = std::move(test)](const auto& i, const auto& l) {
      return std::ranges::any_of(subject(i, l), test);
    };
  }

  Test listed() {
    if (!accept("[")) invalid("'[' is missing after 'in'");
    Values values;
    while (!accept("]")) {
      values.push_back(take());
      accept(",");
    }
    return [values = std::move(values)](const std::string& value) {
      return std::ranges::find(values, value) != values.end();
    };
  }

  static Predicate compare(const Subject& subject, const std::string& operation,
                           const std::string& operand) {
    const auto equals = [operand](const std::string& value) { return value == operand; };
    if (operation == "==" || operation == "equals") return any_of(subject, equals);
    if (operation == "!=" || operation == "not_equals") return negated(any_of(subject, equals));
    if (operation == "=~" || operation == "matches") return any_of(subject, pattern(operand));
    if (operation == "!~" || operation == "not_matches") {
      return negated(any_of(subject, pattern(operand)));
    }
    using Numbers = std::vector<double>;
    const auto ordered = [&](auto holds) {
      return any_of(subject, [holds, right = as_numbers(operand)](const std::string& value) {
        const auto left = as_numbers(value);
        return left && right && holds(*left, *right);
      });
    };
    if (operation == ">" || operation == "greater_than") return ordered(std::greater<Numbers>());
    if (operation == ">=" || operation == "greater_than_equal") {
      return ordered(std::greater_equal<Numbers>());
    }
    if (operation == "<" || operation == "less_than") return ordered(std::less<Numbers>());
    if (operation == "<=" || operation == "less_than_equal") {
      return ordered(std::less_equal<Numbers>());
    }
    invalid("unknown operator '" + operation + "'");
  }

  // AWS: a Java pattern that matches the whole value.
  static Test pattern(const std::string& expression) {
    try {
      return [compiled = std::make_shared<api::Pattern>(expression)](const std::string& value) {
        return compiled->matches(value);
      };
    } catch (const std::invalid_argument&) {
      invalid("bad pattern '" + expression + "'");
    }
  }

  std::vector<std::string> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

ClusterQuery::ClusterQuery(const std::string& expression) {
  if (expression.empty() || expression.size() > kMaxExpression) invalid("empty or too long");
  predicate_ = Parser(expression).parse();
}

}  // namespace enibox::scheduler

#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/wire/pattern.hpp"
#include "emulator/logs/filter_pattern.hpp"

// The parts of filter patterns; only the filter_*.cpp files include this.
namespace enibox::logs {

class FilterPattern::Node {
 public:
  virtual ~Node() = default;
  virtual bool matches(const std::string& message) const = 0;
  virtual std::optional<std::string> value(const std::string&, const std::string&) const {
    return std::nullopt;
  }
  virtual std::map<std::string, std::string> fields(const std::string&) const { return {}; }
  virtual bool selects() const { return false; }
};

namespace filter {

using Node = FilterPattern::Node;
inline constexpr int kMostDepth = 32;  // of parentheses: a pattern comes from outside

std::unique_ptr<Node> parse_words(std::string_view pattern);
std::unique_ptr<Node> parse_json(std::string_view pattern);
std::unique_ptr<Node> parse_fields(std::string_view pattern);

[[noreturn]] void refuse(std::string_view pattern);

bool is_space(char c);
bool is_word_character(char c);  // a letter, digit or '_'

// Reads a pattern from left to right.
class Scanner {
 public:
  // `whole` is named when the pattern is refused.
  Scanner(std::string_view whole, std::string_view text) : whole_(whole), text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  void skip_spaces();
  // Skips spaces; then the token, when it is there.
  bool take(std::string_view token);
  bool sees(std::string_view token);
  // The characters up to one that is in `stops` or a space.
  std::string until(std::string_view stops);
  // Behind the opening one: up to the closing `mark`, '\' taking the meaning of what follows.
  std::string quoted(char mark);
  // Between two '%'.
  std::string regular_expression();
  [[noreturn]] void fail() const { refuse(whole_); }

 private:
  std::string_view whole_, text_;
  std::size_t at_ = 0;
  int expressions_ = 0;
};

// A regular expression, found anywhere in a text.
class Expression {
 public:
  // Throws AwsError InvalidParameterException for a broken one.
  explicit Expression(const std::string& text);
  bool found_in(std::string_view text) const { return pattern_->matches(text); }

 private:
  std::shared_ptr<const api::Pattern> pattern_;
};

std::optional<double> number_of(const std::string& text);
// '*' stands for any characters.
bool matches_stars(std::string_view pattern, std::string_view text);

// "= 4*", "!= \"x\"", ">= 500", "= %re%": an operator and what it compares with.
class Test {
 public:
  // Reads both; fails when there is no operator.
  explicit Test(Scanner& scanner);
  // Whether an operator of comparison comes next.
  static bool comes_next(Scanner& scanner);

  // A text that is a number is compared as one with a number.
  bool passes_text(const std::string& have) const;
  bool passes_number(double have, const std::string& spelled) const;

 private:
  bool compare(double have) const;

  std::string op_, value_;
  std::optional<double> number_;
  std::optional<Expression> expression_;
};

}  // namespace filter
}  // namespace enibox::logs

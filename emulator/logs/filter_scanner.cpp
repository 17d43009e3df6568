#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "api/error.hpp"
#include "emulator/logs/filter_node.hpp"

namespace enibox::logs::filter {
namespace {

constexpr std::string_view kOperators[] = {"!=", "<=", ">=", "=", "<", ">"};
constexpr int kMostExpressions = 2;  // AWS's limit for a pattern

}  // namespace

void refuse(std::string_view pattern) {
  throw AwsError("InvalidParameterException",
                 "Invalid filter pattern: '" + std::string(pattern) + "'");
}

bool is_space(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

void Scanner::skip_spaces() {
  while (!at_end() && is_space(peek())) ++at_;
}

bool Scanner::sees(std::string_view token) {
  skip_spaces();
  return text_.substr(std::min(at_, text_.size())).starts_with(token);
}

bool Scanner::take(std::string_view token) {
  if (!sees(token)) return false;
  at_ += token.size();
  return true;
}

std::string Scanner::until(std::string_view stops) {
  const auto begin = at_;
  while (!at_end() && !is_space(peek()) && stops.find(peek()) == stops.npos) ++at_;
  return std::string(text_.substr(begin, at_ - begin));
}

std::string Scanner::quoted(char mark) {
  std::string out;
  while (!at_end() && peek() != mark) {
    if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
    out += text_[at_++];
  }
  if (at_end()) fail();
  ++at_;
  return out;
}

std::string Scanner::regular_expression() {
  std::string out;
  if (++expressions_ > kMostExpressions) {
    throw AwsError("InvalidParameterException",
                   "Invalid filter pattern: at most 2 regular expressions are allowed.");
  }
  while (!at_end() && peek() != '%') {
    if (peek() == '\\' && at_ + 1 < text_.size()) out += text_[at_++];
    out += text_[at_++];
  }
  if (at_end() || out.empty()) fail();
  ++at_;
  return out;
}

Expression::Expression(const std::string& text) {
  try {
    pattern_ = std::make_shared<const api::Pattern>("[\\s\\S]*?(?:" + text + ")[\\s\\S]*");
  } catch (const std::invalid_argument&) {
    throw AwsError("InvalidParameterException", "Invalid regular expression '" + text + "'");
  }
}

std::optional<double> number_of(const std::string& text) {
  if (text.empty() || is_space(text.front())) return std::nullopt;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (end != text.c_str() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool matches_stars(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = pattern.npos, retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool Test::comes_next(Scanner& scanner) {
  for (const auto op : kOperators) {
    if (scanner.sees(op)) return true;
  }
  return false;
}

Test::Test(Scanner& scanner) {
  for (const auto op : kOperators) {
    if (!scanner.take(op)) continue;
    op_ = op;
    break;
  }
  if (op_.empty()) scanner.fail();
  if (scanner.take("\"")) {
    value_ = scanner.quoted('"');
    return;
  }
  if (scanner.take("%")) {
    if (op_ != "=" && op_ != "!=") scanner.fail();
    expression_.emplace(scanner.regular_expression());
    return;
  }
  value_ = scanner.until("()&|,");
  if (value_.empty()) scanner.fail();
  number_ = number_of(value_);
  if (!number_ && op_ != "=" && op_ != "!=") scanner.fail();
}

bool Test::passes_text(const std::string& have) const {
  if (number_) {
    if (const auto number = number_of(have)) return compare(*number);
  }
  if (op_ != "=" && op_ != "!=") return false;
  const bool same = expression_ ? expression_->found_in(have) : matches_stars(value_, have);
  return same == (op_ == "=");
}

bool Test::passes_number(double have, const std::string& spelled) const {
  return number_ ? compare(have) : passes_text(spelled);
}

bool Test::compare(double have) const {
  if (op_ == "=") return have == *number_;
  if (op_ == "!=") return have != *number_;
  if (op_ == "<") return have < *number_;
  if (op_ == "<=") return have <= *number_;
  if (op_ == ">") return have > *number_;
  return have >= *number_;
}

}  // namespace enibox::logs::filter

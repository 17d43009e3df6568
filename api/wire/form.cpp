#include "api/wire/form.hpp"

#include <algorithm>

#include "api/error.hpp"
#include "api/wire/scalars.hpp"

namespace enibox::api {

namespace {

[[noreturn]] void refuse() {
  throw AwsError("MalformedQueryString", "The query string contains a syntax error.");
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The dot sorts before everything, so that "A", "A.x", "A.y" are not torn apart by "A-b".
bool before(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto rank = [](char c) { return c == '.' ? 0 : static_cast<unsigned char>(c) + 1; };
    return rank(x) < rank(y);
  });
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

Form::Form(std::string_view query_string, std::string_view body) {
  read(query_string);
  read(body);
  std::stable_sort(
      parameters_.begin(), parameters_.end(),
      [](const FormParameter& a, const FormParameter& b) { return before(a.name, b.name); });
  // Of equals the last came last.
  std::size_t kept = 0;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (i + 1 < parameters_.size() && parameters_[i + 1].name == parameters_[i].name) continue;
    if (kept != i) parameters_[kept] = std::move(parameters_[i]);
    ++kept;
  }
  parameters_.resize(kept);
}

void Form::read(std::string_view encoded) {
  while (!encoded.empty()) {
    const auto end = encoded.find('&');
    const std::string_view pair = encoded.substr(0, end);
    encoded.remove_prefix(end == std::string_view::npos ? encoded.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals));
    auto value = percent_decode(equals == std::string_view::npos ? std::string_view()
                                                                 : pair.substr(equals + 1));
    if (!name || !value || !is_utf8(*name) || !is_utf8(*value)) refuse();
    const auto parts = static_cast<std::size_t>(std::count(name->begin(), name->end(), '.'));
    if (parts >= kMaxFormDepth || parameters_.size() >= kMaxFormParameters) refuse();
    parameters_.push_back({std::move(*name), std::move(*value)});
  }
}

const std::string* Form::find(std::string_view name) const {
  auto found = std::lower_bound(parameters_.begin(), parameters_.end(), name,
                                [](const FormParameter& parameter, std::string_view wanted) {
                                  return before(parameter.name, wanted);
                                });
  return found != parameters_.end() && found->name == name ? &found->value : nullptr;
}

const std::string* FormNode::value() const {
  // The place itself sorts first, and its name ends where the next part would begin.
  const FormParameter& first = range_.front();
  return first.name.size() + 1 == start_ ? &first.value : nullptr;
}

std::span<const FormParameter> FormNode::children_range() const {
  if (range_.empty() || start_ == 0 || value() == nullptr) return range_;
  return range_.subspan(1);
}

std::string_view FormNode::name() const {
  if (start_ == 0) return {};
  return std::string_view(range_.front().name).substr(0, start_ - 1);
}

std::string_view FormNode::part_of(const FormParameter& parameter) const {
  const std::string_view rest = std::string_view(parameter.name).substr(start_);
  return rest.substr(0, rest.find('.'));
}

}  // namespace enibox::api

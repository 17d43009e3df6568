#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// CloudWatch Logs' filter patterns, all four kinds:
//   ERROR -debug ?a ?b "two words" %reg[ex]%     words
//   { $.status >= 500 && $.path = "/api*" }      members of a JSON event
//   [ip, ..., status = 4* || status = 5*, size]  fields between spaces
// Pure values, any thread.
namespace enibox::logs {

class FilterPattern {
 public:
  // An empty pattern matches everything. Throws AwsError InvalidParameterException "Invalid
  // character(s) in term '...'" or the like for a pattern that is none.
  explicit FilterPattern(std::string_view pattern);
  ~FilterPattern();
  FilterPattern(FilterPattern&&) noexcept;
  FilterPattern& operator=(FilterPattern&&) noexcept;

  bool matches(const std::string& message) const;

  // What a message that matches has under "$.member" or "$field"; nothing when it has no such
  // value, or when that is a list or an object.
  std::optional<std::string> value(const std::string& message, const std::string& selector) const;
  // By "$field", or "$3" for a field without a name. Only patterns of fields name any.
  std::map<std::string, std::string> fields(const std::string& message) const;
  // Whether there can be values: the pattern is not one of words.
  bool selects() const;

  class Node;

 private:
  std::unique_ptr<Node> root_;
};

}  // namespace enibox::logs

#pragma once
#include <memory>
#include <string>
#include <string_view>

// CloudWatch Logs' filter patterns: words ("ERROR -debug ?a ?b \"two words\"") and JSON selectors
// ("{ $.status >= 500 && $.path = \"/api*\" }"). Pure values, any thread.
namespace enibox::logs {

class FilterPattern {
 public:
  // An empty pattern matches everything. Throws AwsError InvalidParameterException "Invalid
  // character(s) in term '...'" or the like for a pattern that is none.
  explicit FilterPattern(std::string_view pattern);
  ~FilterPattern();
  FilterPattern(FilterPattern&&) noexcept;

  bool matches(const std::string& message) const;

  class Node;

 private:
  std::unique_ptr<Node> root_;
};

}  // namespace enibox::logs

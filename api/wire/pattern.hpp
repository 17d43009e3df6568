#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace enibox::api {

// A model's regular expression. A value satisfies it as a whole, as in the services. Bounded: a
// pattern that would backtrack without end does not match. Any thread once made.
class Pattern {
 public:
  // Throws std::invalid_argument for a broken expression.
  explicit Pattern(const std::string& expression);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  bool matches(std::string_view value) const;

 private:
  struct Code;
  std::unique_ptr<Code> code_;
};

}  // namespace enibox::api

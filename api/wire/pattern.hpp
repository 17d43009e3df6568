#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace enibox::api {

// A regular expression: a model's, which a value satisfies as a whole, as in the services, or one
// that is looked for in lines of any bytes. Bounded: a pattern that would backtrack without end
// does not match. Any thread once made.
class Pattern {
 public:
  enum class Scope { kWhole, kAnywhere };
  // Throws std::invalid_argument for a broken expression.
  explicit Pattern(const std::string& expression, Scope scope = Scope::kWhole);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;

  bool matches(std::string_view value) const;

 private:
  struct Code;
  std::unique_ptr<Code> code_;
};

}  // namespace enibox::api

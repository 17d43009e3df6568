#pragma once
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// Reading command lines by a table: the same table gives the parser, the help text and the
// suggestion for a misspelt flag. Any thread.
namespace enibox::cli {

struct Option {
  std::string_view name;   // "--listen"
  std::string_view value;  // "ADDRESS", as the help shows it; empty: a flag without value
  std::string_view help;
  bool repeatable = false;
};

struct Command {
  std::string_view name;     // "serve"
  std::string_view usage;    // "[OPTION]...", behind the name
  std::string_view summary;  // one sentence
  std::vector<Option> options;
  std::size_t max_operands = 0;
  std::string_view footer = {};  // paragraphs after the options
};

// The command line is wrong; what() says how, and what was probably meant. Exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Arguments {
 public:
  bool has(std::string_view option) const { return values_.count(std::string(option)) > 0; }
  std::optional<std::string> value(std::string_view option) const;  // the last one given
  std::vector<std::string> values(std::string_view option) const;
  const std::vector<std::string>& operands() const { return operands_; }
  bool wants_help() const { return has("--help"); }

 private:
  friend Arguments parse(const Command& command, std::span<const std::string> words);
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> operands_;
};

// Takes "--name value" and "--name=value"; "--" ends the options; "-h" is "--help". Throws
// UsageError.
Arguments parse(const Command& command, std::span<const std::string> words);

std::string help_text(const Command& command);

// The candidate that `word` is a likely misspelling of.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string_view>& candidates);

}  // namespace enibox::cli

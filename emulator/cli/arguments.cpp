#include "emulator/cli/arguments.hpp"

#include <algorithm>
#include <numeric>

namespace enibox::cli {

namespace {

constexpr Option kHelp{"--help", "", "show this help"};

// Levenshtein's distance, with a row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

const Option* find_option(const Command& command, std::string_view name) {
  if (name == kHelp.name) return &kHelp;
  for (const Option& option : command.options) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

[[noreturn]] void refuse_option(const Command& command, std::string_view name) {
  std::vector<std::string_view> names{kHelp.name};
  for (const Option& option : command.options) names.push_back(option.name);
  std::string text =
      "enibox " + std::string(command.name) + ": there is no option '" + std::string(name) + "'";
  if (const auto meant = nearest(name, names)) {
    text += "; did you mean " + *meant + "?";
  } else {
    text += "; 'enibox " + std::string(command.name) + " --help' lists them";
  }
  throw UsageError(text);
}

}  // namespace

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string_view>& candidates) {
  std::optional<std::string> best;
  // A third of the letters may be wrong; "--data" is close to "--data-dir" by being its beginning.
  std::size_t best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string_view candidate : candidates) {
    const bool beginning = word.size() >= 4 && candidate.substr(0, word.size()) == word;
    const std::size_t d = beginning ? 1 : distance(word, candidate);
    if (d < best_distance) {
      best_distance = d;
      best = std::string(candidate);
    }
  }
  return best;
}

std::optional<std::string> Arguments::value(std::string_view option) const {
  const auto found = values_.find(std::string(option));
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  const auto found = values_.find(std::string(option));
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

Arguments parse(const Command& command, std::span<const std::string> words) {
  Arguments result;
  const std::string prefix = "enibox " + std::string(command.name) + ": ";
  bool options_ended = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (options_ended || word.size() < 2 || word[0] != '-') {
      if (result.operands_.size() == command.max_operands) {
        throw UsageError(prefix + "unexpected argument '" + word + "'");
      }
      result.operands_.push_back(word);
      continue;
    }
    if (word == "--") {
      options_ended = true;
      continue;
    }
    const auto equals = word.find('=');
    const std::string name = word == "-h" ? "--help" : word.substr(0, equals);
    const Option* option = find_option(command, name);
    if (!option) refuse_option(command, name);
    auto& values = result.values_[name];
    if (option->value.empty()) {
      if (equals != std::string::npos) throw UsageError(prefix + name + " takes no value");
      continue;
    }
    if (!values.empty() && !option->repeatable) {
      throw UsageError(prefix + name + " is given twice");
    }
    if (equals != std::string::npos) {
      values.push_back(word.substr(equals + 1));
    } else if (i + 1 < words.size()) {
      values.push_back(words[++i]);
    } else {
      throw UsageError(prefix + name + " needs a value: " + name + " " +
                       std::string(option->value));
    }
    if (values.back().empty()) throw UsageError(prefix + "the value of " + name + " is empty");
  }
  return result;
}

std::string help_text(const Command& command) {
  std::string text = "Usage: enibox " + std::string(command.name);
  if (!command.usage.empty()) text += " " + std::string(command.usage);
  text += "\n\n" + std::string(command.summary) + "\n\nOptions:\n";
  std::vector<Option> options = command.options;
  options.push_back(kHelp);
  std::size_t width = 0;
  for (const Option& option : options) {
    width = std::max(width, option.name.size() + option.value.size() + 1);
  }
  for (const Option& option : options) {
    std::string left(option.name);
    if (!option.value.empty()) left += " " + std::string(option.value);
    left.resize(width, ' ');
    // Further lines of a help text are set below its first.
    std::string help(option.help);
    for (auto at = help.find('\n'); at != std::string::npos; at = help.find('\n', at + 1)) {
      help.insert(at + 1, width + 4, ' ');
    }
    text += "  " + left + "  " + help + "\n";
  }
  if (!command.footer.empty()) text += "\n" + std::string(command.footer) + "\n";
  return text;
}

}  // namespace enibox::cli

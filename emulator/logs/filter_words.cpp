#include <algorithm>

#include "api/error.hpp"
#include "emulator/logs/filter_node.hpp"

namespace enibox::logs::filter {
namespace {

class Words final : public Node {
 public:
  explicit Words(std::string_view pattern) : scanner_(pattern, pattern) {
    for (scanner_.skip_spaces(); !scanner_.at_end(); scanner_.skip_spaces()) add();
  }

  bool matches(const std::string& message) const override {
    const auto has = [&](const Word& word) {
      return word.expression ? word.expression->found_in(message)
                             : message.find(word.text) != message.npos;
    };
    return std::all_of(all_.begin(), all_.end(), has) &&
           std::none_of(none_.begin(), none_.end(), has) &&
           (any_.empty() || std::any_of(any_.begin(), any_.end(), has));
  }

 private:
  struct Word {
    std::string text;
    std::optional<Expression> expression;
  };

  void add() {
    auto* list = &all_;
    if (scanner_.take("-")) {
      list = &none_;
    } else if (scanner_.take("?")) {
      list = &any_;
    }
    Word word;
    if (scanner_.take("\"")) {
      word.text = scanner_.quoted('"');
    } else if (scanner_.take("%")) {
      word.expression.emplace(scanner_.regular_expression());
    } else {
      word.text = scanner_.until("");
      for (const char c : word.text) {
        if (is_word_character(c) || static_cast<unsigned char>(c) >= 0x80) continue;
        throw AwsError("InvalidParameterException",
                       "Invalid character(s) in term '" + word.text + "'");
      }
    }
    if (word.expression || !word.text.empty()) list->push_back(std::move(word));
  }

  Scanner scanner_;
  std::vector<Word> all_, none_, any_;
};

}  // namespace

std::unique_ptr<Node> parse_words(std::string_view pattern) {
  return std::make_unique<Words>(pattern);
}

}  // namespace enibox::logs::filter

#include "api/error.hpp"
#include "api/json.hpp"
#include "emulator/logs/filter_node.hpp"

namespace enibox::logs::filter {
namespace {

class Condition {
 public:
  virtual ~Condition() = default;
  virtual bool holds(const Json& event) const = 0;
};

class Both final : public Condition {
 public:
  Both(std::unique_ptr<Condition> a, std::unique_ptr<Condition> b, bool either)
      : a_(std::move(a)), b_(std::move(b)), either_(either) {}
  bool holds(const Json& event) const override {
    const bool a = a_->holds(event);
    return a == either_ ? a : b_->holds(event);
  }

 private:
  std::unique_ptr<Condition> a_, b_;
  bool either_;
};

// "$.users[0].name", "$['a b']"
using Path = std::vector<std::string>;

Path read_path(Scanner& scanner) {
  if (!scanner.take("$")) scanner.fail();
  Path path;
  while (scanner.peek() == '.' || scanner.peek() == '[') {
    if (scanner.take(".")) {
      path.push_back(scanner.until(".[]()=!<>&|"));
    } else {
      scanner.take("[");
      path.push_back(scanner.take("'") ? scanner.quoted('\'') : scanner.until("]"));
      if (!scanner.take("]")) scanner.fail();
    }
    if (path.back().empty()) scanner.fail();
  }
  return path;
}

bool is_index(const std::string& step) {
  return !step.empty() && step.size() < 9 &&
         step.find_first_not_of("0123456789") == std::string::npos;
}

const Json* find(const Json& event, const Path& path) {
  const Json* at = &event;
  for (const auto& step : path) {
    if (at->is_object()) {
      const auto next = at->find(step);
      if (next == at->end()) return nullptr;
      at = &*next;
    } else if (at->is_array() && is_index(step)) {
      const auto index = static_cast<std::size_t>(std::stoul(step));
      if (index >= at->size()) return nullptr;
      at = &(*at)[index];
    } else {
      return nullptr;
    }
  }
  return at;
}

std::string spelled(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

class Comparison final : public Condition {
 public:
  Comparison(Path path, Scanner& scanner) : path_(std::move(path)), test_(scanner) {}
  bool holds(const Json& event) const override {
    const Json* at = find(event, path_);
    if (at == nullptr || at->is_structured()) return false;
    if (at->is_number()) return test_.passes_number(at->get<double>(), at->dump());
    return test_.passes_text(spelled(*at));
  }

 private:
  Path path_;
  Test test_;
};

class Presence final : public Condition {
 public:
  Presence(Path path, bool wanted) : path_(std::move(path)), wanted_(wanted) {}
  bool holds(const Json& event) const override {
    return (find(event, path_) != nullptr) == wanted_;
  }

 private:
  Path path_;
  bool wanted_;
};

class Is final : public Condition {
 public:
  Is(Path path, Json wanted) : path_(std::move(path)), wanted_(std::move(wanted)) {}
  bool holds(const Json& event) const override {
    const Json* at = find(event, path_);
    return at != nullptr && *at == wanted_;
  }

 private:
  Path path_;
  Json wanted_;
};

// either := both ("||" both)*   both := one ("&&" one)*   one := "(" either ")" | path test
class Parser {
 public:
  explicit Parser(std::string_view pattern)
      : scanner_(pattern, pattern.substr(1, pattern.size() - 2)) {}
  std::unique_ptr<Condition> parse() {
    auto condition = either(0);
    scanner_.skip_spaces();
    if (!scanner_.at_end()) scanner_.fail();
    return condition;
  }

 private:
  std::unique_ptr<Condition> either(int depth) {
    if (depth > kMostDepth) scanner_.fail();
    auto left = both(depth);
    while (scanner_.take("||")) left = std::make_unique<Both>(std::move(left), both(depth), true);
    return left;
  }
  std::unique_ptr<Condition> both(int depth) {
    auto left = one(depth);
    while (scanner_.take("&&")) left = std::make_unique<Both>(std::move(left), one(depth), false);
    return left;
  }
  std::unique_ptr<Condition> one(int depth) {
    if (scanner_.take("(")) {
      auto inner = either(depth + 1);
      if (!scanner_.take(")")) scanner_.fail();
      return inner;
    }
    auto path = read_path(scanner_);
    if (scanner_.take("NOT")) {
      if (!scanner_.take("EXISTS")) scanner_.fail();
      return std::make_unique<Presence>(std::move(path), false);
    }
    if (scanner_.take("EXISTS")) return std::make_unique<Presence>(std::move(path), true);
    if (scanner_.take("IS")) return std::make_unique<Is>(std::move(path), constant());
    return std::make_unique<Comparison>(std::move(path), scanner_);
  }
  Json constant() {
    if (scanner_.take("NULL")) return nullptr;
    if (scanner_.take("TRUE")) return true;
    if (scanner_.take("FALSE")) return false;
    scanner_.fail();
  }

  Scanner scanner_;
};

class JsonNode final : public Node {
 public:
  explicit JsonNode(std::string_view pattern) {
    if (pattern.size() < 2 || !pattern.ends_with('}')) refuse(pattern);
    condition_ = Parser(pattern).parse();
  }
  bool matches(const std::string& message) const override {
    const auto event = Json::parse(message, nullptr, false);
    return event.is_object() && condition_->holds(event);
  }
  std::optional<std::string> value(const std::string& message,
                                   const std::string& selector) const override {
    if (!selector.starts_with("$")) return std::nullopt;
    Scanner scanner(selector, selector);
    const auto path = read_path(scanner);
    const auto event = Json::parse(message, nullptr, false);
    if (!event.is_object()) return std::nullopt;
    const Json* at = find(event, path);
    if (at == nullptr || at->is_null() || at->is_structured()) return std::nullopt;
    return spelled(*at);
  }
  bool selects() const override { return true; }

 private:
  std::unique_ptr<Condition> condition_;
};

}  // namespace

std::unique_ptr<Node> parse_json(std::string_view pattern) {
  return std::make_unique<JsonNode>(pattern);
}

}  // namespace enibox::logs::filter

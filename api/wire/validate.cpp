#include "api/wire/validate.hpp"

#include <algorithm>

#include "api/wire/dialect.hpp"
#include "api/wire/scalars.hpp"

namespace enibox::api {

namespace {

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

// As Java prints it.
std::string printed(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return plain_number(value);
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  std::string out;
  for (auto it = value.begin(); it != value.end() && out.size() < 1024; ++it) {
    if (!out.empty()) out += ", ";
    if (value.is_object()) out += it.key() + "=";
    out += printed(*it);
  }
  return value.is_array() ? "[" + out + "]" : "{" + out + "}";
}

std::string lower_first(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z') out[0] = static_cast<char>(out[0] + 32);
  return out;
}

struct Finding {
  Violation::Rule rule;
  std::string constraint;
  double limit = 0;
  bool too_small = false;
};

std::string limit_text(const char* what, bool least, double limit) {
  return std::string("Member must have ") + what +
         (least ? " greater than or equal to " : " less than or equal to ") +
         plain_number(Json(static_cast<std::int64_t>(limit)));
}

double measure(const Shape& shape, const Json& value) {
  if (shape.is_number()) return value.get<double>();
  if (value.is_string()) {
    return static_cast<double>(utf16_length(value.get_ref<const std::string&>()));
  }
  return static_cast<double>(value.size());
}

bool measurable(const Shape& shape) {
  return shape.is_number() || shape.kind == Kind::string || shape.kind == Kind::list ||
         shape.kind == Kind::map;
}

bool allows(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// What `value` breaks of its shape's own constraints.
std::vector<Finding> check(const Shape& shape, const Json& value) {
  std::vector<Finding> out;
  if ((shape.min || shape.max) && measurable(shape)) {
    const auto rule = shape.is_number() ? Violation::Rule::value : Violation::Rule::length;
    const char* what = shape.is_number() ? "value" : "length";
    const double size = measure(shape, value);
    if (shape.max && size > *shape.max) {
      out.push_back({rule, limit_text(what, false, *shape.max), *shape.max, false});
    }
    if (shape.min && size < *shape.min) {
      out.push_back({rule, limit_text(what, true, *shape.min), *shape.min, true});
    }
  }
  if (!value.is_string()) return out;
  const auto& text = value.get_ref<const std::string&>();
  if (!shape.values.empty() && !allows(shape.values, text)) {
    out.push_back({Violation::Rule::one_of,
                   "Member must satisfy enum value set: [" + join(shape.values) + "]"});
  }
  if (shape.pattern && !shape.pattern->matches(text)) {
    out.push_back({Violation::Rule::pattern,
                   "Member must satisfy regular expression pattern: " + shape.pattern_text});
  }
  return out;
}

// Every constraint of a shape, broken or not: what a list says when one of its elements is wrong.
std::string all_constraints(const Shape& shape) {
  std::vector<std::string> out;
  if (measurable(shape)) {
    const char* what = shape.is_number() ? "value" : "length";
    if (shape.max) out.push_back(limit_text(what, false, *shape.max));
    if (shape.min) out.push_back(limit_text(what, true, *shape.min));
  }
  if (!shape.values.empty()) {
    out.push_back("Member must satisfy enum value set: [" + join(shape.values) + "]");
  }
  if (shape.pattern) {
    out.push_back("Member must satisfy regular expression pattern: " + shape.pattern_text);
  }
  return join(out);
}

class Checker {
 public:
  std::vector<Violation> violations;

  void structure(const Shape& shape, const Json& value) {
    for (const Member& member : shape.members) {
      if (violations.size() >= kMaxViolations) return;
      const auto found = value.find(member.name);
      Place here(*this, lower_first(member.name), member.request_name);
      if (found == value.end()) {
        if (member.required) {
          add(shape, member, {Violation::Rule::required, "Member must not be null"}, "null");
        }
        continue;
      }
      this->member(shape, member, *found);
    }
  }

 private:
  // One more part on the path, for as long as it lives.
  class Place {
   public:
    Place(Checker& checker, std::string_view part, std::string_view form_part)
        : checker_(checker), size_(checker.path_.size()), form_size_(checker.form_path_.size()) {
      append(checker.path_, part);
      append(checker.form_path_, form_part);
    }
    ~Place() {
      checker_.path_.resize(size_);
      checker_.form_path_.resize(form_size_);
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    static void append(std::string& path, std::string_view part) {
      if (part.empty()) return;
      if (!path.empty()) path += '.';
      path += part;
    }
    Checker& checker_;
    std::size_t size_, form_size_;
  };

  void member(const Shape& owner, const Member& member, const Json& value) {
    const Shape& shape = *member.shape;
    for (auto& finding : check(shape, value)) {
      add(owner, member, std::move(finding),
          shape.sensitive ? std::string() : "'" + printed(value) + "'");
    }
    if (shape.kind == Kind::structure) structure(shape, value);
    if (shape.kind == Kind::list) list(owner, member, value);
    if (shape.kind == Kind::map) map(owner, member, value);
  }

  void list(const Shape& owner, const Member& member, const Json& value) {
    const Shape& element = *member.shape->element.shape;
    for (std::size_t i = 0; i < value.size() && violations.size() < kMaxViolations; ++i) {
      const std::string number = std::to_string(i + 1);
      if (!element.is_scalar()) {
        Place here(*this, number + ".member", number);
        this->member(owner, member.shape->element, value[i]);
        continue;
      }
      // A wrong element is the whole list's fault.
      const auto findings = check(element, value[i]);
      if (findings.empty()) continue;
      Place here(*this, "", number);
      add_inner(owner, member, findings.front(), "Member must satisfy constraint: ", element,
                member.shape->sensitive ? Json() : value, value[i]);
      return;
    }
  }

  void map(const Shape& owner, const Member& member, const Json& value) {
    const Shape& key = *member.shape->key.shape;
    const Shape& mapped = *member.shape->value.shape;
    for (auto it = value.begin(); it != value.end() && violations.size() < kMaxViolations; ++it) {
      if (const auto findings = check(key, Json(it.key())); !findings.empty()) {
        return add_inner(owner, member, findings.front(), "Map keys must satisfy constraint: ", key,
                         value, it.key());
      }
      if (!mapped.is_scalar()) {
        Place here(*this, it.key() + ".member", it.key());
        this->member(owner, member.shape->value, *it);
      } else if (const auto findings = check(mapped, *it); !findings.empty()) {
        return add_inner(owner, member, findings.front(),
                         "Map value must satisfy constraint: ", mapped, value, *it);
      }
    }
  }

  void add(const Shape& owner, const Member& member, Finding finding, std::string value) {
    violations.push_back({.rule = finding.rule,
                          .path = path_,
                          .form_path = form_path_,
                          .member = member.name,
                          .shape = member.shape->name,
                          .owner = owner.name,
                          .value = std::move(value),
                          .constraint = std::move(finding.constraint),
                          .limit = finding.limit,
                          .too_small = finding.too_small,
                          .element = {}});
  }

  // EC2 names the element itself, the others the container it is in.
  void add_inner(const Shape& owner, const Member& member, Finding finding, const char* prefix,
                 const Shape& inner, const Json& whole, const Json& element) {
    finding.constraint = prefix + ("[" + all_constraints(inner) + "]");
    add(owner, member, std::move(finding), whole.is_null() ? "" : "'" + printed(whole) + "'");
    violations.back().element = printed(element);
    violations.back().shape = inner.name;
  }

  std::string path_, form_path_;
};

}  // namespace

std::vector<Violation> find_violations(const Shape* shape, const Json& input) {
  if (shape == nullptr) return {};
  Checker checker;
  checker.structure(*shape, input);
  return std::move(checker.violations);
}

void validate(const ServiceModel& model, const Operation& operation, const Json& input) {
  auto violations = find_violations(operation.input, input);
  std::erase_if(violations, [&](const Violation& v) { return is_left_to_handler(model, v); });
  if (!violations.empty()) dialect_of(model).refuse(operation, violations);
}

}  // namespace enibox::api

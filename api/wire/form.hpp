#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// application/x-www-form-urlencoded, and the tree its dotted names spell ("Filter.1.Value.2").
namespace enibox::api {

// More parameters than this, or names of more parts, are refused.
inline constexpr std::size_t kMaxFormParameters = 20000;
inline constexpr std::size_t kMaxFormDepth = 32;

struct FormParameter {
  std::string name, value;
};

// nullopt for a broken percent sequence.
std::optional<std::string> percent_decode(std::string_view text);

class Form {
 public:
  // Of a query string and a body, either may be empty. A name that comes twice keeps its last
  // value. Throws AwsError MalformedQueryString.
  Form(std::string_view query_string, std::string_view body);

  // nullptr when there is none.
  const std::string* find(std::string_view name) const;
  // Sorted so that everything below a name stands together.
  std::span<const FormParameter> parameters() const { return parameters_; }

 private:
  void read(std::string_view encoded);
  std::vector<FormParameter> parameters_;
};

// A place in the tree: the parameters that begin with the same parts. Views into a Form.
class FormNode {
 public:
  explicit FormNode(const Form& form) : range_(form.parameters()) {}

  // The value of the place itself ("Foo=bar"); nullptr when there are only places below.
  const std::string* value() const;
  bool has_children() const { return !children_range().empty(); }
  // The whole name up to here, "Filter.1".
  std::string_view name() const;

  // Calls `visit(part, node)` for each place right below, in order of the parts' bytes.
  template <typename Visit>
  void for_each_child(Visit visit) const {
    auto rest = children_range();
    while (!rest.empty()) {
      const std::string_view part = part_of(rest.front());
      std::size_t count = 1;
      while (count < rest.size() && part_of(rest[count]) == part) ++count;
      visit(part, FormNode(rest.first(count), start_ + part.size() + 1));
      rest = rest.subspan(count);
    }
  }

 private:
  FormNode(std::span<const FormParameter> range, std::size_t start)
      : range_(range), start_(start) {}
  std::span<const FormParameter> children_range() const;
  std::string_view part_of(const FormParameter& parameter) const;

  std::span<const FormParameter> range_;
  std::size_t start_ = 0;  // where the next part begins in every name of the range
};

}  // namespace enibox::api

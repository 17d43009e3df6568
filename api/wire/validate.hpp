#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "api/json.hpp"
#include "api/wire/model.hpp"

// Checks a decoded input against the constraints of its shape, and says what it finds as the
// service would.
namespace enibox::api {

struct Violation {
  enum class Rule { required, one_of, pattern, length, value };

  Rule rule;
  std::string path;       // "filters.1.member.name", as the JSON services write it
  std::string form_path;  // "Filter.1.Name", as EC2 does
  std::string member;     // the member itself, named as in the model
  std::string shape;      // the shape whose rule it is: "LaunchType"
  std::string owner;      // the structure it belongs to: "AwsVpcConfiguration"
  std::string value;      // as the services print it: "null", "'x'", "'[a, b]'"; empty if sensitive
  std::string constraint;  // "Member must not be null"
  double limit = 0;        // of length and value
  bool too_small = false;  // below `limit`, else above
  std::string element;     // the wrong element when `value` is the list it is in
};

// At most this many are looked for.
inline constexpr std::size_t kMaxViolations = 16;

// In the order of the members' names; empty when all is well. `shape` may be nullptr.
std::vector<Violation> find_violations(const Shape* shape, const Json& input);

// Throws the AwsError the service answers with; returns when there is nothing to say. A few enums
// are left to the handlers, where the service has words of its own for them.
void validate(const ServiceModel& model, const Operation& operation, const Json& input);

}  // namespace enibox::api

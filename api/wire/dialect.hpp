#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "api/wire/model.hpp"
#include "api/wire/validate.hpp"

// How each service words what it finds wrong before it looks at its resources.
namespace enibox::api {

struct Dialect {
  enum class Style {
    counted,  // "1 validation error detected: Value 'x' at 'y' failed to satisfy constraint: ..."
    ecs,      // counted, but a missing member has a sentence of its own
    ec2,      // "The request must contain the parameter X"
    cloudwatch,  // counted, but "The parameter X is required."
  };

  std::string_view service;  // the model's name; empty: every other one
  Style style;
  std::string_view validation_code;
  std::string_view failure_code;  // of HTTP 500
  std::string_view failure_message;

  // Throws the AwsError for these, of which there is at least one.
  [[noreturn]] void refuse(const Operation& operation,
                           const std::vector<Violation>& violations) const;
};

// An unknown value that the service refuses in words that only the operation knows ("Unknown
// attribute."): not the wire's to refuse.
bool is_left_to_handler(const ServiceModel& model, const Violation& violation);

const Dialect& dialect_of(const ServiceModel& model);

}  // namespace enibox::api

#include "api/wire/mismatch.hpp"

#include <stdexcept>

namespace enibox::api {

namespace {

const char* wanted_by(Kind kind) {
  switch (kind) {
    case Kind::structure:
      return "an object";
    case Kind::list:
      return "an array";
    case Kind::map:
      return "an object";
    case Kind::string:
    case Kind::blob:
      return "a string";
    case Kind::integer:
    case Kind::long_integer:
      return "an integer";
    case Kind::boolean:
      return "a boolean";
    default:
      return "a number";
  }
}

bool fits(Kind kind, const Json& value) {
  switch (kind) {
    case Kind::structure:
    case Kind::map:
      return value.is_object();
    case Kind::list:
      return value.is_array();
    case Kind::string:
    case Kind::blob:
      return value.is_string();
    case Kind::integer:
    case Kind::long_integer:
      return value.is_number_integer();
    case Kind::boolean:
      return value.is_boolean();
    case Kind::floating:
    case Kind::timestamp:
      return value.is_number();
    case Kind::document:
      return true;
  }
  return false;
}

}  // namespace

const Json& empty_object() {
  static const Json empty = Json::object();
  return empty;
}

void require_kind(const Shape& shape, const Json& value) {
  if (fits(shape.kind, value)) return;
  throw std::logic_error(std::string("handler returned a value of type ") + value.type_name() +
                         " where " + shape.name + " wants " + wanted_by(shape.kind));
}

void require_nothing(const Json& value) {
  if (value.empty()) return;
  throw std::logic_error("handler returned " + value.dump() + " of an operation without an output");
}

void refuse_member(const Shape& shape, const std::string& name) {
  throw std::logic_error("handler returned " + name + " that " + shape.name + " lacks");
}

}  // namespace enibox::api

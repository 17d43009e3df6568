#pragma once
#include <string>
#include <string_view>

#include "api/json.hpp"
#include "api/wire/shape.hpp"

// aws-json: a message is one JSON object. Pure functions.
namespace enibox::api {

// Nested deeper than this, a request is refused before it is parsed.
inline constexpr int kMaxJsonDepth = 64;

// Throws AwsError SerializationException. Members the shape lacks and null ones are dropped, as the
// services do; `shape` may be nullptr (the operation takes nothing).
Json decode_json(const Shape* shape, std::string_view body);

// Throws std::logic_error naming what `value` holds and the shape has not. Absent and null members
// are left out. Empty for an operation without an output.
std::string encode_json(const Shape* shape, const Json& value);

}  // namespace enibox::api

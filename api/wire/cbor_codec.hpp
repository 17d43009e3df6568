#pragma once
#include <string>
#include <string_view>

#include "api/json.hpp"
#include "api/wire/shape.hpp"

// rpc-v2-cbor: a message is one CBOR map. Pure functions.
namespace enibox::api {

// Throws AwsError SerializationException. Members the shape lacks and null ones are dropped;
// `shape` may be nullptr (the operation takes nothing).
Json decode_cbor(const Shape* shape, std::string_view body);

// Throws std::logic_error naming what `value` holds and the shape has not. Absent and null members
// are left out; timestamps are tagged as such, blobs are byte strings.
std::string encode_cbor(const Shape* shape, const Json& value);

}  // namespace enibox::api

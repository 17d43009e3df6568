#pragma once
#include <string>
#include <string_view>

#include "api/json.hpp"
#include "api/wire/shape.hpp"

// The answers of the form protocols. Pure functions.
namespace enibox::api {

inline constexpr std::string_view kXmlHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

// <name>escaped text</name>
void append_xml_element(std::string& out, std::string_view name, std::string_view text);

// The members of `value` as elements, without an element around them. `milliseconds`: timestamps
// have three decimals, as EC2's. Throws std::logic_error as encode_json does.
void append_xml_members(std::string& out, const Shape& shape, const Json& value, bool milliseconds);

}  // namespace enibox::api

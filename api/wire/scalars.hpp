#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "api/json.hpp"

// How single values are spelled on the wires. Pure functions, any thread.
namespace enibox::api {

// True for well-formed UTF-8: no surrogates, no overlong forms.
bool is_utf8(std::string_view text);

// In quotes. What is no UTF-8 (a container's output may be anything) becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// Escaped for XML 1.0, which cannot carry most control characters: those, too, become U+FFFD.
void append_xml_text(std::string& out, std::string_view text);

// The shortest spelling that reads back the same; JSON's NaN and infinities are strings on AWS.
void append_json_number(std::string& out, const Json& number);
std::string plain_number(const Json& number);

// Seconds since 1970 as "1700000000" or "1700000000.123", never with an exponent.
std::string epoch_seconds(const Json& seconds);
// "2023-11-14T22:13:20Z", or with milliseconds, "2023-11-14T22:13:20.123Z". Out of the years 1 to
// 9999 it is clamped to their ends.
std::string iso8601(const Json& seconds, bool milliseconds);

// ISO 8601 with date and time ("2023-11-14T22:13:20Z", ".123Z", "+01:00") or plain seconds. An
// integer when there is no fraction. nullopt for anything else.
std::optional<Json> parse_timestamp(std::string_view text);
// Whole decimal integers within 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_floating(std::string_view text);

// Length as the services count it: UTF-16 units.
std::size_t utf16_length(std::string_view utf8);

}  // namespace enibox::api

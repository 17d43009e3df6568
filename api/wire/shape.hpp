#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/wire/pattern.hpp"

// The types of a service model: what a message may hold, what each part is called on the wire, and
// what limits it. Built by ServiceModel, constant afterwards; a Shape lives as long as its model.
namespace enibox::api {

enum class Kind : std::uint8_t {
  structure,
  list,
  map,
  string,
  integer,       // 32 bits
  long_integer,  // 64 bits
  floating,
  boolean,
  timestamp,
  blob,
  document,  // any JSON
};

// Timestamps are numbers of seconds in our Json; the wire has three spellings.
enum class TimestampFormat : std::uint8_t { by_protocol, unix_seconds, iso8601, rfc822 };

struct Shape;

// A place in a message: a structure's member, a list's element, a map's key or value.
struct Member {
  std::string name;          // in the model and in our Json; empty for elements, keys and values
  std::string request_name;  // in a request of the model's protocol
  std::string answer_name;   // in an answer; also what JSON calls it
  const Shape* shape = nullptr;
  bool required = false;
  bool idempotency_token = false;
  bool xml_attribute = false;
  TimestampFormat timestamp_format = TimestampFormat::by_protocol;
};

struct Shape {
  std::string name;
  Kind kind = Kind::structure;

  std::vector<Member> members;                 // of a structure, sorted by name
  std::vector<const Member*> by_request_name;  // the same, sorted by request name
  Member element;                              // of a list
  Member key, value;                           // of a map
  bool flattened = false;                      // a list or map without an element around it

  std::vector<std::string> values;  // of an enum
  std::optional<double> min, max;   // a number's value, else a length
  std::unique_ptr<Pattern> pattern;
  std::string pattern_text;
  TimestampFormat timestamp_format = TimestampFormat::by_protocol;
  bool event_stream = false;  // its members are events, sent one after the other
  bool sensitive = false;     // its value is not repeated in messages

  // of an error shape
  bool fault = false;                    // the server's, not the client's
  std::string error_code;                // when it is not the shape's name
  int error_status = 0;                  // 0: the model does not say
  std::string message_name = "message";  // the member that holds the text

  bool is_number() const {
    return kind == Kind::integer || kind == Kind::long_integer || kind == Kind::floating;
  }
  bool is_scalar() const {
    return kind != Kind::structure && kind != Kind::list && kind != Kind::map;
  }
  // nullptr when there is none.
  const Member* find(std::string_view member_name) const;
  const Member* find_by_request_name(std::string_view request_name) const;
};

struct Operation {
  std::string name;
  bool listed = false;            // in api/models/NAME.ops: its shapes are known
  const Shape* input = nullptr;   // nullptr: takes nothing
  const Shape* output = nullptr;  // nullptr: answers nothing
  std::string result_wrapper;     // query: the element around the output
  std::vector<const Shape*> errors;

  // The error shape of that code or name; nullptr when the operation declares none.
  const Shape* error(std::string_view code) const;
};

}  // namespace enibox::api

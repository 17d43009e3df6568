#include "api/wire/json_codec.hpp"

#include <cmath>
#include <limits>

#include "api/error.hpp"
#include "api/wire/base64.hpp"
#include "api/wire/mismatch.hpp"
#include "api/wire/scalars.hpp"

namespace enibox::api {

namespace {

[[noreturn]] void refuse(const std::string& message) {
  throw AwsError("SerializationException", message);
}

// nlohmann's parser keeps its own stack, but what it builds is walked by recursion.
bool too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxJsonDepth) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

// The services' words for a value of the wrong type.
[[noreturn]] void refuse_type(const Json& value, const char* wanted) {
  if (value.is_object()) refuse("Start of structure or map found where not expected.");
  if (value.is_array()) refuse("Start of list found where not expected");
  const char* found = value.is_string()   ? "STRING_VALUE"
                      : value.is_number() ? "NUMBER_VALUE"
                      : value.is_null()   ? "NULL_VALUE"
                      : value.get<bool>() ? "TRUE_VALUE"
                                          : "FALSE_VALUE";
  refuse(std::string(found) + " cannot be converted to " + wanted);
}

void decode(const Shape& shape, Json& value);

void decode_integer(Json& value, std::int64_t least, std::int64_t most, const char* wanted) {
  if (!value.is_number()) refuse_type(value, wanted);
  if (value.is_number_float()) {
    // 3.0 is an integer to every JSON reader that knows only doubles.
    const double number = value.get<double>();
    if (number != std::floor(number) || std::abs(number) > 9007199254740992.0) {
      refuse_type(value, wanted);
    }
    value = static_cast<std::int64_t>(number);
  }
  const bool above_64 = value.is_number_unsigned() &&
                        value.get<std::uint64_t>() >
                            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (above_64) refuse_type(value, wanted);
  const auto number = value.get<std::int64_t>();
  if (number < least || number > most) refuse_type(value, wanted);
}

void decode_scalar(const Shape& shape, Json& value) {
  switch (shape.kind) {
    case Kind::string:
      if (!value.is_string()) refuse_type(value, "String");
      return;
    case Kind::integer:
      return decode_integer(value, std::numeric_limits<std::int32_t>::min(),
                            std::numeric_limits<std::int32_t>::max(), "Integer");
    case Kind::long_integer:
      return decode_integer(value, std::numeric_limits<std::int64_t>::min(),
                            std::numeric_limits<std::int64_t>::max(), "Long");
    case Kind::floating:
      if (!value.is_number()) refuse_type(value, "Double");
      return;
    case Kind::boolean:
      if (!value.is_boolean()) refuse_type(value, "Boolean");
      return;
    case Kind::timestamp:
      if (!value.is_number()) refuse_type(value, "Timestamp");
      return;
    case Kind::blob:
      if (!value.is_string() || !is_base64(value.get_ref<const std::string&>())) {
        refuse_type(value, "Blob");
      }
      return;
    default:
      return;  // a document is what it is
  }
}

void decode_structure(const Shape& shape, Json& value) {
  if (!value.is_object()) {
    if (value.is_array()) refuse("Start of list found where not expected");
    refuse("Expected null");
  }
  auto& object = value.get_ref<Json::object_t&>();
  bool renamed = false;
  for (auto it = object.begin(); it != object.end();) {
    const Member* member = shape.find_by_request_name(it->first);
    if (member == nullptr || it->second.is_null()) {
      it = object.erase(it);
      continue;
    }
    decode(*member->shape, it->second);
    renamed = renamed || member->name != member->request_name;
    ++it;
  }
  if (!renamed) return;
  Json::object_t by_name;
  for (auto& [key, child] : object) {
    by_name.emplace(shape.find_by_request_name(key)->name, std::move(child));
  }
  object = std::move(by_name);
}

void decode(const Shape& shape, Json& value) {
  switch (shape.kind) {
    case Kind::structure:
      return decode_structure(shape, value);
    case Kind::list:
      if (!value.is_array()) refuse("Expected list or null");
      for (Json& element : value) decode(*shape.element.shape, element);
      return;
    case Kind::map:
      if (!value.is_object()) refuse("Expected map or null");
      for (auto& [key, element] : value.get_ref<Json::object_t&>()) {
        decode(*shape.value.shape, element);
      }
      return;
    default:
      return decode_scalar(shape, value);
  }
}

void encode(const Shape& shape, const Json& value, std::string& out, const Member* place);

void encode_scalar(const Shape& shape, const Json& value, std::string& out, const Member* place) {
  require_kind(shape, value);
  switch (shape.kind) {
    case Kind::string:
    case Kind::blob:
      return append_json_string(out, value.get_ref<const std::string&>());
    case Kind::boolean:
      out += value.get<bool>() ? "true" : "false";
      return;
    case Kind::timestamp:
      if (place != nullptr && place->timestamp_format == TimestampFormat::iso8601) {
        return append_json_string(out, iso8601(value, true));
      }
      out += epoch_seconds(value);
      return;
    case Kind::document:
      out += value.dump(-1, ' ', false, Json::error_handler_t::replace);
      return;
    default:
      return append_json_number(out, value);
  }
}

void encode_structure(const Shape& shape, const Json& value, std::string& out) {
  out += '{';
  const auto begin = out.size();
  for_each_member(shape, value, [&](const Member& member, const Json& child) {
    if (out.size() != begin) out += ',';
    append_json_string(out, member.answer_name);
    out += ':';
    encode(*member.shape, child, out, &member);
  });
  out += '}';
}

void encode(const Shape& shape, const Json& value, std::string& out, const Member* place) {
  if (shape.is_scalar()) return encode_scalar(shape, value, out, place);
  require_kind(shape, value);
  if (shape.kind == Kind::structure) return encode_structure(shape, value, out);
  const bool list = shape.kind == Kind::list;
  out += list ? '[' : '{';
  const auto begin = out.size();
  for (auto it = value.begin(); it != value.end(); ++it) {
    if (out.size() != begin) out += ',';
    if (!list) {
      append_json_string(out, it.key());
      out += ':';
    }
    const Member& inner = list ? shape.element : shape.value;
    encode(*inner.shape, *it, out, &inner);
  }
  out += list ? ']' : '}';
}

}  // namespace

Json decode_json(const Shape* shape, std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return Json::object();
  if (too_deep(body)) refuse("The request is nested too deeply.");
  Json value = Json::parse(body, nullptr, false);
  if (value.is_discarded()) refuse("The request body is not valid JSON.");
  if (shape == nullptr) return Json::object();
  decode(*shape, value);
  return value;
}

std::string encode_json(const Shape* shape, const Json& value) {
  std::string out;
  if (shape == nullptr) {
    require_nothing(value);
    return out;
  }
  encode(*shape, value.is_null() ? empty_object() : value, out, nullptr);
  return out;
}

}  // namespace enibox::api

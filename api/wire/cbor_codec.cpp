#include "api/wire/cbor_codec.hpp"

#include <cmath>
#include <limits>

#include "api/error.hpp"
#include "api/wire/base64.hpp"
#include "api/wire/cbor.hpp"
#include "api/wire/mismatch.hpp"
#include "api/wire/scalars.hpp"

namespace enibox::api {

namespace {

constexpr std::uint64_t kEpochTag = 1;  // RFC 8949, 3.4.2

[[noreturn]] void refuse(const std::string& message) {
  throw AwsError("SerializationException", message);
}

const char* kind_of(const CborHead& head) {
  switch (head.major) {
    case CborMajor::bytes:
      return "BLOB_VALUE";
    case CborMajor::text:
      return "STRING_VALUE";
    case CborMajor::array:
      return "LIST_VALUE";
    case CborMajor::map:
      return "MAP_VALUE";
    default:
      return head.is_null() ? "NULL_VALUE" : head.is_boolean() ? "BOOLEAN_VALUE" : "NUMBER_VALUE";
  }
}

// The services' words for a value of the wrong type.
[[noreturn]] void refuse_type(const CborHead& head, const char* wanted) {
  refuse(std::string(kind_of(head)) + " cannot be converted to " + wanted);
}

class Decoder {
 public:
  explicit Decoder(std::string_view body) : reader_(body) {}

  Json message(const Shape* shape) {
    const CborHead head = reader_.head_behind_tags();
    Json out = Json::object();
    if (shape == nullptr) {
      reader_.skip(head, 0);
    } else {
      out = value(*shape, head, 0);
    }
    if (!reader_.at_end()) refuse("The request body is not valid CBOR: more follows its end");
    return out;
  }

 private:
  Json value(const Shape& shape, const CborHead& head, int depth) {
    if (depth > kMaxCborDepth) refuse("The request is nested too deeply.");
    switch (shape.kind) {
      case Kind::structure:
        return structure(shape, head, depth);
      case Kind::list:
        return list(shape, head, depth);
      case Kind::map:
        return map(shape, head, depth);
      case Kind::string:
        return text(head);
      case Kind::blob:
        if (head.major != CborMajor::bytes) refuse_type(head, "Blob");
        return base64_encode(reader_.string(head));
      case Kind::boolean:
        if (!head.is_boolean()) refuse_type(head, "Boolean");
        return head.info == 21;
      case Kind::integer:
        return integer(head, std::numeric_limits<std::int32_t>::min(),
                       std::numeric_limits<std::int32_t>::max(), "Integer");
      case Kind::long_integer:
        return integer(head, std::numeric_limits<std::int64_t>::min(),
                       std::numeric_limits<std::int64_t>::max(), "Long");
      case Kind::floating:
        return number(head, "Double");
      case Kind::timestamp:
        return timestamp(head);
      default:
        reader_.skip(head, depth);  // the protocol has no documents
        return nullptr;
    }
  }

  Json structure(const Shape& shape, const CborHead& head, int depth) {
    if (head.major != CborMajor::map) refuse_type(head, "Structure");
    Json out = Json::object();
    reader_.for_each(head, [&] {
      const std::string name = text(reader_.head_behind_tags());
      const CborHead inner = reader_.head_behind_tags();
      const Member* member = shape.find(name);
      if (member == nullptr) return reader_.skip(inner, depth + 1);
      if (!inner.is_null()) out[name] = value(*member->shape, inner, depth + 1);
    });
    return out;
  }

  Json list(const Shape& shape, const CborHead& head, int depth) {
    if (head.major != CborMajor::array) refuse_type(head, "List");
    Json out = Json::array();
    reader_.for_each(head, [&] {
      out.push_back(value(*shape.element.shape, reader_.head_behind_tags(), depth + 1));
    });
    return out;
  }

  Json map(const Shape& shape, const CborHead& head, int depth) {
    if (head.major != CborMajor::map) refuse_type(head, "Map");
    Json out = Json::object();
    reader_.for_each(head, [&] {
      std::string key = text(reader_.head_behind_tags());
      out[std::move(key)] = value(*shape.value.shape, reader_.head_behind_tags(), depth + 1);
    });
    return out;
  }

  std::string text(const CborHead& head) {
    if (head.major != CborMajor::text) refuse_type(head, "String");
    std::string out = reader_.string(head);
    if (!is_utf8(out)) refuse("The request body is not valid CBOR: a text is not UTF-8");
    return out;
  }

  static Json integer(const CborHead& head, std::int64_t least, std::int64_t most,
                      const char* wanted) {
    const Json value = number(head, wanted);
    if (value.is_number_float()) {
      // Some clients know only doubles.
      const double real = value.get<double>();
      if (real != std::floor(real) || std::abs(real) > 9007199254740992.0) {
        refuse_type(head, wanted);
      }
      return integer_between(head, static_cast<std::int64_t>(real), least, most, wanted);
    }
    return integer_between(head, value.get<std::int64_t>(), least, most, wanted);
  }

  static Json integer_between(const CborHead& head, std::int64_t value, std::int64_t least,
                              std::int64_t most, const char* wanted) {
    if (value < least || value > most) refuse_type(head, wanted);
    return value;
  }

  static Json number(const CborHead& head, const char* wanted) {
    if (head.is_floating()) return cbor_floating(head);
    if (!head.is_integer()) refuse_type(head, wanted);
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (head.argument > kMost) refuse_type(head, wanted);
    const auto argument = static_cast<std::int64_t>(head.argument);
    return head.major == CborMajor::unsigned_integer ? argument : -1 - argument;
  }

  static Json timestamp(const CborHead& head) {
    Json seconds = number(head, "Timestamp");
    if (!seconds.is_number_float()) return seconds;
    const double real = seconds.get<double>();
    if (!std::isfinite(real) || std::abs(real) > 1e12) refuse_type(head, "Timestamp");
    return real == std::floor(real) ? Json(static_cast<std::int64_t>(real)) : seconds;
  }

  CborReader reader_;
};

class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}

  void value(const Shape& shape, const Json& value) {
    require_kind(shape, value);
    switch (shape.kind) {
      case Kind::structure:
        append_cbor_open_map(out_);
        for_each_member(shape, value, [&](const Member& member, const Json& child) {
          append_cbor_text(out_, member.name);
          this->value(*member.shape, child);
        });
        return append_cbor_break(out_);
      case Kind::list:
        append_cbor_head(out_, CborMajor::array, value.size());
        for (const Json& element : value) this->value(*shape.element.shape, element);
        return;
      case Kind::map:
        append_cbor_head(out_, CborMajor::map, value.size());
        for (const auto& [key, child] : value.items()) {
          append_cbor_text(out_, key);
          this->value(*shape.value.shape, child);
        }
        return;
      case Kind::document: {  // not of the protocol: whatever it is, as it is
        const auto bytes = Json::to_cbor(value);
        out_.append(bytes.begin(), bytes.end());
        return;
      }
      default:
        return scalar(shape, value);
    }
  }

 private:
  void scalar(const Shape& shape, const Json& value) {
    switch (shape.kind) {
      case Kind::string:
        return append_cbor_text(out_, value.get_ref<const std::string&>());
      case Kind::blob:
        return append_cbor_bytes(
            out_, base64_decode(value.get_ref<const std::string&>()).value_or(std::string()));
      case Kind::boolean:
        return append_cbor_boolean(out_, value.get<bool>());
      case Kind::integer:
      case Kind::long_integer:
        return append_cbor_integer(out_, value.get<std::int64_t>());
      case Kind::timestamp:
        append_cbor_head(out_, CborMajor::tag, kEpochTag);
        if (value.is_number_integer()) return append_cbor_integer(out_, value.get<std::int64_t>());
        return append_cbor_floating(out_, value.get<double>());
      default:
        return append_cbor_floating(out_, value.get<double>());
    }
  }

  std::string& out_;
};

}  // namespace

Json decode_cbor(const Shape* shape, std::string_view body) {
  if (body.empty()) return Json::object();
  return Decoder(body).message(shape);
}

std::string encode_cbor(const Shape* shape, const Json& value) {
  std::string out;
  if (shape == nullptr) {
    require_nothing(value);
    return out;
  }
  Encoder(out).value(*shape, value.is_null() ? empty_object() : value);
  return out;
}

}  // namespace enibox::api

#include "api/wire/xml_codec.hpp"

#include "api/wire/mismatch.hpp"
#include "api/wire/scalars.hpp"

namespace enibox::api {

namespace {

void open(std::string& out, std::string_view name) {
  out += '<';
  out += name;
  out += '>';
}

void close(std::string& out, std::string_view name) {
  out += "</";
  out += name;
  out += '>';
}

class XmlEncoder {
 public:
  XmlEncoder(std::string& out, bool milliseconds) : out_(out), milliseconds_(milliseconds) {}

  void members(const Shape& shape, const Json& value) {
    require_kind(shape, value);
    for_each_member(shape, value, [&](const Member& member, const Json& child) {
      element(member.answer_name, member, child);
    });
  }

 private:
  void element(const std::string& name, const Member& place, const Json& value) {
    const Shape& shape = *place.shape;
    if (shape.flattened && (shape.kind == Kind::list || shape.kind == Kind::map)) {
      // Flattened: the elements stand where the list would, under its name or their own.
      const bool own = shape.kind == Kind::list && shape.element.answer_name != "member";
      return items(shape, value, own ? shape.element.answer_name : name);
    }
    require_kind(shape, value);
    if (!shape.is_scalar() && value.empty()) {
      out_ += '<';
      out_ += name;
      out_ += "/>";
      return;
    }
    open(out_, name);
    content(place, value);
    close(out_, name);
  }

  void content(const Member& place, const Json& value) {
    const Shape& shape = *place.shape;
    switch (shape.kind) {
      case Kind::structure:
        return members(shape, value);
      case Kind::list:
        return items(shape, value, shape.element.answer_name);
      case Kind::map:
        return items(shape, value, "entry");
      default:
        return scalar(place, value);
    }
  }

  void items(const Shape& shape, const Json& value, const std::string& name) {
    require_kind(shape, value);
    for (auto it = value.begin(); it != value.end(); ++it) {
      if (shape.kind == Kind::list) {
        element(name, shape.element, *it);
        continue;
      }
      open(out_, name);
      append_xml_element(out_, shape.key.answer_name, it.key());
      element(shape.value.answer_name, shape.value, *it);
      close(out_, name);
    }
  }

  void scalar(const Member& place, const Json& value) {
    const Shape& shape = *place.shape;
    require_kind(shape, value);
    switch (shape.kind) {
      case Kind::string:
      case Kind::blob:
        return append_xml_text(out_, value.get_ref<const std::string&>());
      case Kind::boolean:
        out_ += value.get<bool>() ? "true" : "false";
        return;
      case Kind::timestamp:
        out_ += place.timestamp_format == TimestampFormat::unix_seconds
                    ? epoch_seconds(value)
                    : iso8601(value, milliseconds_);
        return;
      default:
        out_ += plain_number(value);
    }
  }

  std::string& out_;
  bool milliseconds_;
};

}  // namespace

void append_xml_element(std::string& out, std::string_view name, std::string_view text) {
  open(out, name);
  append_xml_text(out, text);
  close(out, name);
}

void append_xml_members(std::string& out, const Shape& shape, const Json& value,
                        bool milliseconds) {
  XmlEncoder(out, milliseconds).members(shape, value.is_null() ? empty_object() : value);
}

}  // namespace enibox::api

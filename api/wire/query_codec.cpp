#include "api/wire/query_codec.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "api/error.hpp"
#include "api/wire/base64.hpp"
#include "api/wire/scalars.hpp"

namespace enibox::api {

namespace {

// Of the protocol and of the signature, not of an operation.
bool is_common(std::string_view name) {
  static constexpr std::array<std::string_view, 9> names{
      "Action",          "Version",   "AWSAccessKeyId",   "Expires",  "SecurityToken",
      "SignatureMethod", "Signature", "SignatureVersion", "Timestamp"};
  return name.substr(0, 6) == "X-Amz-" ||
         std::find(names.begin(), names.end(), name) != names.end();
}

class FormDecoder {
 public:
  explicit FormDecoder(Protocol protocol) : protocol_(protocol) {}

  Json structure(const Shape& shape, const FormNode& node, bool top) const {
    Json out = Json::object();
    node.for_each_child([&](std::string_view part, const FormNode& child) {
      if (const Member* member = shape.find_by_request_name(part)) {
        out[member->name] = value(*member->shape, child);
      } else if (!top || !is_common(part)) {
        refuse_unknown(child);
      }
    });
    return out;
  }

 private:
  Json value(const Shape& shape, const FormNode& node) const {
    switch (shape.kind) {
      case Kind::structure:
        return structure(shape, node, false);
      case Kind::list:
        return list(shape, node);
      case Kind::map:
        return map(shape, node);
      default:
        if (node.value() == nullptr) refuse_value(shape, node, "");
        if (protocol_ == Protocol::ec2 && node.has_children()) refuse_unknown(node);
        return scalar(shape, node);
    }
  }

  // The numbered places below, in the order of their numbers.
  std::vector<FormNode> numbered(const FormNode& node) const {
    std::vector<std::pair<std::int64_t, FormNode>> found;
    node.for_each_child([&](std::string_view part, const FormNode& child) {
      const auto index = parse_integer(part);
      if (index && *index >= 0) {
        found.emplace_back(*index, child);
      } else {
        refuse_unknown(child);
      }
    });
    std::stable_sort(found.begin(), found.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<FormNode> out;
    out.reserve(found.size());
    for (auto& [index, child] : found) out.push_back(child);
    return out;
  }

  // Numbered places of a list or map that may have one more part in between ("member", "entry").
  std::vector<FormNode> items(const FormNode& node, bool flat, std::string_view between) const {
    if (flat) return numbered(node);
    std::vector<FormNode> out;
    node.for_each_child([&](std::string_view part, const FormNode& child) {
      if (part == between) out = numbered(child);
    });
    return out;
  }

  Json list(const Shape& shape, const FormNode& node) const {
    Json out = Json::array();
    const bool flat = shape.flattened || protocol_ == Protocol::ec2;
    for (const FormNode& item : items(node, flat, shape.element.request_name)) {
      out.push_back(value(*shape.element.shape, item));
    }
    return out;
  }

  Json map(const Shape& shape, const FormNode& node) const {
    Json out = Json::object();
    for (const FormNode& item : items(node, shape.flattened, "entry")) {
      std::string key;
      Json mapped;
      item.for_each_child([&](std::string_view part, const FormNode& child) {
        if (part == shape.key.request_name && child.value() != nullptr) key = *child.value();
        if (part == shape.value.request_name) mapped = value(*shape.value.shape, child);
      });
      if (!mapped.is_null()) out[key] = std::move(mapped);
    }
    return out;
  }

  Json scalar(const Shape& shape, const FormNode& node) const {
    const std::string& text = *node.value();
    switch (shape.kind) {
      case Kind::integer:
      case Kind::long_integer: {
        const auto number = parse_integer(text);
        const bool narrow = shape.kind == Kind::integer;
        if (!number || (narrow && (*number < std::numeric_limits<std::int32_t>::min() ||
                                   *number > std::numeric_limits<std::int32_t>::max()))) {
          refuse_value(shape, node, text);
        }
        return *number;
      }
      case Kind::floating: {
        const auto number = parse_floating(text);
        if (!number) refuse_value(shape, node, text);
        return *number;
      }
      case Kind::boolean:
        if (text == "true" || text == "True" || text == "1") return true;
        if (text == "false" || text == "False" || text == "0") return false;
        refuse_value(shape, node, text);
      case Kind::timestamp: {
        auto seconds = parse_timestamp(text);
        if (!seconds) refuse_value(shape, node, text);
        return std::move(*seconds);
      }
      case Kind::blob:
        if (!is_base64(text)) refuse_value(shape, node, text);
        return text;
      default:
        return text;
    }
  }

  [[noreturn]] void refuse_value(const Shape& shape, const FormNode& node,
                                 const std::string& text) const {
    const std::string name(node.name());
    if (protocol_ == Protocol::query) {
      throw AwsError("MalformedInput", "Invalid value '" + text + "' for '" + name + "'");
    }
    const std::string note = shape.is_number() ? ". Value must be a number." : "";
    throw AwsError("InvalidParameterValue", "Value (" + text + ") for parameter " + name +
                                                " is invalid" + (note.empty() ? "." : note));
  }

  // EC2 refuses what it does not know; the query services read past it.
  void refuse_unknown(const FormNode& node) const {
    if (protocol_ != Protocol::ec2) return;
    throw AwsError("UnknownParameter",
                   "The parameter " + std::string(node.name()) + " is not recognized");
  }

  Protocol protocol_;
};

const Shape& nothing() {
  static const Shape shape;
  return shape;
}

}  // namespace

Json decode_form(Protocol protocol, const Shape* shape, const Form& form) {
  return FormDecoder(protocol).structure(shape == nullptr ? nothing() : *shape, FormNode(form),
                                         true);
}

}  // namespace enibox::api

#include "api/wire/cbor.hpp"
#include "api/wire/cbor_codec.hpp"
#include "api/wire/protocol.hpp"

namespace enibox::api {

namespace {

// Members of an error beside its code and message are few and have no shape here: texts, numbers,
// lists of them.
void append_plain(std::string& out, const Json& value) {
  if (value.is_object()) {
    append_cbor_open_map(out);
    for (const auto& [name, child] : value.items()) {
      append_cbor_text(out, name);
      append_plain(out, child);
    }
    append_cbor_break(out);
  } else if (value.is_array()) {
    append_cbor_head(out, CborMajor::array, value.size());
    for (const Json& child : value) append_plain(out, child);
  } else if (value.is_boolean()) {
    append_cbor_boolean(out, value.get<bool>());
  } else if (value.is_number_float()) {
    append_cbor_floating(out, value.get<double>());
  } else if (value.is_number()) {
    append_cbor_integer(out, value.get<std::int64_t>());
  } else {
    append_cbor_text(out, value.is_string() ? value.get<std::string>() : value.dump());
  }
}

// smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
class CborProtocol : public WireProtocol {
 public:
  Json decode(const ServiceModel&, const Operation& operation,
              const RequestParts& parts) const override {
    return decode_cbor(operation.input, parts.body);
  }

  HttpReply answer(const ServiceModel&, const Operation& operation, const Json& output,
                   std::string_view request_id) const override {
    HttpReply reply = head(200, request_id);
    reply.body = encode_cbor(operation.output, output);
    if (operation.output != nullptr) reply.headers.add("Content-Type", "application/cbor");
    return reply;
  }

  HttpReply error(const ErrorAnswer& answer) const override {
    const AwsError& error = *answer.error;
    const Shape* shape =
        answer.operation == nullptr ? nullptr : answer.operation->error(error.code());
    HttpReply reply = head(answer.status, answer.request_id);
    reply.headers.add("Content-Type", "application/cbor");
    add_query_error(reply, answer, shape);
    Json body = error.members().is_object() ? error.members() : Json::object();
    body["__type"] = shape == nullptr ? error.code() : shape->name;
    body[shape == nullptr ? "message" : shape->message_name] = error.message();
    append_plain(reply.body, body);
    return reply;
  }

 private:
  static HttpReply head(int status, std::string_view request_id) {
    return {status,
            {{"smithy-protocol", "rpc-v2-cbor"}, {"x-amzn-RequestId", std::string(request_id)}},
            {}};
  }
};

}  // namespace

const WireProtocol& cbor_protocol() {
  static const CborProtocol protocol;
  return protocol;
}

}  // namespace enibox::api

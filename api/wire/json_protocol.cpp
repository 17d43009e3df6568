#include "api/wire/json_codec.hpp"
#include "api/wire/protocol.hpp"
#include "api/wire/scalars.hpp"

namespace enibox::api {

namespace {

class JsonProtocol : public WireProtocol {
 public:
  Json decode(const ServiceModel&, const Operation& operation,
              const RequestParts& parts) const override {
    return decode_json(operation.input, parts.body);
  }

  HttpReply answer(const ServiceModel& model, const Operation& operation, const Json& output,
                   std::string_view request_id) const override {
    HttpReply reply = head(&model, 200, request_id);
    reply.body = encode_json(operation.output, output);
    return reply;
  }

  HttpReply error(const ErrorAnswer& answer) const override {
    const AwsError& error = *answer.error;
    const Shape* shape =
        answer.operation == nullptr ? nullptr : answer.operation->error(error.code());
    HttpReply reply = head(answer.model, answer.status, answer.request_id);
    // The type is the shape's name; the code it may have besides is for readers of the old query
    // protocol.
    const std::string& type = shape == nullptr ? error.code() : shape->name;
    reply.headers.add("x-amzn-ErrorType", type);
    add_query_error(reply, answer, shape);
    Json body = error.members().is_object() ? error.members() : Json::object();
    body["__type"] = type;
    body[shape == nullptr ? "message" : shape->message_name] = error.message();
    reply.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    return reply;
  }

 private:
  static HttpReply head(const ServiceModel* model, int status, std::string_view request_id) {
    const std::string version = model == nullptr ? "1.1" : model->json_version();
    return {status,
            {{"Content-Type", "application/x-amz-json-" + version},
             {"x-amzn-RequestId", std::string(request_id)}},
            {}};
  }
};

}  // namespace

void add_query_error(HttpReply& reply, const ErrorAnswer& answer, const Shape* shape) {
  if (answer.model == nullptr || !answer.model->query_compatible()) return;
  const bool coded = shape != nullptr && !shape->error_code.empty();
  reply.headers.add("x-amzn-query-error", (coded ? shape->error_code : answer.error->code()) +
                                              (answer.status >= 500 ? ";Receiver" : ";Sender"));
}

const WireProtocol& json_protocol() {
  static const JsonProtocol protocol;
  return protocol;
}

}  // namespace enibox::api

#include "api/wire/form.hpp"
#include "api/wire/mismatch.hpp"
#include "api/wire/protocol.hpp"
#include "api/wire/query_codec.hpp"
#include "api/wire/xml_codec.hpp"

namespace enibox::api {

namespace {

HttpReply xml_reply(int status, std::string_view request_id, std::string body) {
  return {
      status,
      {{"Content-Type", "text/xml;charset=UTF-8"}, {"x-amzn-RequestId", std::string(request_id)}},
      std::move(body)};
}

// <NAME xmlns="...">
std::string opened(const std::string& name, const std::string& xml_namespace) {
  std::string out(kXmlHead);
  out += "<" + name;
  if (!xml_namespace.empty()) out += " xmlns=\"" + xml_namespace + "\"";
  return out + ">";
}

class QueryProtocol : public WireProtocol {
 public:
  Json decode(const ServiceModel&, const Operation& operation,
              const RequestParts& parts) const override {
    return decode_form(Protocol::query, operation.input, Form(parts.query_string, parts.body));
  }

  HttpReply answer(const ServiceModel& model, const Operation& operation, const Json& output,
                   std::string_view request_id) const override {
    std::string out = opened(operation.name + "Response", model.xml_namespace());
    if (operation.output == nullptr) {
      require_nothing(output);
    } else {
      const std::string& wrapper = operation.result_wrapper;
      if (!wrapper.empty()) out += "<" + wrapper + ">";
      append_xml_members(out, *operation.output, output, false);
      if (!wrapper.empty()) out += "</" + wrapper + ">";
    }
    out += "<ResponseMetadata>";
    append_xml_element(out, "RequestId", request_id);
    out += "</ResponseMetadata></" + operation.name + "Response>\n";
    return xml_reply(200, request_id, std::move(out));
  }

  HttpReply error(const ErrorAnswer& answer) const override {
    const AwsError& error = *answer.error;
    const Shape* shape =
        answer.operation == nullptr ? nullptr : answer.operation->error(error.code());
    const bool coded = shape != nullptr && !shape->error_code.empty();
    std::string out =
        opened("ErrorResponse", answer.model == nullptr ? "" : answer.model->xml_namespace());
    out += "<Error>";
    append_xml_element(out, "Type", answer.status >= 500 ? "Receiver" : "Sender");
    append_xml_element(out, "Code", coded ? shape->error_code : error.code());
    append_xml_element(out, "Message", error.message());
    out += "</Error>";
    append_xml_element(out, "RequestId", answer.request_id);
    return xml_reply(answer.status, answer.request_id, out + "</ErrorResponse>\n");
  }
};

class Ec2Protocol : public WireProtocol {
 public:
  Json decode(const ServiceModel&, const Operation& operation,
              const RequestParts& parts) const override {
    return decode_form(Protocol::ec2, operation.input, Form(parts.query_string, parts.body));
  }

  HttpReply answer(const ServiceModel& model, const Operation& operation, const Json& output,
                   std::string_view request_id) const override {
    std::string out = opened(operation.name + "Response", model.xml_namespace() + "/");
    append_xml_element(out, "requestId", request_id);
    if (operation.output == nullptr) {
      require_nothing(output);
      append_xml_element(out, "return", "true");  // EC2 says so where the model has no output
    } else {
      append_xml_members(out, *operation.output, output, true);
    }
    return xml_reply(200, request_id, out + "</" + operation.name + "Response>\n");
  }

  HttpReply error(const ErrorAnswer& answer) const override {
    std::string out = std::string(kXmlHead) + "<Response><Errors><Error>";
    append_xml_element(out, "Code", answer.error->code());
    append_xml_element(out, "Message", answer.error->message());
    out += "</Error></Errors>";
    append_xml_element(out, "RequestID", answer.request_id);
    return xml_reply(answer.status, answer.request_id, out + "</Response>\n");
  }
};

}  // namespace

const WireProtocol& query_protocol() {
  static const QueryProtocol protocol;
  return protocol;
}

const WireProtocol& ec2_protocol() {
  static const Ec2Protocol protocol;
  return protocol;
}

}  // namespace enibox::api

// The dispatcher behind a pipe, for wire_test.py: every listed operation is served by a handler
// that notes its input and gives the answer the test wants.
//
// A line in:   {"request": {method, target, headers, body}, "output": {...}} or, instead of output,
//              "error": {code, message, status, members}
// A line out:  {"input": {...} or null, "reply": {status, headers, body}}
// Bodies are base64: CBOR is no text.

#include <iostream>

#include "api/wire/base64.hpp"
#include "api/wire/dispatch.hpp"
#include "api/wire/model.hpp"

namespace {

using namespace enibox;
using namespace enibox::api;

class OpenGate : public BarrierGate {
 public:
  void when_passed(std::uint64_t, std::function<void()> go) override { go(); }
};

struct Script {
  Json input, output, error;
};

Answer play(Script& script, const Json& input) {
  script.input = input;
  if (script.error.is_null()) return script.output;
  throw AwsError(script.error["code"], script.error["message"], script.error.value("status", 400),
                 script.error.value("members", Json::object()));
}

void serve_everything(Dispatcher& dispatcher, Script& script) {
  const ModelLibrary models;
  for (const auto& model : models.all()) {
    Service service{model->name(), {}};
    for (const auto& name : model->operation_names()) {
      if (!model->operation(name)->listed) continue;
      service.operations[name] = [&script](const RequestContext&, const Json& input) {
        return play(script, input);
      };
    }
    dispatcher.add(std::move(service));
  }
}

HttpRequest request_of(const Json& json) {
  HttpRequest request{
      json["method"], json["target"], {}, base64_decode(json["body"].get<std::string>()).value()};
  for (const auto& [name, value] : json["headers"].items()) request.headers.add(name, value);
  return request;
}

Json json_of(const HttpReply& reply) {
  Json headers = Json::object();
  for (const auto& [name, value] : reply.headers) headers[name] = value;
  return {{"status", reply.status}, {"headers", headers}, {"body", base64_encode(reply.body)}};
}

}  // namespace

int main() {
  OpenGate gate;
  Script script;
  Dispatcher dispatcher(gate, {});
  serve_everything(dispatcher, script);
  std::string line;
  while (std::getline(std::cin, line)) {
    const Json message = Json::parse(line);
    script = {nullptr, message.value("output", Json::object()), message.value("error", Json())};
    HttpReply reply;
    dispatcher.handle(request_of(message["request"]),
                      [&](HttpReply answer) { reply = std::move(answer); });
    const Json out = {{"input", script.input}, {"reply", json_of(reply)}};
    std::cout << out.dump() << std::endl;
  }
}

// Any bytes as a request of any protocol: the dispatcher answers once, with a status, in UTF-8.
//
// The first line of the input says who is asked ("ecs RunTask", "ec2 RunInstances ?"), the rest is
// the body; with a '?' it is the query string instead, with a '#' it is CBOR.

#include <spdlog/spdlog.h>

#include <cstdio>
#include <cstdlib>

#include "api/wire/dispatch.hpp"
#include "api/wire/model.hpp"
#include "api/wire/scalars.hpp"

namespace {

using namespace enibox;
using namespace enibox::api;

class OpenGate : public BarrierGate {
 public:
  void when_passed(std::uint64_t, std::function<void()> go) override { go(); }
};

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

class Target {
 public:
  Target() {
    spdlog::set_level(spdlog::level::off);
    for (const auto& model : models_.all()) {
      Service service{model->name(), {}};
      for (const auto& name : model->operation_names()) {
        if (!model->operation(name)->listed) continue;
        service.operations[name] = [](const RequestContext&, const Json& input) -> Answer {
          throw AwsError("Echo", input.dump());
        };
      }
      dispatcher_.add(std::move(service));
    }
  }

  void run(std::string_view input) {
    const std::string_view line = input.substr(0, input.find('\n'));
    const std::string_view rest = input.substr(std::min(input.size(), line.size() + 1));
    const auto space = line.find(' ');
    const ServiceModel* model = models_.by_name(line.substr(0, space));
    std::string operation(space == std::string_view::npos ? "" : line.substr(space + 1));
    const bool in_query = operation.ends_with(" ?"), cbor = operation.ends_with(" #");
    if (in_query || cbor) operation.resize(operation.size() - 2);

    HttpRequest request{"POST", "/", {}, std::string(rest)};
    if (model != nullptr && cbor) {
      request.headers.add("Smithy-Protocol", "rpc-v2-cbor");
      request.target = "/service/" + model->target_prefix() + "/operation/" + operation;
    } else if (model != nullptr && model->protocol() == Protocol::json) {
      request.headers.add("X-Amz-Target", model->target_prefix() + "." + operation);
    } else {
      request.headers.add("Content-Type", "application/x-www-form-urlencoded");
      request.body = "Action=" + operation +
                     "&Version=" + (model == nullptr ? "" : model->api_version()) + "&" +
                     request.body;
    }
    if (in_query) {
      request.target = "/?" + request.body;
      request.body.clear();
    }
    int replies = 0;
    dispatcher_.handle(request, [&](const HttpReply& reply) {
      ++replies;
      require(reply.status >= 200 && reply.status < 600, "the status");
      require(cbor || is_utf8(reply.body), "the body's text");
    });
    require(replies == 1, "one answer a request");
  }

 private:
  OpenGate gate_;
  ModelLibrary models_;
  Dispatcher dispatcher_{gate_, {}};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Target target;
  target.run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}

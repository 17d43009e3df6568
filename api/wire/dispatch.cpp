#include "api/wire/dispatch.hpp"

#include <spdlog/spdlog.h>

#include <stdexcept>

#include "api/wire/dialect.hpp"
#include "api/wire/json_event_stream.hpp"
#include "api/wire/request_id.hpp"
#include "api/wire/route.hpp"
#include "api/wire/validate.hpp"

namespace enibox::api {

namespace {

// One request on its way through.
struct Call {
  RequestContext context;
  Route route;
  const Operation* operation = nullptr;
};

[[noreturn]] void refuse_unknown(const Route& route) {
  if (!route.form) throw AwsError("UnknownOperationException", "");
  if (route.operation.empty()) {
    throw AwsError("MissingAction", "The request is missing an action or a required parameter.");
  }
  if (route.model != nullptr && route.protocol == &query_protocol()) {
    throw AwsError("InvalidAction", "Could not find operation " + route.operation +
                                        " for version " + route.model->api_version());
  }
  throw AwsError("InvalidAction",
                 "The action " + route.operation + " is not valid for this web service.");
}

[[noreturn]] void refuse_unserved(const std::string& service, const std::string& operation) {
  throw AwsError("NotImplemented",
                 "Enibox does not serve " + service + (operation.empty() ? "" : " " + operation) +
                     ". GET /_enibox/coverage and docs/operations.md list what it serves.",
                 501);
}

[[noreturn]] void refuse_region(const Route& route, const std::string& region) {
  throw AwsError(route.form ? "SignatureDoesNotMatch" : "InvalidSignatureException",
                 "Credential should be scoped to a valid region, not '" + region + "'. ", 403);
}

// An error of the request's edge, as the protocol's services spell it.
AwsError spelled_for(const Route& route, const AwsError& error) {
  const std::string& code = error.code();
  const bool of_signature = code == "SignatureDoesNotMatch" || code == "InvalidClientTokenId";
  const bool expired = code == "RequestExpired";
  if (route.protocol == &ec2_protocol()) {
    if (of_signature) {
      return {"AuthFailure", "AWS was not able to validate the provided access credentials", 401};
    }
    if (expired || code == "ExpiredToken") return {"RequestExpired", "Request has expired.", 400};
    return error;
  }
  if (route.form) {
    return expired ? AwsError("SignatureDoesNotMatch", error.message(), 403) : error;
  }
  const int status =
      code == "AccessDenied" || error.http_status() != 403 ? error.http_status() : 400;
  if (code == "InvalidClientTokenId") {
    return {"UnrecognizedClientException", error.message(), status};
  }
  if (of_signature || expired) return {"InvalidSignatureException", error.message(), status};
  return {code + "Exception", error.message(), status, error.members()};
}

// The model's status where the error keeps to the default.
int status_of(const Call& call, const AwsError& error) {
  if (error.http_status() != 400 || call.operation == nullptr) return error.http_status();
  const Shape* shape = call.operation->error(error.code());
  if (shape == nullptr) return 400;
  if (shape->error_status != 0) return shape->error_status;
  return shape->fault ? 500 : 400;
}

HttpReply error_reply(const Call& call, const AwsError& error) {
  return call.route.protocol->error(
      {call.route.model, call.operation, &error, status_of(call, error), call.context.request_id});
}

HttpReply streamed(const Call& call, const Answer& answer) {
  if (call.route.protocol != &json_protocol()) {
    throw AwsError("NotImplemented", "Enibox sends streams of events in aws-json only.", 501);
  }
  HttpReply out{200,
                {{"Content-Type", std::string(kEventStreamType)},
                 {"x-amzn-RequestId", call.context.request_id}},
                {}};
  out.stream = [operation = call.operation, answer](std::shared_ptr<http::ByteStream> bytes) {
    answer.events(make_json_event_stream(*operation, answer.output, std::move(bytes)));
  };
  return out;
}

HttpReply failure_reply(const Call& call, const std::exception& failure) {
  spdlog::error("{} {} ({}): {}", call.context.service, call.context.operation,
                call.context.request_id, failure.what());
  if (call.route.model == nullptr) {
    return error_reply(call, AwsError("InternalFailure", "An internal failure occurred.", 500));
  }
  const Dialect& dialect = dialect_of(*call.route.model);
  return error_reply(
      call, AwsError(std::string(dialect.failure_code), std::string(dialect.failure_message), 500));
}

}  // namespace

class Dispatcher::Impl {
 public:
  Impl(BarrierGate& gate, DispatcherOptions options) : gate_(gate), options_(std::move(options)) {}

  void add(Service service) {
    const ServiceModel* model = models_.by_name(service.name);
    if (model == nullptr) throw std::invalid_argument("no model of a service " + service.name);
    auto& handlers = handlers_[model];
    for (auto& [name, handler] : service.operations) {
      if (!model->lists(name)) {
        throw std::invalid_argument(name + " is not in api/models/" + service.name + ".ops");
      }
      if (!handlers.emplace(name, std::move(handler)).second) {
        throw std::invalid_argument(service.name + " " + name + " is served twice");
      }
    }
  }

  void handle(const HttpRequest& request, const Reply& reply) {
    Call call;
    call.route.protocol = &json_protocol();
    HttpReply out;
    std::uint64_t after = 0;
    try {
      identify(call, request);
      const Answer answer = run(call);
      out = answer.events ? streamed(call, answer)
                          : call.route.protocol->answer(*call.route.model, *call.operation,
                                                        answer.output, call.context.request_id);
      after = answer.after;
    } catch (const AwsError& error) {
      out = error_reply(call, error);
    } catch (const std::exception& failure) {
      out = failure_reply(call, failure);
    }
    if (after == 0) return reply(std::move(out));
    gate_.when_passed(after, [reply, held = std::make_shared<HttpReply>(std::move(out))] {
      reply(std::move(*held));
    });
  }

  HttpReply refuse(const HttpRequest& request, const AwsError& error) const {
    Call call;
    call.route.protocol = &json_protocol();
    call.context.request_id = new_request_id();
    try {
      call.route = find_route(models_, credential_scope(request), request);
    } catch (const AwsError& unreadable) {
      return error_reply(call, unreadable);
    }
    return error_reply(call, spelled_for(call.route, error));
  }

  std::vector<Coverage> coverage() const {
    std::vector<Coverage> out;
    for (const auto& model : models_.all()) {
      for (auto& name : model->operation_names()) {
        const bool served = handler(model.get(), name) != nullptr;
        out.push_back({model->name(), std::move(name), served});
      }
    }
    return out;
  }

 private:
  using Handlers = std::map<std::string, Handler, std::less<>>;

  // Fills `call` as far as the request says; throws where it says nothing we know.
  void identify(Call& call, const HttpRequest& request) const {
    RequestContext& context = call.context;
    context.request_id = new_request_id();
    context.account_id = options_.account_id;
    context.host = request.headers.get("Host");
    CredentialScope scope = credential_scope(request);
    call.route = find_route(models_, scope, request);
    if (call.route.model != nullptr) context.service = call.route.model->name();
    context.operation = call.route.operation;
    context.region = scope.region.empty() ? options_.default_region : scope.region;
    context.access_key_id = std::move(scope.access_key_id);

    if (call.route.model == nullptr) {
      const bool foreign = !scope.service.empty() && !models_.by_signing_name(scope.service);
      if (foreign) refuse_unserved(scope.service, context.operation);
      refuse_unknown(call.route);
    }
    if (!is_region(context.region)) refuse_region(call.route, context.region);
    call.operation = call.route.model->operation(context.operation);
    if (call.operation == nullptr) refuse_unknown(call.route);
  }

  Answer run(const Call& call) const {
    const Handler* handler = this->handler(call.route.model, call.operation->name);
    if (handler == nullptr) refuse_unserved(call.context.service, call.operation->name);
    Json input = call.route.protocol->decode(*call.route.model, *call.operation, call.route.parts);
    validate(*call.route.model, *call.operation, input);
    if (const auto dry = input.find("DryRun"); dry != input.end() && dry->is_boolean()) {
      const bool wanted = dry->get<bool>();
      input.erase(dry);
      if (wanted) try_out(*handler, call.context, input);
    }
    return (*handler)(call.context, input);
  }

  // EC2's DryRun: all that can go wrong goes wrong, and nothing is done.
  [[noreturn]] void try_out(const Handler& handler, const RequestContext& context,
                            const Json& input) const {
    if (options_.trial) options_.trial([&] { handler(context, input); });
    throw AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
  }

  const Handler* handler(const ServiceModel* model, std::string_view operation) const {
    const auto service = handlers_.find(model);
    if (service == handlers_.end()) return nullptr;
    const auto found = service->second.find(operation);
    return found == service->second.end() ? nullptr : &found->second;
  }

  BarrierGate& gate_;
  DispatcherOptions options_;
  ModelLibrary models_;
  std::map<const ServiceModel*, Handlers> handlers_;
};

Dispatcher::Dispatcher(BarrierGate& gate, DispatcherOptions options)
    : impl_(std::make_unique<Impl>(gate, std::move(options))) {}
Dispatcher::~Dispatcher() = default;

void Dispatcher::add(Service service) { impl_->add(std::move(service)); }

void Dispatcher::handle(const HttpRequest& request, Reply reply) { impl_->handle(request, reply); }

HttpReply Dispatcher::refuse(const HttpRequest& request, const AwsError& error) const {
  return impl_->refuse(request, error);
}

std::vector<Coverage> Dispatcher::coverage() const { return impl_->coverage(); }

}  // namespace enibox::api

#include "api/http/aws_endpoint.hpp"

#include <spdlog/spdlog.h>

#include <boost/beast/http/field.hpp>

#include "api/http/content_coding.hpp"

namespace enibox::api::http {
namespace {

constexpr std::string_view kControlPrefix = "/_enibox/";

HttpRequest wire_request(Request&& request) {
  HttpRequest out;
  out.method = std::move(request.method);
  out.target = std::move(request.path);
  if (!request.query.empty()) out.target.append("?").append(request.query);
  for (const auto& field : request.headers) {
    out.headers.add(std::string(field.name_string()), std::string(field.value()));
  }
  out.body = std::move(request.body);
  return out;
}

Response http_response(HttpReply&& reply) {
  Response out;
  out.status = static_cast<unsigned>(reply.status);
  out.body = std::move(reply.body);
  for (const auto& [name, value] : reply.headers) out.headers.emplace_back(name, value);
  return out;
}

}  // namespace

Response json_response(const Json& body, unsigned status) {
  return {.status = status,
          .content_type = "application/json",
          .body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n",
          .headers = {}};
}

void AwsEndpoint::on_control(std::string method, std::string path, ControlHandler handler) {
  control_[{std::move(path), std::move(method)}] = [handler = std::move(handler)](
                                                       const Request& request,
                                                       const std::shared_ptr<Exchange>& exchange) {
    exchange->reply(handler(request));
  };
}

void AwsEndpoint::on_late_control(std::string method, std::string path,
                                  LateControlHandler handler) {
  control_[{std::move(path), std::move(method)}] =
      [handler = std::move(handler)](const Request&, const std::shared_ptr<Exchange>& exchange) {
        handler([exchange](Response response) { exchange->reply(std::move(response)); });
      };
}

void AwsEndpoint::on_stream_control(std::string method, std::string path,
                                    StreamControlHandler handler) {
  control_[{std::move(path), std::move(method)}] = std::move(handler);
}

RequestHandler AwsEndpoint::handler() {
  return [this](Request&& request, std::shared_ptr<Exchange> exchange) {
    handle(std::move(request), std::move(exchange));
  };
}

void AwsEndpoint::handle(Request&& request, std::shared_ptr<Exchange> exchange) {
  if (const auto error = refuse(request)) return refuse(*error, std::move(request), *exchange);
  if (request.path.starts_with(kControlPrefix)) return control(request, exchange);
  if (request.path.starts_with(kDataChannelPrefix)) return open_data_channel(request, *exchange);
  try {
    decode_content(request, Limits().max_body_bytes);
  } catch (const AwsError& error) {
    return refuse(error, std::move(request), *exchange);
  }
  dispatch(std::move(request), std::move(exchange));
}

std::optional<AwsError> AwsEndpoint::refuse(const Request& request) const {
  if (auto error = guard_.refuse(request)) return error;
  const bool is_open = request.path == kHealthPath || request.path.starts_with(kDataChannelPrefix);
  if (!authenticator_ || is_open) return std::nullopt;
  return authenticator_->refuse(request);
}

void AwsEndpoint::control(const Request& request, std::shared_ptr<Exchange> exchange) const {
  const auto& method = request.method == "HEAD" ? "GET" : request.method;
  const auto found = control_.find({request.path, method});
  if (found == control_.end()) return exchange->reply(not_a_control(request));
  try {
    found->second(request, exchange);
  } catch (const std::exception& error) {
    spdlog::error("{} {}: {}", request.method, request.path, error.what());
    exchange->reply(json_response({{"message", error.what()}}, 500));
  }
}

Response AwsEndpoint::not_a_control(const Request& request) const {
  const auto other = control_.lower_bound({request.path, {}});
  if (other == control_.end() || other->first.first != request.path) {
    return json_response({{"message", "There is no " + request.path + "."}}, 404);
  }
  auto out =
      json_response({{"message", request.path + " is asked by " + other->first.second}}, 405);
  out.headers.emplace_back("Allow", other->first.second);
  return out;
}

void AwsEndpoint::open_data_channel(const Request& request, Exchange& exchange) {
  if (!data_channel_) return exchange.reply(json_response({{"message", "Not served."}}, 404));
  auto session_id = percent_decode(request.path.substr(kDataChannelPrefix.size()), false);
  exchange.accept_websocket(
      [this, session_id = std::move(session_id)](std::shared_ptr<WebSocket> socket) {
        data_channel_(session_id, std::move(socket));
      });
}

void AwsEndpoint::dispatch(Request&& request, std::shared_ptr<Exchange> exchange) {
  dispatcher_.handle(wire_request(std::move(request)),
                     [exchange = std::move(exchange)](HttpReply reply) {
                       if (!reply.stream) return exchange->reply(http_response(std::move(reply)));
                       const auto open = std::move(reply.stream);
                       if (auto bytes = exchange->stream(http_response(std::move(reply)))) {
                         open(std::move(bytes));
                       }
                     });
}

// In the words of the protocol the request is in, so that an SDK shows the text.
void AwsEndpoint::refuse(const AwsError& error, Request&& request, Exchange& exchange) const {
  if (request.path.starts_with(kControlPrefix) || request.path.starts_with(kDataChannelPrefix)) {
    return exchange.reply(json_response({{"code", error.code()}, {"message", error.message()}},
                                        static_cast<unsigned>(error.http_status())));
  }
  exchange.reply(http_response(dispatcher_.refuse(wire_request(std::move(request)), error)));
}

}  // namespace enibox::api::http

#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/http/authenticator.hpp"
#include "api/http/exchange.hpp"
#include "api/http/guard.hpp"
#include "api/http/limits.hpp"
#include "api/wire/dispatch.hpp"

namespace enibox::api::http {

// The address that AWS clients talk to: guard, signature, then one of
//   /_enibox/*                     control requests, by method and path
//   /v1/data-channel/<session id>  a WebSocket
//   anything else                  the dispatcher of the AWS protocols
// Loop thread only; must outlive the server it is given to.
class AwsEndpoint {
 public:
  using ControlHandler = std::function<Response(const Request&)>;
  using LateControlHandler = std::function<void(std::function<void(Response)> reply)>;
  using DataChannelHandler =
      std::function<void(const std::string& session_id, std::shared_ptr<WebSocket> socket)>;

  AwsEndpoint(Dispatcher& dispatcher, GuardOptions guard)
      : dispatcher_(dispatcher), guard_(std::move(guard)) {}

  // From now on signatures are verified. Health and the data channel need none.
  void authenticate(Authenticator authenticator) { authenticator_ = std::move(authenticator); }

  // on_control("POST", "/_enibox/reset", ...). GET serves HEAD too. What it throws answers 500.
  void on_control(std::string method, std::string path, ControlHandler handler);
  // The same for an answer that takes its time: `reply` is called once, on the loop thread.
  void on_late_control(std::string method, std::string path, LateControlHandler handler);
  // The same with the request, for an answer that becomes a stream.
  using StreamControlHandler = std::function<void(const Request&, std::shared_ptr<Exchange>)>;
  void on_stream_control(std::string method, std::string path, StreamControlHandler handler);
  void on_data_channel(DataChannelHandler handler) { data_channel_ = std::move(handler); }

  // For Server::listen.
  RequestHandler handler();

 private:
  std::optional<AwsError> refuse(const Request& request) const;
  void handle(Request&& request, std::shared_ptr<Exchange> exchange);
  void control(const Request& request, std::shared_ptr<Exchange> exchange) const;
  Response not_a_control(const Request& request) const;
  void open_data_channel(const Request& request, Exchange& exchange);
  void dispatch(Request&& request, std::shared_ptr<Exchange> exchange);
  void refuse(const AwsError& error, Request&& request, Exchange& exchange) const;

  Dispatcher& dispatcher_;
  Guard guard_;
  std::optional<Authenticator> authenticator_;
  std::map<std::pair<std::string, std::string>, StreamControlHandler> control_;  // path, method
  DataChannelHandler data_channel_;
};

// {"message": text}, and what else there is to say.
Response json_response(const Json& body, unsigned status = 200);

}  // namespace enibox::api::http

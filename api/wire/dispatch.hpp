#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/wire/http_message.hpp"
#include "api/wire/service.hpp"

// One HTTP request to one call of a handler to one HTTP answer.
namespace enibox::api {

// A line of the table of what is served.
struct Coverage {
  std::string service;    // "ecs"
  std::string operation;  // "RunTask"
  bool served = false;
};

struct DispatcherOptions {
  std::string account_id = "000000000000";
  std::string default_region = "us-east-1";  // of requests without a credential scope
  // Runs `work` and then undoes what it did to the rows, whether it returned or threw; lets its
  // exception through. DryRun is a run on trial. Without it a DryRun validates the input only.
  std::function<void(const std::function<void()>& work)> trial;
};

// Finds service, operation and protocol of a request (X-Amz-Target; Action and Version in the form;
// the credential scope), decodes and validates the input by shape, calls the handler, encodes what
// it returned. Every failure becomes the protocol's own error answer; handle() does not throw.
//
// A known operation nobody serves answers 501 by name. Loop thread only; must outlive the answers
// it holds back at the gate.
class Dispatcher {
 public:
  Dispatcher(BarrierGate& gate, DispatcherOptions options);
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  // Serves `service`, whose name is that of a model; called again for a name, adds to it. Throws
  // std::invalid_argument for an unknown model, for an operation that is not in its list
  // (api/models/NAME.ops) and for one served already.
  void add(Service service);

  void handle(const HttpRequest& request, Reply reply);

  // The answer to a request that is turned away before it is looked at, in the words of its
  // protocol. `error`: the code as Query protocols spell it; the JSON ones add "Exception".
  HttpReply refuse(const HttpRequest& request, const AwsError& error) const;

  // Every operation of every model, by service and name.
  std::vector<Coverage> coverage() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace enibox::api

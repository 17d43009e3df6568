#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "api/error.hpp"
#include "api/json.hpp"
#include "api/wire/arn.hpp"

// What a service gives to the wire: a table of operations, each a plain function from JSON to JSON.
namespace enibox::api {

class EventStream;  // event_stream.hpp

// Who asks what, from the request's credential scope and headers. Never holds the body.
struct RequestContext {
  std::string region;         // of the credential scope; every region has its own state
  std::string account_id;     // the daemon's account
  std::string access_key_id;  // empty when the request was not signed
  std::string request_id;     // UUID; in the answer's header and body
  std::string host;           // the Host header: what the client reaches us by ("127.0.0.1:4566")
  std::string service;        // "ecs"
  std::string operation;      // "RunTask"

  // "arn:aws:ecs:us-east-1:111122223333:cluster/default"
  std::string arn(const std::string& arn_service, const std::string& resource) const {
    return make_arn({arn_service, region, account_id}, resource);
  }
  std::string caller_arn() const { return make_global_arn({"iam", region, account_id}, "root"); }
};

// A handler's answer. Implicit from JSON: `return {{"cluster", row}};`
struct Answer {
  Answer(Json value) : output(std::move(value)) {}  // NOLINT: implicit on purpose
  Answer(Json value, std::uint64_t generation) : output(std::move(value)), after(generation) {}

  Json output;
  // The answer leaves when the network has passed this generation (Network::generation()), so that
  // what it says is what the next packet meets. 0: at once.
  std::uint64_t after = 0;
  // For an operation that answers a stream of events: called when `output` has gone ahead, never
  // when whoever asked is gone already.
  std::function<void(std::shared_ptr<EventStream>)> events{};
};

// Members are named as in the model ("taskDefinition" in ECS, "VpcId" in EC2), blobs are base64
// text, timestamps numbers of seconds. The input is already validated by shape; absent members are
// absent. Runs on the loop thread; throws AwsError.
using Handler = std::function<Answer(const RequestContext&, const Json& input)>;

struct Service {
  std::string name;  // the model: "ecs", "ec2", "ssm", "logs", "sts", "iam"
  std::map<std::string, Handler, std::less<>> operations;
};

// Holds answers back until the network has passed a generation. Loop thread only.
class BarrierGate {
 public:
  virtual ~BarrierGate() = default;
  // Calls `go` on the loop thread, at once when `generation` has passed already.
  virtual void when_passed(std::uint64_t generation, std::function<void()> go) = 0;
};

}  // namespace enibox::api

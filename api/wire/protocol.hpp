#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "api/error.hpp"
#include "api/wire/http_message.hpp"
#include "api/wire/model.hpp"

// A wire protocol: bytes to Json by shape, and back. One object a protocol, without state.
namespace enibox::api {

// What a request says before its operation is known.
struct RequestParts {
  std::string_view body;
  std::string_view query_string;  // behind the '?', still encoded
};

// How an error goes out.
struct ErrorAnswer {
  const ServiceModel* model = nullptr;   // nullptr: no service was recognised
  const Operation* operation = nullptr;  // nullptr: no operation was
  const AwsError* error = nullptr;
  int status = 400;
  std::string_view request_id;
};

class WireProtocol {
 public:
  virtual ~WireProtocol() = default;

  // The operation's input: members named as in the model, absent ones absent, values of the shape's
  // type. Does not check constraints (validate.hpp does). Throws AwsError for what cannot be read.
  virtual Json decode(const ServiceModel& model, const Operation& operation,
                      const RequestParts& parts) const = 0;

  // The answer to a call. Throws std::logic_error when `output` holds what the output shape has
  // not: that is a bug of the handler.
  virtual HttpReply answer(const ServiceModel& model, const Operation& operation,
                           const Json& output, std::string_view request_id) const = 0;

  virtual HttpReply error(const ErrorAnswer& answer) const = 0;
};

// A service that spoke Query once and is asked by clients who still read its codes tells the old
// code in a header.
void add_query_error(HttpReply& reply, const ErrorAnswer& answer, const Shape* shape);

const WireProtocol& json_protocol();   // aws-json 1.0 and 1.1
const WireProtocol& cbor_protocol();   // rpc-v2-cbor
const WireProtocol& query_protocol();  // STS, IAM, ...
const WireProtocol& ec2_protocol();    // EC2's own kind of query

}  // namespace enibox::api

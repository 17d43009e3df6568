#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <string>

#include "api/json.hpp"
#include "api/stream/plugin_arguments.hpp"

// The two SSM operations session-manager-plugin calls when a connection is lost: AWS JSON 1.1 over
// plain HTTP, signed with Signature Version 4.
namespace enibox::stream {

struct Credentials {
  std::string access_key_id, secret_access_key, session_token;
};
// From the environment, else from the profile of the shared credentials file, else made-up ones:
// an endpoint that does not check signatures takes them.
Credentials find_credentials(const std::string& profile);

// The Authorization header of a POST to "/" without a query.
//   amz_date: "20261123T071500Z"
struct SigningInput {
  std::string host, region, service, amz_date, amz_target, content_type, body;
};
std::string authorization(const Credentials& credentials, const SigningInput& input);

// What went wrong, in words for a user: without the source lines Boost adds to what().
std::string reason(const std::exception& error);

struct ServiceAnswer {
  int status = 0;  // 0: there was no answer
  Json body;
  std::string error;  // why there was none
};

// Never throws; takes 5 s at the most.
boost::asio::awaitable<ServiceAnswer> call_ssm(const PluginArguments& session,
                                               std::string operation, Json input);

}  // namespace enibox::stream

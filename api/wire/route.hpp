#pragma once
#include <string>
#include <string_view>

#include "api/wire/http_message.hpp"
#include "api/wire/model.hpp"
#include "api/wire/protocol.hpp"

// Which operation of which service a request asks for.
namespace enibox::api {

// AKID/20260101/us-east-1/ecs/aws4_request, of the Authorization header or of a presigned URL.
// Says who claims to ask, not that it is true.
struct CredentialScope {
  std::string access_key_id, region, service;  // all empty when the request is not signed
};
CredentialScope credential_scope(const HttpRequest& request);

// "us-east-1", "us-gov-west-1": two letters, words, a number. Anything else would make a state of
// its own for every typing error.
bool is_region(std::string_view region);

struct Route {
  const WireProtocol* protocol = nullptr;  // never null: how the client wants to hear of errors
  const ServiceModel* model = nullptr;     // nullptr: none of ours
  std::string operation;                   // as asked for; empty: not said
  bool form = false;                       // Action and Version, not X-Amz-Target or a path
  RequestParts parts;                      // views into the request
};

// Throws AwsError MalformedQueryString for a form that cannot be read.
Route find_route(const ModelLibrary& models, const CredentialScope& scope,
                 const HttpRequest& request);

}  // namespace enibox::api

#pragma once
#include <string>
#include <string_view>

// The arithmetic of Signature Version 4, for whoever signs and whoever checks. Pure functions.
// docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
namespace enibox::api {

std::string sha256_hex(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view text);  // 32 bytes
std::string to_hex(std::string_view bytes);

struct SigningScope {
  std::string date;  // "20260101"
  std::string region, service;

  // "20260101/us-east-1/ecs/aws4_request"
  std::string text() const { return date + "/" + region + "/" + service + "/aws4_request"; }
};
std::string signing_key(std::string_view secret, const SigningScope& scope);

// %XX for all but letters, digits and "-._~"; a slash stays in paths.
std::string uri_encode(std::string_view text, bool keep_slash);

}  // namespace enibox::api

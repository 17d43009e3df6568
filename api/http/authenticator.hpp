#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "api/error.hpp"
#include "api/http/message.hpp"

namespace enibox::api::http {

// What a request may be signed with.
struct SigningSecret {
  std::string secret_access_key;
  std::string session_token;   // empty: the key is a permanent one
  std::int64_t expires_s = 0;  // Unix time; of a temporary key
};
// By access key id; nullopt for one that nobody has.
using SecretLookup = std::function<std::optional<SigningSecret>(const std::string& access_key_id)>;

// Verifies Signature Version 4, in the Authorization header and in the query of a presigned
// request, and the signatures of a body's chunks. `now_s`: Unix time. Loop thread only.
class Authenticator {
 public:
  Authenticator(SecretLookup secrets, std::function<std::int64_t()> now_s)
      : secrets_(std::move(secrets)), now_s_(std::move(now_s)) {}

  // Why the request is refused; nothing when its signature is right. The body is still as it was
  // sent. Codes as the Query protocols spell them.
  std::optional<AwsError> refuse(const Request& request) const;

 private:
  struct Claim;
  static Claim claim_of_header(const Request& request);
  static Claim claim_of_query(const Request& request);
  static void check_chunks(const Request& request, const Claim& claim, const std::string& key);
  void check(const Request& request) const;
  void check_time(const Claim& claim) const;
  SigningSecret secret_of(const Claim& claim) const;

  SecretLookup secrets_;
  std::function<std::int64_t()> now_s_;
};

}  // namespace enibox::api::http

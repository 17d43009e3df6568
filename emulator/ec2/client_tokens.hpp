#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "api/wire/service.hpp"
#include "emulator/clock.hpp"
#include "emulator/store/database.hpp"

// EC2's ClientToken, once for every operation that takes one: the same request with the same token
// is done once. docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html
namespace enibox::ec2 {

class ClientTokens {
 public:
  ClientTokens(store::Database& db, const Clock& clock) : db_(db), clock_(clock) {}

  // The answer that was given to this request before. Throws AwsError IdempotentParameterMismatch
  // where the token was another request's.
  std::optional<Json> answered(const api::RequestContext& request, const Json& in);
  // To be called in the transaction that did it. Tokens are good for a day.
  void remember(const api::RequestContext& request, const Json& in, const Json& answer);

 private:
  store::Database& db_;
  const Clock& clock_;
  store::Statement find_{db_,
                         "SELECT request, answer FROM ec2_client_token WHERE region=? AND "
                         "operation=? AND token=? AND created_ms>=?"};
  store::Statement insert_{db_,
                           "INSERT OR REPLACE INTO ec2_client_token (region, operation, token, "
                           "request, answer, created_ms) VALUES (?,?,?,?,?,?)"};
  store::Statement erase_{db_, "DELETE FROM ec2_client_token WHERE created_ms<?"};
};

// RunInstances and CreateNatGateway answer a repeated request with what became of the resource.
bool has_own_client_tokens(std::string_view operation);

}  // namespace enibox::ec2

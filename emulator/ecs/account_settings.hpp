#pragma once
#include <map>
#include <string>

#include "api/wire/service.hpp"
#include "emulator/store/database.hpp"

namespace enibox::ecs {

// The rows of ecs_account_settings: what a principal set, over what the account set, over what ECS
// gives. The root user's own settings are the account's. Loop thread only.
class AccountSettings {
 public:
  explicit AccountSettings(store::Database& db);

  // An empty principal is the account.
  void put(const std::string& region, const std::string& principal, const std::string& name,
           const std::string& value);
  void remove(const std::string& region, const std::string& principal, const std::string& name);
  std::map<std::string, std::string> of(const std::string& region, const std::string& principal);

  // Every setting with what it is for that principal.
  std::map<std::string, std::string> effective(const std::string& region,
                                               const std::string& principal);
  // One setting as it is for the caller.
  std::string effective(const api::RequestContext& context, const std::string& name);

 private:
  store::Statement put_, remove_, list_;
};

// The principal's key in the rows: empty for the root user.
std::string settings_principal(const api::RequestContext& context, const std::string& arn);

}  // namespace enibox::ecs

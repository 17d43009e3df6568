#include "emulator/ecs/account_settings.hpp"

namespace enibox::ecs {
namespace {

// AWS: "Amazon ECS account settings".
const std::map<std::string, std::string>& defaults() {
  static const std::map<std::string, std::string> kDefaults{
      {"awsvpcTrunking", "disabled"},
      {"containerInsights", "disabled"},
      {"containerInstanceLongArnFormat", "enabled"},
      {"defaultLogDriverMode", "non-blocking"},
      {"dualStackIPv6", "enabled"},
      {"fargateEventWindows", "disabled"},
      {"fargateFIPSMode", "disabled"},
      {"fargateTaskRetirementWaitPeriod", "7"},
      {"guardDutyActivate", "off"},
      {"serviceLongArnFormat", "enabled"},
      {"tagResourceAuthorization", "off"},
      {"taskLongArnFormat", "enabled"}};
  return kDefaults;
}

}  // namespace

AccountSettings::AccountSettings(store::Database& db)
    : put_(db,
           "INSERT OR REPLACE INTO ecs_account_settings (region, principal_arn, name, value) "
           "VALUES (?, ?, ?, ?)"),
      remove_(db,
              "DELETE FROM ecs_account_settings WHERE region = ? AND principal_arn = ? AND name "
              "= ?"),
      list_(db,
            "SELECT name, value FROM ecs_account_settings WHERE region = ? AND principal_arn = ? "
            "ORDER BY name") {}

void AccountSettings::put(const std::string& region, const std::string& principal,
                          const std::string& name, const std::string& value) {
  put_.run(region, principal, name, value);
}

void AccountSettings::remove(const std::string& region, const std::string& principal,
                             const std::string& name) {
  remove_.run(region, principal, name);
}

std::map<std::string, std::string> AccountSettings::of(const std::string& region,
                                                       const std::string& principal) {
  std::map<std::string, std::string> found;
  auto row = list_.query(region, principal);
  while (row.next()) found[row.text(0)] = row.text(1);
  return found;
}

std::map<std::string, std::string> AccountSettings::effective(const std::string& region,
                                                              const std::string& principal) {
  auto found = defaults();
  for (const auto& [name, value] : of(region, "")) found[name] = value;
  if (principal.empty()) return found;
  for (const auto& [name, value] : of(region, principal)) found[name] = value;
  return found;
}

std::string AccountSettings::effective(const api::RequestContext& context,
                                       const std::string& name) {
  return effective(context.region, settings_principal(context, context.caller_arn())).at(name);
}

std::string settings_principal(const api::RequestContext& context, const std::string& arn) {
  return arn == context.caller_arn() ? std::string() : arn;
}

}  // namespace enibox::ecs

#include <algorithm>
#include <map>
#include <memory>

#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

// What a principal has that set nothing, in the order ListAccountSettings shows it.
const std::map<std::string, std::string>& defaults() {
  static const std::map<std::string, std::string> kDefaults{
      {"awsvpcTrunking", "disabled"},
      {"containerInsights", "disabled"},
      {"containerInstanceLongArnFormat", "enabled"},
      {"defaultLogDriverMode", "non-blocking"},
      {"dualStackIPv6", "enabled"},
      {"fargateFIPSMode", "disabled"},
      {"fargateTaskRetirementWaitPeriod", "7"},
      {"guardDutyActivate", "off"},
      {"serviceLongArnFormat", "enabled"},
      {"tagResourceAuthorization", "off"},
      {"taskLongArnFormat", "enabled"}};
  return kDefaults;
}

const std::vector<std::string>& allowed_values(const std::string& name) {
  static const std::map<std::string, std::vector<std::string>> kSpecial{
      {"containerInsights", {"enabled", "disabled", "enhanced"}},
      {"defaultLogDriverMode", {"blocking", "non-blocking"}},
      {"fargateTaskRetirementWaitPeriod", {"0", "7", "14"}},
      {"guardDutyActivate", {"on", "off"}},
      {"tagResourceAuthorization", {"on", "off"}}};
  static const std::vector<std::string> kSwitch{"enabled", "disabled"};
  const auto found = kSpecial.find(name);
  return found == kSpecial.end() ? kSwitch : found->second;
}

void check(const std::string& name, const std::string& value) {
  if (!defaults().contains(name)) {
    std::string names;
    for (const auto& [known, unused] : defaults()) names += (names.empty() ? "" : ",") + known;
    throw AwsError("InvalidParameterException", "unknown should be one of [" + names + "]");
  }
  if (std::ranges::find(allowed_values(name), value) == allowed_values(name).end()) {
    throw AwsError("InvalidParameterException", "Invalid setting value for " + name + ": " + value);
  }
  if (name.ends_with("LongArnFormat") && value == "disabled") {
    throw AwsError("InvalidParameterException",
                   "The long ARN format cannot be disabled for " + name + ".");
  }
}

// The rows of ecs_account_settings.
class AccountSettings {
 public:
  explicit AccountSettings(store::Database& db)
      : put_(db,
             "INSERT OR REPLACE INTO ecs_account_settings (region, principal_arn, name, value) "
             "VALUES (?, ?, ?, ?)"),
        remove_(db,
                "DELETE FROM ecs_account_settings WHERE region = ? AND principal_arn = ? AND name "
                "= ?"),
        list_(db,
              "SELECT name, value FROM ecs_account_settings WHERE region = ? AND principal_arn = ? "
              "ORDER BY name") {}

  void put(const std::string& region, const std::string& principal, const std::string& name,
           const std::string& value) {
    put_.run(region, principal, name, value);
  }
  void remove(const std::string& region, const std::string& principal, const std::string& name) {
    remove_.run(region, principal, name);
  }
  std::map<std::string, std::string> of(const std::string& region, const std::string& principal) {
    std::map<std::string, std::string> found;
    auto row = list_.query(region, principal);
    while (row.next()) found[row.text(0)] = row.text(1);
    return found;
  }

 private:
  store::Statement put_, remove_, list_;
};

Json setting_json(const std::string& name, const std::string& value, const std::string& principal) {
  return {{"name", name}, {"value", value}, {"principalArn", principal}, {"type", "user"}};
}

std::string principal_of(const RequestContext& context, const Json& input) {
  return input.value("principalArn", context.caller_arn());
}

// Those set by the principal, over the account's, over ECS's own when `effective`.
Json list_settings(AccountSettings& rows, const RequestContext& context, const Json& input) {
  const std::string principal = principal_of(context, input);
  std::map<std::string, std::string> found;
  if (input.value("effectiveSettings", false)) {
    found = defaults();
    for (const auto& [name, value] : rows.of(context.region, "")) found[name] = value;
  }
  for (const auto& [name, value] : rows.of(context.region, principal)) found[name] = value;
  Json settings = Json::array();
  for (const auto& [name, value] : found) {
    if (input.contains("name") && input["name"] != name) continue;
    if (input.contains("value") && input["value"] != value) continue;
    settings.push_back(setting_json(name, value, principal));
  }
  return page_json(input, "settings", std::move(settings));
}

}  // namespace

void add_account_setting_operations(api::Service& service, Ecs& ecs) {
  const auto rows = std::make_shared<AccountSettings>(ecs.db);
  service.operations["PutAccountSetting"] = [rows](const RequestContext& context,
                                                   const Json& input) -> api::Answer {
    const std::string name = input.at("name"), value = input.at("value");
    check(name, value);
    const std::string principal = principal_of(context, input);
    rows->put(context.region, principal, name, value);
    return Json{{"setting", setting_json(name, value, principal)}};
  };
  service.operations["PutAccountSettingDefault"] = [rows](const RequestContext& context,
                                                          const Json& input) -> api::Answer {
    const std::string name = input.at("name"), value = input.at("value");
    check(name, value);
    rows->put(context.region, "", name, value);
    return Json{{"setting", setting_json(name, value, context.caller_arn())}};
  };
  service.operations["DeleteAccountSetting"] = [rows](const RequestContext& context,
                                                      const Json& input) -> api::Answer {
    const std::string name = input.at("name");
    const std::string principal = principal_of(context, input);
    const auto found = rows->of(context.region, principal);
    rows->remove(context.region, principal, name);
    const auto value = found.find(name);
    return Json{
        {"setting", setting_json(name, value == found.end() ? "" : value->second, principal)}};
  };
  service.operations["ListAccountSettings"] = [rows](const RequestContext& context,
                                                     const Json& input) -> api::Answer {
    return list_settings(*rows, context, input);
  };
}

}  // namespace enibox::ecs

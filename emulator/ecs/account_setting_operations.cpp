#include <algorithm>
#include <array>

#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

[[noreturn]] void invalid(const std::string& message) {
  throw AwsError("InvalidParameterException", message);
}

struct Setting {
  const char* name;
  std::vector<const char*> values;
};

// In the order in which ECS names them.
const std::vector<Setting>& known_settings() {
  static const std::vector<const char*> kSwitch{"enabled", "disabled"};
  static const std::vector<Setting> kSettings{
      {"serviceLongArnFormat", kSwitch},
      {"taskLongArnFormat", kSwitch},
      {"containerInstanceLongArnFormat", kSwitch},
      {"awsvpcTrunking", kSwitch},
      {"containerInsights", {"enabled", "disabled", "enhanced"}},
      {"dualStackIPv6", kSwitch},
      {"fargateFIPSMode", kSwitch},
      {"tagResourceAuthorization", {"on", "off"}},
      {"fargateTaskRetirementWaitPeriod", {"0", "7", "14"}},
      {"guardDutyActivate", {"on", "off"}},
      {"defaultLogDriverMode", {"blocking", "non-blocking"}},
      {"fargateEventWindows", kSwitch}};
  return kSettings;
}

const Setting& known(const std::string& name) {
  std::string names;
  for (const auto& setting : known_settings()) {
    if (name == setting.name) return setting;
    names += (names.empty() ? "" : ",") + std::string(setting.name);
  }
  invalid(name + " should be one of [" + names + "]");
}

void check_change(const std::string& name, const std::string& value) {
  const Setting& setting = known(name);
  if (std::ranges::find(setting.values, value) == setting.values.end()) {
    std::string values;
    for (const char* allowed : setting.values)
      values += (values.empty() ? "" : ",") + std::string(allowed);
    invalid(name + " value should be one of [" + values + "]");
  }
  if (name.ends_with("LongArnFormat") && value == "disabled") {
    invalid("You can no longer disable Long Arn settings");
  }
  // AWS: "read-only"; the security administrator sets it, in GuardDuty.
  if (name == "guardDutyActivate") invalid("The account setting guardDutyActivate is read-only.");
}

std::string principal_of(const RequestContext& context, const Json& input) {
  const std::string arn = input.value("principalArn", context.caller_arn());
  const std::string account = api::make_global_arn({"iam", context.region, context.account_id}, "");
  const std::string who = arn.rfind(account, 0) == 0 ? arn.substr(account.size()) : "";
  if (who != "root" && who.rfind("user/", 0) != 0 && who.rfind("role/", 0) != 0) {
    invalid("The specified principalArn is invalid: " + arn);
  }
  return arn;
}

Json setting_json(const std::string& name, const std::string& value, const std::string& principal) {
  return {{"name", name},
          {"value", value},
          {"principalArn", principal},
          {"type", name == "guardDutyActivate" ? "aws_managed" : "user"}};
}

Json put_account_setting(Ecs& ecs, const RequestContext& context, const Json& input) {
  const std::string name = input.at("name"), value = input.at("value");
  check_change(name, value);
  const std::string arn = principal_of(context, input);
  ecs.settings.put(context.region, settings_principal(context, arn), name, value);
  return {{"setting", setting_json(name, value, arn)}};
}

Json put_account_setting_default(Ecs& ecs, const RequestContext& context, const Json& input) {
  const std::string name = input.at("name"), value = input.at("value");
  check_change(name, value);
  ecs.settings.put(context.region, "", name, value);
  return {{"setting", setting_json(name, value, context.caller_arn())}};
}

Json delete_account_setting(Ecs& ecs, const RequestContext& context, const Json& input) {
  const std::string name = input.at("name");
  known(name);
  const std::string arn = principal_of(context, input);
  const std::string principal = settings_principal(context, arn);
  const auto set = ecs.settings.of(context.region, principal);
  ecs.settings.remove(context.region, principal, name);
  const auto found = set.find(name);
  return {{"setting", setting_json(name, found == set.end() ? "" : found->second, arn)}};
}

Json list_account_settings(Ecs& ecs, const RequestContext& context, const Json& input) {
  const std::string wanted_name = input.value("name", "");
  const std::string wanted_value = input.value("value", "");
  if (!wanted_name.empty()) known(wanted_name);
  const std::string arn = principal_of(context, input);
  const std::string principal = settings_principal(context, arn);
  const auto found = input.value("effectiveSettings", false)
                         ? ecs.settings.effective(context.region, principal)
                         : ecs.settings.of(context.region, principal);
  std::vector<Listed> settings;
  for (const auto& [name, value] : found) {
    if (!wanted_name.empty() && name != wanted_name) continue;
    if (!wanted_value.empty() && value != wanted_value) continue;
    settings.push_back({name, setting_json(name, value, arn)});
  }
  return page_json(context, input, "settings", std::move(settings), {.most = 10});
}

}  // namespace

void add_account_setting_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "PutAccountSetting", put_account_setting);
  add_operation(service, ecs, "PutAccountSettingDefault", put_account_setting_default);
  add_operation(service, ecs, "DeleteAccountSetting", delete_account_setting);
  add_operation(service, ecs, "ListAccountSettings", list_account_settings);
}

}  // namespace enibox::ecs

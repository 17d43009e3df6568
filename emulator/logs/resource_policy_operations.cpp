#include "api/wire/paging.hpp"
#include "emulator/logs/event_operations.hpp"

namespace enibox::logs {
namespace {

constexpr std::size_t kMostPolicies = 10;  // of a region

// A policy that hangs on one resource is another thing than the account's.
void refuse_resource(const Json& in) {
  if (!in.contains("resourceArn")) return;
  throw AwsError("NotImplemented",
                 "Enibox serves the resource policies of an account, not those of one resource.",
                 501);
}

std::string name_of(const Json& in) {
  const auto name = in.value("policyName", "");
  if (name.empty()) throw AwsError("InvalidParameterException", "policyName must be given.");
  return name;
}

Json policy_json(const ResourcePolicyRow& row) {
  return {{"policyName", row.name},
          {"policyDocument", row.document},
          {"lastUpdatedTime", row.updated_ms},
          {"policyScope", "ACCOUNT"}};
}

}  // namespace

Json put_resource_policy(LogStore& logs, const api::RequestContext& request, const Json& in) {
  refuse_resource(in);
  const ResourcePolicyRow row{.region = request.region,
                              .name = name_of(in),
                              .document = in.value("policyDocument", ""),
                              .updated_ms = logs.now_ms()};
  if (!Json::parse(row.document, nullptr, false).is_object()) {
    throw AwsError("InvalidParameterException", "Policy document is not a valid JSON document.");
  }
  logs.rows().put_policy(row);
  if (logs.rows().policies(request.region).size() > kMostPolicies) {
    throw AwsError("LimitExceededException", "Resource limit exceeded.");
  }
  return {{"resourcePolicy", policy_json(row)}};
}

Json describe_resource_policies(LogStore& logs, const api::RequestContext& request,
                                const Json& in) {
  refuse_resource(in);
  auto rows = logs.rows().policies(request.region);
  const auto page = api::page_of(request, in, {.most = 50, .size_member = "limit"});
  const auto next = api::take_page(page, rows, [](const auto& row) { return row.name; });
  Json policies = Json::array();
  for (const auto& row : rows) policies.push_back(policy_json(row));
  Json answer = {{"resourcePolicies", std::move(policies)}};
  if (next) answer["nextToken"] = *next;
  return answer;
}

Json delete_resource_policy(LogStore& logs, const api::RequestContext& request, const Json& in) {
  refuse_resource(in);
  const auto name = name_of(in);
  if (logs.rows().erase_policy(request.region, name) == 0) {
    throw AwsError("ResourceNotFoundException", "Policy with name [" + name + "] does not exist.");
  }
  return Json::object();
}

}  // namespace enibox::logs

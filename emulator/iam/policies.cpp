#include <algorithm>

#include "emulator/iam/aws_policies.hpp"
#include "emulator/iam/iam.hpp"
#include "emulator/ids.hpp"

namespace enibox::iam {
namespace {

constexpr std::size_t kVersionsKept = 5;

// The account's own or one of AWS's.
PolicyRow require_policy(Iam& iam, const Json& in) {
  const std::string arn = in.at("PolicyArn");
  if (auto row = iam.rows.policy(arn)) return *row;
  if (const auto* policy = find_aws_policy(arn)) return policy->row;
  throw no_such("Policy " + arn + " was not found.");
}

PolicyRow require_own_policy(Iam& iam, const api::RequestContext& request, const Json& in) {
  const std::string arn = in.at("PolicyArn");
  if (!is_aws_policy(arn)) return require_policy(iam, in);
  throw AwsError("AccessDenied",
                 "User: " + request.caller_arn() + " is not authorized to perform: iam:" +
                     request.operation + " on resource: policy " + arn,
                 403);
}

std::vector<PolicyVersionRow> versions_of(Iam& iam, const PolicyRow& policy) {
  if (const auto* known = find_aws_policy(policy.arn)) return {known->version};
  return iam.rows.versions(policy.arn);
}

Json policy_json(Iam& iam, const PolicyRow& row) {
  Json json = {{"PolicyName", row.name},
               {"PolicyId", row.policy_id},
               {"Arn", row.arn},
               {"Path", row.path},
               {"DefaultVersionId", "v" + std::to_string(row.default_version)},
               {"AttachmentCount", iam.rows.roles_with(row.arn).size()},
               {"PermissionsBoundaryUsageCount", 0},
               {"IsAttachable", true},
               {"CreateDate", row.created_ms / 1000},
               {"UpdateDate", row.updated_ms / 1000}};
  if (!row.description.empty()) json["Description"] = row.description;
  if (auto tags = tags_json(iam.rows.tags(row.arn)); !tags.empty()) json["Tags"] = tags;
  return json;
}

Json version_json(const PolicyRow& policy, const PolicyVersionRow& row, bool with_document) {
  Json json = {{"VersionId", "v" + std::to_string(row.version)},
               {"IsDefaultVersion", row.version == policy.default_version},
               {"CreateDate", row.created_ms / 1000}};
  if (with_document) json["Document"] = url_encoded(row.document);
  return json;
}

PolicyVersionRow require_version(Iam& iam, const PolicyRow& policy, const std::string& id) {
  for (auto& row : versions_of(iam, policy)) {
    if ("v" + std::to_string(row.version) == id) return row;
  }
  throw no_such("Policy " + policy.arn + " version " + id +
                " does not exist or is not attachable.");
}

}  // namespace

Json create_policy(Iam& iam, const api::RequestContext&, const Json& in) {
  PolicyRow row;
  row.name = in.at("PolicyName");
  row.path = in.value("Path", "/");
  row.arn = iam.arn("policy", row.path, row.name);
  const auto all = iam.rows.policies();
  if (std::any_of(all.begin(), all.end(), [&](const auto& p) { return p.name == row.name; })) {
    throw AwsError(
        "EntityAlreadyExists",
        "A policy called " + row.name + " already exists. Duplicate names are not allowed.", 409);
  }
  check_document(in.at("PolicyDocument"));
  row.policy_id = iam_id("ANPA");
  row.description = in.value("Description", "");
  row.created_ms = row.updated_ms = iam.clock.now_ms();
  iam.rows.insert(row);
  iam.rows.insert(PolicyVersionRow{row.arn, 1, in.at("PolicyDocument"), row.created_ms});
  put_tags(iam, row.arn, in);
  return {{"Policy", policy_json(iam, row)}};
}

Json get_policy(Iam& iam, const api::RequestContext&, const Json& in) {
  return {{"Policy", policy_json(iam, require_policy(iam, in))}};
}

Json list_policies(Iam& iam, const api::RequestContext& request, const Json& in) {
  const auto scope = in.value("Scope", "All");
  std::vector<PolicyRow> rows;
  if (scope != "AWS") rows = iam.rows.policies();
  if (scope != "Local") {
    for (const auto& policy : aws_policies()) rows.push_back(policy.row);
  }
  std::vector<Json> items;
  for (const auto& row : rows) {
    if (!row.path.starts_with(in.value("PathPrefix", "/"))) continue;
    if (in.value("OnlyAttached", false) && iam.rows.roles_with(row.arn).empty()) continue;
    auto json = policy_json(iam, row);
    json.erase("Tags");
    json.erase("Description");
    items.push_back(std::move(json));
  }
  return paged(request, in, "Policies", std::move(items), "Arn");
}

Json delete_policy(Iam& iam, const api::RequestContext& request, const Json& in) {
  const auto row = require_own_policy(iam, request, in);
  if (!iam.rows.roles_with(row.arn).empty()) {
    throw AwsError("DeleteConflict", "Cannot delete a policy attached to entities.", 409);
  }
  if (iam.rows.versions(row.arn).size() > 1) {
    throw AwsError("DeleteConflict",
                   "This policy has more than one version. Before you delete a policy, you must "
                   "delete the policy's versions. The default version is deleted with the policy.",
                   409);
  }
  iam.rows.erase_tags(row.arn);
  iam.rows.erase_policy(row.arn);
  return Json::object();
}

Json list_entities_for_policy(Iam& iam, const api::RequestContext&, const Json& in) {
  Json roles = Json::array();
  for (const auto& name : iam.rows.roles_with(in.at("PolicyArn"))) {
    roles.push_back({{"RoleName", name}, {"RoleId", require_role(iam, name).role_id}});
  }
  return {{"PolicyGroups", Json::array()},
          {"PolicyUsers", Json::array()},
          {"PolicyRoles", std::move(roles)},
          {"IsTruncated", false}};
}

Json create_policy_version(Iam& iam, const api::RequestContext& request, const Json& in) {
  auto row = require_own_policy(iam, request, in);
  check_document(in.at("PolicyDocument"));
  if (iam.rows.versions(row.arn).size() >= kVersionsKept) {
    throw AwsError("LimitExceeded",
                   "A managed policy can have up to 5 versions. Before you create a new version, "
                   "you must delete an existing version.",
                   409);
  }
  row.updated_ms = iam.clock.now_ms();
  const PolicyVersionRow version{row.arn, ++row.latest_version, in.at("PolicyDocument"),
                                 row.updated_ms};
  if (in.value("SetAsDefault", false)) row.default_version = version.version;
  iam.rows.insert(version);
  iam.rows.update(row);
  return {{"PolicyVersion", version_json(row, version, false)}};
}

Json get_policy_version(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_policy(iam, in);
  return {
      {"PolicyVersion", version_json(row, require_version(iam, row, in.at("VersionId")), true)}};
}

Json list_policy_versions(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_policy(iam, in);
  Json versions = Json::array();
  for (const auto& version : versions_of(iam, row)) {
    versions.push_back(version_json(row, version, false));
  }
  return {{"Versions", std::move(versions)}, {"IsTruncated", false}};
}

Json delete_policy_version(Iam& iam, const api::RequestContext& request, const Json& in) {
  const auto row = require_own_policy(iam, request, in);
  const auto version = require_version(iam, row, in.at("VersionId"));
  if (version.version == row.default_version) {
    throw AwsError("DeleteConflict", "Cannot delete the default version of a policy.", 409);
  }
  iam.rows.erase_version(row.arn, version.version);
  return Json::object();
}

Json set_default_policy_version(Iam& iam, const api::RequestContext& request, const Json& in) {
  auto row = require_own_policy(iam, request, in);
  row.default_version = require_version(iam, row, in.at("VersionId")).version;
  iam.rows.update(row);
  return Json::object();
}

Json tag_policy(Iam& iam, const api::RequestContext& request, const Json& in) {
  put_tags(iam, require_own_policy(iam, request, in).arn, in);
  return Json::object();
}

Json untag_policy(Iam& iam, const api::RequestContext& request, const Json& in) {
  const auto row = require_own_policy(iam, request, in);
  for (const std::string key : in.at("TagKeys")) iam.rows.erase_tag(row.arn, key);
  return Json::object();
}

Json list_policy_tags(Iam& iam, const api::RequestContext&, const Json& in) {
  return {{"Tags", tags_json(iam.rows.tags(require_policy(iam, in).arn))}, {"IsTruncated", false}};
}

}  // namespace enibox::iam

#include <algorithm>

#include "emulator/iam/aws_policies.hpp"
#include "emulator/iam/iam.hpp"
#include "emulator/ids.hpp"

namespace enibox::iam {
namespace {

std::string owner(const std::string& role) { return "role/" + role; }

bool is_service_linked(const RoleRow& row) { return row.path.starts_with("/aws-service-role/"); }

// "AWSServiceRoleForECS" of "ecs.amazonaws.com".
std::string linked_role_name(const std::string& service, const std::string& suffix) {
  static const std::pair<const char*, const char*> kNames[] = {
      {"ecs.amazonaws.com", "AWSServiceRoleForECS"},
      {"ecs.application-autoscaling.amazonaws.com",
       "AWSServiceRoleForApplicationAutoScaling_ECSService"},
      {"autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling"},
      {"elasticloadbalancing.amazonaws.com", "AWSServiceRoleForElasticLoadBalancing"},
      {"spot.amazonaws.com", "AWSServiceRoleForEC2Spot"}};
  std::string name;
  for (const auto& [known, role] : kNames) {
    if (service == known) name = role;
  }
  if (name.empty()) {
    name = "AWSServiceRoleFor" + service.substr(0, service.find('.'));
    name[17] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[17])));
  }
  return suffix.empty() ? name : name + "_" + suffix;
}

AwsError exists(const std::string& name) {
  return {"EntityAlreadyExists", "Role with name " + name + " already exists.", 409};
}

std::string policy_name(const std::string& arn) { return arn.substr(arn.rfind('/') + 1); }

// AWS has more than a thousand policies of its own: those not known here can be attached, too.
void require_policy(Iam& iam, const std::string& arn) {
  if (is_aws_policy(arn) || iam.rows.policy(arn)) return;
  throw no_such("Policy " + arn + " does not exist or is not attachable.");
}

void erase_role(Iam& iam, const std::string& name) {
  iam.rows.erase_tags(owner(name));
  iam.rows.erase_role(name);
}

}  // namespace

RoleRow require_role(Iam& iam, const std::string& name) {
  if (auto row = iam.rows.role(name)) return *row;
  throw no_such("The role with name " + name + " cannot be found.");
}

Json role_json(Iam& iam, const RoleRow& row) {
  Json json = {{"Path", row.path},
               {"RoleName", row.name},
               {"RoleId", row.role_id},
               {"Arn", iam.arn("role", row.path, row.name)},
               {"CreateDate", row.created_ms / 1000},
               {"AssumeRolePolicyDocument", url_encoded(row.trust_policy)},
               {"MaxSessionDuration", row.max_session_s},
               {"RoleLastUsed", Json::object()}};
  if (!row.description.empty()) json["Description"] = row.description;
  if (!row.permissions_boundary.empty()) {
    json["PermissionsBoundary"] = {{"PermissionsBoundaryType", "Policy"},
                                   {"PermissionsBoundaryArn", row.permissions_boundary}};
  }
  if (auto tags = tags_json(iam.rows.tags(owner(row.name))); !tags.empty()) json["Tags"] = tags;
  return json;
}

Json create_role(Iam& iam, const api::RequestContext&, const Json& in) {
  RoleRow row;
  row.role_id = iam_id("AROA");
  row.name = in.at("RoleName");
  row.path = in.value("Path", "/");
  row.trust_policy = in.at("AssumeRolePolicyDocument");
  row.description = in.value("Description", "");
  row.max_session_s = in.value("MaxSessionDuration", 3600);
  row.permissions_boundary = in.value("PermissionsBoundary", "");
  row.created_ms = iam.clock.now_ms();
  if (iam.rows.role(row.name)) throw exists(row.name);
  check_document(row.trust_policy);
  iam.rows.insert(row);
  put_tags(iam, owner(row.name), in);
  return {{"Role", role_json(iam, row)}};
}

Json get_role(Iam& iam, const api::RequestContext&, const Json& in) {
  return {{"Role", role_json(iam, require_role(iam, in.at("RoleName")))}};
}

Json list_roles(Iam& iam, const api::RequestContext& request, const Json& in) {
  std::vector<Json> items;
  const auto prefix = in.value("PathPrefix", "/");
  for (const auto& row : iam.rows.roles()) {
    if (!row.path.starts_with(prefix)) continue;
    auto json = role_json(iam, row);
    json.erase("Tags");
    json.erase("RoleLastUsed");
    items.push_back(std::move(json));
  }
  return paged(request, in, "Roles", std::move(items), "RoleName");
}

Json delete_role(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_role(iam, in.at("RoleName"));
  if (is_service_linked(row)) {
    throw AwsError("UnmodifiableEntity", "Cannot perform the operation on the protected role '" +
                                             row.name + "' - this role is only modifiable by AWS");
  }
  const auto conflict = [](const char* what) {
    return AwsError("DeleteConflict", std::string("Cannot delete entity, must ") + what, 409);
  };
  for (const auto& profile : iam.rows.profiles()) {
    if (profile.role_name == row.name) {
      throw conflict("remove roles from instance profile first.");
    }
  }
  if (!iam.rows.attached(row.name).empty()) throw conflict("detach all policies first.");
  if (!iam.rows.inline_policies(row.name).empty()) throw conflict("delete policies first.");
  erase_role(iam, row.name);
  return Json::object();
}

Json update_role(Iam& iam, const api::RequestContext&, const Json& in) {
  auto row = require_role(iam, in.at("RoleName"));
  row.description = in.value("Description", row.description);
  row.max_session_s = in.value("MaxSessionDuration", row.max_session_s);
  iam.rows.update(row);
  return Json::object();
}

Json update_role_description(Iam& iam, const api::RequestContext& request, const Json& in) {
  update_role(iam, request, in);
  return get_role(iam, request, in);
}

Json update_assume_role_policy(Iam& iam, const api::RequestContext&, const Json& in) {
  auto row = require_role(iam, in.at("RoleName"));
  row.trust_policy = in.at("PolicyDocument");
  check_document(row.trust_policy);
  iam.rows.update(row);
  return Json::object();
}

Json create_service_linked_role(Iam& iam, const api::RequestContext&, const Json& in) {
  const std::string service = in.at("AWSServiceName");
  RoleRow row;
  row.name = linked_role_name(service, in.value("CustomSuffix", ""));
  if (iam.rows.role(row.name)) {
    throw AwsError("InvalidInput", "Service role name " + row.name +
                                       " has been taken in this account, please try a different "
                                       "suffix.");
  }
  row.role_id = iam_id("AROA");
  row.path = "/aws-service-role/" + service + "/";
  row.description = in.value("Description", "");
  row.trust_policy = Json{{"Version", "2012-10-17"},
                          {"Statement",
                           {{{"Effect", "Allow"},
                             {"Principal", {{"Service", service}}},
                             {"Action", "sts:AssumeRole"}}}}}
                         .dump();
  row.created_ms = iam.clock.now_ms();
  iam.rows.insert(row);
  return {{"Role", role_json(iam, row)}};
}

Json delete_service_linked_role(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_role(iam, in.at("RoleName"));
  if (!is_service_linked(row)) {
    throw no_such("The role with name " + row.name + " cannot be found.");
  }
  erase_role(iam, row.name);
  return {{"DeletionTaskId", "task" + row.path + row.name + "/" + random_uuid()}};
}

// The role goes at once: every task that was given out has succeeded.
Json get_service_linked_role_deletion_status(Iam&, const api::RequestContext&, const Json& in) {
  const std::string task = in.at("DeletionTaskId");
  if (!task.starts_with("task/aws-service-role/")) {
    throw no_such("The deletion task " + task + " cannot be found.");
  }
  return {{"Status", "SUCCEEDED"}};
}

Json put_role_policy(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_role(iam, in.at("RoleName"));
  check_document(in.at("PolicyDocument"));
  iam.rows.put_inline(row.name, in.at("PolicyName"), in.at("PolicyDocument"));
  return Json::object();
}

Json get_role_policy(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_role(iam, in.at("RoleName"));
  const std::string wanted = in.at("PolicyName");
  for (const auto& [name, document] : iam.rows.inline_policies(row.name)) {
    if (name != wanted) continue;
    return {
        {"RoleName", row.name}, {"PolicyName", name}, {"PolicyDocument", url_encoded(document)}};
  }
  throw no_such("The role policy with name " + wanted + " cannot be found.");
}

Json list_role_policies(Iam& iam, const api::RequestContext& request, const Json& in) {
  std::vector<Json> names;
  for (const auto& policy : iam.rows.inline_policies(require_role(iam, in.at("RoleName")).name)) {
    names.push_back(policy.first);
  }
  return paged(request, in, "PolicyNames", std::move(names), "");
}

Json delete_role_policy(Iam& iam, const api::RequestContext&, const Json& in) {
  const std::string name = in.at("PolicyName");
  if (iam.rows.erase_inline(require_role(iam, in.at("RoleName")).name, name) == 0) {
    throw no_such("The role policy with name " + name + " cannot be found.");
  }
  return Json::object();
}

Json attach_role_policy(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_role(iam, in.at("RoleName"));
  require_policy(iam, in.at("PolicyArn"));
  iam.rows.attach(row.name, in.at("PolicyArn"));
  return Json::object();
}

Json detach_role_policy(Iam& iam, const api::RequestContext&, const Json& in) {
  const std::string arn = in.at("PolicyArn");
  if (iam.rows.detach(require_role(iam, in.at("RoleName")).name, arn) == 0) {
    throw no_such("Policy " + arn + " was not found.");
  }
  return Json::object();
}

Json list_attached_role_policies(Iam& iam, const api::RequestContext& request, const Json& in) {
  std::vector<Json> items;
  for (const auto& arn : iam.rows.attached(require_role(iam, in.at("RoleName")).name)) {
    items.push_back({{"PolicyName", policy_name(arn)}, {"PolicyArn", arn}});
  }
  return paged(request, in, "AttachedPolicies", std::move(items), "PolicyArn");
}

Json tag_role(Iam& iam, const api::RequestContext&, const Json& in) {
  put_tags(iam, owner(require_role(iam, in.at("RoleName")).name), in);
  return Json::object();
}

Json untag_role(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_role(iam, in.at("RoleName"));
  for (const std::string key : in.at("TagKeys")) iam.rows.erase_tag(owner(row.name), key);
  return Json::object();
}

Json list_role_tags(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_role(iam, in.at("RoleName"));
  return {{"Tags", tags_json(iam.rows.tags(owner(row.name)))}, {"IsTruncated", false}};
}

}  // namespace enibox::iam

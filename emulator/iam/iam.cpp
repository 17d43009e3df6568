#include "emulator/iam/iam.hpp"

#include "api/wire/paging.hpp"
#include "emulator/ids.hpp"

namespace enibox::iam {

std::pair<std::string, std::string> Iam::instance_profile(const std::string& name) {
  const auto row = rows.profile(name);
  if (!row) {
    throw AwsError("InvalidParameterValue", "Value (" + name +
                                                ") for parameter iamInstanceProfile.name is "
                                                "invalid. Invalid IAM Instance Profile name");
  }
  return {arn("instance-profile", row->path, row->name), row->profile_id};
}

std::string url_encoded(const std::string& text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~') {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

void check_document(const std::string& document) {
  const auto json = Json::parse(document, nullptr, false);
  if (json.is_discarded()) {
    throw AwsError("MalformedPolicyDocument", "This policy contains invalid Json");
  }
  if (!json.is_object() || !json.contains("Statement")) {
    throw AwsError("MalformedPolicyDocument", "Syntax errors in policy.");
  }
}

AwsError no_such(const std::string& message) { return {"NoSuchEntity", message, 404}; }

Json tags_json(const Pairs& tags) {
  Json json = Json::array();
  for (const auto& [key, value] : tags) json.push_back({{"Key", key}, {"Value", value}});
  return json;
}

void put_tags(Iam& iam, const std::string& owner, const Json& in) {
  for (const auto& tag : in.value("Tags", Json::array())) {
    const auto key = tag.value("Key", "");
    if (key.starts_with("aws:")) {
      throw AwsError("InvalidInput", "Tag keys that begin with aws: are reserved.");
    }
    iam.rows.put_tag(owner, key, tag.value("Value", ""));
  }
  if (iam.rows.tags(owner).size() > 50) {
    throw AwsError("LimitExceeded", "The number of tags has reached the maximum limit.", 409);
  }
}

Json paged(const api::RequestContext& request, const Json& in, const char* member,
           std::vector<Json> items, const char* key) {
  const auto page = api::page_of(request, in, api::kIamPages);
  const auto next = api::take_page(page, items, [&](const Json& item) {
    return item.is_string() ? item.get<std::string>() : item.value(key, "");
  });
  Json answer = {{member, std::move(items)}, {"IsTruncated", next.has_value()}};
  if (next) answer["Marker"] = *next;
  return answer;
}

Json get_user(Iam& iam, const api::RequestContext&, const Json& in) {
  if (in.contains("UserName")) {
    throw no_such("The user with name " + in.at("UserName").get<std::string>() +
                  " cannot be found.");
  }
  return {{"User",
           {{"UserName", "root"},
            {"UserId", iam.account_id},
            {"Path", "/"},
            {"Arn", "arn:aws:iam::" + iam.account_id + ":root"},
            {"CreateDate", 1'600'000'000}}}};
}

namespace {

constexpr std::pair<const char*, Handler*> kOperations[] = {
    {"AddRoleToInstanceProfile", add_role_to_instance_profile},
    {"AttachRolePolicy", attach_role_policy},
    {"CreateInstanceProfile", create_instance_profile},
    {"CreatePolicy", create_policy},
    {"CreatePolicyVersion", create_policy_version},
    {"CreateRole", create_role},
    {"CreateServiceLinkedRole", create_service_linked_role},
    {"DeleteInstanceProfile", delete_instance_profile},
    {"DeletePolicy", delete_policy},
    {"DeletePolicyVersion", delete_policy_version},
    {"DeleteRole", delete_role},
    {"DeleteRolePolicy", delete_role_policy},
    {"DeleteServiceLinkedRole", delete_service_linked_role},
    {"DetachRolePolicy", detach_role_policy},
    {"GetInstanceProfile", get_instance_profile},
    {"GetPolicy", get_policy},
    {"GetPolicyVersion", get_policy_version},
    {"GetRole", get_role},
    {"GetRolePolicy", get_role_policy},
    {"GetServiceLinkedRoleDeletionStatus", get_service_linked_role_deletion_status},
    {"GetUser", get_user},
    {"ListAttachedRolePolicies", list_attached_role_policies},
    {"ListEntitiesForPolicy", list_entities_for_policy},
    {"ListInstanceProfileTags", list_instance_profile_tags},
    {"ListInstanceProfiles", list_instance_profiles},
    {"ListInstanceProfilesForRole", list_instance_profiles_for_role},
    {"ListPolicies", list_policies},
    {"ListPolicyTags", list_policy_tags},
    {"ListPolicyVersions", list_policy_versions},
    {"ListRolePolicies", list_role_policies},
    {"ListRoleTags", list_role_tags},
    {"ListRoles", list_roles},
    {"PutRolePolicy", put_role_policy},
    {"RemoveRoleFromInstanceProfile", remove_role_from_instance_profile},
    {"SetDefaultPolicyVersion", set_default_policy_version},
    {"TagInstanceProfile", tag_instance_profile},
    {"TagPolicy", tag_policy},
    {"TagRole", tag_role},
    {"UntagInstanceProfile", untag_instance_profile},
    {"UntagPolicy", untag_policy},
    {"UntagRole", untag_role},
    {"UpdateAssumeRolePolicy", update_assume_role_policy},
    {"UpdateRole", update_role},
    {"UpdateRoleDescription", update_role_description},
};

}  // namespace

api::Service make_iam_service(Iam& iam) {
  api::Service service{.name = "iam", .operations = {}};
  for (const auto& [name, handler] : kOperations) {
    service.operations.emplace(name,
                               [&iam, handler = handler](const api::RequestContext& request,
                                                         const Json& in) -> api::Answer {
                                 store::Transaction transaction(iam.db);
                                 auto output = handler(iam, request, in);
                                 transaction.commit();
                                 return output;
                               });
  }
  return service;
}

}  // namespace enibox::iam

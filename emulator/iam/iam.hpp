#pragma once
#include <string>
#include <utility>

#include "api/wire/service.hpp"
#include "emulator/clock.hpp"
#include "emulator/iam/iam_rows.hpp"

// IAM as far as ECS users meet it: roles with inline and attached policies, managed policies,
// instance profiles, service-linked roles. Nothing is ever denied by a policy. One state for all
// regions. Errors: AwsError with IAM's codes. Loop thread only.
namespace enibox::iam {

class Iam {
 public:
  Iam(store::Database& database, const Clock& the_clock, std::string account)
      : db(database), clock(the_clock), account_id(std::move(account)), rows(database) {}

  // For RunInstances: ARN and id. Throws InvalidParameterValue, EC2's word for a name unknown.
  std::pair<std::string, std::string> instance_profile(const std::string& name);
  // "arn:aws:iam::111122223333:role/path/name"
  std::string arn(const std::string& kind, const std::string& path, const std::string& name) const {
    return "arn:aws:iam::" + account_id + ":" + kind + path + name;
  }

  store::Database& db;
  const Clock& clock;
  const std::string account_id;
  IamRows rows;
};

// Documents travel URL-encoded in IAM's answers.
std::string url_encoded(const std::string& text);
// Throws MalformedPolicyDocument unless it is a JSON object.
void check_document(const std::string& document);
AwsError no_such(const std::string& message);  // NoSuchEntity, 404
RoleRow require_role(Iam& iam, const std::string& name);
Json role_json(Iam& iam, const RoleRow& row);
Json tags_json(const Pairs& tags);
void put_tags(Iam& iam, const std::string& owner, const Json& in);
// {member: items, "IsTruncated": .., "Marker": ..}, cut by `key` of each item.
Json paged(const api::RequestContext& request, const Json& in, const char* member,
           std::vector<Json> items, const char* key);

using Handler = Json(Iam& iam, const api::RequestContext& request, const Json& in);
// roles.cpp
Handler create_role, get_role, list_roles, delete_role, update_role, update_role_description;
Handler update_assume_role_policy, create_service_linked_role, delete_service_linked_role;
Handler get_service_linked_role_deletion_status;
Handler put_role_policy, get_role_policy, list_role_policies, delete_role_policy;
Handler attach_role_policy, detach_role_policy, list_attached_role_policies;
Handler tag_role, untag_role, list_role_tags;
// policies.cpp
Handler create_policy, get_policy, list_policies, delete_policy, list_entities_for_policy;
Handler create_policy_version, get_policy_version, list_policy_versions, delete_policy_version;
Handler set_default_policy_version, tag_policy, untag_policy, list_policy_tags;
// instance_profiles.cpp
Handler create_instance_profile, get_instance_profile, list_instance_profiles;
Handler list_instance_profiles_for_role, delete_instance_profile;
Handler add_role_to_instance_profile, remove_role_from_instance_profile;
Handler tag_instance_profile, untag_instance_profile, list_instance_profile_tags;
Handler get_user;

api::Service make_iam_service(Iam& iam);

}  // namespace enibox::iam

#include "emulator/iam/iam.hpp"
#include "emulator/ids.hpp"

namespace enibox::iam {
namespace {

std::string owner(const std::string& profile) { return "instance-profile/" + profile; }

ProfileRow require_profile(Iam& iam, const Json& in) {
  const std::string name = in.at("InstanceProfileName");
  if (auto row = iam.rows.profile(name)) return *row;
  throw no_such("Instance Profile " + name + " cannot be found.");
}

Json profile_json(Iam& iam, const ProfileRow& row) {
  Json roles = Json::array();
  if (row.role_name) {
    auto role = role_json(iam, require_role(iam, *row.role_name));
    role.erase("RoleLastUsed");
    roles.push_back(std::move(role));
  }
  Json json = {{"Path", row.path},
               {"InstanceProfileName", row.name},
               {"InstanceProfileId", row.profile_id},
               {"Arn", iam.arn("instance-profile", row.path, row.name)},
               {"CreateDate", row.created_ms / 1000},
               {"Roles", std::move(roles)}};
  if (auto tags = tags_json(iam.rows.tags(owner(row.name))); !tags.empty()) json["Tags"] = tags;
  return json;
}

}  // namespace

Json create_instance_profile(Iam& iam, const api::RequestContext&, const Json& in) {
  ProfileRow row;
  row.name = in.at("InstanceProfileName");
  if (iam.rows.profile(row.name)) {
    throw AwsError("EntityAlreadyExists", "Instance Profile " + row.name + " already exists.", 409);
  }
  row.profile_id = iam_id("AIPA");
  row.path = in.value("Path", "/");
  row.created_ms = iam.clock.now_ms();
  iam.rows.insert(row);
  put_tags(iam, owner(row.name), in);
  return {{"InstanceProfile", profile_json(iam, row)}};
}

Json get_instance_profile(Iam& iam, const api::RequestContext&, const Json& in) {
  return {{"InstanceProfile", profile_json(iam, require_profile(iam, in))}};
}

Json list_instance_profiles(Iam& iam, const api::RequestContext& request, const Json& in) {
  std::vector<Json> items;
  for (const auto& row : iam.rows.profiles()) {
    if (row.path.starts_with(in.value("PathPrefix", "/"))) items.push_back(profile_json(iam, row));
  }
  return paged(request, in, "InstanceProfiles", std::move(items), "InstanceProfileName");
}

Json list_instance_profiles_for_role(Iam& iam, const api::RequestContext& request, const Json& in) {
  const auto role = require_role(iam, in.at("RoleName"));
  std::vector<Json> items;
  for (const auto& row : iam.rows.profiles()) {
    if (row.role_name == role.name) items.push_back(profile_json(iam, row));
  }
  return paged(request, in, "InstanceProfiles", std::move(items), "InstanceProfileName");
}

Json delete_instance_profile(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_profile(iam, in);
  if (row.role_name) {
    throw AwsError("DeleteConflict",
                   "Cannot delete entity, must remove roles from instance profile first.", 409);
  }
  iam.rows.erase_tags(owner(row.name));
  iam.rows.erase_profile(row.name);
  return Json::object();
}

Json add_role_to_instance_profile(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_profile(iam, in);
  const auto role = require_role(iam, in.at("RoleName"));
  if (row.role_name) {
    throw AwsError("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
                   409);
  }
  iam.rows.set_profile_role(row.name, role.name);
  return Json::object();
}

Json remove_role_from_instance_profile(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_profile(iam, in);
  const std::string role = in.at("RoleName");
  if (row.role_name != role) {
    throw no_such("Role " + role + " in Instance Profile " + row.name + " cannot be found.");
  }
  iam.rows.set_profile_role(row.name, std::nullopt);
  return Json::object();
}

Json tag_instance_profile(Iam& iam, const api::RequestContext&, const Json& in) {
  put_tags(iam, owner(require_profile(iam, in).name), in);
  return Json::object();
}

Json untag_instance_profile(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_profile(iam, in);
  for (const std::string key : in.at("TagKeys")) iam.rows.erase_tag(owner(row.name), key);
  return Json::object();
}

Json list_instance_profile_tags(Iam& iam, const api::RequestContext&, const Json& in) {
  const auto row = require_profile(iam, in);
  return {{"Tags", tags_json(iam.rows.tags(owner(row.name)))}, {"IsTruncated", false}};
}

}  // namespace enibox::iam

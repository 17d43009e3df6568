#include <algorithm>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/instance.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2 {
namespace {

// By LaunchTemplateId or LaunchTemplateName, whichever the request gives.
LaunchTemplateRow require_template(Ec2State& ec2, const std::string& region, const Json& in) {
  if (in.contains("LaunchTemplateId")) {
    const std::string id = in.at("LaunchTemplateId");
    const auto row = ec2.launch_templates.find(id);
    if (row && row->region == region) return *row;
    throw AwsError("InvalidLaunchTemplateId.NotFound",
                   "The specified launch template, with template ID " + id + ", does not exist.");
  }
  if (!in.contains("LaunchTemplateName")) {
    throw missing_parameter("LaunchTemplateId or LaunchTemplateName");
  }
  const std::string name = in.at("LaunchTemplateName");
  if (auto row = ec2.launch_templates.find_named(region, name)) return *row;
  throw AwsError("InvalidLaunchTemplateName.NotFoundException",
                 "The specified launch template, with template name " + name + ", does not exist.");
}

// "$Latest", "$Default" (also when absent) or a number.
LaunchTemplateVersionRow require_version(Ec2State& ec2, const LaunchTemplateRow& row,
                                         const std::string& wanted) {
  auto number = wanted;
  if (wanted.empty() || wanted == "$Default") number = std::to_string(row.default_version);
  if (wanted == "$Latest") number = std::to_string(row.latest_version);
  for (auto& version : ec2.launch_templates.versions(row.launch_template_id)) {
    if (std::to_string(version.version) == number) return version;
  }
  throw AwsError("InvalidLaunchTemplateId.VersionNotFound",
                 "Could not find the specified version " + wanted +
                     " for the launch template with ID " + row.launch_template_id + ".");
}

}  // namespace

Json with_launch_template(Ec2State& ec2, const std::string& region, const Json& in) {
  if (!in.contains("LaunchTemplate")) return in;
  const auto& wanted = in.at("LaunchTemplate");
  const auto row = require_template(ec2, region, wanted);
  auto merged = Json::parse(require_version(ec2, row, wanted.value("Version", "")).data);
  // A request that says where the instance goes says it whole.
  if (in.contains("NetworkInterfaces")) {
    for (const auto* name : {"SecurityGroupIds", "SecurityGroups"}) merged.erase(name);
  }
  if (in.contains("SubnetId") || in.contains("SecurityGroupIds")) merged.erase("NetworkInterfaces");
  merged.update(in);
  return merged;
}

namespace op {
namespace {

constexpr FilterField kTemplateFilters[] = {
    {"create-time", "CreateTime"},
    {"launch-template-name", "LaunchTemplateName"},
};
constexpr FilterField kVersionFilters[] = {
    {"image-id", "LaunchTemplateData.ImageId"},
    {"instance-type", "LaunchTemplateData.InstanceType"},
    {"is-default-version", "DefaultVersion"},
};

std::string root_arn(Ec2State& ec2) { return "arn:aws:iam::" + ec2.account_id + ":root"; }

Json template_json(Ec2State& ec2, const LaunchTemplateRow& row) {
  return {
      {"LaunchTemplateId", row.launch_template_id},    {"LaunchTemplateName", row.name},
      {"CreateTime", aws_seconds(row.created_ms)},     {"CreatedBy", root_arn(ec2)},
      {"DefaultVersionNumber", row.default_version},   {"LatestVersionNumber", row.latest_version},
      {"Tags", tags_json(ec2, row.launch_template_id)}};
}

Json version_json(Ec2State& ec2, const LaunchTemplateRow& row,
                  const LaunchTemplateVersionRow& version) {
  Json json = {{"LaunchTemplateId", row.launch_template_id},
               {"LaunchTemplateName", row.name},
               {"VersionNumber", version.version},
               {"CreateTime", aws_seconds(version.created_ms)},
               {"CreatedBy", root_arn(ec2)},
               {"DefaultVersion", version.version == row.default_version},
               {"LaunchTemplateData", Json::parse(version.data)}};
  if (version.description) json["VersionDescription"] = *version.description;
  return json;
}

LaunchTemplateVersionRow add_version(Ec2State& ec2, const LaunchTemplateRow& row, const Json& in,
                                     const Json& data) {
  LaunchTemplateVersionRow version{row.launch_template_id, row.latest_version, std::nullopt,
                                   data.dump(), ec2.clock.now_ms()};
  if (in.contains("VersionDescription")) version.description = in.at("VersionDescription");
  ec2.launch_templates.insert_version(version);
  return version;
}

}  // namespace

Json create_launch_template(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const std::string name = in.at("LaunchTemplateName");
  if (ec2.launch_templates.find_named(request.region, name)) {
    throw AwsError("InvalidLaunchTemplateName.AlreadyExistsException",
                   "Launch template name already in use.");
  }
  LaunchTemplateRow row;
  row.launch_template_id = ec2_id("lt");
  row.region = request.region;
  row.name = name;
  row.created_ms = ec2.clock.now_ms();
  ec2.launch_templates.insert(row);
  add_version(ec2, row, in, in.at("LaunchTemplateData"));
  tag_new(ec2, request.region, in, {row.launch_template_id, "launch-template"});
  return {{"LaunchTemplate", template_json(ec2, row)}};
}

Json create_launch_template_version(Ec2State& ec2, const api::RequestContext& request,
                                    const Json& in) {
  auto row = require_template(ec2, request.region, in);
  Json data = Json::object();
  if (in.contains("SourceVersion")) {
    data = Json::parse(require_version(ec2, row, in.at("SourceVersion")).data);
  }
  data.update(in.at("LaunchTemplateData"));
  ++row.latest_version;
  ec2.launch_templates.update(row);
  const auto version = add_version(ec2, row, in, data);
  return {{"LaunchTemplateVersion", version_json(ec2, row, version)}};
}

Json modify_launch_template(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  auto row = require_template(ec2, request.region, in);
  // The model's wire name of DefaultVersion is SetDefaultVersion.
  if (in.contains("DefaultVersion")) {
    row.default_version = require_version(ec2, row, in.at("DefaultVersion")).version;
  }
  ec2.launch_templates.update(row);
  return {{"LaunchTemplate", template_json(ec2, row)}};
}

Json delete_launch_template(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_template(ec2, request.region, in);
  auto json = template_json(ec2, row);
  ec2.tags.erase_all(row.launch_template_id);
  ec2.launch_templates.erase(row.launch_template_id);
  return {{"LaunchTemplate", std::move(json)}};
}

Json delete_launch_template_versions(Ec2State& ec2, const api::RequestContext& request,
                                     const Json& in) {
  const auto row = require_template(ec2, request.region, in);
  Json deleted = Json::array();
  Json kept = Json::array();
  for (const std::string text : in.at("Versions")) {
    Json item = {{"LaunchTemplateId", row.launch_template_id}, {"LaunchTemplateName", row.name}};
    try {
      const auto version = require_version(ec2, row, text).version;
      item["VersionNumber"] = version;
      if (version == row.default_version) {
        throw AwsError("unexpectedError",
                       "The default version of a launch template cannot be deleted.");
      }
      ec2.launch_templates.erase_version(row.launch_template_id, version);
      deleted.push_back(std::move(item));
    } catch (const AwsError& error) {
      const bool is_default = error.code() == "unexpectedError";
      item["ResponseError"] = {
          {"Code", is_default ? "unexpectedError" : "launchTemplateVersionDoesNotExist"},
          {"Message", error.message()}};
      kept.push_back(std::move(item));
    }
  }
  return {{"SuccessfullyDeletedLaunchTemplateVersions", std::move(deleted)},
          {"UnsuccessfullyDeletedLaunchTemplateVersions", std::move(kept)}};
}

Json describe_launch_templates(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "LaunchTemplateIds");
  const auto names = wanted_ids(in, "LaunchTemplateNames");
  for (const auto& id : ids) {
    items.push_back(
        template_json(ec2, require_template(ec2, request.region, {{"LaunchTemplateId", id}})));
  }
  for (const auto& name : names) {
    items.push_back(
        template_json(ec2, require_template(ec2, request.region, {{"LaunchTemplateName", name}})));
  }
  if (ids.empty() && names.empty()) {
    for (const auto& row : ec2.launch_templates.list(request.region)) {
      items.push_back(template_json(ec2, row));
    }
  }
  return describe(request, in,
                  {"LaunchTemplates", "LaunchTemplateId", std::move(items), kTemplateFilters});
}

Json describe_launch_template_versions(Ec2State& ec2, const api::RequestContext& request,
                                       const Json& in) {
  const auto row = require_template(ec2, request.region, in);
  std::vector<Json> items;
  const auto wanted = wanted_ids(in, "Versions");
  for (const auto& text : wanted) {
    items.push_back(version_json(ec2, row, require_version(ec2, row, text)));
  }
  if (wanted.empty()) {
    for (const auto& version : ec2.launch_templates.versions(row.launch_template_id)) {
      items.push_back(version_json(ec2, row, version));
    }
  }
  return describe(request, in,
                  {"LaunchTemplateVersions", "VersionNumber", std::move(items), kVersionFilters});
}

}  // namespace op
}  // namespace enibox::ec2

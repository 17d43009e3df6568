#include <algorithm>
#include <charconv>

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
    check_id("lt", id);
    const auto row = ec2.launch_templates.find(id);
    if (row && row->region == region) return *row;
    throw launch_template_not_found(id);
  }
  if (!in.contains("LaunchTemplateName")) {
    throw missing_parameter("launch template ID or launch template name");
  }
  const std::string name = in.at("LaunchTemplateName");
  if (auto row = ec2.launch_templates.find_named(region, name)) return *row;
  throw AwsError("InvalidLaunchTemplateName.NotFoundException",
                 "The specified launch template, with template name " + name + ", does not exist.");
}

// "$Latest", "$Default" (also when absent) or a number.
std::optional<LaunchTemplateVersionRow> find_version(Ec2State& ec2, const LaunchTemplateRow& row,
                                                     const std::string& wanted) {
  auto number = wanted;
  if (wanted.empty() || wanted == "$Default") number = std::to_string(row.default_version);
  if (wanted == "$Latest") number = std::to_string(row.latest_version);
  for (auto& version : ec2.launch_templates.versions(row.launch_template_id)) {
    if (std::to_string(version.version) == number) return std::move(version);
  }
  return std::nullopt;
}

LaunchTemplateVersionRow require_version(Ec2State& ec2, const LaunchTemplateRow& row,
                                         const std::string& wanted) {
  if (auto version = find_version(ec2, row, wanted)) return *std::move(version);
  throw AwsError("InvalidLaunchTemplateId.VersionNotFound",
                 "Could not find the specified version " + wanted +
                     " for the launch template with ID " + row.launch_template_id + ".");
}

// Tags of the template and of the request come together; the request's win.
Json joined_tags(const Json& of_template, const Json& of_request) {
  Json all = of_template;
  for (const auto& each : of_request) all.push_back(each);
  return all;
}

}  // namespace

Json with_launch_template(Ec2State& ec2, const std::string& region, const Json& in) {
  if (!in.contains("LaunchTemplate")) return in;
  const auto& wanted = in.at("LaunchTemplate");
  const auto row = require_template(ec2, region, wanted);
  const auto version = require_version(ec2, row, wanted.value("Version", ""));
  auto merged = Json::parse(version.data);
  merged.erase("InstanceRequirements");
  if (merged.contains("RamDiskId")) merged["RamdiskId"] = merged["RamDiskId"];
  // A request that says where the instance goes says it whole.
  if (in.contains("NetworkInterfaces")) {
    for (const auto* name : {"SecurityGroupIds", "SecurityGroups"}) merged.erase(name);
  }
  if (in.contains("SubnetId") || in.contains("SecurityGroupIds")) merged.erase("NetworkInterfaces");
  const auto tags = joined_tags(merged.value("TagSpecifications", Json::array()),
                                in.value("TagSpecifications", Json::array()));
  merged.update(in);
  if (!tags.empty()) merged["TagSpecifications"] = tags;
  merged["LaunchTemplate"] = {{"LaunchTemplateId", row.launch_template_id},
                              {"Version", std::to_string(version.version)}};
  return merged;
}

namespace op {
namespace {

constexpr FilterField kTemplateFilters[] = {
    {"create-time", "CreateTime"},
    {"launch-template-name", "LaunchTemplateName"},
};
constexpr FilterField kVersionFilters[] = {
    {"create-time", "CreateTime"},
    {"ebs-optimized", "LaunchTemplateData.EbsOptimized"},
    {"http-endpoint", "LaunchTemplateData.MetadataOptions.HttpEndpoint"},
    {"http-protocol-ipv4", "LaunchTemplateData.MetadataOptions.HttpProtocolIpv4"},
    {"host-resource-group-arn", "LaunchTemplateData.Placement.HostResourceGroupArn"},
    {"http-tokens", "LaunchTemplateData.MetadataOptions.HttpTokens"},
    {"iam-instance-profile", "LaunchTemplateData.IamInstanceProfile.Arn"},
    {"image-id", "LaunchTemplateData.ImageId"},
    {"instance-type", "LaunchTemplateData.InstanceType"},
    {"is-default-version", "DefaultVersion"},
    {"kernel-id", "LaunchTemplateData.KernelId"},
    {"license-configuration-arn",
     "LaunchTemplateData.LicenseSpecifications[].LicenseConfigurationArn"},
    {"network-card-index", "LaunchTemplateData.NetworkInterfaces[].NetworkCardIndex"},
    {"ram-disk-id", "LaunchTemplateData.RamDiskId"},
};

std::string root_arn(Ec2State& ec2, const std::string& region) {
  return api::make_global_arn({"iam", region, ec2.account_id}, "root");
}

Json template_json(Ec2State& ec2, const LaunchTemplateRow& row) {
  return {
      {"LaunchTemplateId", row.launch_template_id},    {"LaunchTemplateName", row.name},
      {"CreateTime", aws_seconds(row.created_ms)},     {"CreatedBy", root_arn(ec2, row.region)},
      {"DefaultVersionNumber", row.default_version},   {"LatestVersionNumber", row.latest_version},
      {"Tags", tags_json(ec2, row.launch_template_id)}};
}

Json version_json(Ec2State& ec2, const LaunchTemplateRow& row,
                  const LaunchTemplateVersionRow& version) {
  Json json = {{"LaunchTemplateId", row.launch_template_id},
               {"LaunchTemplateName", row.name},
               {"VersionNumber", version.version},
               {"CreateTime", aws_seconds(version.created_ms)},
               {"CreatedBy", root_arn(ec2, row.region)},
               {"DefaultVersion", version.version == row.default_version},
               {"LaunchTemplateData", Json::parse(version.data)}};
  if (version.description) json["VersionDescription"] = *version.description;
  return json;
}

void check_name(const std::string& name) {
  static constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789().-/_";
  if (name.size() >= 3 && name.size() <= 128 &&
      name.find_first_not_of(kAllowed) == std::string::npos) {
    return;
  }
  throw AwsError("InvalidLaunchTemplateName.MalformedException",
                 "A launch template name must be between 3 and 128 characters, and may contain "
                 "letters, numbers, and the following characters: - ( ) . / _.");
}

void check_data(const Json& data) {
  if (!data.contains("InstanceType") || !data.contains("InstanceRequirements")) return;
  throw AwsError("InvalidLaunchTemplate",
                 "InstanceType and InstanceRequirements may not be specified together.");
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
  check_name(name);
  check_data(in.at("LaunchTemplateData"));
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
  if (in.contains("LaunchTemplateId") && in.contains("LaunchTemplateName")) {
    throw bad_combination(
        "Either provide launch template ID or launch template name to modify the template.");
  }
  auto row = require_template(ec2, request.region, in);
  // The model's wire name of DefaultVersion is SetDefaultVersion.
  if (in.contains("DefaultVersion")) {
    const std::string wanted = in.at("DefaultVersion");
    const auto version = find_version(ec2, row, wanted);
    if (!version) {
      throw AwsError("InvalidLaunchTemplateId.VersionNotFound",
                     "The launch template version " + wanted +
                         " is not found for the specified launch template.");
    }
    row.default_version = version->version;
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
  static constexpr const char* kNotAll =
      "At least one of the launch templates specified in the request does not exist.";
  for (const auto& id : ids) {
    check_id("lt", id);
    const auto row = ec2.launch_templates.find(id);
    if (!row || row->region != request.region) {
      throw AwsError("InvalidLaunchTemplateId.NotFound", kNotAll);
    }
    items.push_back(template_json(ec2, *row));
  }
  for (const auto& name : names) {
    const auto row = ec2.launch_templates.find_named(request.region, name);
    if (!row) throw AwsError("InvalidLaunchTemplateName.NotFoundException", kNotAll);
    items.push_back(template_json(ec2, *row));
  }
  if (ids.empty() && names.empty()) {
    for (const auto& row : ec2.launch_templates.list(request.region)) {
      items.push_back(template_json(ec2, row));
    }
  }
  return describe(request, in,
                  {"LaunchTemplates", "LaunchTemplateId", std::move(items), kTemplateFilters});
}

static constexpr const char* kOnlyAliases =
    "To describe the launch template data for all your launch templates, for ‘--versions’ specify "
    "‘$Latest’, ‘$Default’, or both, and omit ‘--launch-template-id’, ‘--launch-template-name’, "
    "and version numbers. To describe the launch template data for a specific launch template, "
    "specify ‘--launch-template-id’ or ‘--launch-template-name’, and for ‘--versions’ specify one "
    "or more of the following values: ‘$Latest’, ‘$Default’, or one or more version numbers.";

// "$Latest" and "$Default" may be asked of all templates at once.
static bool names_aliases_only(const std::vector<std::string>& versions) {
  return !versions.empty() && std::all_of(versions.begin(), versions.end(), [](const auto& text) {
    return text == "$Latest" || text == "$Default";
  });
}

static bool in_range(const Json& in, int version) {
  const auto bound = [&](const char* member, int otherwise) {
    const auto text = in.value(member, "");
    int number = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  };
  return version >= bound("MinVersion", version) && version <= bound("MaxVersion", version);
}

// What a launch like this instance's would say.
Json get_launch_template_data(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = ec2.instance(request.region, in.at("InstanceId"));
  const auto instance = instance_json(ec2, row);
  Json data = {{"ImageId", row.image_id},
               {"InstanceType", row.instance_type},
               {"EbsOptimized", row.ebs_optimized},
               {"Monitoring", {{"Enabled", row.monitoring}}},
               {"DisableApiTermination", row.disable_api_termination},
               {"DisableApiStop", row.disable_api_stop},
               {"InstanceInitiatedShutdownBehavior", row.shutdown_behavior},
               {"Placement", instance["Placement"]},
               {"BlockDeviceMappings", Json::array()},
               {"NetworkInterfaces", Json::array()}};
  for (const auto* name : {"CpuOptions", "CapacityReservationSpecification", "HibernationOptions",
                           "EnclaveOptions", "MaintenanceOptions", "PrivateDnsNameOptions"}) {
    if (instance.contains(name)) data[name] = instance[name];
  }
  auto metadata = instance["MetadataOptions"];
  metadata.erase("State");
  data["MetadataOptions"] = std::move(metadata);
  const auto credits = Json::parse(row.options).value("CpuCredits", "");
  if (!credits.empty()) data["CreditSpecification"] = {{"CpuCredits", credits}};
  if (!row.key_name.empty()) data["KeyName"] = row.key_name;
  if (!row.user_data.empty()) data["UserData"] = row.user_data;
  if (!row.instance_profile_arn.empty()) {
    data["IamInstanceProfile"] = {{"Arn", row.instance_profile_arn}};
  }
  for (const auto& volume : ec2.volumes.of_instance(row.instance_id)) {
    Json ebs = {{"DeleteOnTermination", volume.delete_on_termination},
                {"Encrypted", volume.encrypted},
                {"VolumeSize", volume.size_gib},
                {"VolumeType", volume.volume_type}};
    if (volume.iops != 0) ebs["Iops"] = volume.iops;
    if (volume.throughput != 0) ebs["Throughput"] = volume.throughput;
    data["BlockDeviceMappings"].push_back({{"DeviceName", volume.device_name}, {"Ebs", ebs}});
  }
  for (const auto& eni : ec2.enis.of_instance(row.instance_id)) {
    if (!eni.requester_id.empty()) continue;
    data["NetworkInterfaces"].push_back({{"DeviceIndex", eni.device_index},
                                         {"SubnetId", eni.subnet_id},
                                         {"Description", eni.description},
                                         {"DeleteOnTermination", eni.delete_on_termination},
                                         {"Groups", ec2.enis.groups(eni.eni_id)},
                                         {"InterfaceType", eni.interface_type}});
  }
  auto tags = Json::array();
  for (auto& tag : tags_json(ec2, row.instance_id)) {
    if (!tag["Key"].get<std::string>().starts_with("aws:")) tags.push_back(std::move(tag));
  }
  if (!tags.empty()) {
    data["TagSpecifications"] = Json::array({{{"ResourceType", "instance"}, {"Tags", tags}}});
  }
  return {{"LaunchTemplateData", std::move(data)}};
}

Json describe_launch_template_versions(Ec2State& ec2, const api::RequestContext& request,
                                       const Json& in) {
  const auto wanted = wanted_ids(in, "Versions");
  std::vector<LaunchTemplateRow> rows;
  if (in.contains("LaunchTemplateId") || in.contains("LaunchTemplateName")) {
    rows.push_back(require_template(ec2, request.region, in));
  } else if (names_aliases_only(wanted)) {
    rows = ec2.launch_templates.list(request.region);
  } else {
    throw AwsError(wanted.empty() ? "MissingParameter" : "InvalidParameterValue", kOnlyAliases);
  }
  std::vector<Json> items;
  for (const auto& row : rows) {
    for (const auto& text : wanted) {
      items.push_back(version_json(ec2, row, require_version(ec2, row, text)));
    }
    if (!wanted.empty()) continue;
    for (const auto& version : ec2.launch_templates.versions(row.launch_template_id)) {
      if (in_range(in, version.version)) items.push_back(version_json(ec2, row, version));
    }
  }
  return describe(request, in,
                  {"LaunchTemplateVersions", "VersionNumber", std::move(items), kVersionFilters});
}

}  // namespace op
}  // namespace enibox::ec2

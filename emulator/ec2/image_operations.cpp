#include <algorithm>
#include <ctime>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ec2/usable_images.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2 {

std::optional<UsableImage> find_usable_image(Ec2State& ec2, const std::string& region,
                                             const std::string& image_id) {
  if (auto image = find_image(region, image_id)) {
    return UsableImage{.image = *std::move(image), .base_image_id = image_id};
  }
  auto own = ec2.images.find(image_id);
  if (!own || own->region != region) return std::nullopt;
  auto image = *find_image(region, own->base_image_id);
  const auto base_id = image.image_id;
  image.image_id = own->image_id;
  image.name = own->name;
  image.description = own->description;
  return UsableImage{.image = std::move(image), .own = std::move(own), .base_image_id = base_id};
}

UsableImage require_image(Ec2State& ec2, const std::string& region, const std::string& image_id) {
  check_id("ami", image_id);
  if (auto image = find_usable_image(ec2, region, image_id)) return *std::move(image);
  throw image_not_found(image_id);
}

Json image_mappings(const UsableImage& image) {
  if (image.own) return Json::parse(image.own->mappings);
  return {{{"DeviceName", "/dev/xvda"},
           {"Ebs",
            {{"DeleteOnTermination", true},
             {"Encrypted", false},
             {"VolumeSize", image.image.ecs_path.empty() ? 8 : 30},
             {"VolumeType", "gp3"}}}}};
}

namespace op {
namespace {

constexpr FilterField kImageFilters[] = {
    {"architecture", "Architecture"},
    {"block-device-mapping.delete-on-termination", "BlockDeviceMappings[].Ebs.DeleteOnTermination"},
    {"block-device-mapping.device-name", "BlockDeviceMappings[].DeviceName"},
    {"block-device-mapping.encrypted", "BlockDeviceMappings[].Ebs.Encrypted"},
    {"block-device-mapping.snapshot-id", "BlockDeviceMappings[].Ebs.SnapshotId"},
    {"block-device-mapping.volume-size", "BlockDeviceMappings[].Ebs.VolumeSize"},
    {"block-device-mapping.volume-type", "BlockDeviceMappings[].Ebs.VolumeType"},
    {"boot-mode", "BootMode"},
    {"creation-date", "CreationDate"},
    {"description", "Description"},
    {"ena-support", "EnaSupport"},
    {"hypervisor", "Hypervisor"},
    {"image-id", "ImageId"},
    {"image-type", "ImageType"},
    {"is-public", "Public"},
    {"kernel-id", "KernelId"},
    {"manifest-location", "ImageLocation"},
    {"name", "Name"},
    {"owner-alias", "ImageOwnerAlias"},
    {"owner-id", "OwnerId"},
    {"platform", "Platform"},
    {"platform-details", "PlatformDetails"},
    {"product-code", "ProductCodes[].ProductCodeId"},
    {"product-code.type", "ProductCodes[].ProductCodeType"},
    {"ramdisk-id", "RamdiskId"},
    {"root-device-name", "RootDeviceName"},
    {"root-device-type", "RootDeviceType"},
    {"source-instance-id", "SourceInstanceId"},
    {"state", "State"},
    {"state-reason-code", "StateReason.Code"},
    {"state-reason-message", "StateReason.Message"},
    {"sriov-net-support", "SriovNetSupport"},
    {"usage-operation", "UsageOperation"},
    {"virtualization-type", "VirtualizationType"},
};

constexpr const char* kAmazonEcs = "591542846629";
constexpr const char* kAmazon = "137112412989";

std::string iso_time(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &utc);
  return text;
}

Json image_json(Ec2State& ec2, const UsableImage& usable) {
  const auto& image = usable.image;
  Json json = {{"ImageId", image.image_id},
               {"Name", image.name},
               {"Description", image.description},
               {"Architecture", image.architecture},
               {"ImageType", "machine"},
               {"State", "available"},
               {"EnaSupport", true},
               {"Hypervisor", "xen"},
               {"PlatformDetails", "Linux/UNIX"},
               {"UsageOperation", "RunInstances"},
               {"RootDeviceName", "/dev/xvda"},
               {"RootDeviceType", "ebs"},
               {"SriovNetSupport", "simple"},
               {"VirtualizationType", "hvm"},
               {"BootMode", "uefi-preferred"},
               {"BlockDeviceMappings", image_mappings(usable)},
               {"Tags", tags_json(ec2, image.image_id)}};
  if (!usable.own) {
    json["CreationDate"] = "2026-06-01T00:00:00.000Z";
    json["DeprecationTime"] = "2028-06-01T00:00:00.000Z";
    json["ImageLocation"] = "amazon/" + image.name;
    json["ImageOwnerAlias"] = "amazon";
    json["OwnerId"] = image.ecs_path.empty() ? kAmazon : kAmazonEcs;
    json["Public"] = true;
    return json;
  }
  json["CreationDate"] = iso_time(usable.own->created_ms);
  json["ImageLocation"] = ec2.account_id + "/" + image.name;
  json["OwnerId"] = ec2.account_id;
  json["Public"] = usable.own->is_public;
  if (!usable.own->instance_id.empty()) json["SourceInstanceId"] = usable.own->instance_id;
  return json;
}

bool owned_by(Ec2State& ec2, const UsableImage& image, const Json& json,
              const std::vector<std::string>& owners) {
  return owners.empty() || std::any_of(owners.begin(), owners.end(), [&](const auto& owner) {
           return (owner == "amazon" && !image.own) ||
                  (owner == "self" && json["OwnerId"] == ec2.account_id) ||
                  json["OwnerId"] == owner;
         });
}

// "all": public ones; "self" and the account: its own and those it is given.
bool executable_by(Ec2State& ec2, const UsableImage& image, const std::vector<std::string>& users) {
  const bool is_public = !image.own || image.own->is_public;
  return users.empty() || std::any_of(users.begin(), users.end(), [&](const auto& user) {
           if (user == "all") return is_public;
           return image.own.has_value() && (user == "self" || user == ec2.account_id);
         });
}

void check_image_name(Ec2State& ec2, const std::string& region, const std::string& name) {
  static constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789()[] ./-'@_";
  if (name.size() < 3 || name.size() > 128 ||
      name.find_first_not_of(kAllowed) != std::string::npos) {
    throw AwsError("InvalidAMIName.Malformed",
                   "AMI names must be between 3 and 128 characters long, and may contain letters, "
                   "numbers, '(', ')', '.', '-', '/' and '_'");
  }
  if (const auto there = ec2.images.find_named(region, name)) {
    throw AwsError("InvalidAMIName.Duplicate",
                   "AMI name " + name + " is already in use by AMI " + there->image_id);
  }
}

// A volume of the instance as a device of the image made of it.
Json mapping_of(const VolumeRow& volume) {
  Json ebs = {{"DeleteOnTermination", volume.delete_on_termination},
              {"Encrypted", volume.encrypted},
              {"SnapshotId", ec2_id("snap")},
              {"VolumeSize", volume.size_gib},
              {"VolumeType", volume.volume_type}};
  if (volume.iops != 0) ebs["Iops"] = volume.iops;
  if (volume.throughput != 0) ebs["Throughput"] = volume.throughput;
  return {{"DeviceName", volume.device_name}, {"Ebs", std::move(ebs)}};
}

ImageRow require_own(Ec2State& ec2, const std::string& region, const std::string& image_id) {
  const auto image = require_image(ec2, region, image_id);
  if (image.own) return *image.own;
  throw AwsError("AuthFailure", "Not authorized for image:" + image_id, 403);
}

// One that is missing has require_image's error; several are named together.
void check_all_exist(Ec2State& ec2, const std::string& region,
                     const std::vector<std::string>& ids) {
  std::string missing_ids;
  int count = 0;
  for (const auto& id : ids) {
    check_id("ami", id);
    if (find_usable_image(ec2, region, id)) continue;
    missing_ids += (count++ == 0 ? "" : ", ") + id;
  }
  if (count < 2) return;
  throw AwsError("InvalidAMIID.NotFound", "The image ids '[" + missing_ids + "]' do not exist");
}

// The image one of whose devices is this snapshot.
std::optional<ImageRow> image_of_snapshot(Ec2State& ec2, const std::string& region,
                                          const std::string& snapshot_id) {
  for (auto& row : ec2.images.list(region)) {
    for (const auto& mapping : Json::parse(row.mappings)) {
      if (mapping.value("Ebs", Json::object()).value("SnapshotId", "") == snapshot_id)
        return std::move(row);
    }
  }
  return std::nullopt;
}

}  // namespace

Json describe_images(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "ImageIds");
  const auto owners = wanted_ids(in, "Owners");
  const auto users = wanted_ids(in, "ExecutableUsers");
  const auto add = [&](const UsableImage& image) {
    auto json = image_json(ec2, image);
    if (owned_by(ec2, image, json, owners) && executable_by(ec2, image, users)) {
      items.push_back(std::move(json));
    }
  };
  check_all_exist(ec2, request.region, ids);
  for (const auto& id : ids) add(require_image(ec2, request.region, id));
  if (ids.empty()) {
    for (const auto& image : images_of(request.region)) {
      add({.image = image, .base_image_id = image.image_id});
    }
    for (const auto& row : ec2.images.list(request.region)) {
      add(*find_usable_image(ec2, request.region, row.image_id));
    }
  }
  return describe(request, in, {"Images", "ImageId", std::move(items), kImageFilters});
}

Json describe_image_attribute(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_own(ec2, request.region, in.at("ImageId"));
  const auto attribute = in.value("Attribute", "");
  Json answer = {{"ImageId", row.image_id}};
  if (attribute == "description") {
    answer["Description"] = {{"Value", row.description}};
  } else if (attribute == "launchPermission") {
    answer["LaunchPermissions"] = Json::array();
    if (row.is_public) answer["LaunchPermissions"].push_back({{"Group", "all"}});
  } else if (attribute == "blockDeviceMapping") {
    answer["BlockDeviceMappings"] = Json::parse(row.mappings);
  } else if (attribute == "bootMode") {
    answer["BootMode"] = {{"Value", "uefi-preferred"}};
  } else if (attribute == "sriovNetSupport") {
    answer["SriovNetSupport"] = {{"Value", "simple"}};
  } else if (attribute == "productCodes") {
    answer["ProductCodes"] = Json::array();
  } else if (attribute == "kernel") {
    answer["KernelId"] = Json::object();
  } else if (attribute == "ramdisk") {
    answer["RamdiskId"] = Json::object();
  } else {
    throw invalid_value(attribute, "attribute", "Unknown attribute.");
  }
  return answer;
}

// The image boots what the instance booted: EC2's own image, not what was written on it since.
Json create_image(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto instance = ec2.instance(request.region, in.at("InstanceId"));
  if (instance.state != "running" && instance.state != "stopped") {
    throw AwsError("IncorrectState", "The instance '" + instance.instance_id +
                                         "' is not in the 'running' or 'stopped' state.");
  }
  const std::string name = in.at("Name");
  check_image_name(ec2, request.region, name);
  Json mappings = Json::array();
  for (const auto& volume : ec2.volumes.of_instance(instance.instance_id)) {
    auto mapping = mapping_of(volume);
    const bool root = volume.volume_id == instance.root_volume_id;
    mappings.insert(root ? mappings.begin() : mappings.end(), std::move(mapping));
  }
  const auto base = Json::parse(instance.options).value("BaseImageId", instance.image_id);
  const ImageRow row{
      ec2_id("ami"),   request.region,       name,  in.value("Description", ""), base,
      mappings.dump(), instance.instance_id, false, ec2.clock.now_ms()};
  ec2.images.insert(row);
  tag_new(ec2, request.region, in, {row.image_id, "image"}, {"snapshot"});
  return {{"ImageId", row.image_id}};
}

Json register_image(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto name = in.value("Name", "");
  if (name.empty()) throw missing_parameter("Name");
  check_image_name(ec2, request.region, name);
  auto mappings = in.value("BlockDeviceMappings", Json::array());
  std::string snapshot_id;
  for (const auto& mapping : mappings) {
    if (mapping.contains("Ebs")) snapshot_id = mapping["Ebs"].value("SnapshotId", snapshot_id);
  }
  if (snapshot_id.empty()) {
    throw AwsError("InvalidBlockDeviceMapping", "The root device must be an EBS snapshot.");
  }
  const auto source = image_of_snapshot(ec2, request.region, snapshot_id);
  if (!source) {
    throw AwsError("InvalidSnapshot.NotFound",
                   "The snapshot '" + snapshot_id + "' does not exist.");
  }
  const ImageRow row{ec2_id("ami"),         request.region,  name, in.value("Description", ""),
                     source->base_image_id, mappings.dump(), "",   false,
                     ec2.clock.now_ms()};
  ec2.images.insert(row);
  tag_new(ec2, request.region, in, {row.image_id, "image"}, {"snapshot"});
  return {{"ImageId", row.image_id}};
}

// From the same region: another one's images have other ids.
Json copy_image(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const std::string from = in.at("SourceRegion");
  const auto source = require_image(ec2, from, in.at("SourceImageId"));
  const std::string name = in.at("Name");
  check_image_name(ec2, request.region, name);
  // The same image of this region, by its name: names are the same everywhere.
  const auto base = *find_image(from, source.base_image_id);
  std::string base_id;
  for (const auto& image : images_of(request.region)) {
    if (image.name == base.name) base_id = image.image_id;
  }
  auto mappings = image_mappings(source);
  for (auto& mapping : mappings) mapping["Ebs"]["SnapshotId"] = ec2_id("snap");
  const ImageRow row{ec2_id("ami"),     request.region,  name, in.value("Description", ""),
                     base_id,           mappings.dump(), "",   false,
                     ec2.clock.now_ms()};
  ec2.images.insert(row);
  tag_new(ec2, request.region, in, {row.image_id, "image"}, {"snapshot"});
  if (in.value("CopyImageTags", false)) {
    for (const auto& tag : tags_json(ec2, source.image.image_id)) {
      put_tag(ec2, request.region, {row.image_id, "image"}, tag);
    }
  }
  return {{"ImageId", row.image_id}};
}

Json deregister_image(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_own(ec2, request.region, in.at("ImageId"));
  ec2.tags.erase_all(row.image_id);
  ec2.images.erase(row.image_id);
  return {{"Return", true}};
}

Json modify_image_attribute(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  auto row = require_own(ec2, request.region, in.at("ImageId"));
  if (in.contains("Description")) row.description = in.at("Description").value("Value", "");
  const auto names_all = [](const Json& list) {
    return std::any_of(list.begin(), list.end(),
                       [](const Json& each) { return each.value("Group", "") == "all"; });
  };
  const auto change = in.value("LaunchPermission", Json::object());
  const auto groups = wanted_ids(in, "UserGroups");
  const bool named = std::find(groups.begin(), groups.end(), "all") != groups.end();
  if (names_all(change.value("Add", Json::array())) ||
      (named && in.value("OperationType", "") == "add")) {
    row.is_public = true;
  }
  if (names_all(change.value("Remove", Json::array())) ||
      (named && in.value("OperationType", "") == "remove")) {
    row.is_public = false;
  }
  ec2.images.update(row);
  return Json::object();
}

Json reset_image_attribute(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  auto row = require_own(ec2, request.region, in.at("ImageId"));
  row.is_public = false;
  ec2.images.update(row);
  return Json::object();
}

}  // namespace op
}  // namespace enibox::ec2

#include <algorithm>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/images.hpp"
#include "emulator/ec2/instance_types.hpp"
#include "emulator/ec2/zones.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kRegionFilters[] = {
    {"endpoint", "Endpoint"},
    {"opt-in-status", "OptInStatus"},
    {"region-name", "RegionName"},
};
constexpr FilterField kZoneFilters[] = {
    {"group-name", "GroupName"},
    {"message", "Messages[].Message"},
    {"opt-in-status", "OptInStatus"},
    {"region-name", "RegionName"},
    {"state", "State"},
    {"zone-id", "ZoneId"},
    {"zone-name", "ZoneName"},
    {"zone-type", "ZoneType"},
};
constexpr FilterField kImageFilters[] = {
    {"architecture", "Architecture"},
    {"block-device-mapping.device-name", "BlockDeviceMappings[].DeviceName"},
    {"block-device-mapping.volume-type", "BlockDeviceMappings[].Ebs.VolumeType"},
    {"creation-date", "CreationDate"},
    {"description", "Description"},
    {"ena-support", "EnaSupport"},
    {"hypervisor", "Hypervisor"},
    {"image-id", "ImageId"},
    {"image-type", "ImageType"},
    {"is-public", "Public"},
    {"name", "Name"},
    {"owner-alias", "ImageOwnerAlias"},
    {"owner-id", "OwnerId"},
    {"root-device-name", "RootDeviceName"},
    {"root-device-type", "RootDeviceType"},
    {"state", "State"},
    {"virtualization-type", "VirtualizationType"},
};
constexpr FilterField kTypeFilters[] = {
    {"bare-metal", "BareMetal"},
    {"burstable-performance-supported", "BurstablePerformanceSupported"},
    {"current-generation", "CurrentGeneration"},
    {"hypervisor", "Hypervisor"},
    {"instance-type", "InstanceType"},
    {"memory-info.size-in-mib", "MemoryInfo.SizeInMiB"},
    {"network-info.ipv4-addresses-per-interface", "NetworkInfo.Ipv4AddressesPerInterface"},
    {"network-info.maximum-network-interfaces", "NetworkInfo.MaximumNetworkInterfaces"},
    {"processor-info.supported-architecture", "ProcessorInfo.SupportedArchitectures[]"},
    {"supported-usage-class", "SupportedUsageClasses[]"},
    {"vcpu-info.default-vcpus", "VCpuInfo.DefaultVCpus"},
};
constexpr FilterField kOfferingFilters[] = {
    {"instance-type", "InstanceType"},
    {"location", "Location"},
};

constexpr const char* kAmazonEcs = "591542846629";
constexpr const char* kAmazon = "137112412989";

Json image_json(const Image& image) {
  return {{"ImageId", image.image_id},
          {"Name", image.name},
          {"Description", image.description},
          {"Architecture", image.architecture},
          {"CreationDate", "2026-06-01T00:00:00.000Z"},
          {"DeprecationTime", "2028-06-01T00:00:00.000Z"},
          {"ImageLocation", "amazon/" + image.name},
          {"ImageOwnerAlias", "amazon"},
          {"ImageType", "machine"},
          {"OwnerId", image.ecs_path.empty() ? kAmazon : kAmazonEcs},
          {"Public", true},
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
          {"BlockDeviceMappings",
           {{{"DeviceName", "/dev/xvda"},
             {"Ebs",
              {{"DeleteOnTermination", true},
               {"Encrypted", false},
               {"VolumeSize", 30},
               {"VolumeType", "gp3"}}}}}}};
}

Json type_json(const InstanceTypeRow& row) {
  const auto name = std::string(row.name);
  const bool metal = name.find(".metal") != std::string::npos;
  const bool arm = architecture_of(row) == "arm64";
  const int threads = arm || row.vcpus == 1 ? 1 : 2;
  const bool burstable = name.front() == 't';
  Json json = {{"InstanceType", name},
               {"CurrentGeneration", name != "m1.small"},
               {"FreeTierEligible", name == "t2.micro" || name == "t3.micro"},
               {"SupportedUsageClasses", {"on-demand", "spot"}},
               {"SupportedRootDeviceTypes", {"ebs"}},
               {"SupportedVirtualizationTypes", {"hvm"}},
               {"BareMetal", metal},
               {"BurstablePerformanceSupported", burstable},
               {"DedicatedHostsSupported", !burstable},
               {"HibernationSupported", false},
               {"AutoRecoverySupported", true},
               {"InstanceStorageSupported", false},
               {"ProcessorInfo", {{"SupportedArchitectures", {architecture_of(row)}}}},
               {"VCpuInfo",
                {{"DefaultVCpus", row.vcpus},
                 {"DefaultCores", row.vcpus / threads},
                 {"DefaultThreadsPerCore", threads}}},
               {"MemoryInfo", {{"SizeInMiB", row.memory_mib}}},
               {"NetworkInfo",
                {{"MaximumNetworkInterfaces", row.max_enis},
                 {"MaximumNetworkCards", 1},
                 {"DefaultNetworkCardIndex", 0},
                 {"Ipv4AddressesPerInterface", row.ipv4_per_eni},
                 {"Ipv6AddressesPerInterface", row.ipv4_per_eni},
                 {"Ipv6Supported", true},
                 {"EnaSupport", "required"}}}};
  if (!metal) json["Hypervisor"] = "nitro";
  return json;
}

bool owned_by(const Json& image, const std::vector<std::string>& owners) {
  return owners.empty() || std::any_of(owners.begin(), owners.end(), [&](const auto& owner) {
           return owner == "amazon" || image["OwnerId"] == owner;
         });
}

}  // namespace

Json describe_regions(Ec2State&, const api::RequestContext& request, const Json& in) {
  const auto names = wanted_ids(in, "RegionNames");
  std::vector<Json> items;
  for (const auto& row : regions()) {
    const std::string name(row.name);
    if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
    items.push_back({{"RegionName", name},
                     {"Endpoint", "ec2." + name + ".amazonaws.com"},
                     {"OptInStatus", row.opt_in ? "opted-in" : "opt-in-not-required"}});
  }
  for (const auto& name : names) {
    const auto known = regions();
    if (std::any_of(known.begin(), known.end(), [&](const auto& r) { return r.name == name; })) {
      continue;
    }
    throw AwsError("InvalidParameterValue", "Invalid region name: [" + name + "]");
  }
  return describe(request, in, {"Regions", "RegionName", std::move(items), kRegionFilters});
}

Json describe_availability_zones(Ec2State&, const api::RequestContext& request, const Json& in) {
  const auto names = wanted_ids(in, "ZoneNames");
  const auto ids = wanted_ids(in, "ZoneIds");
  for (const auto& name : names) {
    if (zone_id_of(request.region, name).empty()) {
      throw AwsError("InvalidParameterValue", "Invalid availability zone: [" + name + "]");
    }
  }
  std::vector<Json> items;
  for (const auto& zone : zones_of(request.region)) {
    if (!names.empty() && std::find(names.begin(), names.end(), zone.name) == names.end()) continue;
    if (!ids.empty() && std::find(ids.begin(), ids.end(), zone.zone_id) == ids.end()) continue;
    items.push_back({{"ZoneName", zone.name},
                     {"ZoneId", zone.zone_id},
                     {"RegionName", request.region},
                     {"State", "available"},
                     {"OptInStatus", "opt-in-not-required"},
                     {"Messages", Json::array()},
                     {"GroupName", request.region + "-zg-1"},
                     {"NetworkBorderGroup", request.region},
                     {"ZoneType", "availability-zone"}});
  }
  return describe(request, in, {"AvailabilityZones", "ZoneName", std::move(items), kZoneFilters});
}

Json describe_account_attributes(Ec2State& ec2, const api::RequestContext& request,
                                 const Json& in) {
  const auto vpc = ec2.vpcs.default_of(request.region);
  const std::pair<const char*, std::string> attributes[] = {
      {"supported-platforms", "VPC"},
      {"default-vpc", vpc ? vpc->vpc_id : "none"},
      {"max-instances", "20"},
      {"vpc-max-security-groups-per-interface", std::to_string(ec2.quotas.groups_per_interface)},
      {"max-elastic-ips", "5"},
      {"vpc-max-elastic-ips", "5"}};
  const auto names = wanted_ids(in, "AttributeNames");
  Json items = Json::array();
  for (const auto& [name, value] : attributes) {
    if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
    items.push_back({{"AttributeName", name}, {"AttributeValues", {{{"AttributeValue", value}}}}});
  }
  return {{"AccountAttributes", std::move(items)}};
}

Json describe_images(Ec2State&, const api::RequestContext& request, const Json& in) {
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "ImageIds");
  const auto owners = wanted_ids(in, "Owners");
  for (const auto& id : ids) {
    const auto image = find_image(request.region, id);
    if (!image) throw image_not_found(id);
    items.push_back(image_json(*image));
  }
  if (ids.empty()) {
    for (const auto& image : images_of(request.region)) {
      auto json = image_json(image);
      if (owned_by(json, owners)) items.push_back(std::move(json));
    }
  }
  return describe(request, in, {"Images", "ImageId", std::move(items), kImageFilters});
}

Json describe_instance_types(Ec2State&, const api::RequestContext& request, const Json& in) {
  std::vector<Json> items;
  const auto names = wanted_ids(in, "InstanceTypes");
  for (const auto& name : names) {
    const auto* row = find_instance_type(name);
    if (!row) {
      throw AwsError("InvalidInstanceType",
                     "The following supplied instance types do not exist: [" + name + "]");
    }
    items.push_back(type_json(*row));
  }
  if (names.empty()) {
    for (const auto& row : instance_types()) items.push_back(type_json(row));
  }
  return describe(request, in, {"InstanceTypes", "InstanceType", std::move(items), kTypeFilters});
}

Json describe_instance_type_offerings(Ec2State&, const api::RequestContext& request,
                                      const Json& in) {
  const auto location = in.value("LocationType", "region");
  std::vector<std::string> places;
  if (location == "region") places.push_back(request.region);
  for (const auto& zone : zones_of(request.region)) {
    if (location == "availability-zone") places.push_back(zone.name);
    if (location == "availability-zone-id") places.push_back(zone.zone_id);
  }
  std::vector<Json> items;
  for (const auto& row : instance_types()) {
    for (const auto& place : places) {
      items.push_back(
          {{"InstanceType", row.name}, {"Location", place}, {"LocationType", location}});
    }
  }
  return describe(request, in, {"InstanceTypeOfferings", "", std::move(items), kOfferingFilters});
}

}  // namespace enibox::ec2::op

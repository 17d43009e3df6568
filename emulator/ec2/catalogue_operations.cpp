#include <algorithm>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/instance_options.hpp"
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
constexpr FilterField kTypeFilters[] = {
    {"auto-recovery-supported", "AutoRecoverySupported"},
    {"bare-metal", "BareMetal"},
    {"burstable-performance-supported", "BurstablePerformanceSupported"},
    {"current-generation", "CurrentGeneration"},
    {"dedicated-hosts-supported", "DedicatedHostsSupported"},
    {"ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps",
     "EbsInfo.EbsOptimizedInfo.BaselineBandwidthInMbps"},
    {"ebs-info.ebs-optimized-info.baseline-iops", "EbsInfo.EbsOptimizedInfo.BaselineIops"},
    {"ebs-info.ebs-optimized-support", "EbsInfo.EbsOptimizedSupport"},
    {"ebs-info.encryption-support", "EbsInfo.EncryptionSupport"},
    {"ebs-info.nvme-support", "EbsInfo.NvmeSupport"},
    {"free-tier-eligible", "FreeTierEligible"},
    {"hibernation-supported", "HibernationSupported"},
    {"hypervisor", "Hypervisor"},
    {"instance-storage-info.disk.count", "InstanceStorageInfo.Disks[].Count"},
    {"instance-storage-info.disk.size-in-gb", "InstanceStorageInfo.Disks[].SizeInGB"},
    {"instance-storage-info.disk.type", "InstanceStorageInfo.Disks[].Type"},
    {"instance-storage-info.nvme-support", "InstanceStorageInfo.NvmeSupport"},
    {"instance-storage-info.total-size-in-gb", "InstanceStorageInfo.TotalSizeInGB"},
    {"instance-storage-supported", "InstanceStorageSupported"},
    {"instance-type", "InstanceType"},
    {"memory-info.size-in-mib", "MemoryInfo.SizeInMiB"},
    {"network-info.efa-supported", "NetworkInfo.EfaSupported"},
    {"network-info.ena-support", "NetworkInfo.EnaSupport"},
    {"network-info.encryption-in-transit-supported", "NetworkInfo.EncryptionInTransitSupported"},
    {"network-info.ipv4-addresses-per-interface", "NetworkInfo.Ipv4AddressesPerInterface"},
    {"network-info.ipv6-addresses-per-interface", "NetworkInfo.Ipv6AddressesPerInterface"},
    {"network-info.ipv6-supported", "NetworkInfo.Ipv6Supported"},
    {"network-info.maximum-network-cards", "NetworkInfo.MaximumNetworkCards"},
    {"network-info.maximum-network-interfaces", "NetworkInfo.MaximumNetworkInterfaces"},
    {"network-info.network-performance", "NetworkInfo.NetworkPerformance"},
    {"processor-info.supported-architecture", "ProcessorInfo.SupportedArchitectures[]"},
    {"processor-info.sustained-clock-speed-in-ghz", "ProcessorInfo.SustainedClockSpeedInGhz"},
    {"supported-root-device-type", "SupportedRootDeviceTypes[]"},
    {"supported-usage-class", "SupportedUsageClasses[]"},
    {"supported-virtualization-type", "SupportedVirtualizationTypes[]"},
    {"vcpu-info.default-cores", "VCpuInfo.DefaultCores"},
    {"vcpu-info.default-threads-per-core", "VCpuInfo.DefaultThreadsPerCore"},
    {"vcpu-info.default-vcpus", "VCpuInfo.DefaultVCpus"},
    {"vcpu-info.valid-cores", "VCpuInfo.ValidCores[]"},
    {"vcpu-info.valid-threads-per-core", "VCpuInfo.ValidThreadsPerCore[]"},
};
constexpr FilterField kOfferingFilters[] = {
    {"instance-type", "InstanceType"},
    {"location", "Location"},
    {"location-type", "LocationType"},
};

Json type_json(const InstanceTypeRow& row) {
  const auto name = std::string(row.name);
  const bool metal = name.find(".metal") != std::string::npos;
  const bool arm = architecture_of(row) == "arm64";
  const int threads = arm || row.vcpus == 1 ? 1 : 2;
  const bool burstable = is_burstable(name);
  Json json = {{"InstanceType", name},
               {"CurrentGeneration", name != "m1.small" && name != "t1.micro"},
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

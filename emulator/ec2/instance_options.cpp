#include "emulator/ec2/instance_options.hpp"

#include <algorithm>

#include "emulator/ec2/instance_types.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2 {
namespace {

constexpr const char* kShown[] = {"CpuOptions",
                                  "HibernationOptions",
                                  "EnclaveOptions",
                                  "MaintenanceOptions",
                                  "CapacityReservationSpecification",
                                  "PrivateDnsNameOptions",
                                  "KernelId",
                                  "RamdiskId"};

Json cpu_options(const Json& in, const std::string& instance_type) {
  const auto* type = find_instance_type(instance_type);
  const int vcpus = type ? type->vcpus : 1;
  const bool arm = type && architecture_of(*type) == "arm64";
  const int threads = arm || vcpus == 1 ? 1 : 2;
  const int cores = vcpus / threads;
  Json options = {{"CoreCount", cores}, {"ThreadsPerCore", threads}};
  if (!in.contains("CpuOptions")) return options;
  const auto& wanted = in.at("CpuOptions");
  options["CoreCount"] = wanted.value("CoreCount", cores);
  options["ThreadsPerCore"] = wanted.value("ThreadsPerCore", threads);
  if (options["CoreCount"] > cores || options["CoreCount"] < 1 ||
      options["ThreadsPerCore"] > threads || options["ThreadsPerCore"] < 1) {
    throw AwsError("InvalidParameterValue",
                   "The CPU options are not valid for the instance type '" + instance_type + "'.");
  }
  return options;
}

Json placement(const Json& in, const std::string& vpc_tenancy) {
  const auto wanted = in.value("Placement", Json::object());
  Json out = {{"GroupName", wanted.value("GroupName", "")},
              {"Tenancy", wanted.value("Tenancy", vpc_tenancy)}};
  for (const auto* name : {"Affinity", "HostId", "PartitionNumber", "GroupId"}) {
    if (wanted.contains(name)) out[name] = wanted.at(name);
  }
  if (out["Tenancy"] == "default" && vpc_tenancy == "dedicated") out["Tenancy"] = vpc_tenancy;
  return out;
}

int least_iops(const std::string& type) {
  if (type == "gp3") return 3000;
  return type == "io1" || type == "io2" ? 100 : 0;
}

VolumeRow volume_of(const std::string& device_name, const Json& ebs, const VolumeRow* over) {
  VolumeRow row;
  if (over != nullptr) row = *over;
  row.device_name = device_name;
  const auto type = ebs.value("VolumeType", row.volume_type);
  const bool same_type = over != nullptr && type == row.volume_type;
  row.volume_type = type;
  row.delete_on_termination =
      ebs.value("DeleteOnTermination", over == nullptr || row.delete_on_termination);
  row.snapshot_id = ebs.value("SnapshotId", row.snapshot_id);
  const int size = ebs.value("VolumeSize", row.size_gib);
  if (over != nullptr && size < row.size_gib) {
    throw AwsError("InvalidBlockDeviceMapping",
                   "Volume of size " + std::to_string(size) + "GB is smaller than snapshot '" +
                       row.snapshot_id + "', expect size>= " + std::to_string(row.size_gib) + "GB");
  }
  if (size < 1) {
    throw missing_parameter("size or snapshotId");
  }
  row.size_gib = size;
  const int standard = type == "gp2" ? std::clamp(size * 3, 100, 16000) : least_iops(type);
  row.iops = ebs.value("Iops", same_type && type != "gp2" ? row.iops : standard);
  row.throughput = ebs.value("Throughput", type == "gp3" ? 125 : 0);
  row.encrypted = ebs.value("Encrypted", row.encrypted);
  row.kms_key_id = ebs.value("KmsKeyId", row.kms_key_id);
  if (!row.kms_key_id.empty() && !row.encrypted) {
    throw AwsError("InvalidParameterDependency",
                   "The parameter KmsKeyId requires the parameter Encrypted to be set.");
  }
  return row;
}

}  // namespace

bool is_burstable(const std::string& instance_type) {
  return instance_type.starts_with('t') && !instance_type.starts_with("t1.");
}

std::string default_cpu_credits(const std::string& instance_type) {
  return instance_type.starts_with("t2.") ? "standard" : "unlimited";
}

Json instance_options(const Json& in, const std::string& instance_type,
                      const std::string& tenancy) {
  Json options = {
      {"Placement", placement(in, tenancy)},
      {"CpuOptions", cpu_options(in, instance_type)},
      {"HibernationOptions",
       {{"Configured", in.value("HibernationOptions", Json::object()).value("Configured", false)}}},
      {"EnclaveOptions",
       {{"Enabled", in.value("EnclaveOptions", Json::object()).value("Enabled", false)}}},
      {"MaintenanceOptions",
       {{"AutoRecovery",
         in.value("MaintenanceOptions", Json::object()).value("AutoRecovery", "default")}}},
      {"CapacityReservationSpecification", {{"CapacityReservationPreference", "open"}}},
  };
  if (in.contains("CapacityReservationSpecification")) {
    const auto& wanted = in.at("CapacityReservationSpecification");
    if (wanted.contains("CapacityReservationTarget")) {
      throw AwsError("UnsupportedOperation", "Capacity reservations are not served here.");
    }
    options["CapacityReservationSpecification"] = wanted;
  }
  for (const auto* name : {"KernelId", "RamdiskId"}) {
    if (in.contains(name)) options[name] = in.at(name);
  }
  const auto credits = in.value("CreditSpecification", Json::object()).value("CpuCredits", "");
  if (!credits.empty() && credits != "standard" && credits != "unlimited") {
    throw AwsError("InvalidParameterValue", "Invalid value '" + credits + "' for CpuCredits.");
  }
  if (!credits.empty() && !is_burstable(instance_type)) {
    throw bad_combination(
        "The parameter CreditSpecification is not supported for the instance "
        "type '" +
        instance_type + "'.");
  }
  if (is_burstable(instance_type)) {
    options["CpuCredits"] = credits.empty() ? default_cpu_credits(instance_type) : credits;
  }
  return options;
}

void show_options(const Json& options, Json& instance) {
  for (const auto* name : kShown) {
    if (options.contains(name)) instance[name] = options.at(name);
  }
  instance["Placement"].update(options.value("Placement", Json::object()));
}

std::vector<VolumeRow> wanted_volumes(const UsableImage& image, const Json& in) {
  std::vector<VolumeRow> volumes;
  for (const auto& mapping : image_mappings(image)) {
    if (!mapping.contains("Ebs")) continue;
    volumes.push_back(volume_of(mapping.value("DeviceName", ""), mapping.at("Ebs"), nullptr));
  }
  for (const auto& mapping : in.value("BlockDeviceMappings", Json::array())) {
    const auto device = mapping.value("DeviceName", "");
    if (device.empty()) throw missing_parameter("deviceName");
    const auto found = std::find_if(volumes.begin(), volumes.end(),
                                    [&](const auto& each) { return each.device_name == device; });
    if (mapping.contains("NoDevice")) {
      if (found == volumes.begin()) {
        throw AwsError("InvalidBlockDeviceMapping", "The root device cannot be suppressed.");
      }
      if (found != volumes.end()) volumes.erase(found);
      continue;
    }
    if (mapping.contains("VirtualName")) continue;  // an instance store, which no type here has
    if (!mapping.contains("Ebs")) throw missing_parameter("ebs");
    if (found != volumes.end()) {
      *found = volume_of(device, mapping.at("Ebs"), &*found);
    } else {
      volumes.push_back(volume_of(device, mapping.at("Ebs"), nullptr));
    }
  }
  return volumes;
}

}  // namespace enibox::ec2

#include "api/wire/base64.hpp"
#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/instance.hpp"
#include "emulator/ec2/instance_options.hpp"
#include "emulator/ec2/instance_types.hpp"
#include "emulator/ec2/network_interface.hpp"

namespace enibox::ec2::op {
namespace {

Json value(const Json& v) { return {{"Value", v}}; }

EniRow primary_eni(Ec2State& ec2, const InstanceRow& row) {
  const auto eni = ec2.enis.find(row.primary_eni_id);
  if (!eni) throw eni_not_found(row.primary_eni_id);
  return *eni;
}

void require_stopped(const InstanceRow& row) {
  if (row.state == "stopped") return;
  throw AwsError("IncorrectInstanceState",
                 "The instance '" + row.instance_id + "' is not in the 'stopped' state.");
}

void set_type(InstanceRow& row, const std::string& name) {
  require_stopped(row);
  const auto* type = find_instance_type(name);
  if (!type || architecture_of(*type) != row.architecture) {
    throw AwsError("InvalidInstanceAttributeValue",
                   "The instance type '" + name + "' cannot run this instance.");
  }
  row.instance_type = name;
  // What the old type decided the new one decides anew.
  auto options = Json::parse(row.options);
  const auto fresh = instance_options(Json::object(), name, "default");
  options["CpuOptions"] = fresh["CpuOptions"];
  options.erase("CpuCredits");
  if (fresh.contains("CpuCredits")) options["CpuCredits"] = fresh["CpuCredits"];
  row.options = options.dump();
}

void set_block_devices(Ec2State& ec2, const InstanceRow& row, const Json& mappings) {
  for (const auto& mapping : mappings) {
    const auto device = mapping.value("DeviceName", "");
    bool found = false;
    for (auto volume : ec2.volumes.of_instance(row.instance_id)) {
      if (volume.device_name != device) continue;
      found = true;
      volume.delete_on_termination =
          mapping.value("Ebs", Json::object())
              .value("DeleteOnTermination", volume.delete_on_termination);
      ec2.volumes.update(volume);
    }
    if (!found) {
      throw AwsError("InvalidInstanceAttributeValue", "No device is currently mapped at " + device);
    }
  }
}

void set_user_data(InstanceRow& row, const std::string& text) {
  require_stopped(row);
  const auto decoded = api::base64_decode_loose(text);
  if (!decoded) throw AwsError("InvalidParameterValue", "Invalid BASE64 encoding of user data.");
  if (decoded->size() > 16384) {
    throw AwsError("InvalidParameterValue", "User data is limited to 16384 bytes");
  }
  row.user_data = api::base64_encode(*decoded);
}

void set_source_dest_check(Ec2State& ec2, const InstanceRow& row, bool check) {
  auto eni = primary_eni(ec2, row);
  eni.source_dest_check = check;
  ec2.enis.update(eni);
  ec2.eni_changed(eni.eni_id);
}

// The older spelling: Attribute and Value.
Json named_attribute(const Json& in) {
  auto out = in;
  const auto attribute = in.value("Attribute", "");
  if (attribute.empty() || !in.contains("Value")) return out;
  auto member = attribute;
  member[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(member[0])));
  const std::string text = in.at("Value");
  const bool flag = member == "DisableApiTermination" || member == "DisableApiStop" ||
                    member == "EbsOptimized" || member == "SourceDestCheck";
  out[member] = value(flag ? Json(text == "true") : Json(text));
  return out;
}

}  // namespace

Json describe_instance_attribute(Ec2State& ec2, const api::RequestContext& request,
                                 const Json& in) {
  const auto row = ec2.instance(request.region, in.at("InstanceId"));
  const auto attribute = in.value("Attribute", "");
  const auto all = instance_json(ec2, row);
  Json answer = {{"InstanceId", row.instance_id}};
  if (attribute == "instanceType") {
    answer["InstanceType"] = value(row.instance_type);
  } else if (attribute == "userData") {
    answer["UserData"] = row.user_data.empty() ? Json::object() : value(row.user_data);
  } else if (attribute == "disableApiTermination") {
    answer["DisableApiTermination"] = value(row.disable_api_termination);
  } else if (attribute == "disableApiStop") {
    answer["DisableApiStop"] = value(row.disable_api_stop);
  } else if (attribute == "instanceInitiatedShutdownBehavior") {
    answer["InstanceInitiatedShutdownBehavior"] = value(row.shutdown_behavior);
  } else if (attribute == "rootDeviceName") {
    answer["RootDeviceName"] = value("/dev/xvda");
  } else if (attribute == "ebsOptimized") {
    answer["EbsOptimized"] = value(row.ebs_optimized);
  } else if (attribute == "sourceDestCheck") {
    answer["SourceDestCheck"] = value(primary_eni(ec2, row).source_dest_check);
  } else if (attribute == "groupSet") {
    answer["Groups"] = all["SecurityGroups"];
  } else if (attribute == "blockDeviceMapping") {
    answer["BlockDeviceMappings"] = all["BlockDeviceMappings"];
  } else if (attribute == "enaSupport") {
    answer["EnaSupport"] = value(true);
  } else if (attribute == "sriovNetSupport") {
    answer["SriovNetSupport"] = Json::object();
  } else if (attribute == "kernel") {
    answer["KernelId"] = Json::object();
  } else if (attribute == "ramdisk") {
    answer["RamdiskId"] = Json::object();
  } else if (attribute == "productCodes") {
    answer["ProductCodes"] = Json::array();
  } else if (attribute == "enclaveOptions") {
    answer["EnclaveOptions"] = {{"Enabled", false}};
  } else {
    throw invalid_value(attribute, "attribute", "Unknown attribute.");
  }
  return answer;
}

Json modify_instance_attribute(Ec2State& ec2, const api::RequestContext& request,
                               const Json& given) {
  const auto in = named_attribute(given);
  auto row = ec2.instance(request.region, in.at("InstanceId"));
  if (in.contains("InstanceType")) set_type(row, in.at("InstanceType").value("Value", ""));
  if (in.contains("UserData")) set_user_data(row, in.at("UserData").value("Value", ""));
  if (in.contains("DisableApiTermination")) {
    row.disable_api_termination = in.at("DisableApiTermination").value("Value", false);
  }
  if (in.contains("DisableApiStop")) {
    row.disable_api_stop = in.at("DisableApiStop").value("Value", false);
  }
  if (in.contains("EbsOptimized")) {
    row.ebs_optimized = in.at("EbsOptimized").value("Value", false);
  }
  if (in.contains("InstanceInitiatedShutdownBehavior")) {
    row.shutdown_behavior = in.at("InstanceInitiatedShutdownBehavior").value("Value", "stop");
  }
  ec2.instances.update(row);
  set_block_devices(ec2, row, in.value("BlockDeviceMappings", Json::array()));
  if (in.contains("SourceDestCheck")) {
    set_source_dest_check(ec2, row, in.at("SourceDestCheck").value("Value", true));
  }
  if (in.contains("Groups")) {
    set_eni_groups(ec2, primary_eni(ec2, row), wanted_ids(in, "Groups"));
  }
  return Json::object();
}

Json modify_instance_metadata_options(Ec2State& ec2, const api::RequestContext& request,
                                      const Json& in) {
  auto row = ec2.instance(request.region, in.at("InstanceId"));
  auto options = Json::parse(row.metadata_options);
  for (const auto* name : {"HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint",
                           "HttpProtocolIpv6", "InstanceMetadataTags"}) {
    if (in.contains(name)) options[name] = in.at(name);
  }
  row.metadata_options = options.dump();
  ec2.instances.update(row);
  return {{"InstanceId", row.instance_id}, {"InstanceMetadataOptions", std::move(options)}};
}

static Json set_monitoring(Ec2State& ec2, const api::RequestContext& request, const Json& in,
                           bool on) {
  Json changed = Json::array();
  for (const auto& id : wanted_ids(in, "InstanceIds")) {
    auto row = ec2.instance(request.region, id);
    row.monitoring = on;
    ec2.instances.update(row);
    changed.push_back(
        {{"InstanceId", id}, {"Monitoring", {{"State", on ? "pending" : "disabling"}}}});
  }
  return {{"InstanceMonitorings", std::move(changed)}};
}

Json monitor_instances(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  return set_monitoring(ec2, request, in, true);
}

Json unmonitor_instances(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  return set_monitoring(ec2, request, in, false);
}

}  // namespace enibox::ec2::op

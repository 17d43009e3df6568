#include <algorithm>

#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/instance.hpp"
#include "emulator/ec2/instance_options.hpp"

// What an instance was launched with (instance_options.hpp), described and modified.
namespace enibox::ec2::op {
namespace {

constexpr FilterField kCreditFilters[] = {{"instance-id", "InstanceId"}};

std::string credits_of(const InstanceRow& row) {
  return Json::parse(row.options).value("CpuCredits", default_cpu_credits(row.instance_type));
}

constexpr const char* kNoCredits = "InstanceCreditSpecification.NotSupported";
std::string no_credits_text(const std::string& instance_id) {
  return "The instance '" + instance_id + "' is not a burstable performance instance.";
}

void set_option(Ec2State& ec2, InstanceRow& row, const char* name, const Json& values) {
  auto options = Json::parse(row.options);
  options[name].update(values);
  row.options = options.dump();
  ec2.instances.update(row);
}

Json given(const Json& in, std::initializer_list<const char*> names) {
  Json values = Json::object();
  for (const auto* name : names) {
    if (in.contains(name)) values[name] = in.at(name);
  }
  return values;
}

// Sets the credits; the error's code and text instead where they cannot be set.
std::optional<std::pair<std::string, std::string>> set_credits(Ec2State& ec2,
                                                               const std::string& region,
                                                               const std::string& instance_id,
                                                               const std::string& credits) {
  try {
    auto row = ec2.instance(region, instance_id);
    if (!is_burstable(row.instance_type)) return {{kNoCredits, no_credits_text(instance_id)}};
    if (row.state == "terminated" || row.state == "shutting-down") {
      return {{"IncorrectInstanceState",
               "The instance '" + instance_id + "' is not in the 'running' or 'stopped' state."}};
    }
    auto options = Json::parse(row.options);
    options["CpuCredits"] = credits;
    row.options = options.dump();
    ec2.instances.update(row);
    return std::nullopt;
  } catch (const AwsError& error) {
    return {{error.code(), error.message()}};
  }
}

}  // namespace

// Unasked only those with "unlimited" are shown, as EC2 does.
Json describe_instance_credit_specifications(Ec2State& ec2, const api::RequestContext& request,
                                             const Json& in) {
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "InstanceIds");
  const auto add = [&](const InstanceRow& row) {
    items.push_back({{"InstanceId", row.instance_id}, {"CpuCredits", credits_of(row)}});
  };
  for (const auto& id : ids) {
    const auto row = ec2.instance(request.region, id);
    if (!is_burstable(row.instance_type)) throw AwsError(kNoCredits, no_credits_text(id));
    add(row);
  }
  if (ids.empty()) {
    for (const auto& row : ec2.instances.list(request.region)) {
      if (is_burstable(row.instance_type) && row.state != "terminated" &&
          credits_of(row) == "unlimited") {
        add(row);
      }
    }
  }
  return describe(request, in,
                  {"InstanceCreditSpecifications", "InstanceId", std::move(items), kCreditFilters});
}

Json modify_instance_credit_specification(Ec2State& ec2, const api::RequestContext& request,
                                          const Json& in) {
  Json changed = Json::array();
  Json failed = Json::array();
  for (const auto& each : in.at("InstanceCreditSpecifications")) {
    const auto id = each.value("InstanceId", "");
    const auto credits = each.value("CpuCredits", "");
    if (credits != "standard" && credits != "unlimited") {
      throw AwsError("InvalidInstanceCreditSpecification",
                     "The credit specification '" + credits + "' is not valid.");
    }
    if (const auto error = set_credits(ec2, request.region, id, credits)) {
      failed.push_back(
          {{"InstanceId", id}, {"Error", {{"Code", error->first}, {"Message", error->second}}}});
    } else {
      changed.push_back({{"InstanceId", id}});
    }
  }
  return {{"SuccessfulInstanceCreditSpecifications", std::move(changed)},
          {"UnsuccessfulInstanceCreditSpecifications", std::move(failed)}};
}

Json modify_instance_maintenance_options(Ec2State& ec2, const api::RequestContext& request,
                                         const Json& in) {
  auto row = ec2.instance(request.region, in.at("InstanceId"));
  set_option(ec2, row, "MaintenanceOptions", given(in, {"AutoRecovery"}));
  return {{"InstanceId", row.instance_id},
          {"AutoRecovery", Json::parse(row.options)["MaintenanceOptions"]["AutoRecovery"]}};
}

Json modify_private_dns_name_options(Ec2State& ec2, const api::RequestContext& request,
                                     const Json& in) {
  auto row = ec2.instance(request.region, in.at("InstanceId"));
  if (in.contains("PrivateDnsHostnameType") && row.state != "stopped") {
    throw AwsError("IncorrectInstanceState",
                   "The instance '" + row.instance_id + "' is not in the 'stopped' state.");
  }
  auto values = given(in, {"EnableResourceNameDnsARecord", "EnableResourceNameDnsAAAARecord"});
  if (in.contains("PrivateDnsHostnameType")) {
    values["HostnameType"] = in.at("PrivateDnsHostnameType");
  }
  set_option(ec2, row, "PrivateDnsNameOptions", values);
  return {{"Return", true}};
}

Json reset_instance_attribute(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  auto row = ec2.instance(request.region, in.at("InstanceId"));
  const auto attribute = in.value("Attribute", "");
  if (attribute == "sourceDestCheck") {
    auto eni = ec2.eni(request.region, row.primary_eni_id);
    eni.source_dest_check = true;
    ec2.enis.update(eni);
    ec2.eni_changed(eni.eni_id);
  } else if (attribute == "kernel" || attribute == "ramdisk") {
    if (row.state != "stopped") {
      throw AwsError("IncorrectInstanceState",
                     "The instance '" + row.instance_id + "' is not in the 'stopped' state.");
    }
    auto options = Json::parse(row.options);
    options.erase(attribute == "kernel" ? "KernelId" : "RamdiskId");
    row.options = options.dump();
    ec2.instances.update(row);
  } else {
    throw invalid_value(attribute, "attribute", "The attribute cannot be reset.");
  }
  return Json::object();
}

// An instance here has no serial console: like a machine that has not written to it yet.
Json get_console_output(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = ec2.instance(request.region, in.at("InstanceId"));
  return {{"InstanceId", row.instance_id}, {"Timestamp", aws_seconds(ec2.clock.now_ms())}};
}

}  // namespace enibox::ec2::op

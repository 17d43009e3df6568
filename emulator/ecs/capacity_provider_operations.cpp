#include <algorithm>
#include <array>

#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

[[noreturn]] void refuse(const std::string& message) { throw AwsError("ClientException", message); }

Json provider_json(Ecs& ecs, const CapacityProvider& p, bool with_tags) {
  const std::string arn = ecs.arns.capacity_provider(p.region, p.name);
  Json json = {{"capacityProviderArn", arn},
               {"name", p.name},
               {"status", p.status},
               {"tags", with_tags ? ecs.tags.list(arn) : Json::array()}};
  if (!p.is_fargate()) json["autoScalingGroupProvider"] = p.auto_scaling;
  if (!p.update_status.empty()) json["updateStatus"] = p.update_status;
  return json;
}

void check_name(const std::string& name) {
  std::string lower;
  for (unsigned char c : name) lower += static_cast<char>(std::tolower(c));
  const bool reserved =
      std::ranges::any_of(std::array{"aws", "ecs", "fargate"},
                          [&](const char* prefix) { return lower.rfind(prefix, 0) == 0; });
  if (reserved || !is_ecs_name(name)) {
    refuse(
        "The specified capacity provider name is invalid. Up to 255 characters are allowed, "
        "including letters (upper and lowercase), numbers, underscores (_), and hyphens (-). The "
        "name cannot be prefixed with \"aws\", \"ecs\", or \"fargate\". Specify a valid name and "
        "try again.");
  }
}

// arn:aws:autoscaling:REGION:ACCOUNT:autoScalingGroup:UUID:autoScalingGroupName/NAME, or the name.
// Whether the group is there cannot be asked: Enibox serves no Auto Scaling.
void check_group(const std::string& group) {
  const bool is_arn = group.rfind("arn:", 0) == 0;
  if (group.empty() || (is_arn && (group.find(":autoscaling:") == std::string::npos ||
                                   group.find(":autoScalingGroupName/") == std::string::npos))) {
    refuse(
        "The specified Auto Scaling group ARN is invalid. Specify a valid Auto Scaling group ARN "
        "and try again.");
  }
}

// What is set, over what was; the service's defaults when scaling is managed.
void apply_change(Json& provider, const Json& change) {
  for (const char* key : {"managedTerminationProtection", "managedDraining"}) {
    if (change.contains(key)) provider[key] = change[key];
  }
  if (change.contains("managedScaling")) {
    Json& scaling = provider["managedScaling"];
    scaling.update(change["managedScaling"]);
    static const Json kDefaults = {{"status", "ENABLED"},
                                   {"targetCapacity", 100},
                                   {"minimumScalingStepSize", 1},
                                   {"maximumScalingStepSize", 10000},
                                   {"instanceWarmupPeriod", 300}};
    for (const auto& [key, value] : kDefaults.items()) {
      if (!scaling.contains(key)) scaling[key] = value;
    }
  }
  if (provider["managedTerminationProtection"] == "ENABLED" &&
      provider["managedScaling"].value("status", "") != "ENABLED") {
    refuse(
        "The managed termination protection setting for the capacity provider is invalid. To "
        "enable managed termination protection for a capacity provider, managed scaling must be "
        "enabled.");
  }
}

void refuse_managed_instances(const Json& input) {
  if (input.contains("managedInstancesProvider")) {
    throw AwsError("NotImplemented", "managedInstancesProvider is not served by Enibox yet.", 501);
  }
}

Json create_capacity_provider(Ecs& ecs, const RequestContext& context, const Json& input) {
  const std::string name = input.at("name");
  check_name(name);
  refuse_managed_instances(input);
  if (!input.contains("autoScalingGroupProvider")) {
    throw AwsError("InvalidParameterException",
                   "An Auto Scaling group provider must be specified.");
  }
  const Json& given = input["autoScalingGroupProvider"];
  check_group(given.at("autoScalingGroupArn"));
  const auto existing = ecs.capacity_providers.find(context.region, name);
  if (existing && existing->status == status::kActive) {
    refuse(
        "The specified capacity provider already exists. To change the configuration of an "
        "existing capacity provider, update the capacity provider and try again.");
  }
  for (const auto& other : ecs.capacity_providers.list(context.region)) {
    if (other.is_fargate()) continue;
    if (other.auto_scaling["autoScalingGroupArn"] == given["autoScalingGroupArn"]) {
      refuse(
          "The specified Auto Scaling group ARN is already being used by another capacity "
          "provider. Specify a unique Auto Scaling group ARN and try again.");
    }
  }
  CapacityProvider created{.region = context.region,
                           .name = name,
                           .status = status::kActive,
                           .update_status = "CREATE_COMPLETE",
                           .auto_scaling = {{"autoScalingGroupArn", given["autoScalingGroupArn"]},
                                            {"managedScaling", {{"status", "DISABLED"}}},
                                            {"managedTerminationProtection", "DISABLED"},
                                            {"managedDraining", "ENABLED"}}};
  if (given.contains("managedScaling")) created.auto_scaling["managedScaling"] = Json::object();
  apply_change(created.auto_scaling, given);
  store::Transaction transaction(ecs.db);
  ecs.capacity_providers.put(created);
  const std::string arn = ecs.arns.capacity_provider(context.region, name);
  ecs.tags.clear(arn);
  ecs.tags.add(arn, input.value("tags", Json::array()));
  transaction.commit();
  return {{"capacityProvider", provider_json(ecs, created, true)}};
}

CapacityProvider own_provider(Ecs& ecs, const std::string& region, const std::string& given) {
  const auto found = ecs.capacity_providers.find(region, capacity_provider_name(given));
  if (!found || found->status != status::kActive) {
    refuse(
        "The specified capacity provider does not exist. Specify a valid name or ARN and try "
        "again.");
  }
  if (found->is_fargate()) {
    refuse("The capacity provider " + found->name + " is managed by AWS and cannot be changed.");
  }
  return *found;
}

Json update_capacity_provider(Ecs& ecs, const RequestContext& context, const Json& input) {
  refuse_managed_instances(input);
  auto provider = own_provider(ecs, context.region, input.at("name"));
  apply_change(provider.auto_scaling, input.value("autoScalingGroupProvider", Json::object()));
  provider.update_status = "UPDATE_COMPLETE";
  ecs.capacity_providers.put(provider);
  return {{"capacityProvider", provider_json(ecs, provider, false)}};
}

Json delete_capacity_provider(Ecs& ecs, const RequestContext& context, const Json& input) {
  auto provider = own_provider(ecs, context.region, input.at("capacityProvider"));
  for (const auto& cluster : ecs.clusters.list(context.region)) {
    const auto& used = cluster.capacity_providers;
    if (std::find(used.begin(), used.end(), Json(provider.name)) == used.end()) continue;
    refuse("The capacity provider cannot be deleted because it is associated with cluster: " +
           cluster.name + ". Remove the capacity provider from the cluster and try again.");
  }
  provider.status = status::kInactive;
  provider.update_status = "DELETE_COMPLETE";
  ecs.capacity_providers.put(provider);
  return {{"capacityProvider", provider_json(ecs, provider, false)}};
}

Json describe_capacity_providers(Ecs& ecs, const RequestContext& context, const Json& input) {
  const bool with_tags = includes(input, "TAGS");
  const Json names = input.value("capacityProviders", Json::array());
  if (names.size() > 100) {
    throw AwsError("InvalidParameterException", "Capacity providers can have at most 100 items.");
  }
  Json failures = Json::array();
  std::vector<Listed> found;
  if (names.empty()) {
    for (const auto& provider : ecs.capacity_providers.list(context.region)) {
      found.push_back({provider.name, provider_json(ecs, provider, with_tags)});
    }
  }
  for (const auto& given : names) {
    const std::string name = capacity_provider_name(given);
    if (const auto provider = ecs.capacity_providers.find(context.region, name)) {
      found.push_back({name, provider_json(ecs, *provider, with_tags)});
    } else {
      failures.push_back(failure_json(ecs.arns.capacity_provider(context.region, name), "MISSING"));
    }
  }
  Json answer = page_json(context, input, "capacityProviders", std::move(found), {.most = 10});
  answer["failures"] = std::move(failures);
  return answer;
}

}  // namespace

void add_capacity_provider_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "CreateCapacityProvider", create_capacity_provider);
  add_operation(service, ecs, "DeleteCapacityProvider", delete_capacity_provider);
  add_operation(service, ecs, "DescribeCapacityProviders", describe_capacity_providers);
  add_operation(service, ecs, "UpdateCapacityProvider", update_capacity_provider);
}

}  // namespace enibox::ecs

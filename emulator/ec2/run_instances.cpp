#include "api/wire/base64.hpp"
#include "emulator/ec2/addresses.hpp"
#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/instance.hpp"
#include "emulator/ec2/instance_options.hpp"
#include "emulator/ec2/instance_types.hpp"
#include "emulator/ec2/network_interface.hpp"
#include "emulator/ec2/public_address.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ec2/zones.hpp"
#include "emulator/ids.hpp"

namespace enibox::ec2::op {
namespace {

AwsError invalid(const std::string& message) { return {"InvalidParameterValue", message}; }

// What an image that is nobody's is taken for (any_image): by the type's architecture and by what
// the user data is for.
Image likely_image(const std::string& region, const Json& in) {
  const auto* type = find_instance_type(in.value("InstanceType", "m1.small"));
  const auto user_data = api::base64_decode_loose(in.value("UserData", "")).value_or("");
  const bool has_agent = user_data.find("ECS_") != std::string::npos;
  auto images = images_of(region);
  const auto fits = [&](const Image& image) {
    return image.ecs_path.empty() != has_agent &&
           (!type || image.architecture == architecture_of(*type));
  };
  const auto found = std::ranges::find_if(images, fits);
  return found == images.end() ? images.front() : *found;
}

UsableImage wanted_image(Ec2State& ec2, const std::string& region, const Json& in) {
  const auto id = in.value("ImageId", "");
  if (id.empty()) throw missing_parameter("ImageId");
  if (ec2.any_image && !find_usable_image(ec2, region, id)) {
    check_id("ami", id);
    auto image = likely_image(region, in);
    auto base_image_id = std::exchange(image.image_id, id);
    return {.image = std::move(image), .base_image_id = std::move(base_image_id)};
  }
  return require_image(ec2, region, id);
}

const InstanceTypeRow& wanted_type(const Json& in, const Image& image) {
  const auto name = in.value("InstanceType", "m1.small");
  const auto* type = find_instance_type(name);
  if (!type) throw invalid("Invalid value '" + name + "' for InstanceType.");
  const std::string architecture(architecture_of(*type));
  if (architecture != image.architecture) {
    throw invalid("The architecture '" + architecture +
                  "' of the specified instance type does not match the architecture '" +
                  image.architecture +
                  "' of the specified AMI. Specify an instance type and an AMI that have matching "
                  "architectures, and try again. You can use 'describe-instance-types' or "
                  "'describe-images' to discover the architecture of the instance type or AMI.");
  }
  return *type;
}

std::string wanted_user_data(const Json& in) {
  const auto text = in.value("UserData", "");
  const auto decoded = api::base64_decode_loose(text);
  if (!decoded) throw invalid("Invalid BASE64 encoding of user data.");
  if (decoded->size() > 16384) throw invalid("User data is limited to 16384 bytes");
  return api::base64_encode(*decoded);
}

Json metadata_options(const Json& in) {
  Json options = {{"State", "applied"},
                  {"HttpTokens", "optional"},
                  {"HttpPutResponseHopLimit", 1},
                  {"HttpEndpoint", "enabled"},
                  {"HttpProtocolIpv6", "disabled"},
                  {"InstanceMetadataTags", "disabled"}};
  options.update(in.value("MetadataOptions", Json::object()));
  return options;
}

// Where the primary interface goes when the request names no subnet.
SubnetRow default_subnet(Ec2State& ec2, const std::string& region, const Json& in) {
  const auto vpc = ec2.vpcs.default_of(region);
  if (!vpc) {
    throw AwsError("VPCIdNotSpecified",
                   "No default VPC for this user. GroupName is only "
                   "supported for EC2-Classic and default VPC.");
  }
  const auto zone = in.value("Placement", Json::object()).value("AvailabilityZone", "");
  if (!zone.empty() && zone_id_of(region, zone).empty()) {
    throw invalid("Invalid availability zone: [" + zone + "]");
  }
  for (const auto& known : zones_of(region)) {
    if (!zone.empty() && known.name != zone) continue;
    if (auto subnet = ec2.subnets.default_of(region, known.name)) return *subnet;
  }
  throw AwsError("MissingInput", "No subnets found for the default VPC '" + vpc->vpc_id +
                                     "'. Please specify a subnet.");
}

std::vector<std::string> wanted_groups(Ec2State& ec2, const SubnetRow& subnet, const Json& in) {
  auto group_ids = wanted_ids(in, "SecurityGroupIds");
  for (const auto& name : wanted_ids(in, "SecurityGroups")) {
    const auto group = ec2.groups.find_named(subnet.vpc_id, name);
    if (!group) {
      throw AwsError(
          "InvalidGroup.NotFound",
          "The security group '" + name + "' does not exist in VPC '" + subnet.vpc_id + "'");
    }
    group_ids.push_back(group->group_id);
  }
  return group_ids;
}

// One interface to make, or one that is there, at a device index.
struct PlannedInterface {
  int device_index = 0;
  bool delete_on_termination = true;
  std::string existing_eni_id;
  EniWanted wanted;
  bool public_address = false;
};

// AssociatePublicIpAddress, or else what the subnet does.
bool wants_public_address(Ec2State& ec2, const PlannedInterface& plan, const Json& spec) {
  if (spec.contains("AssociatePublicIpAddress")) return spec.at("AssociatePublicIpAddress");
  const auto subnet = ec2.subnets.find(plan.wanted.subnet_id);
  return plan.device_index == 0 && subnet && subnet->map_public_ip;
}

PlannedInterface planned(Ec2State& ec2, const std::string& region, const Json& spec,
                         const Json& in) {
  PlannedInterface plan;
  plan.device_index = spec.value("DeviceIndex", 0);
  plan.existing_eni_id = spec.value("NetworkInterfaceId", "");
  plan.wanted.region = region;
  plan.delete_on_termination = spec.value("DeleteOnTermination", plan.existing_eni_id.empty());
  if (!plan.existing_eni_id.empty()) return plan;
  const auto subnet_id = spec.value("SubnetId", "");
  plan.wanted.subnet_id = subnet_id.empty() ? default_subnet(ec2, region, in).subnet_id : subnet_id;
  plan.wanted.group_ids = wanted_ids(spec, "Groups");
  plan.wanted.description = spec.value("Description", "");
  if (spec.contains("PrivateIpAddress")) plan.wanted.address = spec.at("PrivateIpAddress");
  for (const auto& each : spec.value("PrivateIpAddresses", Json::array())) {
    const auto address = each.value("PrivateIpAddress", "");
    if (each.value("Primary", false)) {
      plan.wanted.address = address;
    } else {
      plan.wanted.secondary_addresses.push_back(address);
    }
  }
  plan.wanted.secondary_count = spec.value("SecondaryPrivateIpAddressCount", 0);
  plan.wanted.ipv6.count = spec.value("Ipv6AddressCount", 0);
  for (const auto& each : spec.value("Ipv6Addresses", Json::array())) {
    plan.wanted.ipv6.fixed.push_back(each.value("Ipv6Address", ""));
  }
  plan.public_address = wants_public_address(ec2, plan, spec);
  return plan;
}

std::vector<PlannedInterface> plan_interfaces(Ec2State& ec2, const std::string& region,
                                              const Json& in) {
  const auto specs = in.value("NetworkInterfaces", Json::array());
  std::vector<PlannedInterface> plans;
  if (specs.empty()) {
    const auto subnet = in.contains("SubnetId") ? ec2.subnet(region, in.at("SubnetId"))
                                                : default_subnet(ec2, region, in);
    PlannedInterface plan;
    plan.wanted = {.region = region, .subnet_id = subnet.subnet_id};
    plan.wanted.group_ids = wanted_groups(ec2, subnet, in);
    if (in.contains("PrivateIpAddress")) plan.wanted.address = in.at("PrivateIpAddress");
    plan.wanted.ipv6.count = in.value("Ipv6AddressCount", 0);
    for (const auto& each : in.value("Ipv6Addresses", Json::array())) {
      plan.wanted.ipv6.fixed.push_back(each.value("Ipv6Address", ""));
    }
    plan.public_address = subnet.map_public_ip;
    plans.push_back(std::move(plan));
    return plans;
  }
  if (in.contains("SubnetId")) {
    throw bad_combination(
        "Network interfaces and an instance-level subnet ID may not be specified "
        "on the same request");
  }
  if (in.contains("SecurityGroupIds") || in.contains("SecurityGroups")) {
    throw bad_combination(
        "Network interfaces and an instance-level security groups may not be "
        "specified on the same request");
  }
  for (const auto& spec : specs) {
    if (specs.size() > 1 && spec.value("AssociatePublicIpAddress", false)) {
      throw bad_combination(
          "The associatePublicIPAddress parameter cannot be specified when launching with "
          "multiple network interfaces.");
    }
    plans.push_back(planned(ec2, region, spec, in));
  }
  std::sort(plans.begin(), plans.end(),
            [](const auto& a, const auto& b) { return a.device_index < b.device_index; });
  if (plans.front().device_index != 0) {
    throw invalid("When specifying network interfaces, you must include a device at index 0.");
  }
  return plans;
}

// How many of the wanted instances there is room for.
int launch_count(Ec2State& ec2, const Json& in, const std::vector<PlannedInterface>& plans) {
  const int least = in.value("MinCount", 1);
  const int most = in.value("MaxCount", 1);
  if (least < 1 || most < least) {
    throw invalid("Invalid value '" + std::to_string(most) +
                  "' for MaxCount. Must be at least minCount and greater than 0.");
  }
  if (most > ec2.quotas.instances_per_request) {
    throw AwsError("InstanceLimitExceeded",
                   "You have requested more instances (" + std::to_string(most) +
                       ") than your current instance limit of " +
                       std::to_string(ec2.quotas.instances_per_request) +
                       " allows for the specified instance type. Please visit "
                       "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to "
                       "this limit.");
  }
  const auto& primary = plans.front();
  const bool fixed = !primary.existing_eni_id.empty() || primary.wanted.address;
  if (fixed && most > 1) {
    throw bad_combination(
        "A fixed address or an existing network interface can only be given to "
        "one instance.");
  }
  if (!primary.existing_eni_id.empty()) return most;
  const auto subnet = ec2.subnet(primary.wanted.region, primary.wanted.subnet_id);
  const auto free =
      usable_addresses(block_of(subnet.cidr)) - ec2.subnets.addresses_used(subnet.subnet_id);
  if (free < least) {
    throw AwsError("InsufficientFreeAddressesInSubnet",
                   "There are not enough free addresses in subnet '" + subnet.subnet_id +
                       "' to satisfy the requested number of instances.");
  }
  return static_cast<int>(std::min<std::int64_t>(free, most));
}

const std::vector<std::string> kTaggedAtLaunch{"instance", "network-interface", "volume",
                                               "spot-instances-request"};

void attach_volumes(Ec2State& ec2, const InstanceRow& row, const std::vector<VolumeRow>& volumes,
                    const Json& in) {
  for (auto volume : volumes) {
    const bool root = volume.device_name == volumes.front().device_name;
    volume.volume_id = root ? row.root_volume_id : ec2_id("vol");
    volume.region = row.region;
    volume.availability_zone = row.availability_zone;
    volume.instance_id = row.instance_id;
    volume.created_ms = row.launched_ms;
    ec2.volumes.insert(volume);
    tag_new(ec2, row.region, in, {volume.volume_id, "volume"}, kTaggedAtLaunch);
  }
}

// EC2 marks what a template launched.
void tag_template(Ec2State& ec2, const InstanceRow& row, const Json& in) {
  if (!in.contains("LaunchTemplate")) return;
  const auto& used = in.at("LaunchTemplate");
  for (const auto& [key, member] : {std::pair("aws:ec2launchtemplate:id", "LaunchTemplateId"),
                                    std::pair("aws:ec2launchtemplate:version", "Version")}) {
    ec2.tags.put({row.instance_id, key, used.value(member, ""), row.region, "instance"});
  }
}

// Makes the primary interface first: the instance's row tells its address.
void launch(Ec2State& ec2, InstanceRow row, const std::vector<PlannedInterface>& plans,
            const std::vector<VolumeRow>& volumes, const Json& in) {
  std::vector<EniRow> enis;
  for (const auto& plan : plans) {
    auto eni = plan.existing_eni_id.empty() ? create_eni(ec2, plan.wanted)
                                            : ec2.eni(row.region, plan.existing_eni_id);
    if (plan.existing_eni_id.empty()) {
      tag_new(ec2, row.region, in, {eni.eni_id, "network-interface"}, kTaggedAtLaunch);
    }
    if (plan.public_address) give_public_address(ec2, eni);
    enis.push_back(std::move(eni));
  }
  const auto& primary = enis.front();
  row.vpc_id = primary.vpc_id;
  row.subnet_id = primary.subnet_id;
  row.availability_zone = primary.availability_zone;
  row.private_address = primary.address;
  row.private_dns_name = private_dns_name(row.region, primary.address);
  row.primary_eni_id = primary.eni_id;
  ec2.instances.insert(row);
  for (std::size_t i = 0; i < enis.size(); ++i) {
    attach_eni(ec2, enis[i].eni_id,
               {.instance_id = row.instance_id,
                .device_index = plans[i].device_index,
                .delete_on_termination = plans[i].delete_on_termination});
  }
  tag_new(ec2, row.region, in, {row.instance_id, "instance"}, kTaggedAtLaunch);
  tag_template(ec2, row, in);
  attach_volumes(ec2, row, volumes, in);
  ec2.instance_changed(row.instance_id);
}

Json options_of(Ec2State& ec2, const UsableImage& image, const PlannedInterface& primary,
                const InstanceTypeRow& type, const Json& in) {
  const auto subnet_id = primary.existing_eni_id.empty()
                             ? primary.wanted.subnet_id
                             : ec2.eni(primary.wanted.region, primary.existing_eni_id).subnet_id;
  const auto subnet = *ec2.subnets.find(subnet_id);
  auto options =
      instance_options(in, std::string(type.name), ec2.vpcs.find(subnet.vpc_id)->instance_tenancy);
  const auto names = in.value("PrivateDnsNameOptions", Json::object());
  options["PrivateDnsNameOptions"] = {
      {"HostnameType", names.value("HostnameType", subnet.hostname_type)},
      {"EnableResourceNameDnsARecord",
       names.value("EnableResourceNameDnsARecord", subnet.resource_name_a)},
      {"EnableResourceNameDnsAAAARecord",
       names.value("EnableResourceNameDnsAAAARecord", subnet.resource_name_aaaa)}};
  if (image.base_image_id != image.image.image_id) options["BaseImageId"] = image.base_image_id;
  return options;
}

Json reservation_json(Ec2State& ec2, const ReservationRow& reservation) {
  Json instances = Json::array();
  for (const auto& row : ec2.instances.of_reservation(reservation.reservation_id)) {
    instances.push_back(instance_json(ec2, row));
  }
  return {{"ReservationId", reservation.reservation_id},
          {"OwnerId", ec2.account_id},
          {"Groups", Json::array()},
          {"Instances", std::move(instances)}};
}

}  // namespace

Json run_instances(Ec2State& ec2, const api::RequestContext& request, const Json& given) {
  const auto token = given.value("ClientToken", "");
  if (const auto earlier = ec2.instances.find_token(request.region, token);
      !token.empty() && earlier) {
    if (earlier->request != given.dump()) {
      throw AwsError("IdempotentParameterMismatch",
                     "Arguments on this idempotent request are inconsistent with arguments used "
                     "in previous request(s).");
    }
    return reservation_json(ec2, *earlier);
  }
  const auto in = with_launch_template(ec2, request.region, given);
  if (in.contains("InstanceMarketOptions")) {
    throw AwsError("UnsupportedOperation", "Spot instances are not served here.");
  }
  const auto usable = wanted_image(ec2, request.region, in);
  const auto& image = usable.image;
  const auto& type = wanted_type(in, image);
  const auto volumes = wanted_volumes(usable, in);
  const auto plans = plan_interfaces(ec2, request.region, in);
  const int count = launch_count(ec2, in, plans);
  const ReservationRow reservation{
      .reservation_id = ec2_id("r"),
      .region = request.region,
      .client_token = token.empty() ? std::nullopt : std::optional(token),
      .request = given.dump(),
      .requester_id = ""};
  ec2.instances.insert_reservation(reservation);

  InstanceRow row;
  row.region = request.region;
  row.reservation_id = reservation.reservation_id;
  row.instance_type = type.name;
  row.image_id = image.image_id;
  row.architecture = image.architecture;
  row.launched_ms = row.changed_ms = ec2.clock.now_ms();
  row.user_data = wanted_user_data(in);
  row.client_token = token;
  row.key_name = in.value("KeyName", "");
  check_key_pair(ec2, request.region, row.key_name);
  row.disable_api_termination = in.value("DisableApiTermination", false);
  row.disable_api_stop = in.value("DisableApiStop", false);
  row.shutdown_behavior = in.value("InstanceInitiatedShutdownBehavior", "stop");
  row.ebs_optimized = in.value("EbsOptimized", false);
  row.monitoring = in.value("Monitoring", Json::object()).value("Enabled", false);
  row.metadata_options = metadata_options(in).dump();
  row.options = options_of(ec2, usable, plans.front(), type, in).dump();
  for (int i = 0; i < count; ++i) {
    row.instance_id = ec2_id("i");
    row.root_volume_id = ec2_id("vol");
    row.launch_index = i;
    set_instance_profile(ec2, in.value("IamInstanceProfile", Json::object()), row);
    launch(ec2, row, plans, volumes, in);
  }
  return reservation_json(ec2, reservation);
}

}  // namespace enibox::ec2::op

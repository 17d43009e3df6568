#include "emulator/ec2/tags.hpp"

#include <algorithm>

namespace enibox::ec2 {
namespace {

struct Prefix {
  std::string_view prefix, resource_type;
};

constexpr Prefix kPrefixes[] = {
    {"acl", "network-acl"},
    {"ami", "image"},
    {"dopt", "dhcp-options"},
    {"eipalloc", "elastic-ip"},
    {"eni", "network-interface"},
    {"fl", "vpc-flow-log"},
    {"i", "instance"},
    {"igw", "internet-gateway"},
    {"key", "key-pair"},
    {"lt", "launch-template"},
    {"nat", "natgateway"},
    {"pcx", "vpc-peering-connection"},
    {"pl", "prefix-list"},
    {"rtb", "route-table"},
    {"sg", "security-group"},
    {"sgr", "security-group-rule"},
    {"subnet", "subnet"},
    {"vol", "volume"},
    {"vpc", "vpc"},
};

void check_tag(const std::string& key, const std::string& value) {
  if (key.empty()) throw AwsError("InvalidParameterValue", "Tag key cannot be empty");
  if (key.starts_with("aws:")) {
    throw AwsError("InvalidParameterValue",
                   "Tag keys starting with 'aws:' are reserved for internal use");
  }
  if (key.size() > 127 * 4 || value.size() > 255 * 4) {
    throw AwsError("InvalidParameterValue",
                   "Tag keys are at most 127 characters long, values at most 255");
  }
}

}  // namespace

Json tags_json(Ec2State& ec2, const std::string& resource_id) {
  Json tags = Json::array();
  for (const auto& tag : ec2.tags.of(resource_id)) {
    tags.push_back({{"Key", tag.key}, {"Value", tag.value}});
  }
  return tags;
}

void put_tag(Ec2State& ec2, const std::string& region, const TagTarget& target, const Json& tag) {
  const auto key = tag.value("Key", "");
  const auto value = tag.value("Value", "");
  check_tag(key, value);
  ec2.tags.put({target.resource_id, key, value, region, target.resource_type});
  if (std::ssize(ec2.tags.of(target.resource_id)) > ec2.quotas.tags_per_resource) {
    throw AwsError("TagLimitExceeded",
                   "The maximum number of Tags for a resource has been reached.");
  }
}

void tag_new(Ec2State& ec2, const std::string& region, const Json& in, const TagTarget& target,
             const std::vector<std::string>& also) {
  for (const auto& specification : in.value("TagSpecifications", Json::array())) {
    const auto type = specification.value("ResourceType", target.resource_type);
    if (type == target.resource_type) {
      for (const auto& tag : specification.value("Tags", Json::array())) {
        put_tag(ec2, region, target, tag);
      }
    } else if (std::find(also.begin(), also.end(), type) == also.end()) {
      throw AwsError("InvalidParameterValue",
                     "'" + type + "' is not a valid taggable resource type for this operation.");
    }
  }
}

std::string resource_type_of(const std::string& resource_id) {
  const auto dash = resource_id.find('-');
  if (dash == std::string::npos) return {};
  const auto prefix = std::string_view(resource_id).substr(0, dash);
  for (const auto& row : kPrefixes) {
    if (row.prefix == prefix) return std::string(row.resource_type);
  }
  return {};
}

void require_resource(Ec2State& ec2, const std::string& region, const std::string& resource_id) {
  const auto type = resource_type_of(resource_id);
  if (type == "vpc") {
    ec2.vpc(region, resource_id);
  } else if (type == "subnet") {
    ec2.subnet(region, resource_id);
  } else if (type == "security-group") {
    ec2.group(region, resource_id);
  } else if (type == "security-group-rule") {
    const auto rule = ec2.groups.find_rule(resource_id);
    if (!rule || rule->region != region) throw group_rule_not_found(resource_id);
  } else if (type == "network-interface") {
    ec2.eni(region, resource_id);
  } else if (type == "instance") {
    ec2.instance(region, resource_id);
  } else if (type == "route-table") {
    if (!ec2.route_tables.find(resource_id)) throw route_table_not_found(resource_id);
  } else if (type == "internet-gateway") {
    if (!ec2.internet_gateways.find(resource_id)) throw igw_not_found(resource_id);
  } else if (type == "natgateway") {
    if (!ec2.nat_gateways.find(resource_id)) throw nat_gateway_not_found(resource_id);
  } else if (type == "elastic-ip") {
    if (!ec2.addresses.find(resource_id)) throw allocation_not_found(resource_id);
  } else if (type == "network-acl") {
    if (!ec2.acls.find(resource_id)) throw network_acl_not_found(resource_id);
  } else if (type == "dhcp-options") {
    if (!ec2.dhcp_options.find(resource_id)) throw dhcp_options_not_found(resource_id);
  } else if (type == "vpc-flow-log") {
    if (!ec2.flow_logs.find(resource_id)) throw flow_log_not_found(resource_id);
  } else if (type.empty()) {
    throw AwsError("InvalidID", "The ID '" + resource_id + "' is not valid");
  }
}

}  // namespace enibox::ec2

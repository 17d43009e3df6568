#include "emulator/ec2/tags.hpp"

#include <algorithm>

#include "emulator/ec2/images.hpp"

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
    {"nia", "network-insights-analysis"},
    {"nip", "network-insights-path"},
    {"pcx", "vpc-peering-connection"},
    {"pl", "prefix-list"},
    {"rtb", "route-table"},
    {"scr", "subnet-cidr-reservation"},
    {"sg", "security-group"},
    {"sgr", "security-group-rule"},
    {"subnet", "subnet"},
    {"vol", "volume"},
    {"vpc", "vpc"},
};

template <typename Row>
void require_of(const std::optional<Row>& row, const std::string& region,
                AwsError (*not_found)(const std::string&), const std::string& id) {
  if (!row || row->region != region) throw not_found(id);
}

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
  const auto tags = ec2.tags.of(target.resource_id);
  const auto own = std::count_if(tags.begin(), tags.end(),
                                 [](const TagRow& each) { return !each.key.starts_with("aws:"); });
  if (own > ec2.quotas.tags_per_resource) {
    throw AwsError("TagLimitExceeded",
                   "The maximum number of Tags for a resource has been reached.");
  }
}

void tag_new(Ec2State& ec2, const std::string& region, const Json& in, const TagTarget& target,
             const std::vector<std::string>& also) {
  for (const auto& specification : in.value("TagSpecifications", Json::array())) {
    const auto type = specification.value("ResourceType", "");
    if (type.empty()) {
      throw AwsError("InvalidParameter", "Tag specification resource type must have a value");
    }
    if (specification.value("Tags", Json::array()).empty()) {
      throw AwsError("InvalidParameter", "Tag specification must have at least one tag");
    }
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
  if (dash == std::string::npos || resource_id.size() == dash + 1 ||
      resource_id.find_first_not_of("0123456789abcdef", dash + 1) != std::string::npos) {
    return {};
  }
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
  } else if (type == "volume") {
    require_of(ec2.volumes.find(resource_id), region, volume_not_found, resource_id);
  } else if (type == "image") {
    const auto image = ec2.images.find(resource_id);
    if (!image && find_image(region, resource_id)) return;
    require_of(image, region, image_not_found, resource_id);
  } else if (type == "key-pair") {
    require_of(ec2.key_pairs.find_id(resource_id), region, key_pair_not_found, resource_id);
  } else if (type == "launch-template") {
    require_of(ec2.launch_templates.find(resource_id), region, launch_template_not_found,
               resource_id);
  } else if (type == "subnet-cidr-reservation") {
    require_of(ec2.subnet_reservations.find(resource_id), region, subnet_reservation_not_found,
               resource_id);
  } else if (type == "route-table") {
    require_of(ec2.route_tables.find(resource_id), region, route_table_not_found, resource_id);
  } else if (type == "internet-gateway") {
    require_of(ec2.internet_gateways.find(resource_id), region, igw_not_found, resource_id);
  } else if (type == "natgateway") {
    require_of(ec2.nat_gateways.find(resource_id), region, nat_gateway_not_found, resource_id);
  } else if (type == "elastic-ip") {
    require_of(ec2.addresses.find(resource_id), region, allocation_not_found, resource_id);
  } else if (type == "network-acl") {
    require_of(ec2.acls.find(resource_id), region, network_acl_not_found, resource_id);
  } else if (type == "prefix-list") {
    ec2.prefix_list(region, resource_id);
  } else if (type == "dhcp-options") {
    require_of(ec2.dhcp_options.find(resource_id), region, dhcp_options_not_found, resource_id);
  } else if (type == "network-insights-path") {
    ec2.insights_path(region, resource_id);
  } else if (type == "network-insights-analysis") {
    ec2.insights_analysis(region, resource_id);
  } else if (type == "vpc-flow-log") {
    if (!ec2.flow_logs.find(resource_id)) throw flow_log_not_found(resource_id);
  } else if (type.empty()) {
    throw AwsError("InvalidID", "The ID '" + resource_id + "' is not valid");
  }
}

}  // namespace enibox::ec2

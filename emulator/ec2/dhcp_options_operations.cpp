#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/tags.hpp"
#include "emulator/ids.hpp"
#include "emulator/vpc/cidr.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kDhcpFilters[] = {
    {"dhcp-options-id", "DhcpOptionsId"},
    {"key", "DhcpConfigurations[].Key"},
    {"owner-id", "OwnerId"},
    {"value", "DhcpConfigurations[].Values[].Value"},
};

DhcpOptionsRow require_options(Ec2State& ec2, const std::string& region, const std::string& id) {
  check_id("dopt", id);
  const auto row = ec2.dhcp_options.find(id);
  if (!row || row->region != region) throw dhcp_options_not_found(id);
  return *row;
}

// Up to four servers of a kind, NetBIOS node types of RFC 2132.
void check_values(const std::string& key, const Json& values) {
  if (key.ends_with("-servers") && values.size() > 4) {
    throw AwsError("InvalidParameterValue", "There may be up to four " + key + ".");
  }
  for (const std::string value : values) {
    if (key == "netbios-node-type" && value != "1" && value != "2" && value != "4" &&
        value != "8") {
      throw invalid_value(value, "value", "Invalid NetBIOS node type.");
    }
    const bool address = key == "ntp-servers" || key == "netbios-name-servers" ||
                         (key == "domain-name-servers" && value != "AmazonProvidedDNS");
    if (address && !vpc::IpAddress::parse(value)) {
      throw invalid_value(value, "value", "Invalid address.");
    }
  }
}

Json options_json(Ec2State& ec2, const DhcpOptionsRow& row) {
  return {{"DhcpOptionsId", row.dhcp_options_id},
          {"OwnerId", ec2.account_id},
          {"DhcpConfigurations", Json::parse(row.configurations)},
          {"Tags", tags_json(ec2, row.dhcp_options_id)}};
}

}  // namespace

Json create_dhcp_options(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  Json configurations = Json::array();
  for (const auto& each : in.at("DhcpConfigurations")) {
    const auto key = each.value("Key", "");
    if (key != "domain-name" && key != "domain-name-servers" && key != "ntp-servers" &&
        key != "netbios-name-servers" && key != "netbios-node-type" &&
        key != "ipv6-address-preferred-lease-time") {
      throw invalid_value(key, "name", "Unknown DHCP option");
    }
    check_values(key, each.value("Values", Json::array()));
    Json values = Json::array();
    for (const auto& value : each.value("Values", Json::array())) {
      values.push_back({{"Value", value}});
    }
    configurations.push_back({{"Key", key}, {"Values", std::move(values)}});
  }
  const DhcpOptionsRow row{ec2_id("dopt"), request.region, configurations.dump(), false,
                           ec2.clock.now_ms()};
  ec2.dhcp_options.insert(row);
  tag_new(ec2, request.region, in, {row.dhcp_options_id, "dhcp-options"});
  return {{"DhcpOptions", options_json(ec2, row)}};
}

Json delete_dhcp_options(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const auto row = require_options(ec2, request.region, in.at("DhcpOptionsId"));
  for (const auto& vpc : ec2.vpcs.list(request.region)) {
    if (vpc.dhcp_options_id != row.dhcp_options_id) continue;
    throw in_use("The dhcpOptions '" + row.dhcp_options_id +
                 "' has dependencies and cannot be deleted.");
  }
  ec2.tags.erase_all(row.dhcp_options_id);
  ec2.dhcp_options.erase(row.dhcp_options_id);
  return Json::object();
}

Json associate_dhcp_options(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  auto vpc = ec2.vpc(request.region, in.at("VpcId"));
  const std::string id = in.at("DhcpOptionsId");
  vpc.dhcp_options_id =
      id == "default" ? id : require_options(ec2, request.region, id).dhcp_options_id;
  ec2.vpcs.update(vpc);
  return Json::object();
}

Json describe_dhcp_options(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  std::vector<Json> items;
  const auto ids = wanted_ids(in, "DhcpOptionsIds");
  for (const auto& id : ids) {
    items.push_back(options_json(ec2, require_options(ec2, request.region, id)));
  }
  if (ids.empty()) {
    for (const auto& row : ec2.dhcp_options.list(request.region)) {
      items.push_back(options_json(ec2, row));
    }
  }
  return describe(request, in, {"DhcpOptions", "DhcpOptionsId", std::move(items), kDhcpFilters});
}

}  // namespace enibox::ec2::op

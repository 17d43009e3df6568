#include "emulator/ec2/vpc_dns.hpp"

#include <sstream>

#include "emulator/ec2/addresses.hpp"

namespace enibox::ec2 {
namespace {

// EC2: at most four are given to a host.
constexpr std::size_t kMostNameServers = 4;

void read_option(const std::string& key, const std::string& value, VpcDns& dns) {
  if (key == "domain-name") {
    std::istringstream names(value);  // Linux takes several, in one value
    for (std::string name; names >> name;) dns.search.push_back(name);
  } else if (key == "domain-name-servers" && dns.name_servers.size() < kMostNameServers) {
    dns.name_servers.push_back(value == "AmazonProvidedDNS" ? dns.resolver : value);
  }
}

}  // namespace

std::optional<VpcDns> vpc_dns(Ec2State& ec2, const std::string& vpc_id) {
  const auto row = ec2.vpcs.find(vpc_id);
  const auto blocks = ec2.vpcs.cidrs(vpc_id);
  if (!row || blocks.empty()) return {};
  VpcDns dns{.vpc_id = vpc_id,
             .region = row->region,
             .cidrs = {},
             .support = row->dns_support,
             .hostnames = row->dns_hostnames,
             .resolver = block_of(blocks.front().cidr).host(2).text(),
             .search = {},
             .name_servers = {}};
  for (const auto& block : blocks) dns.cidrs.push_back(block.cidr);
  const auto options = ec2.dhcp_options.find(row->dhcp_options_id);
  if (!options) return dns;  // "default": a VPC without options
  for (const auto& option : Json::parse(options->configurations)) {
    for (const auto& value : option.at("Values"))
      read_option(option.at("Key"), value.at("Value"), dns);
  }
  return dns;
}

}  // namespace enibox::ec2

#include "emulator/ec2/zones.hpp"

#include <algorithm>

namespace enibox::ec2 {
namespace {

constexpr RegionRow kRegions[] = {
    {"af-south-1", "afs1", "abc", true},
    {"ap-east-1", "ape1", "abc", true},
    {"ap-east-2", "ape2", "abc", true},
    {"ap-northeast-1", "apne1", "acd"},
    {"ap-northeast-2", "apne2", "abcd"},
    {"ap-northeast-3", "apne3", "abc"},
    {"ap-south-1", "aps1", "abc"},
    {"ap-south-2", "aps2", "abc", true},
    {"ap-southeast-1", "apse1", "abc"},
    {"ap-southeast-2", "apse2", "abc"},
    {"ap-southeast-3", "apse3", "abc", true},
    {"ap-southeast-4", "apse4", "abc", true},
    {"ap-southeast-5", "apse5", "abc", true},
    {"ap-southeast-7", "apse7", "abc", true},
    {"ca-central-1", "cac1", "abd"},
    {"ca-west-1", "caw1", "abc", true},
    {"eu-central-1", "euc1", "abc"},
    {"eu-central-2", "euc2", "abc", true},
    {"eu-north-1", "eun1", "abc"},
    {"eu-south-1", "eus1", "abc", true},
    {"eu-south-2", "eus2", "abc", true},
    {"eu-west-1", "euw1", "abc"},
    {"eu-west-2", "euw2", "abc"},
    {"eu-west-3", "euw3", "abc"},
    {"il-central-1", "ilc1", "abc", true},
    {"me-central-1", "mec1", "abc", true},
    {"me-south-1", "mes1", "abc", true},
    {"mx-central-1", "mxc1", "abc", true},
    {"sa-east-1", "sae1", "abc"},
    {"us-east-1", "use1", "abcdef"},
    {"us-east-2", "use2", "abc"},
    {"us-west-1", "usw1", "ab"},
    {"us-west-2", "usw2", "abcd"},
};

// Of AWS's other partitions, which an account here does not list.
constexpr RegionRow kOtherPartitions[] = {
    {"cn-north-1", "cnn1", "abd"},
    {"cn-northwest-1", "cnnw1", "abc"},
    {"us-gov-east-1", "usge1", "abc"},
    {"us-gov-west-1", "usgw1", "abc"},
};

// AWS shuffles zone ids for each account; us-east-1's order here is a common one.
constexpr std::string_view kUsEast1Ids = "612435";

const RegionRow* find_region(const std::string& name) {
  for (const auto& row : kRegions) {
    if (row.name == name) return &row;
  }
  for (const auto& row : kOtherPartitions) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::string dashed(std::string address) {
  std::replace(address.begin(), address.end(), '.', '-');
  return address;
}

}  // namespace

std::span<const RegionRow> regions() { return kRegions; }

std::vector<Zone> zones_of(const std::string& region) {
  const auto* row = find_region(region);
  const std::string_view letters = row ? row->letters : "abc";
  const std::string prefix(row ? row->short_name : std::string_view(region));
  std::vector<Zone> zones;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const char id = region == "us-east-1" ? kUsEast1Ids[i] : static_cast<char>('1' + i);
    zones.push_back({region + letters[i], prefix + "-az" + id});
  }
  return zones;
}

std::string zone_id_of(const std::string& region, const std::string& zone) {
  for (const auto& known : zones_of(region)) {
    if (known.name == zone) return known.zone_id;
  }
  return {};
}

std::string zone_name_of(const std::string& region, const std::string& zone_id) {
  for (const auto& known : zones_of(region)) {
    if (known.zone_id == zone_id) return known.name;
  }
  return {};
}

int zone_index(const std::string& zone) { return zone.empty() ? 0 : zone.back() - 'a'; }

std::string private_domain_of(const std::string& region) {
  return region == "us-east-1" ? "ec2.internal" : region + ".compute.internal";
}

std::string private_dns_name(const std::string& region, const std::string& address) {
  return "ip-" + dashed(address) + "." + private_domain_of(region);
}

std::string public_dns_name(const std::string& region, const std::string& address) {
  return "ec2-" + dashed(address) + "." +
         (region == "us-east-1" ? "compute-1" : region + ".compute") + ".amazonaws.com";
}

}  // namespace enibox::ec2

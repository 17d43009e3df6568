#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Regions and their availability zones. Constant data, any thread.
namespace enibox::ec2 {

struct RegionRow {
  std::string_view name;        // "us-east-1"
  std::string_view short_name;  // "use1": of zone ids
  std::string_view letters;     // of its zones
  bool opt_in = false;          // enabled for the account all the same
};

struct Zone {
  std::string name;     // "us-east-1a"
  std::string zone_id;  // "use1-az6"
};

std::span<const RegionRow> regions();
// A region AWS does not have gets zones a, b and c, so that private clouds' names work.
std::vector<Zone> zones_of(const std::string& region);
// Empty when the region has no such zone.
std::string zone_id_of(const std::string& region, const std::string& zone);
std::string zone_name_of(const std::string& region, const std::string& zone_id);
// The zone's place in its region, from 0: "us-east-1b" is 1.
int zone_index(const std::string& zone);

// "ec2.internal" in us-east-1, "<region>.compute.internal" elsewhere.
std::string private_domain_of(const std::string& region);
// "ip-10-0-1-121.ec2.internal"
std::string private_dns_name(const std::string& region, const std::string& address);
// "ec2-1-2-3-4.compute-1.amazonaws.com"
std::string public_dns_name(const std::string& region, const std::string& address);

}  // namespace enibox::ec2

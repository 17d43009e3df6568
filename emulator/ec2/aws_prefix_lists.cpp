#include "emulator/ec2/aws_prefix_lists.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace enibox::ec2 {
namespace {

struct Known {
  std::string_view region, service, id;
};

// The ids that documents and scripts name. Those of other regions have the same form.
constexpr Known kKnown[] = {
    {"us-east-1", "s3", "pl-63a5400a"},
    {"us-east-1", "dynamodb", "pl-02cd2c6b"},
    {"us-east-1", "cloudfront.origin-facing", "pl-3b927c52"},
    {"us-west-2", "s3", "pl-68a54001"},
    {"us-west-2", "dynamodb", "pl-00a54069"},
    {"us-west-2", "cloudfront.origin-facing", "pl-82a045eb"},
    {"eu-west-1", "s3", "pl-6da54004"},
    {"eu-west-1", "dynamodb", "pl-6fa54006"},
    {"eu-west-1", "cloudfront.origin-facing", "pl-4fa04526"},
};

std::string id_of(const std::string& region, std::string_view service) {
  for (const auto& each : kKnown)
    if (each.region == region && each.service == service) return std::string(each.id);
  std::uint32_t hash = 2166136261;  // FNV-1a
  for (const char c : region + "/" + std::string(service))
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  char text[16];
  std::snprintf(text, sizeof text, "pl-%08x", hash);
  return text;
}

}  // namespace

std::vector<AwsPrefixList> aws_prefix_lists(const std::string& region) {
  const std::string regional = "com.amazonaws." + region + ".";
  return {{id_of(region, "cloudfront.origin-facing"),
           "com.amazonaws.global.cloudfront.origin-facing",
           {"13.124.199.0/24", "130.176.0.0/18", "15.158.0.0/16", "54.182.128.0/20"},
           55},
          {id_of(region, "dynamodb"), regional + "dynamodb", {"3.218.182.0/24", "52.94.0.0/22"}},
          {id_of(region, "s3"),
           regional + "s3",
           {"16.182.0.0/16", "3.5.0.0/19", "52.216.0.0/15", "54.231.0.0/16"}}};
}

std::optional<AwsPrefixList> find_aws_prefix_list(const std::string& region,
                                                  const std::string& prefix_list_id) {
  const auto lists = aws_prefix_lists(region);
  const auto found = std::find_if(lists.begin(), lists.end(), [&](const auto& list) {
    return list.prefix_list_id == prefix_list_id;
  });
  if (found == lists.end()) return std::nullopt;
  return *found;
}

}  // namespace enibox::ec2

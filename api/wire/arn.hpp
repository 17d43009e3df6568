#pragma once
#include <string>
#include <string_view>

// Amazon Resource Names. Pure functions.
namespace enibox::api {

namespace detail {
struct Partition {
  std::string_view region_prefix, name;
};
inline constexpr Partition kPartitions[] = {
    {"cn-", "aws-cn"},         {"us-gov-", "aws-us-gov"},
    {"us-iso-", "aws-iso"},    {"us-isob-", "aws-iso-b"},
    {"eu-isoe-", "aws-iso-e"}, {"us-isof-", "aws-iso-f"},
    {"eusc-", "aws-eusc"},     {"", "aws"},  // every other region
};
}  // namespace detail

// What a region belongs to: "aws", "aws-cn", ...
inline std::string_view partition_of(std::string_view region) {
  for (const auto& partition : detail::kPartitions) {
    if (region.starts_with(partition.region_prefix)) return partition.name;
  }
  return {};
}

struct ArnOwner {
  std::string_view service, region, account_id;
};

// "arn:aws:ecs:us-east-1:111122223333:cluster/default"
inline std::string make_arn(const ArnOwner& owner, std::string_view resource) {
  std::string arn = "arn:";
  arn.append(partition_of(owner.region)).append(":").append(owner.service).append(":");
  arn.append(owner.region).append(":").append(owner.account_id).append(":").append(resource);
  return arn;
}

// Of a service that has no regions; `owner.region` gives the partition only:
// "arn:aws:iam::111122223333:root"
inline std::string make_global_arn(const ArnOwner& owner, std::string_view resource) {
  std::string arn = "arn:";
  arn.append(partition_of(owner.region)).append(":").append(owner.service).append("::");
  arn.append(owner.account_id).append(":").append(resource);
  return arn;
}

// "iam::aws:policy/Name" of "arn:aws-cn:iam::aws:policy/Name"; empty for what is no ARN of a
// partition of AWS.
inline std::string_view arn_without_partition(std::string_view arn) {
  if (!arn.starts_with("arn:")) return {};
  arn.remove_prefix(4);
  for (const auto& partition : detail::kPartitions) {
    const auto size = partition.name.size();
    if (arn.starts_with(partition.name) && arn.substr(size).starts_with(':')) {
      return arn.substr(size + 1);
    }
  }
  return {};
}

}  // namespace enibox::api

#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/json.hpp"

// What every Describe does alike: ids, Filters, MaxResults and NextToken over what was described.
namespace enibox::ec2 {

// A filter and where its values stand in a described item: "CidrBlockAssociationSet[].CidrBlock".
// Tag filters ("tag:NAME", "tag-key") work on every item with Tags or TagSet, unnamed.
struct FilterField {
  std::string_view name;
  std::string_view path;
};

struct Described {
  std::string_view member;  // of the output: "Vpcs"
  std::vector<Json> items;
  std::span<const FilterField> filters;
};

// {"Vpcs": [...], "NextToken": ...}
Json describe(const Json& in, Described what);

// The same where filters look into a list inside each item (`member` of it: "Instances" of a
// reservation): the elements that do not match go, and items left without any. A path that begins
// with "~" is the item's own.
Json describe_nested(const Json& in, Described what, std::string_view member);

// The ids a Describe names; empty: all.
std::vector<std::string> wanted_ids(const Json& in, std::string_view member);

}  // namespace enibox::ec2

#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/wire/paging.hpp"
#include "api/wire/service.hpp"

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
  std::string_view key;     // the path of an item's id, which pages are cut by: "VpcId"
  std::vector<Json> items;
  std::span<const FilterField> filters;
};

// {"Vpcs": [...], "NextToken": ...}: all that pass, in the order given; in pages by id when the
// request asks for pages. Throws AwsError as api/wire/filters.hpp and paging.hpp.
Json describe(const api::RequestContext& request, const Json& in, Described what);

// The same where filters look into a list inside each item (`member` of it: "Instances" of a
// reservation): the elements that do not match go, and items left without any. A path that begins
// with "~" is the item's own.
Json describe_nested(const api::RequestContext& request, const Json& in, Described what,
                     std::string_view member);

bool asks_for_page(const Json& in);  // has MaxResults or NextToken

// The same over rows of which the item is made when it is sure to be looked at: without filters
// only those of the page. `id` is the row's member that pages are cut by; `key` names it in the
// item.
template <typename Row, typename ToJson>
Json describe_rows(const api::RequestContext& request, const Json& in, Described what,
                   std::vector<Row> rows, std::string Row::*id, ToJson to_json) {
  std::optional<std::string> next;
  if (!in.contains("Filters") && asks_for_page(in)) {
    const auto page = api::page_of(request, in, api::kEc2Pages);
    next = api::take_page(page, rows, [id](const Row& row) { return row.*id; });
    for (const auto& row : rows) what.items.push_back(to_json(row));
    Json answer = {{std::string(what.member), std::move(what.items)}};
    if (next) answer["NextToken"] = *next;
    return answer;
  }
  for (const auto& row : rows) what.items.push_back(to_json(row));
  return describe(request, in, std::move(what));
}

// The values of a filter, when the request has it and no value is a pattern: rows can be looked up
// by index instead of read whole. The filter is applied all the same.
std::optional<std::vector<std::string>> exact_values(const Json& in, std::string_view filter);

// The ids a Describe names; empty: all.
std::vector<std::string> wanted_ids(const Json& in, std::string_view member);

// The values at a path, as filters see them: booleans are "true" and "false", times ISO 8601.
std::vector<std::string> values_at(const Json& item, std::string_view path);

}  // namespace enibox::ec2

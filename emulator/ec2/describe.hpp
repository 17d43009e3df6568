#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/wire/paging.hpp"
#include "api/wire/service.hpp"
#include "emulator/store/stretch.hpp"

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

// A page, out of a list that is read by id as far as the page needs it: an item and the id it is
// sorted by. An item that is null takes no place. `member` as in describe_nested(); empty: none.
struct Keyed {
  std::string id;
  Json item;
};
using ReadItems = std::function<std::vector<Keyed>(const store::Stretch&)>;
Json describe_page(const api::RequestContext& request, const Json& in, const Described& what,
                   const ReadItems& read, std::string_view member = {});

// The values of a filter, when the request has it and no value is a pattern: rows can be looked up
// by index instead of read whole. The filter is applied all the same.
std::optional<std::vector<std::string>> exact_values(const Json& in, std::string_view filter);

// The ids a Describe names; empty: all.
std::vector<std::string> wanted_ids(const Json& in, std::string_view member);

// The values at a path, as filters see them: booleans are "true" and "false", times ISO 8601.
std::vector<std::string> values_at(const Json& item, std::string_view path);

// Where the rows of a Describe are read: through an index when a filter gives exact values, else
// all of the region.
template <typename Row>
struct Source {
  // An index by a filter's value. All rows of a value that `read` gives are of one region, or it
  // gives all that there are.
  struct Index {
    std::string_view filter;
    std::function<std::vector<Row>(const std::string& value, const store::Stretch&)> read;
  };
  std::string Row::*id;
  std::int64_t Row::*made_ms;  // answers that are not in pages are in this order
  std::function<std::vector<Row>(const store::Stretch&)> all;
  std::vector<Index> indexes;  // the first that fits is taken

  // By id, each once.
  std::vector<Row> read(const api::RequestContext& request, const Json& in,
                        const store::Stretch& stretch) const {
    for (const auto& index : indexes) {
      const auto values = exact_values(in, index.filter);
      if (!values) continue;
      std::vector<Row> rows;
      for (const auto& value : *values) {
        for (auto& row : index.read(value, stretch)) {
          if (row.region == request.region) rows.push_back(std::move(row));
        }
      }
      return unique(store::stretch_of(std::move(rows), id, {stretch.after, -1}), stretch);
    }
    return all(stretch);
  }

 private:
  std::vector<Row> unique(std::vector<Row> rows, const store::Stretch& stretch) const {
    rows.erase(std::unique(rows.begin(), rows.end(),
                           [&](const Row& a, const Row& b) { return a.*id == b.*id; }),
               rows.end());
    if (stretch.is_full(rows.size())) rows.resize(static_cast<std::size_t>(stretch.most));
    return rows;
  }
};

// describe() over rows that were found by the ids the request names.
template <typename Row, typename ToJson>
Json describe_rows(const api::RequestContext& request, const Json& in, Described what,
                   const std::vector<Row>& rows, ToJson to_json) {
  for (const auto& row : rows) what.items.push_back(to_json(row));
  return describe(request, in, std::move(what));
}

// describe() over a source: a page reads what it holds.
template <typename Row, typename ToJson>
Json describe_source(const api::RequestContext& request, const Json& in, Described what,
                     const Source<Row>& source, ToJson to_json) {
  if (asks_for_page(in)) {
    return describe_page(request, in, what, [&](const store::Stretch& stretch) {
      std::vector<Keyed> items;
      for (const auto& row : source.read(request, in, stretch)) {
        items.push_back({row.*source.id, to_json(row)});
      }
      return items;
    });
  }
  auto rows = source.read(request, in, {});
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    return a.*source.made_ms < b.*source.made_ms;
  });
  return describe_rows(request, in, std::move(what), rows, to_json);
}

// The index of a filter that names rows themselves.
template <typename Row>
typename Source<Row>::Index index_of(
    std::string_view filter, std::function<std::optional<Row>(const std::string& value)> find,
    std::string Row::*id) {
  return {filter,
          [find = std::move(find), id](const std::string& value, const store::Stretch& stretch) {
            std::vector<Row> rows;
            if (auto row = find(value)) rows.push_back(*std::move(row));
            return store::stretch_of(std::move(rows), id, stretch);
          }};
}

// The index of a filter that has so few rows a value that they can all be read.
template <typename Row>
typename Source<Row>::Index small_index(
    std::string_view filter, std::function<std::vector<Row>(const std::string& value)> find,
    std::string Row::*id) {
  return {filter,
          [find = std::move(find), id](const std::string& value, const store::Stretch& stretch) {
            return store::stretch_of(find(value), id, stretch);
          }};
}

}  // namespace enibox::ec2

#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/json.hpp"
#include "api/wire/service.hpp"

// Lists in pages. A token holds the key of the last row that was given, so that rows which come and
// go between two calls are neither given twice nor passed over, and so that a repository can read
// on by index: WHERE key > ? ORDER BY key LIMIT ?.
//
//   const Page page = page_of(context, input, {.most = 100});
//   auto rows = clusters.list(page.after, page.limit + 1);            // one more than is shown
//   const auto next = cut_page(page, rows, [](const Row& row) { return row.arn; });
//   Json output = {{"clusterArns", arns(rows)}};
//   if (next) output["nextToken"] = *next;
namespace enibox::api {

struct PageRules {
  std::size_t most = 100;                  // rows of a page, also when the request does not say
  std::size_t standard = 0;                // rows when the request does not say; 0: `most`
  const char* size_member = "maxResults";  // EC2: "MaxResults"; logs: "limit"; IAM: "MaxItems"
  const char* token_member = "nextToken";  // EC2: "NextToken"; IAM: "Marker"
  bool descending = false;                 // the list runs from the last key to the first
};
inline constexpr PageRules kEc2Pages{
    .most = 1000, .size_member = "MaxResults", .token_member = "NextToken"};
inline constexpr PageRules kIamPages{
    .most = 1000, .standard = 100, .size_member = "MaxItems", .token_member = "Marker"};

struct Page {
  std::string after;  // key of the last row of the page before; empty: from the start
  std::size_t limit = 0;
  std::string scope;  // what the token is good for: service, operation and region
  bool descending = false;
};

// Throws AwsError in the service's words for a token that it did not give to this operation, and
// for a size the shape allows and the rules do not.
Page page_of(const RequestContext& context, const Json& input, const PageRules& rules = {});

// The token that continues after `key`.
std::string page_token(const Page& page, std::string_view key);

// A number as a part of a key: sorts as the number does. Not negative.
std::string page_key(std::int64_t number);

// Shortens `rows`, which are sorted by key and begin after page.after, to the page; the token for
// the rest, or nullopt at the end.
template <typename Row, typename Key>
std::optional<std::string> cut_page(const Page& page, std::vector<Row>& rows, Key key) {
  if (rows.size() <= page.limit) return std::nullopt;
  rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(page.limit), rows.end());
  return page_token(page, key(rows.back()));
}

// The same for rows that are all at hand: sorts them, and drops those of the pages before.
template <typename Row, typename Key>
std::optional<std::string> take_page(const Page& page, std::vector<Row>& rows, Key key) {
  const auto before = [&](const std::string& a, const std::string& b) {
    return page.descending ? b < a : a < b;
  };
  std::erase_if(
      rows, [&](const Row& row) { return !page.after.empty() && !before(page.after, key(row)); });
  std::sort(rows.begin(), rows.end(),
            [&](const Row& a, const Row& b) { return before(key(a), key(b)); });
  return cut_page(page, rows, key);
}

}  // namespace enibox::api

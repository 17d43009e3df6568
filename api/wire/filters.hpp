#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "api/error.hpp"
#include "api/json.hpp"

// EC2's Filters: [{Name, Values}]. A row passes when each filter has a value that one of the row's
// values matches; `*` stands for any characters, `?` for one, `\` takes their meaning away.
//
//   static const FilterTable<Subnet> kFilters{
//       {"vpc-id", [](const Subnet& s) { return s.vpc_id; }},
//       {"state", [](const Subnet&) { return "available"; }}};
//   const Filters<Subnet> filters(kFilters, input);     // throws for a name the table has not
//   ... if (filters.pass(row)) ...
namespace enibox::api {

using FilterValues = std::vector<std::string>;

// "i-*", "subnet-?", "a\*b". Case counts.
bool matches_wildcard(std::string_view pattern, std::string_view text);

struct Filter {
  std::string name;
  FilterValues values;
  bool passes(const FilterValues& row) const;
  bool passes(std::string_view row) const;
};

// The member `name` of an input. Throws AwsError InvalidParameterValue for a filter without a name
// or values, FilterLimitExceeded for more than 200 values.
std::vector<Filter> read_filters(const Json& input, const char* name = "Filters");
[[noreturn]] void refuse_filter(const std::string& name);

// "tag:Name", "tag-key" and "tag-value" against a row's tags.
bool is_tag_filter(const Filter& filter);
bool passes_tags(const Filter& filter, const std::map<std::string, std::string>& tags);

// What a row has under a filter's name: one value or several.
template <typename Row>
class Extractor {
 public:
  template <typename Function>
  Extractor(Function function)  // NOLINT: implicit on purpose
      : function_([function = std::move(function)](const Row& row) {
          if constexpr (std::is_convertible_v<decltype(function(row)), FilterValues>) {
            return FilterValues(function(row));
          } else {
            return FilterValues{std::string(function(row))};
          }
        }) {}
  FilterValues operator()(const Row& row) const { return function_(row); }

 private:
  std::function<FilterValues(const Row&)> function_;
};

template <typename Row>
using FilterTable = std::map<std::string, Extractor<Row>, std::less<>>;

// A row's tags, for tables whose rows have them.
template <typename Row>
using TagsOf = std::function<std::map<std::string, std::string>(const Row&)>;

template <typename Row>
class Filters {
 public:
  // `table` must outlive this.
  Filters(const FilterTable<Row>& table, const Json& input, TagsOf<Row> tags = nullptr)
      : tags_(std::move(tags)) {
    for (auto& filter : read_filters(input)) {
      const auto found = table.find(filter.name);
      const bool tag = found == table.end() && tags_ && is_tag_filter(filter);
      if (found == table.end() && !tag) refuse_filter(filter.name);
      parts_.push_back({std::move(filter), tag ? nullptr : &found->second});
    }
  }

  bool pass(const Row& row) const {
    for (const auto& [filter, extractor] : parts_) {
      const bool passed =
          extractor == nullptr ? passes_tags(filter, tags_(row)) : filter.passes((*extractor)(row));
      if (!passed) return false;
    }
    return true;
  }
  bool empty() const { return parts_.empty(); }

 private:
  std::vector<std::pair<Filter, const Extractor<Row>*>> parts_;
  TagsOf<Row> tags_;
};

}  // namespace enibox::api

#include "emulator/tagging/service.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "api/wire/paging.hpp"

namespace enibox::tagging {
namespace {

using Sources = std::vector<Source>;
constexpr std::size_t kMostFilters = 50, kMostFilterValues = 20, kMostArns = 100;
constexpr std::size_t kNamesPerPage = 100;  // of GetTagKeys and GetTagValues

AwsError invalid(const std::string& message) { return {"InvalidParameterException", message}; }

std::vector<TaggedResource> everything(const Sources& sources, const api::RequestContext& request) {
  std::vector<TaggedResource> all;
  for (const auto& source : sources) {
    auto some = source(request);
    std::move(some.begin(), some.end(), std::back_inserter(all));
  }
  return all;
}

// "ec2" takes all of the service, "ec2:vpc" one kind. (AWS: type filters are not case sensitive in
// the service only; clients write lower case.)
bool is_of_type(const TaggedResource& resource, const std::string& wanted) {
  return resource.type == wanted ||
         (wanted.find(':') == std::string::npos && resource.type.starts_with(wanted + ":"));
}

// A key without values is met by any value.
bool has_tag(const TaggedResource& resource, const Json& filter) {
  const auto found = resource.tags.find(filter.value("Key", ""));
  if (found == resource.tags.end()) return false;
  const auto values = filter.value("Values", Json::array());
  return values.empty() || std::find(values.begin(), values.end(), found->second) != values.end();
}

void check_get_resources(const Json& in) {
  const auto filters = in.value("TagFilters", Json::array());
  const auto arns = in.value("ResourceARNList", Json::array());
  if (filters.size() > kMostFilters) {
    throw invalid("A request can include up to 50 tag filters.");
  }
  for (const auto& filter : filters) {
    if (filter.value("Key", "").empty()) throw invalid("A tag filter must have a key.");
    if (filter.value("Values", Json::array()).size() > kMostFilterValues) {
      throw invalid("Each tag filter can include up to 20 values.");
    }
  }
  if (arns.size() > kMostArns) throw invalid("A request can include up to 100 ARNs.");
  const bool filtered = !filters.empty() || in.contains("ResourceTypeFilters") ||
                        in.contains("ResourcesPerPage") || in.contains("TagsPerPage");
  if (!arns.empty() && filtered) {
    throw invalid(
        "ResourceARNList can't be specified together with TagFilters, ResourceTypeFilters, "
        "ResourcesPerPage or TagsPerPage.");
  }
  const auto size = in.value("ResourcesPerPage", 100);
  if (size < 1 || size > 100) throw invalid("ResourcesPerPage must be between 1 and 100.");
  const auto tags = in.value("TagsPerPage", 500);
  if (tags < 100 || tags > 500 || tags % 100 != 0) {
    throw invalid("TagsPerPage must be a multiple of 100 between 100 and 500.");
  }
}

bool is_wanted(const TaggedResource& resource, const Json& in) {
  const auto filters = in.value("TagFilters", Json::array());
  const auto types = in.value("ResourceTypeFilters", std::vector<std::string>());
  const auto arns = in.value("ResourceARNList", std::vector<std::string>());
  const auto listed = [&](const auto& list, auto matches) {
    return list.empty() || std::any_of(list.begin(), list.end(), matches);
  };
  return std::all_of(filters.begin(), filters.end(),
                     [&](const Json& filter) { return has_tag(resource, filter); }) &&
         listed(types, [&](const std::string& type) { return is_of_type(resource, type); }) &&
         listed(arns, [&](const std::string& arn) { return resource.arn == arn; });
}

Json resource_json(const TaggedResource& resource) {
  Json tags = Json::array();
  for (const auto& [key, value] : resource.tags) tags.push_back({{"Key", key}, {"Value", value}});
  return {{"ResourceARN", resource.arn}, {"Tags", std::move(tags)}};
}

// The token is there also at the end, empty then: that is how this service's clients know.
template <typename Row, typename Key>
Json page_of(const api::RequestContext& request, Json in, std::vector<Row> rows, std::size_t most,
             Key key) {
  if (in.value("PaginationToken", "").empty()) in.erase("PaginationToken");
  const auto page = api::page_of(
      request, in,
      {.most = most, .size_member = "ResourcesPerPage", .token_member = "PaginationToken"});
  const auto next = api::take_page(page, rows, key);
  return {{"PaginationToken", next.value_or("")}, {"rows", std::move(rows)}};
}

Json get_resources(const Sources& sources, const api::RequestContext& request, const Json& in) {
  check_get_resources(in);
  std::vector<Json> rows;
  for (const auto& resource : everything(sources, request)) {
    if (is_wanted(resource, in)) rows.push_back(resource_json(resource));
  }
  auto page = page_of(request, in, std::move(rows), 100,
                      [](const Json& row) { return row["ResourceARN"].get<std::string>(); });
  return {{"PaginationToken", page["PaginationToken"]},
          {"ResourceTagMappingList", std::move(page["rows"])}};
}

Json names_page(const api::RequestContext& request, const Json& in, const char* member,
                const std::set<std::string>& names) {
  auto page = page_of(request, in, std::vector<std::string>(names.begin(), names.end()),
                      kNamesPerPage, [](const std::string& name) { return name; });
  return {{"PaginationToken", page["PaginationToken"]}, {member, std::move(page["rows"])}};
}

Json get_tag_keys(const Sources& sources, const api::RequestContext& request, const Json& in) {
  std::set<std::string> keys;
  for (const auto& resource : everything(sources, request)) {
    for (const auto& tag : resource.tags) keys.insert(tag.first);
  }
  return names_page(request, in, "TagKeys", keys);
}

Json get_tag_values(const Sources& sources, const api::RequestContext& request, const Json& in) {
  std::set<std::string> values;
  for (const auto& resource : everything(sources, request)) {
    const auto found = resource.tags.find(in.at("Key").get<std::string>());
    if (found != resource.tags.end()) values.insert(found->second);
  }
  return names_page(request, in, "TagValues", values);
}

using Operation = Json (*)(const Sources&, const api::RequestContext&, const Json&);
constexpr std::pair<const char*, Operation> kOperations[] = {
    {"GetResources", get_resources},
    {"GetTagKeys", get_tag_keys},
    {"GetTagValues", get_tag_values},
};

}  // namespace

api::Service make_tagging_service(std::vector<Source> sources) {
  api::Service service{.name = "resourcegroupstaggingapi", .operations = {}};
  const auto shared = std::make_shared<const Sources>(std::move(sources));
  for (const auto& [name, operation] : kOperations) {
    service.operations.emplace(name,
                               [shared, operation = operation](const api::RequestContext& request,
                                                               const Json& in) -> api::Answer {
                                 return operation(*shared, request, in);
                               });
  }
  return service;
}

}  // namespace enibox::tagging

#include "emulator/ec2/describe.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <map>

#include "api/wire/filters.hpp"
#include "api/wire/paging.hpp"

namespace enibox::ec2 {
namespace {

std::string value_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number_float()) return value.dump();
  // The only fractions EC2 describes are times.
  const auto seconds = static_cast<std::time_t>(std::floor(value.get<double>()));
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000Z", &utc);
  return text;
}

void collect(const Json& at, std::string_view path, std::vector<std::string>& values) {
  if (path.empty()) {
    if (!at.is_null() && !at.is_structured()) values.push_back(value_text(at));
    return;
  }
  const auto dot = path.find('.');
  auto step = path.substr(0, dot);
  const auto rest = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  const bool each = step.ends_with("[]");
  if (each) step.remove_suffix(2);
  const auto found = at.find(step);
  if (found == at.end()) return;
  if (!each) return collect(*found, rest, values);
  for (const auto& element : *found) collect(element, rest, values);
}

std::map<std::string, std::string> tags_of(const Json& item) {
  std::map<std::string, std::string> tags;
  for (const auto* name : {"Tags", "TagSet"}) {
    for (const auto& tag : item.value(name, Json::array())) {
      tags[tag.value("Key", "")] = tag.value("Value", "");
    }
  }
  // What DescribeTags lists is itself a tag.
  if (item.contains("Key") && item.contains("ResourceId")) {
    tags[item.value("Key", "")] = item.value("Value", "");
  }
  return tags;
}

struct Part {
  api::Filter filter;
  std::string_view path;  // empty: a tag filter
};

std::vector<Part> read_parts(const Json& in, std::span<const FilterField> fields) {
  std::vector<Part> parts;
  for (auto& filter : api::read_filters(in)) {
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const FilterField& each) {
      return each.name == filter.name;
    });
    if (field == fields.end() && !api::is_tag_filter(filter)) api::refuse_filter(filter.name);
    const auto path = field == fields.end() ? std::string_view() : field->path;
    parts.push_back({std::move(filter), path});
  }
  return parts;
}

bool passes(const std::vector<Part>& parts, const Json& item, const Json& outer) {
  return std::all_of(parts.begin(), parts.end(), [&](const Part& part) {
    if (part.path.empty()) return api::passes_tags(part.filter, tags_of(item));
    if (part.path.starts_with('~')) {
      return part.filter.passes(values_at(outer, part.path.substr(1)));
    }
    return part.filter.passes(values_at(item, part.path));
  });
}

Json paged(const api::RequestContext& request, const Json& in, Described what) {
  Json answer = Json::object();
  if (asks_for_page(in)) {
    const auto page = api::page_of(request, in, api::kEc2Pages);
    const auto next = api::take_page(page, what.items, [&](const Json& item) {
      const auto ids = values_at(item, what.key);
      if (ids.empty()) return item.dump();
      // Numbers in their own order, not in that of their digits.
      const bool number = ids.front().find_first_not_of("0123456789") == std::string::npos;
      return number && ids.front().size() < 20
                 ? std::string(20 - ids.front().size(), '0') + ids.front()
                 : ids.front();
    });
    if (next) answer["NextToken"] = *next;
  }
  answer[std::string(what.member)] = std::move(what.items);
  return answer;
}

// Leaves the elements that match; false when none does.
bool keep_matching(const std::vector<Part>& parts, Json& item, std::string_view member) {
  if (member.empty()) return passes(parts, item, item);
  Json kept = Json::array();
  auto& elements = item[std::string(member)];
  for (auto& element : elements) {
    if (passes(parts, element, item)) kept.push_back(std::move(element));
  }
  elements = std::move(kept);
  return !elements.empty();
}

constexpr std::size_t kMostBatch = 1000;  // rows read at a time while filters drop some

}  // namespace

bool asks_for_page(const Json& in) { return in.contains("MaxResults") || in.contains("NextToken"); }

std::optional<std::vector<std::string>> exact_values(const Json& in, std::string_view filter) {
  for (auto& each : api::read_filters(in)) {
    if (each.name != filter) continue;
    for (const auto& value : each.values) {
      if (value.find_first_of("*?\\") != std::string::npos) return std::nullopt;
    }
    std::sort(each.values.begin(), each.values.end());
    each.values.erase(std::unique(each.values.begin(), each.values.end()), each.values.end());
    return std::move(each.values);
  }
  return std::nullopt;
}

std::vector<std::string> values_at(const Json& item, std::string_view path) {
  std::vector<std::string> values;
  collect(item, path, values);
  return values;
}

Json describe(const api::RequestContext& request, const Json& in, Described what) {
  const auto parts = read_parts(in, what.filters);
  std::erase_if(what.items, [&](const Json& item) { return !passes(parts, item, item); });
  return paged(request, in, std::move(what));
}

Json describe_nested(const api::RequestContext& request, const Json& in, Described what,
                     std::string_view member) {
  const auto parts = read_parts(in, what.filters);
  std::vector<Json> kept;
  for (auto& item : what.items) {
    if (keep_matching(parts, item, member)) kept.push_back(std::move(item));
  }
  what.items = std::move(kept);
  return paged(request, in, std::move(what));
}

Json describe_page(const api::RequestContext& request, const Json& in, const Described& what,
                   const ReadItems& read, std::string_view member) {
  const auto parts = read_parts(in, what.filters);
  const auto page = api::page_of(request, in, api::kEc2Pages);
  std::vector<Keyed> kept;
  store::Stretch stretch{.after = page.after};
  bool more = true;
  // One more than is shown; an index may have served the filters, so that there is more to read
  // only when some were dropped.
  for (auto batch = page.limit + 1; more && kept.size() <= page.limit;
       batch = std::min(2 * batch, kMostBatch)) {
    stretch.most = static_cast<std::int64_t>(batch);
    auto items = read(stretch);
    more = items.size() >= batch;
    if (more) stretch.after = items.back().id;
    for (auto& each : items) {
      if (!each.item.is_null() && keep_matching(parts, each.item, member)) {
        kept.push_back(std::move(each));
      }
    }
  }
  const auto next = api::cut_page(page, kept, [](const Keyed& each) { return each.id; });
  Json answer = {{std::string(what.member), Json::array()}};
  for (auto& each : kept) answer[std::string(what.member)].push_back(std::move(each.item));
  if (next) answer["NextToken"] = *next;
  return answer;
}

std::vector<std::string> wanted_ids(const Json& in, std::string_view member) {
  const auto found = in.find(member);
  return found == in.end() ? std::vector<std::string>() : found->get<std::vector<std::string>>();
}

}  // namespace enibox::ec2

#include "emulator/engine/filters.hpp"

#include <algorithm>
#include <array>

#include "api/json.hpp"
#include "emulator/engine/errors.hpp"

namespace enibox::engine {
namespace {

constexpr std::array kStates{"created",  "running", "paused", "restarting",
                             "removing", "exited",  "dead"};
constexpr std::size_t kMinIdPrefix = 1;

// Docker takes a regular expression here; a foreign one could keep the loop busy for hours, so only
// its anchors are understood: a name is a part of the container's name.
bool matches_name(const std::string& name, std::string_view pattern) {
  const bool from_start = pattern.starts_with('^');
  if (from_start) pattern.remove_prefix(1);
  const bool to_end = pattern.ends_with('$');
  if (to_end) pattern.remove_suffix(1);
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  if (from_start && to_end) return name == pattern;
  if (from_start) return name.starts_with(pattern);
  if (to_end) return name.ends_with(pattern);
  return name.find(pattern) != name.npos;
}

bool has_label(const EngineContainer& container, const std::string& wanted) {
  const auto equals = wanted.find('=');
  const auto found = container.labels.find(wanted.substr(0, equals));
  if (found == container.labels.end()) return false;
  return equals == wanted.npos || found->second == wanted.substr(equals + 1);
}

bool is_of_image(const EngineContainer& container, const std::string& wanted) {
  return container.image == wanted || container.image == wanted + ":latest" ||
         (!container.image_id.empty() && (container.image_id.starts_with(wanted) ||
                                          container.image_id.starts_with("sha256:" + wanted))) ||
         container.image.substr(0, container.image.rfind(':')) == wanted;
}

template <typename Predicate>
bool any_of(const std::vector<std::string>& values, Predicate predicate) {
  return values.empty() || std::any_of(values.begin(), values.end(), predicate);
}

bool matches(const EngineContainer& c, const Filters& filters) {
  const auto& labels = filters.values("label");
  const auto health = c.health.empty() ? std::string("none") : c.health;
  return std::all_of(labels.begin(), labels.end(),
                     [&](const auto& wanted) { return has_label(c, wanted); }) &&
         any_of(filters.values("name"), [&](const auto& v) { return matches_name(c.name, v); }) &&
         any_of(filters.values("id"), [&](const auto& v) { return c.id.starts_with(v); }) &&
         any_of(filters.values("status"), [&](const auto& v) { return c.state == v; }) &&
         any_of(filters.values("health"), [&](const auto& v) { return health == v; }) &&
         any_of(filters.values("ancestor"), [&](const auto& v) { return is_of_image(c, v); }) &&
         any_of(filters.values("network"), [&](const auto& v) { return c.network_mode == v; }) &&
         any_of(filters.values("exited"), [&](const auto& v) {
           return c.state == "exited" && std::to_string(c.exit_code) == v;
         });
}

// Of the container that `before` or `since` names.
std::optional<std::int64_t> bound_of(const std::vector<EngineContainer>& containers,
                                     const Filters& filters, std::string_view name) {
  if (!filters.has(name)) return std::nullopt;
  return find_container(containers, filters.values(name).front()).created_ms;
}

}  // namespace

Filters Filters::parse(const std::optional<std::string>& text,
                       std::initializer_list<std::string_view> known) {
  Filters out;
  if (!text || text->empty()) return out;
  const auto json = Json::parse(*text, nullptr, false);
  if (!json.is_object()) throw EngineError(400, "invalid filter");
  for (const auto& [name, wanted] : json.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      throw EngineError(400, "invalid filter '" + name + "'");
    }
    for (const auto& [key, value] : wanted.items()) {
      if (!wanted.is_object() && !value.is_string()) throw EngineError(400, "invalid filter");
      out.values_[name].push_back(wanted.is_object() ? key : value.get<std::string>());
    }
  }
  return out;
}

const std::vector<std::string>& Filters::values(std::string_view name) const {
  static const std::vector<std::string> none;
  const auto found = values_.find(name);
  return found == values_.end() ? none : found->second;
}

ListQuery parse_list_query(const std::optional<std::string>& filters, bool all,
                           const std::optional<std::string>& limit) {
  ListQuery query{
      .filters = Filters::parse(
          filters, {"ancestor", "before", "exited", "expose", "health", "id", "is-task", "label",
                    "name", "network", "publish", "since", "status", "volume"}),
      .all = all,
      .limit = 0};
  for (const auto& state : query.filters.values("status")) {
    if (std::find(kStates.begin(), kStates.end(), state) == kStates.end()) {
      throw EngineError(400, "invalid filter 'status=" + state + "'");
    }
  }
  if (limit && limit->size() < 10) query.limit = std::atoi(limit->c_str());
  if (query.limit > 0 || query.filters.has("status")) query.all = true;
  return query;
}

std::vector<EngineContainer> select(std::vector<EngineContainer> containers,
                                    const ListQuery& query) {
  const auto before = bound_of(containers, query.filters, "before");
  const auto since = bound_of(containers, query.filters, "since");
  std::erase_if(containers, [&](const EngineContainer& c) {
    return (!query.all && c.state != "running") || (before && c.created_ms >= *before) ||
           (since && c.created_ms <= *since) || !matches(c, query.filters);
  });
  std::stable_sort(containers.begin(), containers.end(),
                   [](const auto& a, const auto& b) { return a.created_ms > b.created_ms; });
  const auto limit = static_cast<std::size_t>(std::max(0, query.limit));
  if (limit > 0 && containers.size() > limit) containers.resize(limit);
  return containers;
}

const EngineContainer& find_container(const std::vector<EngineContainer>& containers,
                                      const std::string& reference) {
  const auto name = reference.starts_with('/') ? reference.substr(1) : reference;
  const EngineContainer* found = nullptr;
  for (const auto& container : containers) {
    if (container.id == name || container.name == name) return container;
    if (name.size() < kMinIdPrefix || !container.id.starts_with(name)) continue;
    if (found != nullptr) {
      throw EngineError(400, "Multiple IDs found with provided prefix: " + name);
    }
    found = &container;
  }
  if (found == nullptr) throw EngineError(404, "No such container: " + reference);
  return *found;
}

const EngineImage* find_image(const std::vector<EngineImage>& images,
                              const std::string& reference) {
  const auto colon = reference.rfind(':');
  const bool has_tag = colon != reference.npos && reference.find('/', colon) == reference.npos;
  const auto with_tag = has_tag ? reference : reference + ":latest";
  for (const auto& image : images) {
    const auto& tags = image.repo_tags;
    if (std::find(tags.begin(), tags.end(), with_tag) != tags.end()) return &image;
    const auto& digests = image.repo_digests;
    if (std::find(digests.begin(), digests.end(), reference) != digests.end()) return &image;
  }
  for (const auto& image : images) {
    const bool is_id = reference.find_first_not_of("0123456789abcdef") == reference.npos;
    if (image.id == reference || (is_id && image.id.starts_with("sha256:" + reference))) {
      return &image;
    }
  }
  return nullptr;
}

}  // namespace enibox::engine

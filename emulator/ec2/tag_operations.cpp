#include "emulator/ec2/describe.hpp"
#include "emulator/ec2/handlers.hpp"
#include "emulator/ec2/tags.hpp"

namespace enibox::ec2::op {
namespace {

constexpr FilterField kTagFilters[] = {
    {"key", "Key"},
    {"resource-id", "ResourceId"},
    {"resource-type", "ResourceType"},
    {"value", "Value"},
};

Json tag_description(const TagRow& tag) {
  return {{"ResourceId", tag.resource_id},
          {"ResourceType", tag.resource_type},
          {"Key", tag.key},
          {"Value", tag.value}};
}

}  // namespace

Json create_tags(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  for (const auto& id : wanted_ids(in, "Resources")) {
    require_resource(ec2, request.region, id);
    for (const auto& tag : in.value("Tags", Json::array())) {
      put_tag(ec2, request.region, {id, resource_type_of(id)}, tag);
    }
  }
  return Json::object();
}

// Without Tags all user tags go; with a Value only a tag that has it.
Json delete_tags(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  for (const auto& id : wanted_ids(in, "Resources")) {
    require_resource(ec2, request.region, id);
    const auto wanted = in.value("Tags", Json::array());
    for (const auto& tag : ec2.tags.of(id)) {
      bool goes = wanted.empty() && !tag.key.starts_with("aws:");
      for (const auto& each : wanted) {
        goes = goes || (each.value("Key", "") == tag.key &&
                        (!each.contains("Value") || each.at("Value") == tag.value));
      }
      if (goes) ec2.tags.erase(id, tag.key);
    }
  }
  return Json::object();
}

Json describe_tags(Ec2State& ec2, const api::RequestContext& request, const Json& in) {
  const Described what{"Tags", "", {}, kTagFilters};
  const auto resources = exact_values(in, "resource-id");
  if (!resources && asks_for_page(in)) {
    return describe_page(request, in, what, [&](const store::Stretch& stretch) {
      std::vector<Keyed> items;
      for (const auto& tag : ec2.tags.by_key(request.region, stretch)) {
        items.push_back({TagRows::key_of(tag), tag_description(tag)});
      }
      return items;
    });
  }
  std::vector<TagRow> rows;
  if (resources) {
    for (const auto& id : *resources) {
      for (auto& tag : ec2.tags.of(id)) {
        if (tag.region == request.region) rows.push_back(std::move(tag));
      }
    }
  } else {
    rows = ec2.tags.list(request.region);
  }
  return describe_rows(request, in, what, rows, tag_description);
}

}  // namespace enibox::ec2::op

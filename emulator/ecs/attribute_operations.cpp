#include <algorithm>

#include "emulator/ecs/attributes.hpp"
#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

constexpr std::size_t kMaxLength = 128;
constexpr std::size_t kMostInRequest = 10;
constexpr std::ptrdiff_t kMostCustom = 10;

[[noreturn]] void invalid(const std::string& message) {
  throw AwsError("InvalidParameterException", message);
}

// AWS: Attribute. Letters, digits, '-', '_', '.', '/', '\\'; a value may hold more.
bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= kMaxLength && std::ranges::all_of(name, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string("-_./\\").find(c) != std::string::npos;
  });
}

bool is_value(const std::string& value) {
  return value.size() <= kMaxLength && std::ranges::all_of(value, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) ||
                  std::string("-_./\\:@ ").find(c) != std::string::npos;
         });
}

ContainerInstance target(Ecs& ecs, const Cluster& cluster, const Json& attribute) {
  const std::string given = attribute.value("targetId", "");
  if (given.empty()) invalid("targetId can not be blank.");
  const auto found = ecs.instances.find(resource_id("container-instance", given));
  if (!found || found->cluster != cluster.name || found->region != cluster.region ||
      found->status == status::kInactive) {
    throw AwsError("TargetNotFoundException", "Target not found.");
  }
  return *found;
}

Json change_attributes(Ecs& ecs, const RequestContext& context, const Json& input, bool put) {
  const auto cluster = active_cluster(ecs, context, input);
  const auto& given = input.at("attributes");
  if (given.empty()) invalid("Attributes cannot be empty.");
  if (given.size() > kMostInRequest) invalid("attributes can have at most 10 items.");
  Json changed = Json::array();
  store::Transaction transaction(ecs.db);
  for (const auto& attribute : given) {
    auto instance = target(ecs, cluster, attribute);
    const std::string name = attribute.at("name").get<std::string>();
    if (is_reserved_attribute(name)) {
      invalid("The attribute name " + name + " is reserved for Amazon ECS.");
    }
    if (put) {
      put_attribute(instance, name, attribute.value("value", ""));
    } else {
      delete_attribute(instance, name);
    }
    ++instance.version;
    ecs.instances.update(instance);
    Json shown = {
        {"name", name},
        {"targetId", ecs.arns.container_instance(cluster.region, cluster.name, instance.id)}};
    if (attribute.contains("value")) shown["value"] = attribute["value"];
    changed.push_back(std::move(shown));
  }
  transaction.commit();
  return {{"attributes", std::move(changed)}};
}

Json put_attributes(Ecs& ecs, const RequestContext& context, const Json& input) {
  return change_attributes(ecs, context, input, true);
}
Json delete_attributes(Ecs& ecs, const RequestContext& context, const Json& input) {
  return change_attributes(ecs, context, input, false);
}

Json list_attributes(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster = active_cluster(ecs, context, input);
  const std::string name = input.value("attributeName", "");
  const std::string value = input.value("attributeValue", "");
  std::vector<Listed> found;
  for (const auto& instance : ecs.instances.list(cluster.region, cluster.name)) {
    for (const auto& attribute : instance.attributes) {
      if (!name.empty() && attribute.value("name", "") != name) continue;
      if (!value.empty() && attribute.value("value", "") != value) continue;
      Json row = attribute;
      row["targetId"] = ecs.arns.container_instance(cluster.region, cluster.name, instance.id);
      found.push_back(
          {api::page_key(instance.registered_ms) + instance.id + attribute.value("name", ""),
           std::move(row)});
    }
  }
  return page_json(context, input, "attributes", std::move(found));
}

}  // namespace

bool is_reserved_attribute(const std::string& name) {
  return name.rfind("ecs.", 0) == 0 || name.rfind("com.amazonaws.ecs.", 0) == 0;
}

void delete_attribute(ContainerInstance& instance, const std::string& name) {
  auto& list = instance.attributes;
  for (auto it = list.begin(); it != list.end(); ++it) {
    if (it->value("name", "") == name) {
      list.erase(it);
      return;
    }
  }
}

void put_attribute(ContainerInstance& instance, const std::string& name, const std::string& value) {
  if (!is_name(name)) invalid("Invalid attribute name: " + name);
  if (!is_value(value)) invalid("Invalid attribute value: " + value);
  delete_attribute(instance, name);
  Json row = {{"name", name}};
  if (!value.empty()) row["value"] = value;
  instance.attributes.push_back(std::move(row));
  const auto custom = std::ranges::count_if(instance.attributes, [](const Json& item) {
    return !is_reserved_attribute(item.value("name", ""));
  });
  if (custom > kMostCustom) {
    throw AwsError("AttributeLimitExceededException",
                   "You can apply up to 10 custom attributes for each resource.");
  }
}

void add_attribute_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "PutAttributes", put_attributes);
  add_operation(service, ecs, "DeleteAttributes", delete_attributes);
  add_operation(service, ecs, "ListAttributes", list_attributes);
}

}  // namespace enibox::ecs

#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

// The ARN in the form the rows keep it, of a resource that is there.
std::string existing_resource(Ecs& ecs, const RequestContext& context, const std::string& arn) {
  const std::string prefix = context.arn("ecs", "");
  if (arn.rfind(prefix, 0) != 0) {
    throw AwsError("InvalidParameterException",
                   "Invalid resource ARN: " + arn +
                       ". It must name an ECS resource of this account and region.");
  }
  const std::string resource = arn.substr(prefix.size());
  const std::string kind = resource.substr(0, resource.find('/'));
  const std::string id = resource.substr(resource.rfind('/') + 1);
  bool found = false;
  if (kind == "cluster") {
    const auto cluster = ecs.clusters.find(context.region, id);
    found = cluster && cluster->status == status::kActive;
  } else if (kind == "task-definition") {
    found = ecs.definitions.find(context.region, task_definition_name(arn)).has_value();
  } else if (kind == "task") {
    found = ecs.tasks.find(id).has_value();
  } else if (kind == "container-instance") {
    found = ecs.instances.find(id).has_value();
  }
  if (!found) {
    throw AwsError(
        kind == "cluster" ? "ClusterNotFoundException" : "InvalidParameterException",
        kind == "cluster" ? "Cluster not found." : "The specified resource was not found: " + arn);
  }
  return arn;
}

Json tag_resource(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto arn = existing_resource(ecs, context, input.at("resourceArn").get<std::string>());
  store::Transaction transaction(ecs.db);
  ecs.tags.add(arn, input.at("tags"));
  transaction.commit();
  return Json::object();
}

Json untag_resource(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto arn = existing_resource(ecs, context, input.at("resourceArn").get<std::string>());
  ecs.tags.remove(arn, input.at("tagKeys"));
  return Json::object();
}

Json list_tags_for_resource(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto arn = existing_resource(ecs, context, input.at("resourceArn").get<std::string>());
  return {{"tags", ecs.tags.list(arn)}};
}

}  // namespace

void add_tag_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "TagResource", tag_resource);
  add_operation(service, ecs, "UntagResource", untag_resource);
  add_operation(service, ecs, "ListTagsForResource", list_tags_for_resource);
}

}  // namespace enibox::ecs

#include <algorithm>

#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

[[noreturn]] void invalid(const std::string& message) {
  throw AwsError("InvalidParameterException", message);
}

// The last part of "task/CLUSTER/ID". AWS: what is of a cluster is tagged by its long ARN only.
std::string id_in_cluster(const std::string& resource) {
  if (std::ranges::count(resource, '/') != 2) {
    invalid("Long arn format must be used for tagging operations");
  }
  return resource.substr(resource.rfind('/') + 1);
}

// Throws, in each kind's own words, when the resource is not there. `resource` is the ARN's last
// part: "cluster/NAME".
void check_resource(Ecs& ecs, const std::string& region, const std::string& arn,
                    const std::string& resource) {
  const std::string kind = resource.substr(0, resource.find('/'));
  const std::string name = resource.substr(resource.find('/') + 1);
  if (kind == "cluster") {
    ecs.clusters.active(region, name);
  } else if (kind == "task-definition") {
    if (!ecs.definitions.find(region, task_definition_name(arn))) {
      throw AwsError("ClientException", "Unable to describe task definition.");
    }
  } else if (kind == "task") {
    const auto task = ecs.tasks.find(id_in_cluster(resource));
    if (!task || ecs.arns.task(*task) != arn) invalid("The referenced task was not found.");
  } else if (kind == "container-instance") {
    const auto found = ecs.instances.find(id_in_cluster(resource));
    if (!found || ecs.arns.container_instance(region, found->cluster, found->id) != arn ||
        found->status == status::kInactive) {
      invalid("The referenced container instance was not found.");
    }
  } else if (kind == "capacity-provider") {
    const auto found = ecs.capacity_providers.find(region, name);
    if (!found || found->status != status::kActive) {
      throw AwsError("ClientException",
                     "The specified capacity provider does not exist. Specify a valid name or ARN "
                     "and try again.");
    }
  } else if (kind == "service" || kind == "task-set") {
    throw AwsError("ServiceNotFoundException", "Service not found.");
  } else {
    invalid("Invalid resource ARN: " + arn);
  }
}

// The ARN of a resource that is there.
std::string existing_resource(Ecs& ecs, const RequestContext& context, const Json& input) {
  const std::string arn = input.at("resourceArn");
  const std::string prefix = context.arn("ecs", "");
  if (arn.rfind(prefix, 0) != 0) {
    invalid("Invalid resource ARN: " + arn +
            ". It must name an ECS resource of this account and region.");
  }
  check_resource(ecs, context.region, arn, arn.substr(prefix.size()));
  return arn;
}

Json tag_resource(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto arn = existing_resource(ecs, context, input);
  store::Transaction transaction(ecs.db);
  ecs.tags.add(arn, input.at("tags"));
  transaction.commit();
  return Json::object();
}

Json untag_resource(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto arn = existing_resource(ecs, context, input);
  ecs.tags.remove(arn, input.at("tagKeys"));
  return Json::object();
}

Json list_tags_for_resource(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto arn = existing_resource(ecs, context, input);
  return {{"tags", ecs.tags.list(arn)}};
}

}  // namespace

void add_tag_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "TagResource", tag_resource);
  add_operation(service, ecs, "UntagResource", untag_resource);
  add_operation(service, ecs, "ListTagsForResource", list_tags_for_resource);
}

}  // namespace enibox::ecs

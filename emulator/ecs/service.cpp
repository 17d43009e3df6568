#include <algorithm>

#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {

bool includes(const Json& input, const char* what) {
  const Json list = input.value("include", Json::array());
  return std::find(list.begin(), list.end(), Json(what)) != list.end();
}

void check_launch_type(const Json& input) {
  const std::string type = input.value("launchType", "EC2");
  if (type != "EC2" && type != "FARGATE" && type != "EXTERNAL" && type != "MANAGED_INSTANCES") {
    throw AwsError("InvalidParameterException",
                   "launch type should be one of [EC2,FARGATE,EXTERNAL]");
  }
}

void add_operation(api::Service& service, Ecs& ecs, const char* name, Operation operation) {
  service.operations[name] = [&ecs, operation](const api::RequestContext& context,
                                               const Json& input) {
    return api::Answer(operation(ecs, context, input));
  };
}

api::Service make_ecs_service(Ecs& ecs) {
  api::Service service{.name = "ecs", .operations = {}};
  add_cluster_operations(service, ecs);
  add_capacity_provider_operations(service, ecs);
  add_task_definition_operations(service, ecs);
  add_task_operations(service, ecs);
  add_container_instance_operations(service, ecs);
  add_registration_operations(service, ecs);
  add_attribute_operations(service, ecs);
  add_service_operations(service, ecs);
  add_exec_operations(service, ecs);
  add_tag_operations(service, ecs);
  add_account_setting_operations(service, ecs);
  return service;
}

}  // namespace enibox::ecs

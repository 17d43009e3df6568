#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {

void add_operation(api::Service& service, Ecs& ecs, const char* name, Operation operation) {
  service.operations[name] = [&ecs, operation](const api::RequestContext& context,
                                               const Json& input) {
    return api::Answer(operation(ecs, context, input));
  };
}

api::Service make_ecs_service(Ecs& ecs) {
  api::Service service{.name = "ecs", .operations = {}};
  add_cluster_operations(service, ecs);
  add_task_definition_operations(service, ecs);
  add_task_operations(service, ecs);
  add_container_instance_operations(service, ecs);
  add_exec_operations(service, ecs);
  add_tag_operations(service, ecs);
  add_account_setting_operations(service, ecs);
  return service;
}

}  // namespace enibox::ecs

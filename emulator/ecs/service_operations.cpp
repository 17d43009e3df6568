// Services are not made yet (CreateService answers 501), so there are none: what is asked of them
// is answered as in an account that has none.
#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

Json list_services(Ecs& ecs, const RequestContext& context, const Json& input) {
  check_launch_type(input);
  active_cluster(ecs, context, input);
  return page_json(context, input, "serviceArns", {});
}

Json list_services_by_namespace(Ecs&, const RequestContext& context, const Json& input) {
  return page_json(context, input, "serviceArns", {});
}

Json describe_services(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto cluster = active_cluster(ecs, context, input);
  const auto& services = input.at("services");
  if (services.empty()) {
    throw AwsError("InvalidParameterException", "Services cannot be empty.");
  }
  if (services.size() > 10) {
    throw AwsError("InvalidParameterException", "services can have at most 10 items.");
  }
  Json answer = {{"services", Json::array()}, {"failures", Json::array()}};
  for (const auto& given : services) {
    const std::string text = given.get<std::string>();
    const std::string name = text.substr(text.rfind('/') + 1);
    answer["failures"].push_back(
        failure_json(ecs.arns.service(cluster.region, cluster.name, name), "MISSING"));
  }
  return answer;
}

}  // namespace

void add_service_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "ListServices", list_services);
  add_operation(service, ecs, "ListServicesByNamespace", list_services_by_namespace);
  add_operation(service, ecs, "DescribeServices", describe_services);
}

}  // namespace enibox::ecs

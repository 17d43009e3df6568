#include "emulator/cloudwatch/service.hpp"

#include "emulator/cloudwatch/operations.hpp"

namespace enibox::cloudwatch {

api::Service make_cloudwatch_service(MetricStore& store) {
  using Operation = Json (*)(MetricStore&, const api::RequestContext&, const Json&);
  constexpr std::pair<const char*, Operation> kOperations[] = {
      {"GetMetricData", get_metric_data},
      {"GetMetricStatistics", get_metric_statistics},
      {"ListMetrics", list_metrics},
      {"PutMetricData", put_metric_data},
  };
  api::Service service{.name = "cloudwatch", .operations = {}};
  for (const auto& [name, operation] : kOperations) {
    service.operations.emplace(name,
                               [&store, operation = operation](const api::RequestContext& request,
                                                               const Json& in) -> api::Answer {
                                 return operation(store, request, in);
                               });
  }
  return service;
}

}  // namespace enibox::cloudwatch

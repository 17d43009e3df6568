#pragma once
#include "api/error.hpp"
#include "api/wire/service.hpp"
#include "emulator/cloudwatch/metric_store.hpp"

namespace enibox::cloudwatch {

Json put_metric_data(MetricStore& store, const api::RequestContext& request, const Json& in);
Json list_metrics(MetricStore& store, const api::RequestContext& request, const Json& in);
Json get_metric_statistics(MetricStore& store, const api::RequestContext& request, const Json& in);
Json get_metric_data(MetricStore& store, const api::RequestContext& request, const Json& in);

inline AwsError invalid_value(const std::string& message) {
  return {"InvalidParameterValue", message};
}
inline AwsError invalid_combination(const std::string& message) {
  return {"InvalidParameterCombination", message};
}
inline AwsError validation_error(const std::string& message) {
  return {"ValidationError", message};
}

// [{Name, Value}] under `place` ("MetricData.member.1.Dimensions"). Throws AwsError for a name that
// comes twice.
Dimensions dimensions_of(const Json& in, const std::string& place);
Json dimensions_json(const Dimensions& dimensions);
// Seconds since 1970, whole. A timestamp of our Json may have a fraction.
std::int64_t whole_seconds(const Json& timestamp);

// StartTime and EndTime of a request that reads, rounded as CloudWatch does, and its period.
// Throws AwsError `code`.
PeriodQuery span_of(const MetricStore& store, const Json& in, std::int64_t period_s,
                    const char* code);

}  // namespace enibox::cloudwatch

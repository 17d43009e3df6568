#pragma once
#include "api/wire/service.hpp"
#include "emulator/cloudwatch/metric_store.hpp"

namespace enibox::cloudwatch {

// CloudWatch for the wire. `store` outlives it. Loop thread only.
api::Service make_cloudwatch_service(MetricStore& store);

}  // namespace enibox::cloudwatch

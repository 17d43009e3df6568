#pragma once
#include "api/wire/service.hpp"
#include "emulator/clock.hpp"
#include "emulator/cloudwatch/metric_store.hpp"
#include "emulator/logs/log_store.hpp"

namespace enibox::logs {

// CloudWatch Logs for the wire; the metric filters publish into `metrics`. All three outlive it.
// Loop thread only.
api::Service make_logs_service(LogStore& logs, Clock& clock, cloudwatch::MetricStore& metrics);

}  // namespace enibox::logs

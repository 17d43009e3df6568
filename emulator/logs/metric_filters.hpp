#pragma once
#include <map>
#include <string>
#include <vector>

#include "api/wire/service.hpp"
#include "emulator/cloudwatch/metric_store.hpp"
#include "emulator/logs/filter_pattern.hpp"
#include "emulator/logs/log_store.hpp"

// Metric filters: what is put into a group becomes CloudWatch metrics. Loop thread only.
namespace enibox::logs {

class MetricFilters final : public LogStore::Listener {
 public:
  // Both outlive this.
  MetricFilters(LogStore& logs, cloudwatch::MetricStore& metrics)
      : logs_(logs), metrics_(metrics) {}

  // The operations. Errors: AwsError with the service's codes.
  Json put(const api::RequestContext& request, const Json& in);
  Json describe(const api::RequestContext& request, const Json& in);
  Json erase(const api::RequestContext& request, const Json& in);
  Json test(const Json& in) const;

  void events_came(const GroupRow& group, const StreamRow& stream,
                   const std::vector<Event>& events) override;

 private:
  LogStore& logs_;
  cloudwatch::MetricStore& metrics_;
};

}  // namespace enibox::logs

#include "emulator/services.hpp"

#include "emulator/cloudwatch/service.hpp"
#include "emulator/logs/service.hpp"
#include "emulator/ssm/parameter_rows.hpp"
#include "emulator/ssm/parameters.hpp"
#include "emulator/sts/service.hpp"
#include "emulator/tagging/service.hpp"

namespace enibox {

namespace {

// What the Resource Groups Tagging API reads of each service that has tags.
std::vector<tagging::Source> tag_sources(const ServiceParts& parts) {
  using api::RequestContext;
  auto parameters = std::make_shared<ssm::ParameterRows>(parts.db);
  return {[&ec2 = parts.ec2](const RequestContext& request) { return ec2.tagged(request); },
          [&ecs = parts.ecs](const RequestContext& request) {
            return ecs.tags.with_prefix(request.arn("ecs", ""));
          },
          [&logs = parts.logs](const RequestContext& request) {
            std::vector<TaggedResource> all;
            for (const auto& tag : logs.rows().all_tags(request.region)) {
              add_tag(all, request.arn("logs", "log-group:" + tag.name), "logs:log-group",
                      {tag.key, tag.value});
            }
            return all;
          },
          [parameters](const RequestContext& request) {
            std::vector<TaggedResource> all;
            for (const auto& tag : parameters->all_tags(request.region)) {
              add_tag(all, ssm::parameter_arn(request, tag.name), "ssm:parameter",
                      {tag.key, tag.value});
            }
            return all;
          }};
}

}  // namespace

std::vector<api::Service> make_services(const ServiceParts& parts) {
  auto ssm = ssm::make_parameter_service(parts.db, parts.clock, parts.ec2);
  ssm::add_session_operations(ssm, parts.sessions, parts.targets);
  return {ecs::make_ecs_service(parts.ecs),
          parts.ec2.operations(),
          iam::make_iam_service(parts.iam),
          logs::make_logs_service(parts.logs, parts.clock, parts.metrics),
          sts::make_sts_service(parts.keys, parts.iam),
          std::move(ssm),
          cloudwatch::make_cloudwatch_service(parts.metrics),
          tagging::make_tagging_service(tag_sources(parts))};
}

}  // namespace enibox

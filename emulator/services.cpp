#include "emulator/services.hpp"

#include "emulator/logs/service.hpp"
#include "emulator/ssm/parameters.hpp"
#include "emulator/sts/service.hpp"

namespace enibox {

std::vector<api::Service> make_services(const ServiceParts& parts) {
  auto ssm = ssm::make_parameter_service(parts.db, parts.clock, parts.ec2);
  ssm::add_session_operations(ssm, parts.sessions, parts.targets);
  return {ecs::make_ecs_service(parts.ecs),   parts.ec2.operations(),
          iam::make_iam_service(parts.iam),   logs::make_logs_service(parts.logs),
          sts::make_sts_service(parts.clock), std::move(ssm)};
}

}  // namespace enibox

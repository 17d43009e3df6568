#pragma once
#include <vector>

#include "api/wire/service.hpp"
#include "emulator/cloudwatch/metric_store.hpp"
#include "emulator/ec2/service.hpp"
#include "emulator/ecs/ecs.hpp"
#include "emulator/iam/iam.hpp"
#include "emulator/logs/log_store.hpp"
#include "emulator/ssm/session_operations.hpp"
#include "emulator/sts/temporary_keys.hpp"

// Which services there are: the one list behind the daemon's dispatcher and docs/operations.md.
namespace enibox {

struct ServiceParts {
  store::Database& db;
  Clock& clock;
  ec2::Ec2Service& ec2;
  iam::Iam& iam;
  ecs::Ecs& ecs;
  logs::LogStore& logs;
  cloudwatch::MetricStore& metrics;
  sts::TemporaryKeys& keys;
  ssm::SessionManager& sessions;
  ssm::Targets& targets;
};

// One table of operations for each service, for Dispatcher::add(). The parts outlive the tables.
std::vector<api::Service> make_services(const ServiceParts& parts);

}  // namespace enibox

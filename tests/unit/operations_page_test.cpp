#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "api/wire/coverage.hpp"
#include "api/wire/model.hpp"
#include "emulator/ecs/session_targets.hpp"
#include "emulator/services.hpp"
#include "emulator/ssm/session_manager.hpp"
#include "tests/unit/ecs/ecs_fixture.hpp"

namespace enibox::ecs {
namespace {

// Listed in api/models/*.ops (so their input is read and judged) and not served yet. One that gets
// its handler leaves this list; one that is new in a list comes with its handler or stands here.
const std::set<std::string> kNotServedYet{};

// All tables of the daemon, on fakes: what is asked here is which operations stand in them.
class OperationsPage : public EcsTest {
 protected:
  std::vector<api::Coverage> table() {
    api::Dispatcher dispatcher(network, {});
    for (auto& each : make_services(
             {db, clock, ec2, iam, ecs, log_store, metrics, keys, session_manager, targets})) {
      dispatcher.add(std::move(each));
    }
    return dispatcher.coverage();
  }

  iam::Iam iam{db, clock, "111122223333"};
  logs::LogStore log_store{db, clock};
  cloudwatch::MetricStore metrics{db, clock};
  sts::TemporaryKeys keys{db, clock};
  ssm::SessionManager session_manager{loop, clock, db, runtime};
  SessionTargets targets{ecs};
};

// `make operations` sets UPDATE_GOLDEN, which writes the page anew; read the diff then.
TEST_F(OperationsPage, IsWhatTheTablesSay) {
  const std::string path = std::string(ENIBOX_SOURCE_DIR) + "/docs/operations.md";
  const std::string page = api::coverage_markdown(table());
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << page;
  std::ostringstream committed;
  committed << std::ifstream(path).rdbuf();
  EXPECT_EQ(committed.str(), page) << "run `make operations` and commit docs/operations.md";
}

TEST_F(OperationsPage, EveryListedOperationHasAHandlerOrIsNamedAsMissing) {
  const api::ModelLibrary models;
  std::set<std::string> missing, services;
  for (const auto& line : table()) {
    if (line.served) services.insert(line.service);
    if (!line.served && models.by_name(line.service)->lists(line.operation)) {
      missing.insert(line.service + " " + line.operation);
    }
  }
  EXPECT_EQ(missing, kNotServedYet);
  EXPECT_EQ(services, (std::set<std::string>{"cloudwatch", "ec2", "ecs", "iam", "logs",
                                             "resourcegroupstaggingapi", "ssm", "sts"}));
}

}  // namespace
}  // namespace enibox::ecs

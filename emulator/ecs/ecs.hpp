#pragma once
#include <functional>
#include <string>
#include <vector>

#include "api/wire/paging.hpp"
#include "api/wire/service.hpp"
#include "emulator/clock.hpp"
#include "emulator/ec2/ec2.hpp"
#include "emulator/ecs/account_settings.hpp"
#include "emulator/ecs/arns.hpp"
#include "emulator/ecs/capacity_providers.hpp"
#include "emulator/ecs/clusters.hpp"
#include "emulator/ecs/container_instances.hpp"
#include "emulator/ecs/task_definitions.hpp"
#include "emulator/ecs/tasks.hpp"
#include "emulator/ssm/sessions.hpp"

// Amazon ECS: its rows, and what its operations need of the rest. Loop thread only.
namespace enibox::ecs {

struct Ecs {
  Ecs(store::Database& database, Clock& the_clock, ec2::Ec2& the_ec2, ssm::Sessions& the_sessions,
      std::string account_id)
      : db(database),
        clock(the_clock),
        ec2(the_ec2),
        sessions(the_sessions),
        arns{std::move(account_id)},
        settings(database),
        clusters(database),
        capacity_providers(database),
        definitions(database),
        instances(database),
        tasks(database),
        tags(database) {}

  store::Database& db;
  Clock& clock;
  ec2::Ec2& ec2;
  ssm::Sessions& sessions;
  Arns arns;
  AccountSettings settings;
  Clusters clusters;
  CapacityProviders capacity_providers;
  TaskDefinitions definitions;
  ContainerInstances instances;
  Tasks tasks;
  Tags tags;
  // Tells the reconciler that a task's row wants something else than what is; it acts later, not
  // within this call. Set by the daemon.
  std::function<void(const std::string& task_id)> task_changed = [](const std::string&) {};
};

// The table of operations.
api::Service make_ecs_service(Ecs& ecs);

// --- the API's shapes of rows
// ---------------------------------------------------------------------
Json task_json(Ecs& ecs, const Task& task, bool with_tags);
Json tasks_json(Ecs& ecs, const std::vector<Task>& tasks, bool with_tags);
Json container_instance_json(Ecs& ecs, const ContainerInstance& instance, const Remaining& left,
                             bool with_tags);
Json task_definition_json(Ecs& ecs, const TaskDefinition& definition);
Json failure_json(const std::string& arn, const std::string& reason);

// What a list operation shows, with the key of its place in the list (api/wire/paging.hpp).
struct Listed {
  std::string key;
  Json item;
};
// A page of `rows` under `member`, by the input's maxResults and nextToken.
Json page_json(const api::RequestContext& context, const Json& input, const std::string& member,
               std::vector<Listed> rows, const api::PageRules& rules = {});

// Whether the input's `include` names it.
bool includes(const Json& input, const char* what);

// Throws InvalidParameterException for a launchType that is none.
void check_launch_type(const Json& input);

// The cluster an input names ("default" when it does not), active. Throws
// ClusterNotFoundException.
Cluster active_cluster(Ecs& ecs, const api::RequestContext& context, const Json& input);

// One row of the table: most operations need no more than these three.
using Operation = Json (*)(Ecs&, const api::RequestContext&, const Json& input);
void add_operation(api::Service& service, Ecs& ecs, const char* name, Operation operation);

// --- the groups of operations: each adds its rows to the table -----------------------------------
void add_cluster_operations(api::Service& service, Ecs& ecs);
void add_capacity_provider_operations(api::Service& service, Ecs& ecs);
void add_service_operations(api::Service& service, Ecs& ecs);
void add_task_definition_operations(api::Service& service, Ecs& ecs);
void add_task_operations(api::Service& service, Ecs& ecs);
void add_container_instance_operations(api::Service& service, Ecs& ecs);
void add_registration_operations(api::Service& service, Ecs& ecs);
void add_attribute_operations(api::Service& service, Ecs& ecs);
void add_exec_operations(api::Service& service, Ecs& ecs);
void add_tag_operations(api::Service& service, Ecs& ecs);
void add_account_setting_operations(api::Service& service, Ecs& ecs);

Json run_task(Ecs& ecs, const api::RequestContext& context, const Json& input);
Json start_task(Ecs& ecs, const api::RequestContext& context, const Json& input);

// The agent's part: an EC2 instance joins a cluster (made when it is not there, as "default" is).
ContainerInstance register_container_instance(Ecs& ecs, const ec2::Instance& instance,
                                              const std::string& cluster);
// Ends a task: desiredStatus STOPPED, with code and reason. Nothing when it is ending already.
void stop_task(Ecs& ecs, Task& task, const std::string& code, const std::string& reason);

// Forgets tasks that stopped an hour ago, and deleted task definitions that no task refers to any
// more, with their tags. Called now and then.
void forget_what_is_over(Ecs& ecs);

}  // namespace enibox::ecs

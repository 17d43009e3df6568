#include <algorithm>
#include <set>

#include "emulator/ecs/ecs.hpp"

namespace enibox::ecs {
namespace {

using api::RequestContext;

Json register_task_definition(Ecs& ecs, const RequestContext& context, const Json& input) {
  TaskDefinition registered;
  registered.region = context.region;
  registered.status = status::kActive;
  registered.definition = checked_task_definition(input);
  registered.family = input.at("family").get<std::string>();
  registered.definition["registeredAt"] = aws_seconds(ecs.clock.now_ms());
  registered.definition["registeredBy"] = context.caller_arn();

  store::Transaction transaction(ecs.db);
  registered.revision = ecs.definitions.next_revision(context.region, registered.family);
  const std::string arn =
      ecs.arns.task_definition(context.region, registered.family, registered.revision);
  ecs.definitions.put(registered);
  ecs.tags.add(arn, input.value("tags", Json::array()));
  transaction.commit();
  return {{"taskDefinition", task_definition_json(ecs, registered)}, {"tags", ecs.tags.list(arn)}};
}

TaskDefinition described(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto found = ecs.definitions.find(
      context.region, task_definition_name(input.at("taskDefinition").get<std::string>()));
  if (!found) throw AwsError("ClientException", "Unable to describe task definition.");
  return *found;
}

Json describe_task_definition(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto found = described(ecs, context, input);
  Json answer = {{"taskDefinition", task_definition_json(ecs, found)}, {"tags", Json::array()}};
  const auto& include = input.value("include", Json::array());
  if (std::find(include.begin(), include.end(), Json("TAGS")) != include.end()) {
    answer["tags"] =
        ecs.tags.list(ecs.arns.task_definition(found.region, found.family, found.revision));
  }
  return answer;
}

Json deregister_task_definition(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto name = task_definition_name(input.at("taskDefinition").get<std::string>());
  if (name.revision == 0) {
    throw AwsError("ClientException", "Revision is missing.");
  }
  auto found = ecs.definitions.find(context.region, name);
  if (!found) {
    throw AwsError("ClientException", "Unable to describe task definition.");
  }
  if (found->status == status::kActive) {
    found->status = status::kInactive;
    found->definition["deregisteredAt"] = aws_seconds(ecs.clock.now_ms());
    ecs.definitions.put(*found);
  }
  return {{"taskDefinition", task_definition_json(ecs, *found)}};
}

// "family:3" or an ARN; nullopt for what names no revision.
std::optional<TaskDefinitionName> name_with_revision(const std::string& given) {
  try {
    const auto name = task_definition_name(given);
    if (name.revision != 0) return name;
  } catch (const AwsError&) {  // not a name at all: the caller lists it as a failure
  }
  return std::nullopt;
}

Json delete_task_definitions(Ecs& ecs, const RequestContext& context, const Json& input) {
  const auto& names = input.at("taskDefinitions");
  if (names.empty() || names.size() > 10) {
    throw AwsError("InvalidParameterException",
                   "taskDefinitions must have between 1 and 10 items.");
  }
  Json answer = {{"taskDefinitions", Json::array()}, {"failures", Json::array()}};
  store::Transaction transaction(ecs.db);
  for (const auto& given : names) {
    const std::string text = given.get<std::string>();
    const auto name = name_with_revision(text);
    if (!name) {
      answer["failures"].push_back(failure_json(
          text,
          "The specified task definition identifier is invalid. Specify a valid name or ARN and "
          "try again."));
      continue;
    }
    auto found = ecs.definitions.find(context.region, *name);
    if (!found) {
      answer["failures"].push_back(failure_json(
          text,
          "The specified task definition does not exist. Specify a valid account, family, revision "
          "and try again."));
      continue;
    }
    if (found->status == status::kActive) {
      answer["failures"].push_back(failure_json(
          ecs.arns.task_definition(context.region, name->family, name->revision),
          "The specified task definition is still in ACTIVE status. Please deregister the target "
          "and try again."));
      continue;
    }
    found->status = "DELETE_IN_PROGRESS";
    found->definition["deleteRequestedAt"] = aws_seconds(ecs.clock.now_ms());
    ecs.definitions.put(*found);
    answer["taskDefinitions"].push_back(task_definition_json(ecs, *found));
  }
  transaction.commit();
  return answer;
}

Json list_task_definitions(Ecs& ecs, const RequestContext& context, const Json& input) {
  const std::string wanted = input.value("status", status::kActive);
  std::vector<Listed> arns;
  for (const auto& row : ecs.definitions.list(context.region, input.value("familyPrefix", ""))) {
    if (row.status != wanted) continue;
    arns.push_back({row.family + " " + api::page_key(row.revision),
                    ecs.arns.task_definition(context.region, row.family, row.revision)});
  }
  return page_json(context, input, "taskDefinitionArns", std::move(arns),
                   {.descending = input.value("sort", "ASC") == "DESC"});
}

Json list_task_definition_families(Ecs& ecs, const RequestContext& context, const Json& input) {
  const std::string prefix = input.value("familyPrefix", "");
  const std::string wanted = input.value("status", "ALL");
  std::set<std::string> active, all;
  for (const auto& row : ecs.definitions.list(context.region, "")) {
    if (row.family.rfind(prefix, 0) != 0 || row.status == "DELETE_IN_PROGRESS") continue;
    all.insert(row.family);
    if (row.status == status::kActive) active.insert(row.family);
  }
  std::vector<Listed> families;
  for (const auto& family : all) {
    // A family is INACTIVE when none of its revisions is ACTIVE.
    if (wanted == "ALL" || (wanted == status::kActive) == active.contains(family)) {
      families.push_back({family, family});
    }
  }
  return page_json(context, input, "families", std::move(families));
}

}  // namespace

void add_task_definition_operations(api::Service& service, Ecs& ecs) {
  add_operation(service, ecs, "RegisterTaskDefinition", register_task_definition);
  add_operation(service, ecs, "DescribeTaskDefinition", describe_task_definition);
  add_operation(service, ecs, "DeregisterTaskDefinition", deregister_task_definition);
  add_operation(service, ecs, "DeleteTaskDefinitions", delete_task_definitions);
  add_operation(service, ecs, "ListTaskDefinitions", list_task_definitions);
  add_operation(service, ecs, "ListTaskDefinitionFamilies", list_task_definition_families);
}

}  // namespace enibox::ecs

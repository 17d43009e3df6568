// Lists of tasks, what is forgotten of them, and what RunTask and StartTask check.
#include "tests/unit/ecs/ecs_fixture.hpp"

namespace enibox::ecs {
namespace {

class TaskLists : public EcsTest {
 protected:
  Json listed(Json filter = Json::object()) {
    filter["cluster"] = "lab";
    return call("ListTasks", filter)["taskArns"];
  }
  std::string run(Json more = Json::object()) {
    Json input = run_input();
    input.update(more);
    const Json answer = call("RunTask", input);
    EXPECT_EQ(answer["failures"], Json::array());
    return answer["tasks"][0]["taskArn"];
  }
  std::string refusal(const std::string& key, Json value) {
    Json input = run_input();
    input[key] = std::move(value);
    return refused("RunTask", input).second;
  }
  std::string overridden(Json container) {
    if (!container.contains("name")) container["name"] = "nginx";
    return refusal("overrides", {{"containerOverrides", {container}}});
  }
};

TEST_F(TaskLists, EveryFilterNarrows) {
  lab(2);
  call("RegisterTaskDefinition", nginx_definition());
  auto other_family = nginx_definition();
  other_family["family"] = "api";
  call("RegisterTaskDefinition", other_family);
  const std::string web = run({{"startedBy", "me"}});
  const std::string api = run({{"taskDefinition", "api"}, {"startedBy", "you"}});
  clock.run_posted();
  EXPECT_EQ(listed(), Json({web, api}));
  EXPECT_EQ(listed({{"family", "api"}}), Json::array({api}));
  EXPECT_EQ(listed({{"startedBy", "me"}}), Json::array({web}));
  EXPECT_EQ(listed({{"startedBy", "me"}, {"family", "api"}}), Json::array());
  EXPECT_EQ(listed({{"launchType", "FARGATE"}}), Json::array());
  EXPECT_EQ(listed({{"launchType", "EC2"}}), Json({web, api}));
  EXPECT_EQ(listed({{"desiredStatus", "PENDING"}}), Json::array());
  const Json place = task(api)["containerInstanceArn"];
  EXPECT_NE(task(web)["containerInstanceArn"], place);
  EXPECT_EQ(listed({{"containerInstance", place}}), Json::array({api}));
  call("StopTask", {{"cluster", "lab"}, {"task", web}});
  EXPECT_EQ(listed(), Json::array({api}));
  EXPECT_EQ(listed({{"desiredStatus", "STOPPED"}}), Json::array({web}));
  EXPECT_EQ(refused("ListTasks", {{"cluster", "lab"}, {"serviceName", "s"}}).first,
            "ServiceNotFoundException");
}

TEST_F(TaskLists, PagesInTheOrderOfCreation) {
  lab(3);
  call("RegisterTaskDefinition", nginx_definition());
  Json all = Json::array();
  for (int i = 0; i < 5; ++i) all.push_back(run({{"startedBy", "me"}}));
  Json seen = Json::array();
  Json input = {{"cluster", "lab"}, {"startedBy", "me"}, {"maxResults", 2}};
  for (int page = 0; page < 3; ++page) {
    const Json answer = call("ListTasks", input);
    for (const auto& arn : answer["taskArns"]) seen.push_back(arn);
    ASSERT_EQ(answer.contains("nextToken"), page < 2);
    if (page < 2) input["nextToken"] = answer["nextToken"];
  }
  EXPECT_EQ(seen, all);
}

TEST_F(TaskLists, AStoppedTaskIsForgottenAfterAnHour) {
  lab();
  auto definition = nginx_definition();
  call("RegisterTaskDefinition", definition);
  const std::string arn = run({{"tags", {{{"key", "k"}, {"value", "v"}}}}});
  clock.run_posted();
  call("DeregisterTaskDefinition", {{"taskDefinition", "web:1"}});
  call("DeleteTaskDefinitions", {{"taskDefinitions", {"web:1"}}});
  call("StopTask", {{"cluster", "lab"}, {"task", arn}});
  clock.run_posted();
  ASSERT_EQ(task(arn)["lastStatus"], "STOPPED");
  clock.advance(std::chrono::minutes(59));
  forget_what_is_over(ecs);
  EXPECT_EQ(task(arn)["lastStatus"], "STOPPED");
  EXPECT_EQ(
      call("DescribeTaskDefinition", {{"taskDefinition", "web:1"}})["taskDefinition"]["status"],
      "DELETE_IN_PROGRESS");
  clock.advance(std::chrono::minutes(2));
  forget_what_is_over(ecs);
  EXPECT_EQ(call("DescribeTasks", {{"cluster", "lab"}, {"tasks", {arn}}})["failures"][0]["reason"],
            "MISSING");
  EXPECT_EQ(ecs.tags.list(arn), Json::array());
  EXPECT_EQ(refused("DescribeTaskDefinition", {{"taskDefinition", "web:1"}}).second,
            "Unable to describe task definition.");
  EXPECT_EQ(call("RegisterTaskDefinition", definition)["taskDefinition"]["revision"], 2);
}

TEST_F(TaskLists, OverridesAreHeldToTheRulesOfTheDefinition) {
  lab();
  call("RegisterTaskDefinition", nginx_definition());
  EXPECT_THAT(overridden({{"cpu", 512}}), testing::StartsWith("The sum of all container 'cpu'"));
  EXPECT_THAT(overridden({{"memory", 4}}), testing::HasSubstr("minimum valid memory"));
  EXPECT_THAT(overridden({{"memory", 1024}}), testing::HasSubstr("greater than the task 'memory'"));
  EXPECT_THAT(overridden({{"environment", {{{"value", "x"}}}}}),
              testing::HasSubstr("should not be null or empty"));
  EXPECT_THAT(overridden({{"command", {std::string(9000, 'x')}}}),
              testing::StartsWith("Container Overrides length must be at most 8192"));
  EXPECT_THAT(
      refusal("overrides", {{"containerOverrides", {{{"name", "nginx"}}, {{"name", "nginx"}}}}}),
      testing::HasSubstr("more than one override"));
  EXPECT_EQ(refusal("overrides", {{"cpu", "lots"}}), "Invalid 'cpu' setting for task.");
  const std::string arn = run({{"overrides",
                                {{"cpu", ".5 vCPU"},
                                 {"memory", "1 GB"},
                                 {"containerOverrides", {{{"name", "nginx"}, {"cpu", 512}}}}}}});
  EXPECT_EQ(task(arn)["cpu"], "512");
  EXPECT_EQ(task(arn)["memory"], "1024");
  EXPECT_EQ(task(arn)["containers"][0]["cpu"], "512");
}

TEST_F(TaskLists, RunTaskRefusesTextsAndPlacementsThatAreNone) {
  lab();
  call("RegisterTaskDefinition", nginx_definition());
  EXPECT_THAT(refusal("group", "service:web"), testing::HasSubstr("reserved for services"));
  EXPECT_THAT(refusal("startedBy", std::string(129, 'x')), testing::HasSubstr("128"));
  EXPECT_THAT(refusal("referenceId", std::string(1025, 'x')), testing::HasSubstr("1024"));
  EXPECT_THAT(refusal("propagateTags", "SERVICE"), testing::HasSubstr("SERVICE"));
  EXPECT_EQ(refusal("platformVersion", "1.4.0"),
            "The platform version must be null when specifying an EC2 launch type.");
  EXPECT_THAT(
      refusal("placementConstraints", {{{"type", "memberOf"}, {"expression", "colour == red"}}}),
      testing::StartsWith("Invalid cluster query expression"));
  EXPECT_THAT(refusal("placementStrategy", {{{"type", "binpack"}, {"field", "disk"}}}),
              testing::HasSubstr("binpack"));
  EXPECT_THAT(refusal("volumeConfigurations", {{{"name", "data"}}}),
              testing::HasSubstr("not configured at launch"));
  EXPECT_EQ(refusal("launchType", "Fargate"),
            "launch type should be one of [EC2,FARGATE,EXTERNAL]");
  EXPECT_EQ(listed(), Json::array());
}

TEST_F(TaskLists, WhatNoInstanceHasIsAFailureWithItsName) {
  lab();
  const auto failure = [&](Json changes, Json container) {
    Json definition = nginx_definition();
    definition.update(changes);
    definition["containerDefinitions"][0].update(container);
    call("RegisterTaskDefinition", definition);
    return call("RunTask", run_input())["failures"][0]["reason"].get<std::string>();
  };
  EXPECT_EQ(failure({{"runtimePlatform", {{"cpuArchitecture", "ARM64"}}}}, Json::object()),
            "ATTRIBUTE");
  EXPECT_EQ(
      failure(Json::object(), {{"resourceRequirements", {{{"type", "GPU"}, {"value", "1"}}}}}),
      "RESOURCE:GPU");
  EXPECT_EQ(failure({{"cpu", "4096"}, {"memory", "512"}}, Json::object()), "RESOURCE:CPU");
  EXPECT_EQ(failure({{"cpu", "256"}, {"memory", "8192"}}, Json::object()), "RESOURCE:MEMORY");
}

TEST_F(TaskLists, TaskGroupsKeepApartByTheQueryLanguage) {
  lab(2);
  call("RegisterTaskDefinition", nginx_definition());
  const std::string data = run({{"group", "db"}});
  const Json apart = {{{"type", "memberOf"}, {"expression", "not(task:group == db)"}}};
  const std::string web = run({{"placementConstraints", apart}});
  EXPECT_NE(task(web)["containerInstanceArn"], task(data)["containerInstanceArn"]);
  EXPECT_EQ(task(data)["group"], "db");
  EXPECT_EQ(task(web)["group"], "family:web");
}

TEST_F(TaskLists, OnlyLongArnsAreTagged) {
  lab();
  call("RegisterTaskDefinition", nginx_definition());
  const std::string arn = run();
  const Json tags = {{{"key", "k"}, {"value", "v"}}};
  call("TagResource", {{"resourceArn", arn}, {"tags", tags}});
  EXPECT_EQ(call("ListTagsForResource", {{"resourceArn", arn}})["tags"], tags);
  const std::string prefix = "arn:aws:ecs:us-east-1:111122223333:";
  const auto refusal_for = [&](const std::string& resource) {
    return refused("ListTagsForResource", {{"resourceArn", prefix + resource}});
  };
  EXPECT_EQ(refusal_for("task/" + arn.substr(arn.rfind('/') + 1)).second,
            "Long arn format must be used for tagging operations");
  EXPECT_EQ(refusal_for("task/lab/" + std::string(32, 'f')).second,
            "The referenced task was not found.");
  EXPECT_EQ(refusal_for("task-definition/nope:1").second, "Unable to describe task definition.");
  EXPECT_EQ(refusal_for("service/lab/web").first, "ServiceNotFoundException");
  EXPECT_EQ(refusal_for("cluster/nope").first, "ClusterNotFoundException");
  EXPECT_EQ(refusal_for("capacity-provider/nope").first, "ClientException");
  EXPECT_EQ(refusal_for("thing/x").first, "InvalidParameterException");
}

TEST_F(TaskLists, AStandaloneTaskHasNoProtection) {
  lab();
  const std::string arn = run_nginx();
  EXPECT_EQ(call("GetTaskProtection", {{"cluster", "lab"}})["protectedTasks"], Json::array());
  const Json update = {{"cluster", "lab"}, {"tasks", {arn}}, {"protectionEnabled", true}};
  EXPECT_EQ(call("UpdateTaskProtection", update)["failures"][0]["reason"], "TASK_NOT_VALID");
  Json bad = update;
  bad["expiresInMinutes"] = 2881;
  EXPECT_EQ(refused("UpdateTaskProtection", bad).first, "InvalidParameterException");
  bad = update;
  bad["tasks"] = {std::string(32, 'f')};
  EXPECT_EQ(call("UpdateTaskProtection", bad)["failures"][0]["reason"], "MISSING");
}

}  // namespace
}  // namespace enibox::ecs

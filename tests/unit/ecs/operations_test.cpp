#include "tests/unit/ecs/ecs_fixture.hpp"

namespace enibox::ecs {
namespace {

using Operations = EcsTest;
using Refusal = std::pair<std::string, std::string>;

const std::string kUnknownTask(32, 'f');

TEST_F(Operations, RunTaskRefusesWithTheTextsOfEcs) {
  lab();
  call("RegisterTaskDefinition", nginx_definition());
  const auto with = [&](const std::string& key, Json value) {
    Json input = run_input();
    input[key] = std::move(value);
    return refused("RunTask", input);
  };
  const auto awsvpc = [&](const std::string& key, Json value) {
    Json input = run_input();
    input["networkConfiguration"]["awsvpcConfiguration"][key] = std::move(value);
    return refused("RunTask", input);
  };
  EXPECT_EQ(with("cluster", "nowhere"), Refusal("ClusterNotFoundException", "Cluster not found."));
  EXPECT_EQ(with("taskDefinition", "nope"),
            Refusal("ClientException", "TaskDefinition not found."));
  EXPECT_EQ(with("taskDefinition", "web:x").second, "Invalid revision number. Number: x");
  EXPECT_EQ(with("launchType", "FARGATE").first, "NotImplemented");
  EXPECT_EQ(awsvpc("assignPublicIp", "ENABLED").second,
            "Assign public IP is not supported for this launch type.");
  EXPECT_EQ(awsvpc("subnets", Json::array()).second, "subnets can not be empty.");
  EXPECT_EQ(awsvpc("subnets", {"subnet-1"}).second,
            "Error retrieving subnet information for [subnet-1]: The subnet ID 'subnet-1' does not "
            "exist (ErrorCode: InvalidSubnetID.NotFound)");
  EXPECT_EQ(awsvpc("securityGroups", {"sg-1"}).second,
            "Error retrieving security group information for [sg-1]: The security group 'sg-1' "
            "does not exist (ErrorCode: InvalidGroup.NotFound)");
  EXPECT_EQ(awsvpc("securityGroups", Json(std::vector<std::string>(6, group_id))).second,
            "securityGroups can have at most 5 items.");
  EXPECT_EQ(with("overrides", {{"containerOverrides", {{{"name", "db"}}}}}).second,
            "Override for container named db is not a container in the TaskDefinition.");
  Json bare = run_input();
  bare.erase("networkConfiguration");
  EXPECT_EQ(refused("RunTask", bare).second,
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  bare["launchType"] = "EXTERNAL";  // which awsvpc does not support
  EXPECT_EQ(refused("RunTask", bare).second,
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  EXPECT_EQ(with("launchType", "EXTERNAL").second,
            "Task definition does not support launch_type EXTERNAL.");
  EXPECT_EQ(call("ListTasks", {{"cluster", "lab"}})["taskArns"], Json::array())
      << "a refused request leaves nothing";
  EXPECT_EQ(call_ec2("DescribeNetworkInterfaces", Json::object())["NetworkInterfaces"].size(), 1U);
}

TEST_F(Operations, ACredentialScopesRegionIsAWorldOfItsOwn) {
  lab();
  context.region = "eu-west-1";
  EXPECT_EQ(refused("DescribeTasks", {{"cluster", "lab"}, {"tasks", {kUnknownTask}}}).first,
            "ClusterNotFoundException");
}

TEST_F(Operations, AnEmptyClusterHasNoInstances) {
  lab(0);
  call("RegisterTaskDefinition", nginx_definition());
  EXPECT_EQ(refused("RunTask", run_input()).second,
            "No Container Instances were found in your cluster.");
}

TEST_F(Operations, AGroupOfAnotherVpcIsRefused) {
  lab();
  call("RegisterTaskDefinition", nginx_definition());
  const std::string other = call_ec2("CreateVpc", {{"CidrBlock", "10.9.0.0/16"}})["Vpc"]["VpcId"];
  const std::string group =
      call_ec2("CreateSecurityGroup",
               {{"VpcId", other}, {"GroupName", "far"}, {"Description", "far"}})["GroupId"];
  Json input = run_input();
  input["networkConfiguration"]["awsvpcConfiguration"]["securityGroups"] = {group};
  EXPECT_EQ(refused("RunTask", input).second,
            "Security group " + group +
                " does not appear to belong to the same VPC as the input subnets.");
}

TEST_F(Operations, TheSameClientTokenGivesTheSameTasks) {
  lab();
  call("RegisterTaskDefinition", nginx_definition());
  Json input = run_input();
  input["clientToken"] = "once";
  const Json first = call("RunTask", input);
  EXPECT_EQ(call("RunTask", input)["tasks"][0]["taskArn"], first["tasks"][0]["taskArn"]);
  input["startedBy"] = "someone else";
  EXPECT_EQ(refused("RunTask", input).first, "ConflictException");
}

TEST_F(Operations, UnknownTasksAreFailuresOrErrorsAsOnAws) {
  lab();
  const Json described = call("DescribeTasks", {{"cluster", "lab"}, {"tasks", {kUnknownTask}}});
  EXPECT_EQ(described["failures"][0]["reason"], "MISSING");
  EXPECT_EQ(described["failures"][0]["arn"],
            "arn:aws:ecs:us-east-1:111122223333:task/lab/" + kUnknownTask);
  EXPECT_EQ(refused("DescribeTasks", {{"cluster", "lab"}, {"tasks", Json::array()}}).second,
            "Tasks cannot be empty.");
  EXPECT_EQ(refused("StopTask", {{"cluster", "lab"}, {"task", kUnknownTask}}).second,
            "The referenced task was not found.");
  EXPECT_EQ(refused("StopTask", {{"cluster", "lab"}, {"task", "x"}}).second,
            "Invalid identifier: task length should be one of [32,36]");
}

TEST_F(Operations, RevisionsAreNeverGivenTwice) {
  for (int i = 0; i < 3; ++i) call("RegisterTaskDefinition", nginx_definition());
  call("DeregisterTaskDefinition", {{"taskDefinition", "web:3"}});
  EXPECT_EQ(call("RegisterTaskDefinition", nginx_definition())["taskDefinition"]["revision"], 4);
  EXPECT_EQ(
      call("DescribeTaskDefinition", {{"taskDefinition", "web"}})["taskDefinition"]["revision"], 4);
  EXPECT_EQ(call("ListTaskDefinitions", {{"status", "INACTIVE"}})["taskDefinitionArns"].size(), 1U);
  EXPECT_EQ(call("ListTaskDefinitionFamilies", Json::object())["families"], Json({"web"}));
  EXPECT_EQ(refused("DescribeTaskDefinition", {{"taskDefinition", "no"}}).second,
            "Unable to describe task definition.");
}

TEST_F(Operations, PagesThroughALongList) {
  for (int i = 0; i < 25; ++i) call("RegisterTaskDefinition", nginx_definition());
  Json seen = Json::array();
  Json input = {{"maxResults", 10}};
  for (int page = 0; page < 3; ++page) {
    const Json answer = call("ListTaskDefinitions", input);
    for (const auto& arn : answer["taskDefinitionArns"]) seen.push_back(arn);
    EXPECT_EQ(answer.contains("nextToken"), page < 2);
    if (page < 2) input["nextToken"] = answer["nextToken"];
  }
  EXPECT_EQ(seen.size(), 25U);
  EXPECT_EQ(refused("ListTaskDefinitions", {{"nextToken", "bogus"}}).first,
            "InvalidParameterException");
  EXPECT_EQ(refused("ListTaskDefinitions", {{"maxResults", 101}}).first,
            "InvalidParameterException");
}

TEST_F(Operations, APageGoesOnThoughItsLastItemIsGone) {
  for (int i = 0; i < 5; ++i) call("RegisterTaskDefinition", nginx_definition());
  for (const char* sort : {"ASC", "DESC"}) {
    Json input = {{"maxResults", 2}, {"sort", sort}};
    const Json first = call("ListTaskDefinitions", input);
    const Json all = call("ListTaskDefinitions", {{"sort", sort}})["taskDefinitionArns"];
    call("DeregisterTaskDefinition", {{"taskDefinition", first["taskDefinitionArns"][1]}});
    input["nextToken"] = first["nextToken"];
    EXPECT_EQ(call("ListTaskDefinitions", input)["taskDefinitionArns"], Json({all[2], all[3]}))
        << sort;
    call("RegisterTaskDefinition", nginx_definition());
  }
}

TEST_F(Operations, ListsOfClustersTasksAndInstancesGoOnThoughItemsGo) {
  lab(2);
  call("RegisterTaskDefinition", nginx_definition());
  for (const char* name : {"a", "b", "c"}) call("CreateCluster", {{"clusterName", name}});
  for (int i = 0; i < 3; ++i) call("RunTask", run_input());
  const auto second_page = [&](const std::string& operation, const std::string& member,
                               const std::function<void(const Json& arn)>& remove) {
    Json input = Json::object();
    if (operation != "ListClusters") input["cluster"] = "lab";
    const Json all = call(operation, input)[member];
    input["maxResults"] = 1;
    const Json first = call(operation, input);
    remove(first[member][0]);
    input["nextToken"] = first["nextToken"];
    EXPECT_EQ(call(operation, input)[member], Json::array({all[1]})) << operation;
  };
  second_page("ListClusters", "clusterArns", [&](const Json& arn) {
    call("DeleteCluster", {{"cluster", arn}});
  });
  second_page("ListTasks", "taskArns", [&](const Json& arn) {
    call("StopTask", {{"cluster", "lab"}, {"task", arn}});
  });
  second_page("ListContainerInstances", "containerInstanceArns", [&](const Json& arn) {
    call("DeregisterContainerInstance",
         {{"cluster", "lab"}, {"containerInstance", arn}, {"force", true}});
  });
}

TEST_F(Operations, ExecuteCommandOpensASessionInTheContainer) {
  lab();
  const std::string arn = run_nginx();
  const Json answer = call("ExecuteCommand", {{"cluster", "lab"},
                                              {"task", arn},
                                              {"command", "/bin/sh -c \"echo 'a b'\""},
                                              {"interactive", true}});
  EXPECT_EQ(answer["containerName"], "nginx");
  EXPECT_TRUE(
      answer["session"]["sessionId"].get<std::string>().starts_with("ecs-execute-command-"));
  ASSERT_EQ(sessions.started.size(), 1U);
  EXPECT_EQ(sessions.started[0].argv, (std::vector<std::string>{"/bin/sh", "-c", "echo 'a b'"}));
  EXPECT_EQ(sessions.started[0].container_id, runtime.containers.begin()->first);
}

TEST_F(Operations, ExecuteCommandRefusesAsEcsDoes) {
  lab();
  call("RegisterTaskDefinition", nginx_definition());
  Json input = run_input();
  input["enableExecuteCommand"] = false;
  const std::string arn = call("RunTask", input)["tasks"][0]["taskArn"];
  clock.run_posted();
  const auto exec = [&](Json changes) {
    Json request = {{"cluster", "lab"}, {"task", arn}, {"command", "sh"}, {"interactive", true}};
    request.update(changes);
    return refused("ExecuteCommand", request);
  };
  EXPECT_TRUE(exec(Json::object())
                  .second.starts_with("The execute command failed because execute command was "
                                      "not enabled"));
  EXPECT_EQ(exec({{"interactive", false}}).second,
            "Interactive is the only mode supported currently.");
  EXPECT_EQ(exec({{"container", "db"}}).second, "The container db was not found in the task.");
  EXPECT_EQ(exec({{"task", kUnknownTask}}).second, "The referenced task was not found.");
}

TEST_F(Operations, AContainerStopEndsItsSessions) {
  lab();
  run_nginx();
  const std::string docker_id = runtime.containers.begin()->first;
  runtime.exit(docker_id, 0);
  EXPECT_EQ(sessions.ended, std::vector<std::string>{docker_id});
}

TEST_F(Operations, AClusterInUseIsNotDeleted) {
  lab();
  run_nginx();
  EXPECT_EQ(refused("DeleteCluster", {{"cluster", "lab"}}).first,
            "ClusterContainsContainerInstancesException");
  const Json described = call("DescribeClusters", {{"clusters", {"lab", "gone"}}});
  EXPECT_EQ(described["clusters"][0]["runningTasksCount"], 1);
  EXPECT_EQ(described["clusters"][0]["registeredContainerInstancesCount"], 1);
  EXPECT_EQ(described["failures"][0]["reason"], "MISSING");
}

TEST_F(Operations, WhatTheInstancesDoNotOfferIsAnAttributeFailure) {
  lab();
  auto definition = nginx_definition();
  definition["executionRoleArn"] = "arn:aws:iam::111122223333:role/e";
  definition["containerDefinitions"][0]["secrets"] = {{{"name", "A"}, {"valueFrom", "param"}}};
  call("RegisterTaskDefinition", definition);
  const Json answer = call("RunTask", run_input());
  EXPECT_EQ(answer["tasks"], Json::array());
  EXPECT_EQ(answer["failures"][0]["reason"], "ATTRIBUTE");
}

TEST_F(Operations, AContainerInstanceTellsWhatItHasLeft) {
  lab();
  run_nginx();
  const Json arns = call("ListContainerInstances", {{"cluster", "lab"}})["containerInstanceArns"];
  const Json row =
      call("DescribeContainerInstances",
           {{"cluster", "lab"}, {"containerInstances", arns}})["containerInstances"][0];
  EXPECT_EQ(row["ec2InstanceId"], instance_id);
  EXPECT_EQ(row["registeredResources"][0]["integerValue"], 2048);
  EXPECT_EQ(row["remainingResources"][0]["integerValue"], 2048 - 256);
  EXPECT_EQ(row["registeredResources"][1]["integerValue"], 3884);
  EXPECT_EQ(row["remainingResources"][1]["integerValue"], 3884 - 512);
  EXPECT_EQ(row["runningTasksCount"], 1);
  EXPECT_EQ(call("ListContainerInstances",
                 {{"cluster", "lab"},
                  {"filter", "attribute:ecs.instance-type == m5.large"}})["containerInstanceArns"],
            Json::array());
}

TEST_F(Operations, TagsAreKeptAndChecked) {
  lab();
  Json definition = nginx_definition();
  definition["tags"] = {{{"key", "team"}, {"value", "net"}}};
  const std::string arn =
      call("RegisterTaskDefinition", definition)["taskDefinition"]["taskDefinitionArn"];
  EXPECT_EQ(call("ListTagsForResource", {{"resourceArn", arn}})["tags"],
            Json({{{"key", "team"}, {"value", "net"}}}));
  call("UntagResource", {{"resourceArn", arn}, {"tagKeys", {"team"}}});
  EXPECT_EQ(call("ListTagsForResource", {{"resourceArn", arn}})["tags"], Json::array());
  EXPECT_EQ(
      refused("TagResource", {{"resourceArn", arn}, {"tags", {{{"key", "aws:x"}, {"value", ""}}}}})
          .first,
      "InvalidParameterException");
}

TEST_F(Operations, AccountSettingsHaveDefaults) {
  const Json effective = call("ListAccountSettings", {{"effectiveSettings", true}});
  EXPECT_EQ(effective["settings"].size(), 10U);  // AWS: pages of ten
  EXPECT_EQ(call("ListAccountSettings",
                 {{"effectiveSettings", true}, {"nextToken", effective["nextToken"]}})["settings"]
                .size(),
            2U);
  call("PutAccountSetting", {{"name", "awsvpcTrunking"}, {"value", "enabled"}});
  const Json own = call("ListAccountSettings", {{"name", "awsvpcTrunking"}});
  EXPECT_EQ(own["settings"][0]["value"], "enabled");
  EXPECT_EQ(refused("PutAccountSetting", {{"name", "color"}, {"value", "red"}}).first,
            "InvalidParameterException");
}

}  // namespace
}  // namespace enibox::ecs

// Clusters, capacity providers and account settings, as Terraform makes, reads, changes and deletes
// them.
#include "tests/unit/ecs/ecs_fixture.hpp"

namespace enibox::ecs {
namespace {

using Refusal = std::pair<std::string, std::string>;

class ClusterTest : public EcsTest {
 protected:
  Json described(const std::string& name, const Json& include = Json::array()) {
    return call("DescribeClusters", {{"clusters", {name}}, {"include", include}})["clusters"][0];
  }
  Json create_provider(const std::string& name, Json group = Json::object()) {
    if (!group.contains("autoScalingGroupArn")) group["autoScalingGroupArn"] = "group-of-" + name;
    return call(
        "CreateCapacityProvider",
        {{"name", name}, {"autoScalingGroupProvider", std::move(group)}})["capacityProvider"];
  }
};

TEST_F(ClusterTest, IncludesAreShownOnlyWhenAskedFor) {
  call("CreateCluster",
       {{"clusterName", "a"},
        {"settings", {{{"name", "containerInsights"}, {"value", "enhanced"}}}},
        {"configuration",
         {{"executeCommandConfiguration",
           {{"logging", "OVERRIDE"}, {"logConfiguration", {{"cloudWatchLogGroupName", "/e"}}}}}}},
        {"tags", {{{"key", "k"}, {"value", "v"}}}}});
  const Json bare = described("a");
  EXPECT_EQ(bare["settings"], Json::array());
  EXPECT_EQ(bare["tags"], Json::array());
  EXPECT_EQ(bare["statistics"], Json::array());
  EXPECT_FALSE(bare.contains("configuration"));
  EXPECT_FALSE(bare.contains("attachments"));
  const Json all =
      described("a", {"TAGS", "SETTINGS", "STATISTICS", "CONFIGURATIONS", "ATTACHMENTS"});
  EXPECT_EQ(all["settings"][0]["value"], "enhanced");
  EXPECT_EQ(all["tags"][0]["key"], "k");
  EXPECT_EQ(all["statistics"].size(), 8U);
  EXPECT_EQ(all["configuration"]["executeCommandConfiguration"]["logging"], "OVERRIDE");
  EXPECT_EQ(all["attachments"], Json::array());
}

TEST_F(ClusterTest, ASecondCreateIsTheSameClusterOrARefusal) {
  const Json settings = {{{"name", "containerInsights"}, {"value", "enabled"}}};
  call("CreateCluster", {{"clusterName", "a"}, {"settings", settings}});
  EXPECT_EQ(call("CreateCluster", {{"clusterName", "a"}})["cluster"]["settings"], settings);
  EXPECT_EQ(refused("CreateCluster", {{"clusterName", "a"}, {"capacityProviders", {"FARGATE"}}}),
            Refusal("InvalidParameterException",
                    "Arguments on this idempotent request are inconsistent with arguments used in "
                    "previous request(s)."));
}

TEST_F(ClusterTest, ADeletedClusterIsDescribedAndRefused) {
  call("CreateCluster", {{"clusterName", "a"}});
  EXPECT_EQ(call("DeleteCluster", {{"cluster", "a"}})["cluster"]["status"], "INACTIVE");
  EXPECT_EQ(described("a")["status"], "INACTIVE");
  EXPECT_EQ(call("ListClusters", Json::object())["clusterArns"], Json::array());
  EXPECT_EQ(refused("ListTasks", {{"cluster", "a"}}),
            Refusal("ClusterNotFoundException", "The referenced cluster was inactive."));
  EXPECT_EQ(call("CreateCluster", {{"clusterName", "a"}})["cluster"]["status"], "ACTIVE");
}

TEST_F(ClusterTest, AClusterInUseIsNotDeleted) {
  lab();
  EXPECT_EQ(refused("DeleteCluster", {{"cluster", "lab"}}).first,
            "ClusterContainsContainerInstancesException");
  const std::string task_arn = run_nginx();
  const Json arn = call("ListContainerInstances", {{"cluster", "lab"}})["containerInstanceArns"][0];
  call("DeregisterContainerInstance",
       {{"cluster", "lab"}, {"containerInstance", arn}, {"force", true}});
  EXPECT_EQ(refused("DeleteCluster", {{"cluster", "lab"}}).first, "ClusterContainsTasksException");
  EXPECT_EQ(task(task_arn)["stoppedReason"], "Container instance deregistration forced by user");
}

TEST_F(ClusterTest, ConfigurationsAreChecked) {
  const auto with = [&](const Json& exec) {
    return refused("CreateCluster", {{"clusterName", "a"},
                                     {"configuration", {{"executeCommandConfiguration", exec}}}})
        .first;
  };
  EXPECT_EQ(with({{"logging", "OVERRIDE"}}), "InvalidParameterException");
  EXPECT_EQ(with({{"logging", "NONE"}, {"logConfiguration", {{"s3BucketName", "b"}}}}),
            "InvalidParameterException");
  EXPECT_EQ(refused("CreateCluster",
                    {{"clusterName", "a"},
                     {"settings", {{{"name", "containerInsights"}, {"value", "maybe"}}}}})
                .first,
            "InvalidParameterException");
  EXPECT_EQ(call("ListClusters", Json::object())["clusterArns"], Json::array());
}

TEST_F(ClusterTest, CapacityProvidersAreAssociatedByTheRules) {
  call("CreateCluster", {{"clusterName", "a"}});
  create_provider("own");
  const auto put = [&](const Json& providers, const Json& strategy) {
    return Json{{"cluster", "a"},
                {"capacityProviders", providers},
                {"defaultCapacityProviderStrategy", strategy}};
  };
  const Json answer =
      call("PutClusterCapacityProviders",
           put({"FARGATE", "FARGATE_SPOT"},
               {{{"capacityProvider", "FARGATE"}, {"weight", 1}, {"base", 1}}}))["cluster"];
  EXPECT_EQ(answer["capacityProviders"], Json({"FARGATE", "FARGATE_SPOT"}));
  EXPECT_EQ(answer["defaultCapacityProviderStrategy"][0]["base"], 1);
  const auto refusal = [&](const Json& providers, const Json& strategy) {
    return refused("PutClusterCapacityProviders", put(providers, strategy)).second;
  };
  EXPECT_EQ(refusal({"nope"}, Json::array()),
            "The specified capacity provider 'nope' was not found. Specify a valid capacity "
            "provider and try again.");
  EXPECT_THAT(refusal({"FARGATE"}, {{{"capacityProvider", "own"}}}),
              testing::StartsWith("The specified capacity provider strategy cannot contain"));
  EXPECT_THAT(refusal({"FARGATE", "own"},
                      {{{"capacityProvider", "own"}}, {{"capacityProvider", "FARGATE"}}}),
              testing::StartsWith("A capacity provider strategy cannot contain a mix"));
  EXPECT_THAT(
      refusal({"FARGATE", "FARGATE_SPOT"}, {{{"capacityProvider", "FARGATE"}, {"base", 1}},
                                            {{"capacityProvider", "FARGATE_SPOT"}, {"base", 1}}}),
      testing::HasSubstr("base"));
  EXPECT_EQ(described("a")["capacityProviders"], Json({"FARGATE", "FARGATE_SPOT"}))
      << "a refused request changes nothing";
}

TEST_F(ClusterTest, ACapacityProviderLivesAsTerraformWants) {
  const Json made = create_provider("cp", {{"managedScaling", {{"targetCapacity", 80}}}});
  EXPECT_EQ(made["status"], "ACTIVE");
  EXPECT_EQ(made["autoScalingGroupProvider"]["managedScaling"],
            Json({{"status", "ENABLED"},
                  {"targetCapacity", 80},
                  {"minimumScalingStepSize", 1},
                  {"maximumScalingStepSize", 10000},
                  {"instanceWarmupPeriod", 300}}));
  EXPECT_EQ(made["autoScalingGroupProvider"]["managedTerminationProtection"], "DISABLED");
  const Json arn = made["capacityProviderArn"];
  call("TagResource", {{"resourceArn", arn}, {"tags", {{{"key", "k"}, {"value", "v"}}}}});
  const auto describe = [&](const Json& names) {
    return call("DescribeCapacityProviders", {{"capacityProviders", names}, {"include", {"TAGS"}}});
  };
  EXPECT_EQ(describe(Json::array({arn}))["capacityProviders"][0]["tags"][0]["value"], "v");
  const Json changed = call("UpdateCapacityProvider",
                            {{"name", "cp"},
                             {"autoScalingGroupProvider",
                              {{"managedTerminationProtection", "ENABLED"}}}})["capacityProvider"];
  EXPECT_EQ(changed["autoScalingGroupProvider"]["managedTerminationProtection"], "ENABLED");
  EXPECT_EQ(changed["autoScalingGroupProvider"]["managedScaling"]["targetCapacity"], 80);
  call("CreateCluster", {{"clusterName", "a"}, {"capacityProviders", {"cp"}}});
  EXPECT_EQ(refused("DeleteCapacityProvider", {{"capacityProvider", "cp"}}).first,
            "ClientException");
  call("PutClusterCapacityProviders", {{"cluster", "a"},
                                       {"capacityProviders", Json::array()},
                                       {"defaultCapacityProviderStrategy", Json::array()}});
  call("DeleteCapacityProvider", {{"capacityProvider", "cp"}});
  EXPECT_EQ(describe({"cp"})["capacityProviders"][0]["status"], "INACTIVE");
  const Json listed = call("DescribeCapacityProviders", Json::object())["capacityProviders"];
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0]["name"], "FARGATE");
  EXPECT_EQ(describe({"nope"})["failures"][0],
            Json({{"arn", "arn:aws:ecs:us-east-1:111122223333:capacity-provider/nope"},
                  {"reason", "MISSING"}}));
}

TEST_F(ClusterTest, CapacityProvidersAreRefusedAsOnAws) {
  create_provider("cp");
  const auto refusal = [&](const std::string& name, const Json& group) {
    return refused("CreateCapacityProvider", {{"name", name}, {"autoScalingGroupProvider", group}});
  };
  EXPECT_EQ(refusal("cp", {{"autoScalingGroupArn", "g"}}).first, "ClientException");
  EXPECT_EQ(refusal("fargate-mine", {{"autoScalingGroupArn", "g"}}).first, "ClientException");
  EXPECT_EQ(refusal("other", {{"autoScalingGroupArn", "group-of-cp"}}).first, "ClientException");
  EXPECT_EQ(refusal("other", {{"autoScalingGroupArn", "arn:aws:s3:::b"}}).first, "ClientException");
  EXPECT_EQ(
      refusal("other", {{"autoScalingGroupArn", "g"}, {"managedTerminationProtection", "ENABLED"}})
          .first,
      "ClientException");
  EXPECT_EQ(refused("DeleteCapacityProvider", {{"capacityProvider", "FARGATE"}}).first,
            "ClientException");
  EXPECT_EQ(refused("UpdateCapacityProvider",
                    {{"name", "nope"}, {"autoScalingGroupProvider", Json::object()}})
                .first,
            "ClientException");
}

TEST_F(ClusterTest, RunTaskUsesTheClustersDefaultStrategy) {
  lab();
  call("RegisterTaskDefinition", nginx_definition());
  create_provider("cp");
  call("PutClusterCapacityProviders",
       {{"cluster", "lab"},
        {"capacityProviders", {"cp", "FARGATE"}},
        {"defaultCapacityProviderStrategy", {{{"capacityProvider", "cp"}, {"weight", 1}}}}});
  Json input = run_input();
  input.erase("launchType");
  EXPECT_EQ(refused("RunTask", input).second,
            "No Container Instances were found in your capacity provider.");
  input["capacityProviderStrategy"] = {{{"capacityProvider", "FARGATE"}}};
  EXPECT_EQ(refused("RunTask", input).first, "NotImplemented");
  input["launchType"] = "EC2";
  EXPECT_EQ(refused("RunTask", input).first, "InvalidParameterException");
  EXPECT_EQ(call("RunTask", run_input())["tasks"].size(), 1U);
}

TEST_F(ClusterTest, SettingsOfPrincipalsGoOverTheAccounts) {
  const std::string user = "arn:aws:iam::111122223333:user/u";
  const auto value = [&](Json input) {
    input["name"] = "containerInsights";
    const Json settings = call("ListAccountSettings", input)["settings"];
    return settings.empty() ? std::string() : settings[0]["value"].get<std::string>();
  };
  EXPECT_EQ(value({{"effectiveSettings", true}}), "disabled");
  EXPECT_EQ(value(Json::object()), "");
  call("PutAccountSettingDefault", {{"name", "containerInsights"}, {"value", "enabled"}});
  EXPECT_EQ(value(Json::object()), "enabled") << "the root user's settings are the account's";
  EXPECT_EQ(value({{"principalArn", user}}), "");
  EXPECT_EQ(value({{"principalArn", user}, {"effectiveSettings", true}}), "enabled");
  call("PutAccountSetting",
       {{"name", "containerInsights"}, {"value", "enhanced"}, {"principalArn", user}});
  EXPECT_EQ(value({{"principalArn", user}, {"effectiveSettings", true}}), "enhanced");
  EXPECT_EQ(call("CreateCluster", {{"clusterName", "a"}})["cluster"]["settings"][0]["value"],
            "enabled");
  call("DeleteAccountSetting", {{"name", "containerInsights"}, {"principalArn", user}});
  EXPECT_EQ(value({{"principalArn", user}, {"effectiveSettings", true}}), "enabled");
}

TEST_F(ClusterTest, SettingsAreRefusedAsOnAws) {
  EXPECT_EQ(refused("PutAccountSetting", {{"name", "taskLongArnFormat"}, {"value", "disabled"}}),
            Refusal("InvalidParameterException", "You can no longer disable Long Arn settings"));
  EXPECT_THAT(refused("ListAccountSettings", {{"name", "unknown"}}).second,
              testing::StartsWith("unknown should be one of [serviceLongArnFormat,"));
  EXPECT_EQ(refused("PutAccountSetting", {{"name", "awsvpcTrunking"}, {"value", "on"}}).first,
            "InvalidParameterException");
  EXPECT_EQ(refused("PutAccountSetting", {{"name", "awsvpcTrunking"},
                                          {"value", "enabled"},
                                          {"principalArn", "arn:aws:iam::9:user/u"}})
                .first,
            "InvalidParameterException");
}

TEST_F(ClusterTest, WithoutServicesThereAreNone) {
  call("CreateCluster", {{"clusterName", "a"}});
  EXPECT_EQ(call("ListServices", {{"cluster", "a"}})["serviceArns"], Json::array());
  EXPECT_EQ(call("ListServicesByNamespace", {{"namespace", "ns"}})["serviceArns"], Json::array());
  const Json answer = call("DescribeServices", {{"cluster", "a"}, {"services", {"web"}}});
  EXPECT_EQ(answer["services"], Json::array());
  EXPECT_EQ(
      answer["failures"][0],
      Json({{"arn", "arn:aws:ecs:us-east-1:111122223333:service/a/web"}, {"reason", "MISSING"}}));
  EXPECT_EQ(refused("ListServices", {{"cluster", "b"}}).first, "ClusterNotFoundException");
  EXPECT_EQ(refused("DescribeServices", {{"cluster", "a"}, {"services", Json::array()}}).first,
            "InvalidParameterException");
}

}  // namespace
}  // namespace enibox::ecs

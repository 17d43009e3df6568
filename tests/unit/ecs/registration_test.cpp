// RegisterContainerInstance by an instance's identity document, attributes, and the states of
// container instances.
#include "tests/unit/ecs/ecs_fixture.hpp"

namespace enibox::ecs {
namespace {

class Registration : public EcsTest {
 protected:
  // An EC2 instance that no agent has registered. It boots when `boot_it()` is called.
  std::string run_instance() {
    launch();
    return instance_id;
  }
  void boot_it() {
    instances.changed(instance_id);
    clock.run_posted();
  }
  Json document(const std::string& id) const {
    return {
        {"cluster", "lab"},
        {"instanceIdentityDocument", Json({{"instanceId", id}, {"region", "us-east-1"}}).dump()}};
  }
  Json register_it(Json more = Json::object()) {
    Json input = document(instance_id);
    input.update(more);
    return call("RegisterContainerInstance", input)["containerInstance"];
  }
  Json described(const Json& arn) {
    return call("DescribeContainerInstances",
                {{"cluster", "lab"}, {"containerInstances", {arn}}})["containerInstances"][0];
  }
};

TEST_F(Registration, TakesWhatTheAgentTells) {
  lab(0);
  run_instance();
  const Json made = register_it(
      {{"totalResources",
        {{{"name", "CPU"}, {"type", "INTEGER"}, {"integerValue", 1024}},
         {{"name", "PORTS"}, {"type", "STRINGSET"}, {"stringSetValue", {"22"}}}}},
       {"versionInfo", {{"agentVersion", "1.50.0"}}},
       {"attributes", {{{"name", "rack"}, {"value", "r1"}}, {{"name", "ecs.capability.efs"}}}},
       {"tags", {{{"key", "k"}, {"value", "v"}}}}});
  EXPECT_EQ(made["ec2InstanceId"], instance_id);
  EXPECT_EQ(made["status"], "ACTIVE");
  EXPECT_EQ(made["agentConnected"], true);
  EXPECT_EQ(made["registeredResources"].size(), 4U);
  EXPECT_EQ(made["registeredResources"][0]["integerValue"], 1024);
  EXPECT_EQ(made["registeredResources"][1]["integerValue"], 3884);
  EXPECT_EQ(made["registeredResources"][2]["stringSetValue"], Json({"22"}));
  EXPECT_EQ(made["versionInfo"]["agentVersion"], "1.50.0");
  EXPECT_EQ(made["tags"][0]["key"], "k");
  const auto has = [&](const char* name) {
    return std::ranges::any_of(made["attributes"],
                               [&](const Json& a) { return a["name"] == name; });
  };
  EXPECT_TRUE(has("rack"));
  EXPECT_TRUE(has("ecs.capability.task-eni"));
  EXPECT_FALSE(has("ecs.capability.efs")) << "what is offered is not the caller's to say";
}

TEST_F(Registration, ASecondTimeIsTheSameContainerInstance) {
  lab(0);
  run_instance();
  const Json first = register_it();
  const Json second = register_it({{"versionInfo", {{"agentVersion", "1.60.0"}}}});
  EXPECT_EQ(second["containerInstanceArn"], first["containerInstanceArn"]);
  EXPECT_EQ(described(first["containerInstanceArn"])["versionInfo"]["agentVersion"], "1.60.0");
  call("CreateCluster", {{"clusterName", "other"}});
  Json elsewhere = document(instance_id);
  elsewhere["cluster"] = "other";
  EXPECT_EQ(refused("RegisterContainerInstance", elsewhere).first, "ClientException");
}

TEST_F(Registration, OnlyAnInstanceOfOursIsRegistered) {
  lab(0);
  EXPECT_EQ(refused("RegisterContainerInstance", document("i-0123456789abcdef0")).first,
            "ClientException");
  Json broken = document("i-1");
  broken["instanceIdentityDocument"] = "{\"instanceId\": [1]}";
  EXPECT_EQ(refused("RegisterContainerInstance", broken).first, "ClientException");
  broken["instanceIdentityDocument"] = "not json";
  EXPECT_EQ(refused("RegisterContainerInstance", broken).first, "ClientException");
  broken["cluster"] = "nowhere";
  EXPECT_EQ(refused("RegisterContainerInstance", broken).first, "ClusterNotFoundException");
  run_instance();
  call_ec2("TerminateInstances", {{"InstanceIds", {instance_id}}});
  EXPECT_EQ(refused("RegisterContainerInstance", document(instance_id)).first, "ClientException");
}

TEST_F(Registration, ATaskWaitsForItsInstanceToBoot) {
  lab(0);
  run_instance();
  register_it();
  const std::string arn = run_nginx();
  EXPECT_EQ(task(arn)["lastStatus"], "PENDING");
  EXPECT_TRUE(runtime.pods.empty());
  boot_it();
  clock.run_posted();
  EXPECT_EQ(task(arn)["lastStatus"], "RUNNING");
}

TEST_F(Registration, AttributesArePutListedAndDeleted) {
  lab();
  const Json arn = call("ListContainerInstances", {{"cluster", "lab"}})["containerInstanceArns"][0];
  const auto put = [&](const std::string& name, const std::string& value) {
    return Json{{"cluster", "lab"},
                {"attributes", {{{"name", name}, {"value", value}, {"targetId", arn}}}}};
  };
  EXPECT_EQ(call("PutAttributes", put("rack", "r1"))["attributes"][0],
            Json({{"name", "rack"}, {"value", "r1"}, {"targetId", arn}}));
  call("PutAttributes", put("rack", "r2"));
  const Json list = {
      {"cluster", "lab"}, {"targetType", "container-instance"}, {"attributeName", "rack"}};
  EXPECT_EQ(call("ListAttributes", list)["attributes"],
            Json({{{"name", "rack"}, {"value", "r2"}, {"targetId", arn}}}));
  EXPECT_EQ(call("ListContainerInstances",
                 {{"cluster", "lab"}, {"filter", "attribute:rack == r2"}})["containerInstanceArns"],
            Json::array({arn}));
  call("DeleteAttributes",
       {{"cluster", "lab"}, {"attributes", {{{"name", "rack"}, {"targetId", arn}}}}});
  EXPECT_EQ(call("ListAttributes", list)["attributes"], Json::array());

  EXPECT_EQ(refused("PutAttributes", put("ecs.mine", "x")).first, "InvalidParameterException");
  EXPECT_EQ(refused("PutAttributes", put("a b", "x")).first, "InvalidParameterException");
  EXPECT_EQ(refused("PutAttributes", put("rack", "ü")).first, "InvalidParameterException");
  Json unknown = put("rack", "r1");
  unknown["attributes"][0]["targetId"] = std::string(32, 'f');
  EXPECT_EQ(refused("PutAttributes", unknown).first, "TargetNotFoundException");
  for (int i = 0; i < 10; ++i) call("PutAttributes", put("a" + std::to_string(i), "x"));
  EXPECT_EQ(refused("PutAttributes", put("a10", "x")).first, "AttributeLimitExceededException");
}

TEST_F(Registration, ADrainingInstanceTakesNoNewTasks) {
  lab();
  call("RegisterTaskDefinition", nginx_definition());
  const Json arn = call("ListContainerInstances", {{"cluster", "lab"}})["containerInstanceArns"][0];
  const auto set = [&](const std::string& status) {
    return call("UpdateContainerInstancesState",
                {{"cluster", "lab"}, {"containerInstances", {arn}}, {"status", status}});
  };
  EXPECT_EQ(set("DRAINING")["containerInstances"][0]["status"], "DRAINING");
  EXPECT_EQ(call("ListContainerInstances",
                 {{"cluster", "lab"}, {"status", "DRAINING"}})["containerInstanceArns"]
                .size(),
            1U);
  EXPECT_EQ(refused("RunTask", run_input()).second,
            "No Container Instances were found in your cluster.");
  set("ACTIVE");
  EXPECT_EQ(call("RunTask", run_input())["tasks"].size(), 1U);
  EXPECT_EQ(refused("DeregisterContainerInstance", {{"cluster", "lab"}, {"containerInstance", arn}})
                .second,
            "Found running tasks on the instance.");
  call("DeregisterContainerInstance",
       {{"cluster", "lab"}, {"containerInstance", arn}, {"force", true}});
  EXPECT_EQ(set("ACTIVE")["failures"][0]["reason"], "INACTIVE");
  EXPECT_EQ(described(arn)["status"], "INACTIVE");
  EXPECT_EQ(
      refused("UpdateContainerAgent", {{"cluster", "lab"}, {"containerInstance", arn}}).second,
      "The referenced container instance was not found.");
}

}  // namespace
}  // namespace enibox::ecs

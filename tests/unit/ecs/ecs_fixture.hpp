#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "emulator/ec2/images.hpp"
#include "emulator/ec2/service.hpp"
#include "emulator/ecs/ecs.hpp"
#include "emulator/reconcile/instance_reconciler.hpp"
#include "tests/unit/call_by_model.hpp"
#include "tests/unit/fake_clock.hpp"
#include "tests/unit/fake_network.hpp"
#include "tests/unit/fake_runtime.hpp"

// The middle of Enibox on fakes: ECS and EC2 on SQLite in memory, both reconcilers, no kernel.
namespace enibox::ecs {

struct FakeSessions final : ssm::Sessions {
  std::vector<ssm::NewSession> started;
  std::vector<std::string> ended;
  ssm::SessionHandle start(ssm::NewSession wanted) override {
    started.push_back(wanted);
    return {wanted.session_id, "ws://host/v1/data-channel/" + wanted.session_id, "token"};
  }
  void end_all_of(const std::string&, const std::string& container_id) override {
    ended.push_back(container_id);
  }
};

struct FakeLogs final : logs::Sink {
  std::map<std::string, std::vector<std::string>> streams;  // "group stream" -> messages
  std::set<std::string> groups;
  void need(const std::string& group) const {
    if (!groups.contains(group)) {
      throw AwsError("ResourceNotFoundException", "The specified log group does not exist.");
    }
  }
  void create_stream(const std::string&, const std::string& group,
                     const std::string& stream) override {
    need(group);
    streams[group + " " + stream];
  }
  void create_group(const std::string&, const std::string& group) override { groups.insert(group); }
  void append(const std::string&, const std::string& group, const std::string& stream,
              const std::vector<logs::Event>& events) override {
    need(group);
    for (const auto& event : events) streams[group + " " + stream].push_back(event.message);
  }
};

class EcsTest : public testing::Test {
 protected:
  EcsTest()
      : ec2(db_migrated(), clock, network, "111122223333"),
        ecs(db, clock, ec2, sessions, "111122223333"),
        service(make_ecs_service(ecs)),
        ec2_service(ec2.operations()),
        devices(ec2, network),
        commands(loop, runtime),
        tasks({ecs, devices, network, runtime, logs, sessions, commands, clock,
               [this](auto& id, auto& action, auto&) { events.push_back(action + " " + id); }}),
        instances({ecs, ec2, devices, network, runtime, sessions, tasks, commands, clock, "image",
                   [](auto&, auto&) {}, [](auto&) {}}) {
    ecs.task_changed = [this](const std::string& id) { tasks.changed(id); };
    runtime.listen({.container_exited = [this](auto exit) { tasks.container_exited(exit); },
                    .host_died = [this](auto id) { instances.host_died(id); },
                    .logged = [this](auto id, auto lines) { tasks.logged(id, lines); },
                    .exec_exited = [this](auto id, int code) { commands.exited(id, code); }});
    runtime.give_pipes();
    context.region = "us-east-1";
    context.account_id = "111122223333";
    context.host = "127.0.0.1:4566";
  }

  Json call(const std::string& operation, const Json& input) {
    return call_of(service, operation, input);
  }
  Json call_ec2(const std::string& operation, const Json& input) {
    return call_of(ec2_service, operation, input);
  }
  // Held to the model: an answer with a member its shape lacks fails the test.
  Json call_of(const api::Service& whose, const std::string& operation, const Json& input) {
    context.service = whose.name;
    context.operation = operation;
    return api::call_by_model(whose, context, input).output;
  }
  // The code of the AwsError a call ends with, and its message.
  std::pair<std::string, std::string> refused(const std::string& operation, const Json& input) {
    try {
      call(operation, input);
    } catch (const AwsError& error) {
      return {error.code(), error.message()};
    }
    return {"", "it was not refused"};
  }

  // A VPC with one subnet and group, and `count` instances of a cluster that are up.
  void lab(int count = 1) {
    call("CreateCluster", {{"clusterName", "lab"}});
    vpc_id = call_ec2("CreateVpc", {{"CidrBlock", "10.0.0.0/16"}})["Vpc"]["VpcId"];
    subnet_id =
        call_ec2("CreateSubnet", {{"VpcId", vpc_id},
                                  {"CidrBlock", "10.0.100.0/24"},
                                  {"AvailabilityZone", "us-east-1a"}})["Subnet"]["SubnetId"];
    group_id =
        call_ec2("CreateSecurityGroup",
                 {{"VpcId", vpc_id}, {"GroupName", "lab"}, {"Description", "lab"}})["GroupId"];
    for (int i = 0; i < count; ++i) boot();
  }
  void boot() {
    launch();
    clock.run_posted();
    instances.changed(instance_id);
    clock.run_posted();
    register_container_instance(ecs, ec2.instance(instance_id), "lab");
  }
  void launch() {
    const auto answer =
        call_ec2("RunInstances", {{"ImageId", ec2::images_of(context.region).front().image_id},
                                  {"InstanceType", "t3.medium"},
                                  {"MinCount", 1},
                                  {"MaxCount", 1},
                                  {"SubnetId", subnet_id},
                                  {"SecurityGroupIds", {group_id}}});
    instance_id = answer["Instances"][0]["InstanceId"];
  }

  Json nginx_definition() const {
    return {{"family", "web"},
            {"networkMode", "awsvpc"},
            {"cpu", "256"},
            {"memory", "512"},
            {"taskRoleArn", "arn:aws:iam::111122223333:role/r"},
            {"containerDefinitions",
             {{{"name", "nginx"},
               {"image", "nginx:alpine"},
               {"portMappings", {{{"containerPort", 80}}}}}}}};
  }
  Json run_input(const std::string& definition = "web") const {
    return {
        {"cluster", "lab"},
        {"taskDefinition", definition},
        {"launchType", "EC2"},
        {"enableExecuteCommand", true},
        {"networkConfiguration",
         {{"awsvpcConfiguration", {{"subnets", {subnet_id}}, {"securityGroups", {group_id}}}}}}};
  }
  Json task(const std::string& arn) {
    return call("DescribeTasks", {{"cluster", "lab"}, {"tasks", {arn}}})["tasks"][0];
  }
  std::string run_nginx() {
    call("RegisterTaskDefinition", nginx_definition());
    const std::string arn = call("RunTask", run_input())["tasks"][0]["taskArn"];
    clock.run_posted();
    return arn;
  }

  store::Database& db_migrated() {
    db.migrate();
    return db;
  }

  std::vector<std::string> events;  // what `docker events` hears: "start ID"
  boost::asio::io_context loop;
  FakeClock clock;
  store::Database db;
  vpc::FakeNetwork network;
  containers::FakeRuntime runtime{clock};
  FakeSessions sessions;
  FakeLogs logs;
  ec2::Ec2Service ec2;
  Ecs ecs;
  api::Service service, ec2_service;
  reconcile::Devices devices;
  reconcile::HostCommands commands;
  reconcile::TaskReconciler tasks;
  reconcile::InstanceReconciler instances;
  api::RequestContext context;
  std::string vpc_id, subnet_id, group_id, instance_id;
};

}  // namespace enibox::ecs

#include "api/wire/base64.hpp"
#include "emulator/ec2/images.hpp"
#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {
namespace {

class InstanceTest : public Ec2Test {
 protected:
  std::string vpc_id = make_vpc();
  std::string subnet_id = make_subnet(vpc_id, "10.0.100.0/24");
  std::string image_id = images_of("us-east-1").front().image_id;

  Json wanted(int count = 1) {
    return {{"ImageId", image_id}, {"InstanceType", "t3.medium"}, {"MinCount", count},
            {"MaxCount", count},   {"SubnetId", subnet_id},       {"UserData", "aGVsbG8="}};
  }
  std::string launch() { return call("RunInstances", wanted())["Instances"][0]["InstanceId"]; }
  std::size_t free_addresses() {
    return call("DescribeSubnets",
                {{"SubnetIds", {subnet_id}}})["Subnets"][0]["AvailableIpAddressCount"];
  }
};

TEST_F(InstanceTest, ALifeFromPendingToTerminated) {
  const auto made = call("RunInstances", wanted())["Instances"][0];
  const std::string id = made["InstanceId"];
  EXPECT_EQ(made["State"], (Json{{"Code", 0}, {"Name", "pending"}}));
  EXPECT_EQ(made["NetworkInterfaces"][0]["Attachment"]["DeviceIndex"], 0);
  EXPECT_EQ(made["NetworkInterfaces"][0]["Attachment"]["DeleteOnTermination"], true);
  EXPECT_EQ(ec2->instance(id).user_data, "hello");
  EXPECT_EQ(changed_instances, std::vector{id});
  EXPECT_EQ(free_addresses(), 250u);

  ec2->set_instance_state(id, "running", "");
  EXPECT_EQ(call("DescribeInstanceStatus")["InstanceStatuses"][0]["InstanceStatus"]["Status"],
            "ok");
  const auto stopped = call("StopInstances", {{"InstanceIds", {id}}})["StoppingInstances"][0];
  EXPECT_EQ(stopped["PreviousState"]["Name"], "running");
  EXPECT_EQ(stopped["CurrentState"]["Name"], "stopping");
  ec2->set_instance_state(id, "stopped", "");
  call("StartInstances", {{"InstanceIds", {id}}});
  EXPECT_EQ(ec2->instance(id).state, "pending");

  call("TerminateInstances", {{"InstanceIds", {id}}});
  ec2->set_instance_state(id, "terminated", "");
  const auto gone =
      call("DescribeInstances", {{"InstanceIds", {id}}})["Reservations"][0]["Instances"][0];
  EXPECT_EQ(gone["StateReason"]["Code"], "Client.UserInitiatedShutdown");
  EXPECT_EQ(gone["NetworkInterfaces"], Json::array());
  EXPECT_EQ(free_addresses(), 251u);
  clock.advance(std::chrono::hours(2));
  EXPECT_EQ(call("DescribeInstances")["Reservations"], Json::array());
}

TEST_F(InstanceTest, AnyImageBootsWhereThatIsWanted) {
  ec2->take_any_image();
  auto in = wanted();
  in["ImageId"] = "ami-0abcdef1234567890";
  const std::string plain = call("RunInstances", in)["Instances"][0]["InstanceId"];
  EXPECT_FALSE(ec2->instance(plain).has_ecs_agent);
  in["UserData"] = api::base64_encode("echo ECS_CLUSTER=lab >> /etc/ecs/ecs.config");
  in["InstanceType"] = "t4g.medium";  // another architecture
  const std::string id = call("RunInstances", in)["Instances"][0]["InstanceId"];
  EXPECT_EQ(ec2->instance(id).image_id, "ami-0abcdef1234567890");
  EXPECT_TRUE(ec2->instance(id).has_ecs_agent);
  // An image of that instance boots the same.
  ec2->set_instance_state(id, "running", "");
  in["ImageId"] = call("CreateImage", {{"InstanceId", id}, {"Name", "mine"}})["ImageId"];
  const std::string second = call("RunInstances", in)["Instances"][0]["InstanceId"];
  EXPECT_TRUE(ec2->instance(second).has_ecs_agent);
  in["ImageId"] = "ami-web";
  EXPECT_EQ(error("RunInstances", in),
            "InvalidAMIID.Malformed: Invalid id: \"ami-web\" (expecting \"ami-...\")");
}

TEST_F(InstanceTest, ABadRequestLaunchesNothing) {
  const auto with = [&](const char* name, const Json& value) {
    auto in = wanted();
    in[name] = value;
    return error("RunInstances", in);
  };
  EXPECT_EQ(with("ImageId", "ami-12345678"),
            "InvalidAMIID.NotFound: The image id '[ami-12345678]' does not exist");
  EXPECT_EQ(with("InstanceType", "t3.giant"),
            "InvalidParameterValue: Invalid value 't3.giant' for InstanceType.");
  EXPECT_EQ(with("UserData", "%%"), "InvalidParameterValue: Invalid BASE64 encoding of user data.");
  EXPECT_EQ(with("KeyName", "nokey"),
            "InvalidKeyPair.NotFound: The key pair 'nokey' does not exist");
  EXPECT_EQ(with("SubnetId", "subnet-0"),
            "InvalidSubnetID.NotFound: The subnet ID 'subnet-0' does not exist");
  const auto other_group =
      call("CreateSecurityGroup", {{"GroupName", "g"}, {"Description", "d"}})["GroupId"];
  EXPECT_EQ(with("SecurityGroupIds", Json::array({other_group})),
            "InvalidParameter: Security group " + other_group.get<std::string>() + " and subnet " +
                subnet_id + " belong to different networks.");
  EXPECT_EQ(call("DescribeInstances")["Reservations"], Json::array());
  EXPECT_EQ(free_addresses(), 251u);
  EXPECT_TRUE(changed_instances.empty());
}

TEST_F(InstanceTest, AClientTokenLaunchesOnce) {
  auto in = wanted(2);
  in["ClientToken"] = "once";
  const auto first = call("RunInstances", in);
  EXPECT_EQ(call("RunInstances", in)["ReservationId"], first["ReservationId"]);
  EXPECT_EQ(call("DescribeInstances")["Reservations"][0]["Instances"].size(), 2u);
  in["MaxCount"] = 3;
  EXPECT_TRUE(error("RunInstances", in).starts_with("IdempotentParameterMismatch"));
}

TEST_F(InstanceTest, AT3MediumTakesThreeInterfaces) {
  const auto id = launch();
  const NewNetworkInterface wanted_eni{.region = "us-east-1",
                                       .subnet_id = subnet_id,
                                       .address = std::nullopt,
                                       .group_ids = {},
                                       .description = "arn:aws:ecs:us-east-1:1:attachment/x",
                                       .requester_id = "amazon-ecs"};
  const auto first = ec2->create_network_interface(wanted_eni);
  ec2->attach(first.eni_id, id);
  ec2->attach(ec2->create_network_interface(wanted_eni).eni_id, id);
  try {
    ec2->attach(ec2->create_network_interface(wanted_eni).eni_id, id);
    FAIL() << "a fourth interface was attached";
  } catch (const AwsError& e) {
    EXPECT_EQ(e.code(), "AttachmentLimitExceeded");
  }
  const auto attached = ec2->attached(id);
  ASSERT_EQ(attached.size(), 3u);
  EXPECT_EQ(attached[1].device_index, 1);
  EXPECT_EQ(attached[2].device_index, 2);
  EXPECT_EQ(ec2->all_attached().size(), 3u);

  // A task's interface is ECS's: a user may look, not touch.
  const auto shown = call("DescribeNetworkInterfaces",
                          {{"NetworkInterfaceIds", {first.eni_id}}})["NetworkInterfaces"][0];
  EXPECT_EQ(shown["RequesterManaged"], true);
  EXPECT_EQ(shown["Status"], "in-use");
  EXPECT_EQ(shown["Attachment"]["InstanceId"], id);
  EXPECT_EQ(error("DetachNetworkInterface", {{"AttachmentId", attached[1].attachment_id}}),
            "OperationNotPermitted: You are not allowed to manage 'ela-attach' attachments.");
  EXPECT_EQ(error("DeleteNetworkInterface", {{"NetworkInterfaceId", first.eni_id}}),
            "AuthFailure: You do not have permission to access the specified resource.");
  ec2->detach(first.eni_id);
  ec2->delete_network_interface(first.eni_id);
  EXPECT_EQ(error("DescribeNetworkInterfaces", {{"NetworkInterfaceIds", {first.eni_id}}}),
            "InvalidNetworkInterfaceID.NotFound: The networkInterface ID '" + first.eni_id +
                "' does not exist");
}

TEST_F(InstanceTest, AUsersInterfaceIsAttachedChangedAndDeleted) {
  const auto id = launch();
  const auto made =
      call("CreateNetworkInterface",
           {{"SubnetId", subnet_id}, {"PrivateIpAddress", "10.0.100.50"}})["NetworkInterface"];
  const std::string eni_id = made["NetworkInterfaceId"];
  EXPECT_EQ(made["Status"], "pending");
  EXPECT_EQ(error("CreateNetworkInterface",
                  {{"SubnetId", subnet_id}, {"PrivateIpAddress", "10.0.100.50"}}),
            "InvalidIPAddress.InUse: Address 10.0.100.50 is in use.");
  const auto attachment = call(
      "AttachNetworkInterface",
      {{"NetworkInterfaceId", eni_id}, {"InstanceId", id}, {"DeviceIndex", 1}})["AttachmentId"];
  EXPECT_EQ(error("DeleteNetworkInterface", {{"NetworkInterfaceId", eni_id}}),
            "InvalidParameterValue: Network interface '" + eni_id + "' is currently in use.");
  changed_enis.clear();
  call("ModifyNetworkInterfaceAttribute",
       {{"NetworkInterfaceId", eni_id}, {"SourceDestCheck", {{"Value", false}}}});
  EXPECT_EQ(changed_enis, std::vector{eni_id});
  EXPECT_FALSE(ec2->network_interface(eni_id).source_dest_check);
  const auto assigned = call("AssignPrivateIpAddresses", {{"NetworkInterfaceId", eni_id},
                                                          {"SecondaryPrivateIpAddressCount", 2}});
  EXPECT_EQ(assigned["AssignedPrivateIpAddresses"].size(), 2u);
  EXPECT_EQ(free_addresses(), 251u - 1 - 3);
  call("DetachNetworkInterface", {{"AttachmentId", attachment}});
  call("DeleteNetworkInterface", {{"NetworkInterfaceId", eni_id}});
  EXPECT_EQ(free_addresses(), 250u);
}

TEST_F(InstanceTest, ProtectedInstancesStay) {
  const auto id = launch();
  call("ModifyInstanceAttribute",
       {{"InstanceId", id}, {"DisableApiTermination", {{"Value", true}}}});
  EXPECT_TRUE(
      error("TerminateInstances", {{"InstanceIds", {id}}})
          .starts_with("OperationNotPermitted: The instance '" + id + "' may not be terminated."));
  EXPECT_EQ(error("DescribeInstances", {{"InstanceIds", {"i-1", "i-2"}}}),
            "InvalidInstanceID.NotFound: The instance IDs 'i-1, i-2' do not exist");
}

TEST_F(InstanceTest, TypesAndImagesAreFound) {
  const auto type =
      call("DescribeInstanceTypes", {{"InstanceTypes", {"t3.medium"}}})["InstanceTypes"][0];
  EXPECT_EQ(type["NetworkInfo"]["MaximumNetworkInterfaces"], 3);
  EXPECT_EQ(ec2->instance_type("c5.large").trunk_tasks, 10);
  EXPECT_EQ(call("DescribeImages", {{"ImageIds", {image_id}}})["Images"][0]["State"], "available");
  EXPECT_NE(images_of("us-east-1")[0].image_id, images_of("eu-west-1")[0].image_id);
}

}  // namespace
}  // namespace enibox::ec2

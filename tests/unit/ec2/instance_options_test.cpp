#include "tests/unit/ec2/instance_fixture.hpp"

namespace enibox::ec2 {
namespace {

class InstanceOptionsTest : public LaunchFixture {};

TEST_F(InstanceOptionsTest, VolumesComeWithAnInstanceAndGoAsTheySay) {
  const Json devices = {
      {"BlockDeviceMappings",
       {{{"DeviceName", "/dev/xvda"}, {"Ebs", {{"VolumeSize", 50}, {"VolumeType", "gp2"}}}},
        {{"DeviceName", "/dev/sdf"},
         {"Ebs", {{"VolumeSize", 8}, {"DeleteOnTermination", false}, {"Encrypted", true}}}}}},
      {"TagSpecifications",
       {{{"ResourceType", "volume"}, {"Tags", {{{"Key", "Name"}, {"Value", "disk"}}}}}}}};
  const auto made = launch(devices);
  ASSERT_EQ(made["BlockDeviceMappings"].size(), 2u);
  const auto in_use =
      call("DescribeVolumes",
           filter("attachment.instance-id", {made["InstanceId"].get<std::string>()}))["Volumes"];
  ASSERT_EQ(in_use.size(), 2u);
  const bool data_first = in_use[0]["Attachments"][0]["Device"] == "/dev/sdf";
  const Json& data = in_use[data_first ? 0 : 1];
  const Json& root = in_use[data_first ? 1 : 0];
  EXPECT_EQ(root["Size"], 50);
  EXPECT_EQ(root["Iops"], 150);
  EXPECT_EQ(root["Tags"][0]["Value"], "disk");
  const std::string kept = data["VolumeId"];
  EXPECT_EQ(data["Encrypted"], true);
  EXPECT_TRUE(error("DeleteVolume", {{"VolumeId", kept}}).starts_with("VolumeInUse"));

  call("TerminateInstances", {{"InstanceIds", {made["InstanceId"]}}});
  ec2->set_instance_state(made["InstanceId"], "terminated", "");
  const auto left = call("DescribeVolumes")["Volumes"];
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0]["VolumeId"], kept);
  EXPECT_EQ(left[0]["State"], "available");
  call("DeleteVolume", {{"VolumeId", kept}});
  EXPECT_EQ(error("DescribeVolumes", {{"VolumeIds", {kept}}}),
            "InvalidVolume.NotFound: The volume '" + kept + "' does not exist.");
}

TEST_F(InstanceOptionsTest, ARootDeviceIsNotSmallerThanItsImage) {
  const Json small = {
      {"BlockDeviceMappings", {{{"DeviceName", "/dev/xvda"}, {"Ebs", {{"VolumeSize", 8}}}}}}};
  EXPECT_TRUE(error("RunInstances", wanted(small)).starts_with("InvalidBlockDeviceMapping"));
  const Json unencrypted = {
      {"BlockDeviceMappings",
       {{{"DeviceName", "/dev/sdf"}, {"Ebs", {{"VolumeSize", 8}, {"KmsKeyId", "alias/x"}}}}}}};
  EXPECT_TRUE(error("RunInstances", wanted(unencrypted)).starts_with("InvalidParameterDependency"));
  EXPECT_EQ(call("DescribeVolumes")["Volumes"].size(), 0u);
}

TEST_F(InstanceOptionsTest, CreditsAreTheTypesOrTheUsers) {
  const std::string id = launch()["InstanceId"];
  const auto credits = [&](const std::string& of) {
    return call("DescribeInstanceCreditSpecifications",
                {{"InstanceIds", {of}}})["InstanceCreditSpecifications"][0]["CpuCredits"];
  };
  EXPECT_EQ(credits(id), "unlimited");
  const std::string fixed =
      launch({{"CreditSpecification", {{"CpuCredits", "standard"}}}})["InstanceId"];
  EXPECT_EQ(credits(fixed), "standard");
  // Unasked, only those without limit are listed.
  EXPECT_EQ(call("DescribeInstanceCreditSpecifications")["InstanceCreditSpecifications"].size(),
            1u);
  const auto changed = call("ModifyInstanceCreditSpecification",
                            {{"InstanceCreditSpecifications",
                              {{{"InstanceId", fixed}, {"CpuCredits", "unlimited"}},
                               {{"InstanceId", "i-0"}, {"CpuCredits", "unlimited"}}}}});
  EXPECT_EQ(changed["SuccessfulInstanceCreditSpecifications"].size(), 1u);
  EXPECT_EQ(changed["UnsuccessfulInstanceCreditSpecifications"][0]["Error"]["Code"],
            "InvalidInstanceID.NotFound");
  EXPECT_EQ(credits(fixed), "unlimited");
  EXPECT_TRUE(error("RunInstances", wanted({{"InstanceType", "m5.large"},
                                            {"CreditSpecification", {{"CpuCredits", "standard"}}}}))
                  .starts_with("InvalidParameterCombination"));
}

TEST_F(InstanceOptionsTest, WhatWasAskedAtLaunchIsDescribed) {
  const auto made = launch({{"Placement", {{"Tenancy", "dedicated"}}},
                            {"CpuOptions", {{"CoreCount", 1}, {"ThreadsPerCore", 1}}},
                            {"MaintenanceOptions", {{"AutoRecovery", "disabled"}}},
                            {"EnclaveOptions", {{"Enabled", true}}}});
  EXPECT_EQ(made["Placement"]["Tenancy"], "dedicated");
  EXPECT_EQ(made["Placement"]["AvailabilityZone"], "us-east-1a");
  EXPECT_EQ(made["CpuOptions"]["ThreadsPerCore"], 1);
  EXPECT_EQ(made["MaintenanceOptions"]["AutoRecovery"], "disabled");
  EXPECT_EQ(made["EnclaveOptions"]["Enabled"], true);
  const std::string id = made["InstanceId"];
  call("ModifyInstanceMaintenanceOptions", {{"InstanceId", id}, {"AutoRecovery", "default"}});
  call("ModifyPrivateDnsNameOptions", {{"InstanceId", id}, {"EnableResourceNameDnsARecord", true}});
  EXPECT_EQ(instance(id)["MaintenanceOptions"]["AutoRecovery"], "default");
  EXPECT_EQ(instance(id)["PrivateDnsNameOptions"]["EnableResourceNameDnsARecord"], true);
  EXPECT_TRUE(error("RunInstances", wanted({{"CpuOptions", {{"CoreCount", 99}}}}))
                  .starts_with("InvalidParameterValue"));
}

TEST_F(InstanceOptionsTest, AProfileIsAssociatedReplacedAndTakenAway) {
  ec2->listen({.instance_changed = {},
               .instance_rebooted = {},
               .eni_changed = {},
               .instance_profile = [](const std::string& name) {
                 return std::pair("arn:aws:iam::111122223333:instance-profile/" + name,
                                  "AIPA" + name);
               }});
  const std::string id = launch()["InstanceId"];
  const auto associations = [&] {
    return call("DescribeIamInstanceProfileAssociations",
                filter("instance-id", {id}))["IamInstanceProfileAssociations"];
  };
  EXPECT_EQ(associations().size(), 0u);
  const std::string association =
      call("AssociateIamInstanceProfile",
           {{"InstanceId", id},
            {"IamInstanceProfile",
             {{"Name", "one"}}}})["IamInstanceProfileAssociation"]["AssociationId"];
  EXPECT_EQ(error("AssociateIamInstanceProfile",
                  {{"InstanceId", id}, {"IamInstanceProfile", {{"Name", "two"}}}}),
            "IncorrectState: There is an existing association for instance " + id);
  const std::string second =
      call("ReplaceIamInstanceProfileAssociation",
           {{"AssociationId", association},
            {"IamInstanceProfile",
             {{"Name", "two"}}}})["IamInstanceProfileAssociation"]["AssociationId"];
  EXPECT_EQ(associations()[0]["IamInstanceProfile"]["Id"], "AIPAtwo");
  EXPECT_EQ(instance(id)["IamInstanceProfile"]["Id"], "AIPAtwo");
  call("DisassociateIamInstanceProfile", {{"AssociationId", second}});
  EXPECT_EQ(associations().size(), 0u);
  EXPECT_EQ(
      error("DisassociateIamInstanceProfile", {{"AssociationId", second}}),
      "InvalidAssociationID.NotFound: An invalid association-id of '" + second + "' was given");
}

TEST_F(InstanceOptionsTest, ATemplateIsReadOffAnInstance) {
  const std::string id = launch({{"UserData", "aGVsbG8="}})["InstanceId"];
  const auto data = call("GetLaunchTemplateData", {{"InstanceId", id}})["LaunchTemplateData"];
  EXPECT_EQ(data["InstanceType"], "t3.medium");
  EXPECT_EQ(data["UserData"], "aGVsbG8=");
  EXPECT_EQ(data["NetworkInterfaces"][0]["SubnetId"], subnet_id);
  // It launches another like it.
  call("CreateLaunchTemplate", {{"LaunchTemplateName", "copy"}, {"LaunchTemplateData", data}});
  const auto made = call(
      "RunInstances",
      {{"MinCount", 1}, {"MaxCount", 1}, {"LaunchTemplate", {{"LaunchTemplateName", "copy"}}}});
  EXPECT_EQ(made["Instances"][0]["SubnetId"], subnet_id);
  EXPECT_EQ(made["Instances"][0]["Tags"][0]["Key"], "aws:ec2launchtemplate:id");
}

TEST_F(InstanceOptionsTest, WrongStatesAnswerAsEc2Does) {
  const std::string id = launch()["InstanceId"];
  call("TerminateInstances", {{"InstanceIds", {id}}});
  EXPECT_EQ(error("StartInstances", {{"InstanceIds", {id}}}),
            "IncorrectInstanceState: The instance '" + id +
                "' is not in a state from which it can be started.");
  EXPECT_EQ(error("StopInstances", {{"InstanceIds", {id}}}),
            "IncorrectInstanceState: This instance '" + id +
                "' is not in a state from which it can be stopped.");
  EXPECT_EQ(error("DescribeInstances", {{"InstanceIds", {"web-1"}}}),
            "InvalidInstanceID.Malformed: Invalid id: \"web-1\" (expecting \"i-...\")");
}

}  // namespace
}  // namespace enibox::ec2

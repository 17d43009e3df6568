#include "tests/unit/ec2/instance_fixture.hpp"

namespace enibox::ec2 {
namespace {

class ImageTest : public LaunchFixture {
 protected:
  std::string running() {
    const std::string id = launch()["InstanceId"];
    ec2->set_instance_state(id, "running", "");
    return id;
  }
};

TEST_F(ImageTest, AnImageOfAnInstanceBootsWhatItBooted) {
  const auto id = running();
  const std::string made = call("CreateImage", {{"InstanceId", id}, {"Name", "golden"}})["ImageId"];
  const auto image = call("DescribeImages", {{"Owners", {"self"}}})["Images"][0];
  EXPECT_EQ(image["ImageId"], made);
  EXPECT_EQ(image["SourceInstanceId"], id);
  EXPECT_EQ(image["OwnerId"], "111122223333");
  EXPECT_EQ(image["Public"], false);
  EXPECT_EQ(error("CreateImage", {{"InstanceId", id}, {"Name", "golden"}}),
            "InvalidAMIName.Duplicate: AMI name golden is already in use by AMI " + made);

  const std::string second = launch({{"ImageId", made}})["InstanceId"];
  EXPECT_TRUE(ec2->instance(second).has_ecs_agent);
  // An instance outlives its image.
  call("DeregisterImage", {{"ImageId", made}});
  EXPECT_TRUE(ec2->instance(second).has_ecs_agent);
  EXPECT_EQ(error("RunInstances", wanted({{"ImageId", made}})),
            "InvalidAMIID.NotFound: The image id '[" + made + "]' does not exist");
}

TEST_F(ImageTest, ASnapshotIsRegisteredAndAnImageCopied) {
  const std::string made =
      call("CreateImage", {{"InstanceId", running()}, {"Name", "one"}})["ImageId"];
  const auto mappings =
      call("DescribeImages", {{"ImageIds", {made}}})["Images"][0]["BlockDeviceMappings"];
  const std::string registered =
      call("RegisterImage", {{"Name", "two"}, {"BlockDeviceMappings", mappings}})["ImageId"];
  EXPECT_EQ(error("RegisterImage",
                  {{"Name", "three"},
                   {"BlockDeviceMappings",
                    {{{"DeviceName", "/dev/xvda"}, {"Ebs", {{"SnapshotId", "snap-0"}}}}}}}),
            "InvalidSnapshot.NotFound: The snapshot 'snap-0' does not exist.");
  const std::string copied =
      call("CopyImage",
           {{"Name", "there"}, {"SourceImageId", registered}, {"SourceRegion", "us-east-1"}},
           "eu-west-1")["ImageId"];
  EXPECT_EQ(call("DescribeImages", {{"ImageIds", {copied}}}, "eu-west-1")["Images"][0]["Name"],
            "there");
}

TEST_F(ImageTest, AttributesAreItsOwners) {
  const std::string made =
      call("CreateImage", {{"InstanceId", running()}, {"Name", "one"}})["ImageId"];
  call("ModifyImageAttribute",
       {{"ImageId", made}, {"LaunchPermission", {{"Add", {{{"Group", "all"}}}}}}});
  const auto permissions = [&] {
    return call("DescribeImageAttribute",
                {{"ImageId", made}, {"Attribute", "launchPermission"}})["LaunchPermissions"];
  };
  EXPECT_EQ(permissions()[0]["Group"], "all");
  call("ResetImageAttribute", {{"ImageId", made}, {"Attribute", "launchPermission"}});
  EXPECT_EQ(permissions().size(), 0u);
  EXPECT_TRUE(error("DeregisterImage", {{"ImageId", image_id}}).starts_with("AuthFailure"));
}

}  // namespace
}  // namespace enibox::ec2

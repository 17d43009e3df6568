#include "emulator/iam/iam.hpp"

#include <gtest/gtest.h>

#include "tests/unit/service_fixture.hpp"

namespace enibox::iam {
namespace {

constexpr const char* kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]})";

class IamTest : public ServiceFixture {
 protected:
  IamTest() {
    db.migrate();
    iam.emplace(db, clock, "111122223333");
    service = make_iam_service(*iam);
    call("CreateRole", {{"RoleName", "r"}, {"AssumeRolePolicyDocument", kTrust}});
  }

  store::Database db;
  std::optional<Iam> iam;
};

TEST_F(IamTest, ARoleGoesWhenNothingHangsOnIt) {
  const auto role = call("GetRole", {{"RoleName", "r"}})["Role"];
  EXPECT_EQ(role["Arn"], "arn:aws:iam::111122223333:role/r");
  EXPECT_TRUE(role["AssumeRolePolicyDocument"].get<std::string>().starts_with("%7B%22Version"));
  EXPECT_EQ(error("CreateRole", {{"RoleName", "r"}, {"AssumeRolePolicyDocument", kTrust}}),
            "EntityAlreadyExists: Role with name r already exists.");
  EXPECT_EQ(error("CreateRole", {{"RoleName", "x"}, {"AssumeRolePolicyDocument", "{"}}),
            "MalformedPolicyDocument: This policy contains invalid Json");

  const std::string managed =
      "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
  call("AttachRolePolicy", {{"RoleName", "r"}, {"PolicyArn", managed}});
  call("PutRolePolicy", {{"RoleName", "r"}, {"PolicyName", "p"}, {"PolicyDocument", kTrust}});
  EXPECT_EQ(
      call("ListAttachedRolePolicies", {{"RoleName", "r"}})["AttachedPolicies"][0]["PolicyName"],
      "AmazonECSTaskExecutionRolePolicy");
  EXPECT_EQ(error("DeleteRole", {{"RoleName", "r"}}),
            "DeleteConflict: Cannot delete entity, must detach all policies first.");
  call("DetachRolePolicy", {{"RoleName", "r"}, {"PolicyArn", managed}});
  EXPECT_EQ(error("DeleteRole", {{"RoleName", "r"}}),
            "DeleteConflict: Cannot delete entity, must delete policies first.");
  call("DeleteRolePolicy", {{"RoleName", "r"}, {"PolicyName", "p"}});
  call("DeleteRole", {{"RoleName", "r"}});
  EXPECT_EQ(error("GetRole", {{"RoleName", "r"}}),
            "NoSuchEntity: The role with name r cannot be found.");
}

TEST_F(IamTest, AnInstanceProfileHoldsOneRole) {
  call("CreateInstanceProfile", {{"InstanceProfileName", "ip"}});
  call("AddRoleToInstanceProfile", {{"InstanceProfileName", "ip"}, {"RoleName", "r"}});
  EXPECT_EQ(iam->instance_profile("ip").first, "arn:aws:iam::111122223333:instance-profile/ip");
  EXPECT_THROW(iam->instance_profile("none"), AwsError);
  EXPECT_TRUE(error("AddRoleToInstanceProfile", {{"InstanceProfileName", "ip"}, {"RoleName", "r"}})
                  .starts_with("LimitExceeded"));
  EXPECT_TRUE(error("DeleteInstanceProfile", {{"InstanceProfileName", "ip"}})
                  .starts_with("DeleteConflict"));
  call("RemoveRoleFromInstanceProfile", {{"InstanceProfileName", "ip"}, {"RoleName", "r"}});
  call("DeleteInstanceProfile", {{"InstanceProfileName", "ip"}});
}

TEST_F(IamTest, PoliciesHaveVersions) {
  const std::string arn =
      call("CreatePolicy", {{"PolicyName", "p"}, {"PolicyDocument", kTrust}})["Policy"]["Arn"];
  call("CreatePolicyVersion",
       {{"PolicyArn", arn}, {"PolicyDocument", kTrust}, {"SetAsDefault", true}});
  EXPECT_EQ(call("GetPolicy", {{"PolicyArn", arn}})["Policy"]["DefaultVersionId"], "v2");
  EXPECT_TRUE(error("DeletePolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v2"}})
                  .starts_with("DeleteConflict"));
  call("DeletePolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v1"}});
  call("DeletePolicy", {{"PolicyArn", arn}});
  EXPECT_TRUE(error("GetPolicy", {{"PolicyArn", arn}}).starts_with("NoSuchEntity"));
}

TEST_F(IamTest, TheEcsServiceLinkedRole) {
  const Json in = {{"AWSServiceName", "ecs.amazonaws.com"}};
  EXPECT_EQ(call("CreateServiceLinkedRole", in)["Role"]["Arn"],
            "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/"
            "AWSServiceRoleForECS");
  EXPECT_TRUE(error("CreateServiceLinkedRole", in).starts_with("InvalidInput"));
  EXPECT_TRUE(error("DeleteRole", {{"RoleName", "AWSServiceRoleForECS"}})
                  .starts_with("UnmodifiableEntity"));
}

}  // namespace
}  // namespace enibox::iam

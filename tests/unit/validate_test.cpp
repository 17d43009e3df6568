#include "api/wire/validate.hpp"

#include <gtest/gtest.h>

#include "api/error.hpp"

namespace enibox::api {
namespace {

class ValidateTest : public testing::Test {
 protected:
  ModelLibrary models;

  // "Code: message", or "fine".
  std::string say(const std::string& service, const std::string& name, const Json& input) {
    const ServiceModel& model = *models.by_name(service);
    try {
      validate(model, *model.operation(name), input);
    } catch (const AwsError& error) {
      return error.code() + ": " + error.message();
    }
    return "fine";
  }
};

TEST_F(ValidateTest, SsmCountsItsErrors) {
  EXPECT_EQ(say("ssm", "StartSession", Json::object()),
            "ValidationException: 1 validation error detected: Value null at 'target' failed to "
            "satisfy constraint: Member must not be null");
  EXPECT_EQ(say("ssm", "GetParameters", {{"Names", Json::array()}}),
            "ValidationException: 1 validation error detected: Value '[]' at 'names' failed to "
            "satisfy constraint: Member must have length greater than or equal to 1");
  EXPECT_EQ(say("ssm", "DescribeSessions", {{"State", "Odd"}, {"MaxResults", 0}}),
            "ValidationException: 2 validation errors detected: Value '0' at 'maxResults' failed "
            "to satisfy constraint: Member must have value greater than or equal to 1; Value 'Odd' "
            "at 'state' failed to satisfy constraint: Member must satisfy enum value set: "
            "[Active, History]");
  EXPECT_EQ(say("ssm", "GetParameters", {{"Names", {"/a/b"}}}), "fine");
}

TEST_F(ValidateTest, AWrongElementIsItsListsFault) {
  EXPECT_EQ(say("ssm", "GetParameters", {{"Names", {"a", ""}}}),
            "ValidationException: 1 validation error detected: Value '[a, ]' at 'names' failed to "
            "satisfy constraint: Member must satisfy constraint: [Member must have length less "
            "than or equal to 2048, Member must have length greater than or equal to 1]");
  EXPECT_EQ(say("ssm", "AddTagsToResource",
                {{"ResourceType", "Parameter"}, {"ResourceId", "x"}, {"Tags", {{{"Key", "k"}}}}}),
            "ValidationException: 1 validation error detected: Value null at "
            "'tags.1.member.value' failed to satisfy constraint: Member must not be null");
}

TEST_F(ValidateTest, ASecretIsNotRepeated) {
  const std::string said =
      say("ssm", "PutParameter", {{"Name", "x"}, {"Value", "v"}, {"Type", "Odd"}});
  EXPECT_NE(said.find("Value 'Odd' at 'type'"), std::string::npos) << said;
  for (const auto& violation :
       find_violations(models.by_name("ec2")->operation("ImportKeyPair")->input, Json::object())) {
    EXPECT_EQ(violation.value, "null");
  }
}

TEST_F(ValidateTest, LogsAndStsHaveTheirOwnCodes) {
  EXPECT_EQ(say("logs", "CreateLogGroup", {{"logGroupName", ""}}).substr(0, 25),
            "InvalidParameterException");
  EXPECT_EQ(
      say("logs", "CreateLogGroup", {{"logGroupName", "a b"}}),
      "InvalidParameterException: 1 validation error detected: Value at 'logGroupName' failed "
      "to satisfy constraint: Member must satisfy regular expression pattern: "
      "[\\.\\-_/#A-Za-z0-9]+");
  EXPECT_EQ(say("sts", "AssumeRole", {{"RoleArn", "arn:aws:iam::111122223333:role/x"}}),
            "ValidationError: 1 validation error detected: Value null at 'roleSessionName' failed "
            "to satisfy constraint: Member must not be null");
}

TEST_F(ValidateTest, IamHasASentenceForNames) {
  EXPECT_EQ(say("iam", "GetRole", {{"RoleName", "a b"}}),
            "ValidationError: The specified value for roleName is invalid. It must contain only "
            "alphanumeric characters and/or the following: +=,.@_-");
}

TEST_F(ValidateTest, EcsHasSentencesForWhatIsMissing) {
  EXPECT_EQ(say("ecs", "DescribeTasks", Json::object()),
            "InvalidParameterException: Tasks cannot be empty.");
  EXPECT_EQ(say("ecs", "RegisterTaskDefinition", {{"family", "f"}}),
            "ClientException: Container list cannot be empty.");
  EXPECT_EQ(say("ecs", "RunTask",
                {{"taskDefinition", "x"},
                 {"networkConfiguration", {{"awsvpcConfiguration", Json::object()}}}}),
            "InvalidParameterException: subnets can not be empty.");
  EXPECT_EQ(say("ecs", "RunTask", Json::object()),
            "InvalidParameterException: TaskDefinition can not be blank.");
  EXPECT_EQ(say("ecs", "RunTask", {{"taskDefinition", "x"}, {"propagateTags", "MOON"}}),
            "InvalidParameterException: 1 validation error detected: Value 'MOON' at "
            "'propagateTags' failed to satisfy constraint: Member must satisfy enum value set: "
            "[TASK_DEFINITION, SERVICE, NONE]");
}

TEST_F(ValidateTest, Ec2NamesTheParameterAsItWasSent) {
  EXPECT_EQ(say("ec2", "CreateSubnet", Json::object()),
            "MissingParameter: The request must contain the parameter VpcId");
  EXPECT_EQ(say("ec2", "CreateTags", {{"Tags", {{{"Key", "k"}}}}}),
            "MissingParameter: The request must contain the parameter resourceIdSet");
  EXPECT_EQ(say("ec2", "TerminateInstances", Json::object()),
            "InvalidParameterCombination: No instances specified");
  EXPECT_EQ(say("ec2", "DescribeVpcs", {{"MaxResults", 4}}),
            "InvalidParameterValue: Value ( 4 ) for parameter maxResults is invalid. Expecting a "
            "value greater than 5.");
  EXPECT_EQ(say("ec2", "DescribeVpcs", {{"MaxResults", 2000}}),
            "InvalidParameterValue: Value ( 2000 ) for parameter maxResults is invalid. Expecting "
            "a value less than 1000.");
  EXPECT_EQ(
      say("ec2", "RunInstances", {{"MinCount", 1}, {"MaxCount", 1}, {"InstanceType", "t9.huge"}}),
      "InvalidParameterValue: Invalid value 't9.huge' for InstanceType.");
  EXPECT_EQ(say("ec2", "DescribeInstanceTypeOfferings", {{"LocationType", "moon"}}),
            "InvalidParameterValue: Invalid value 'moon' for LocationType.");
}

TEST_F(ValidateTest, WhatAHandlerSaysBetterIsLeftToIt) {
  EXPECT_EQ(say("ec2", "DescribeVpcAttribute", {{"VpcId", "vpc-1"}, {"Attribute", "odd"}}), "fine");
  EXPECT_EQ(say("ec2", "DescribeInstanceTypes", {{"InstanceTypes", {"t9.huge"}}}), "fine");
  EXPECT_EQ(say("ecs", "PutAccountSetting", {{"name", "dualStackIPv6"}, {"value", "enabled"}}),
            "fine");
  EXPECT_EQ(say("ecs", "UpdateContainerInstancesState",
                {{"containerInstances", {"x"}}, {"status", "ASLEEP"}}),
            "fine");
  EXPECT_NE(say("ecs", "ListContainerInstances", {{"status", "ASLEEP"}}), "fine");
}

TEST_F(ValidateTest, LengthIsCountedInUtf16) {
  const std::string four_bytes = "\xF0\x9F\x98\x80";  // two units
  std::string text;
  for (int i = 0; i < 64; ++i) text += four_bytes;
  const Json tag = {{"key", text}, {"value", "v"}};
  // 128 units are allowed, 130 are not; the pattern has its own opinion.
  const Shape* input = models.by_name("ecs")->operation("TagResource")->input;
  const auto lengths = [&](const std::string& key) {
    std::size_t count = 0;
    const Json request = {{"resourceArn", "a"}, {"tags", {{{"key", key}}}}};
    for (const auto& violation : find_violations(input, request)) {
      count += violation.rule == Violation::Rule::length;
    }
    return count;
  };
  EXPECT_EQ(lengths(text), 0U);
  EXPECT_EQ(lengths(text + four_bytes), 1U);
}

}  // namespace
}  // namespace enibox::api

#include "api/wire/arn.hpp"

#include <gtest/gtest.h>

#include "api/wire/service.hpp"

namespace enibox::api {
namespace {

TEST(Arn, NamesThePartitionOfItsRegion) {
  EXPECT_EQ(make_arn({"ecs", "eu-west-1", "111122223333"}, "cluster/c"),
            "arn:aws:ecs:eu-west-1:111122223333:cluster/c");
  EXPECT_EQ(make_arn({"ecs", "cn-north-1", "111122223333"}, "cluster/c"),
            "arn:aws-cn:ecs:cn-north-1:111122223333:cluster/c");
  EXPECT_EQ(make_global_arn({"iam", "us-gov-west-1", "111122223333"}, "root"),
            "arn:aws-us-gov:iam::111122223333:root");
  RequestContext context;
  context.region = "cn-northwest-1";
  context.account_id = "111122223333";
  EXPECT_EQ(context.arn("logs", "log-group:/g"),
            "arn:aws-cn:logs:cn-northwest-1:111122223333:log-group:/g");
  EXPECT_EQ(context.caller_arn(), "arn:aws-cn:iam::111122223333:root");
}

TEST(Arn, LosesItsPartition) {
  for (const char* partition : {"aws", "aws-cn", "aws-us-gov", "aws-iso-b"}) {
    EXPECT_EQ(arn_without_partition("arn:" + std::string(partition) + ":iam::aws:policy/P"),
              "iam::aws:policy/P");
  }
  EXPECT_EQ(arn_without_partition("arn:awsome:iam::aws:policy/P"), "");
  EXPECT_EQ(arn_without_partition("iam::aws:policy/P"), "");
}

}  // namespace
}  // namespace enibox::api

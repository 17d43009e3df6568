#include <gtest/gtest.h>

#include "emulator/sts/service.hpp"
#include "tests/unit/service_fixture.hpp"

namespace enibox::sts {
namespace {

class StsTest : public ServiceFixture {
 protected:
  StsTest() { service = make_sts_service(clock); }
};

TEST_F(StsTest, SaysWhoAsksAndHandsOutShortLivedCredentials) {
  EXPECT_EQ(call("GetCallerIdentity", Json::object())["Account"], "111122223333");
  const auto role = call("AssumeRole", {{"RoleArn", "arn:aws:iam::111122223333:role/a/b"},
                                        {"RoleSessionName", "me"},
                                        {"DurationSeconds", 900}});
  EXPECT_EQ(role["AssumedRoleUser"]["Arn"], "arn:aws:sts::111122223333:assumed-role/b/me");
  EXPECT_EQ(role["Credentials"]["Expiration"], aws_seconds(clock.now_ms()) + 900);
  EXPECT_TRUE(role["Credentials"]["AccessKeyId"].get<std::string>().starts_with("ASIA"));
  EXPECT_THROW(call("AssumeRole", {{"RoleArn", "nonsense"}, {"RoleSessionName", "me"}}), AwsError);
  call("GetSessionToken", Json::object());
}

}  // namespace
}  // namespace enibox::sts

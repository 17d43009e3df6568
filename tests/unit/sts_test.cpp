#include <gtest/gtest.h>

#include "emulator/sts/service.hpp"
#include "tests/unit/fake_clock.hpp"
#include "tests/unit/shape_check.hpp"

namespace enibox::sts {
namespace {

Json call(const FakeClock& clock, const std::string& operation, const Json& in) {
  auto service = make_sts_service(clock);
  const api::RequestContext request{.region = "us-east-1",
                                    .account_id = "111122223333",
                                    .access_key_id = "test",
                                    .request_id = "r",
                                    .host = "h",
                                    .service = "sts",
                                    .operation = operation};
  auto output = service.operations.find(operation)->second(request, in).output;
  expect_shapes("sts", operation, in, output);
  return output;
}

TEST(Sts, SaysWhoAsksAndHandsOutShortLivedCredentials) {
  const FakeClock clock;
  EXPECT_EQ(call(clock, "GetCallerIdentity", Json::object())["Account"], "111122223333");
  const auto role = call(clock, "AssumeRole",
                         {{"RoleArn", "arn:aws:iam::111122223333:role/a/b"},
                          {"RoleSessionName", "s"},
                          {"DurationSeconds", 900}});
  EXPECT_EQ(role["AssumedRoleUser"]["Arn"], "arn:aws:sts::111122223333:assumed-role/b/s");
  EXPECT_EQ(role["Credentials"]["Expiration"], aws_seconds(clock.now_ms()) + 900);
  EXPECT_TRUE(role["Credentials"]["AccessKeyId"].get<std::string>().starts_with("ASIA"));
  EXPECT_THROW(call(clock, "AssumeRole", {{"RoleArn", "nonsense"}, {"RoleSessionName", "s"}}),
               AwsError);
  call(clock, "GetSessionToken", Json::object());
}

}  // namespace
}  // namespace enibox::sts

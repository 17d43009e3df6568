#include <gtest/gtest.h>

#include "emulator/sts/service.hpp"
#include "tests/unit/service_fixture.hpp"

namespace enibox::sts {
namespace {

class StsTest : public ServiceFixture {
 protected:
  StsTest() {
    db.migrate();
    iam.emplace(db, clock, "111122223333");
    keys.emplace(db, clock);
    service = make_sts_service(*keys, *iam);
  }

  Json assume(const std::string& role, int seconds = 900) {
    return call("AssumeRole",
                {{"RoleArn", role}, {"RoleSessionName", "me"}, {"DurationSeconds", seconds}});
  }

  store::Database db;
  std::optional<iam::Iam> iam;
  std::optional<TemporaryKeys> keys;
};

TEST_F(StsTest, AnAssumedRoleIsWhoCallsWithItsCredentials) {
  EXPECT_EQ(call("GetCallerIdentity")["Arn"], "arn:aws:iam::111122223333:root");
  const auto role = assume("arn:aws:iam::111122223333:role/a/b");
  EXPECT_EQ(role["AssumedRoleUser"]["Arn"], "arn:aws:sts::111122223333:assumed-role/b/me");
  EXPECT_EQ(role["Credentials"]["Expiration"], aws_seconds(clock.now_ms() / 1000 * 1000) + 900);

  access_key_id = role["Credentials"]["AccessKeyId"];
  EXPECT_TRUE(access_key_id.starts_with("ASIA"));
  EXPECT_EQ(access_key_id.size(), 20U);
  const auto identity = call("GetCallerIdentity");
  EXPECT_EQ(identity["Arn"], role["AssumedRoleUser"]["Arn"]);
  EXPECT_EQ(identity["UserId"], role["AssumedRoleUser"]["AssumedRoleId"]);
  // Credentials made of them stand for the same.
  access_key_id = call("GetSessionToken")["Credentials"]["AccessKeyId"];
  EXPECT_EQ(call("GetCallerIdentity")["Arn"], identity["Arn"]);
}

TEST_F(StsTest, CredentialsExpire) {
  access_key_id = assume("arn:aws:iam::111122223333:role/b")["Credentials"]["AccessKeyId"];
  clock.advance(std::chrono::seconds(901));
  EXPECT_EQ(error("GetCallerIdentity", Json::object()),
            "ExpiredToken: The security token included in the request is expired");
  EXPECT_TRUE(keys->find(access_key_id));  // kept for a day, so that the error can say so
  clock.advance(std::chrono::seconds(86401));
  keys->sweep();
  EXPECT_FALSE(keys->find(access_key_id));
}

TEST_F(StsTest, ARolesLongestSessionIsKept) {
  iam::RoleRow row;
  row.role_id = "AROAEXAMPLE";
  row.name = "short";
  iam->rows.insert(row);
  const std::string arn = "arn:aws:iam::111122223333:role/short";
  EXPECT_EQ(assume(arn, 3600)["AssumedRoleUser"]["AssumedRoleId"], "AROAEXAMPLE:me");
  EXPECT_EQ(
      error("AssumeRole", {{"RoleArn", arn}, {"RoleSessionName", "me"}, {"DurationSeconds", 7200}}),
      "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for "
      "this role.");
  const std::string nonsense = "arn:aws:iam::1:role/nonsense";
  EXPECT_EQ(error("AssumeRole", {{"RoleArn", nonsense}, {"RoleSessionName", "me"}}),
            "ValidationError: " + nonsense + " is invalid");
}

TEST_F(StsTest, AKeyIsOfTheAccountWhoseRoleItStandsFor) {
  const auto other = assume("arn:aws:iam::999999999999:role/far");
  EXPECT_EQ(
      call("GetAccessKeyInfo", {{"AccessKeyId", other["Credentials"]["AccessKeyId"]}})["Account"],
      "999999999999");
  EXPECT_EQ(call("GetAccessKeyInfo", {{"AccessKeyId", "AKIAIOSFODNN7EXAMPLE"}})["Account"],
            "111122223333");
  EXPECT_EQ(call("GetFederationToken", {{"Name", "bob"}})["FederatedUser"]["Arn"],
            "arn:aws:sts::111122223333:federated-user/bob");
}

}  // namespace
}  // namespace enibox::sts

#include "emulator/ssm/parameters.hpp"

#include <gtest/gtest.h>

#include "emulator/ec2/images.hpp"
#include "emulator/ec2/service.hpp"
#include "tests/unit/fake_network.hpp"
#include "tests/unit/service_fixture.hpp"

namespace enibox::ssm {
namespace {

class ParametersTest : public ServiceFixture {
 protected:
  ParametersTest() {
    db.migrate();
    ec2.emplace(db, clock, network, "111122223333");
    service = make_parameter_service(db, clock, *ec2);
  }

  store::Database db;
  vpc::FakeNetwork network;
  std::optional<ec2::Ec2Service> ec2;
};

TEST_F(ParametersTest, ThePublicParameterNamesAKnownImage) {
  const auto answer =
      call("GetParameters", {{"Names",
                              {"/aws/service/ecs/optimized-ami/amazon-linux-2/recommended/image_id",
                               "/aws/service/none"}}});
  ASSERT_EQ(answer["Parameters"].size(), 1u);
  EXPECT_TRUE(ec2::find_image("us-east-1", answer["Parameters"][0]["Value"].get<std::string>()));
  EXPECT_EQ(answer["InvalidParameters"], (Json{"/aws/service/none"}));
  const auto whole =
      call("GetParameter",
           {{"Name", "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended"}});
  EXPECT_EQ(Json::parse(whole["Parameter"]["Value"].get<std::string>())["schema_version"], 1);
  EXPECT_TRUE(error("PutParameter", {{"Name", "/aws/x"}, {"Value", "v"}, {"Type", "String"}})
                  .starts_with("AccessDeniedException: "));
}

TEST_F(ParametersTest, APutMakesVersions) {
  const Json first = {{"Name", "/a/b"}, {"Value", "1"}, {"Type", "String"}};
  EXPECT_EQ(call("PutParameter", first)["Version"], 1);
  EXPECT_TRUE(error("PutParameter", first).starts_with("ParameterAlreadyExists: "));
  EXPECT_EQ(
      call("PutParameter", {{"Name", "/a/b"}, {"Value", "2"}, {"Overwrite", true}})["Version"], 2);
  EXPECT_EQ(call("GetParameter", {{"Name", "/a/b"}})["Parameter"]["Value"], "2");
  EXPECT_EQ(call("GetParameter", {{"Name", "/a/b:1"}})["Parameter"]["Value"], "1");
  EXPECT_TRUE(
      error("GetParameter", {{"Name", "/a/b:9"}}).starts_with("ParameterVersionNotFound: "));
  call("LabelParameterVersion", {{"Name", "/a/b"}, {"ParameterVersion", 1}, {"Labels", {"old"}}});
  EXPECT_EQ(call("GetParameter", {{"Name", "/a/b:old"}})["Parameter"]["Value"], "1");
  call("DeleteParameter", {{"Name", "/a/b"}});
  EXPECT_TRUE(error("GetParameter", {{"Name", "/a/b"}}).starts_with("ParameterNotFound: "));
  EXPECT_TRUE(error("DeleteParameter", {{"Name", "/a/b"}}).starts_with("ParameterNotFound: "));
}

TEST_F(ParametersTest, APathHoldsWhatIsDirectlyOrSomewhereBelowIt) {
  for (const auto* name : {"/p/a", "/p/b/c", "/q/a", "/pa"}) {
    call("PutParameter", {{"Name", name}, {"Value", "v"}, {"Type", "SecureString"}});
  }
  EXPECT_EQ(call("GetParametersByPath", {{"Path", "/p"}})["Parameters"].size(), 1u);
  const auto all =
      call("GetParametersByPath", {{"Path", "/p"}, {"Recursive", true}, {"WithDecryption", true}});
  ASSERT_EQ(all["Parameters"].size(), 2u);
  EXPECT_EQ(all["Parameters"][0]["Value"], "v");
  EXPECT_NE(call("GetParameter", {{"Name", "/p/a"}})["Parameter"]["Value"], "v");
  EXPECT_EQ(
      call("DescribeParameters",
           {{"ParameterFilters",
             {{{"Key", "Name"}, {"Option", "BeginsWith"}, {"Values", {"/p/"}}}}}})["Parameters"]
          .size(),
      2u);
  EXPECT_TRUE(
      error("DescribeParameters", {{"ParameterFilters", {{{"Key", "Colour"}, {"Values", {"x"}}}}}})
          .starts_with("ValidationException: "));
}

TEST_F(ParametersTest, AtTheRootASlashBeforeANameMakesNoOtherName) {
  for (const std::string name : {"/with", "without"}) {
    const auto bare = name.substr(name.starts_with('/') ? 1 : 0);
    for (const auto& other : {bare, "/" + bare}) {
      call("PutParameter", {{"Name", name}, {"Value", "v"}, {"Type", "String"}});
      const auto found = call("GetParameter", {{"Name", other}})["Parameter"];
      EXPECT_EQ(found["Name"], name);
      EXPECT_EQ(call("GetParameters", {{"Names", {other}}})["Parameters"].size(), 1u);
      EXPECT_TRUE(error("PutParameter", {{"Name", other}, {"Value", "v"}, {"Type", "String"}})
                      .starts_with("ParameterAlreadyExists"));
      call("DeleteParameter", {{"Name", other}});
      EXPECT_EQ(call("GetParameters", {{"Names", {name}}})["InvalidParameters"], Json{name});
    }
  }
  call("PutParameter", {{"Name", "/a/b"}, {"Value", "v"}, {"Type", "String"}});
  EXPECT_EQ(error("GetParameter", {{"Name", "a/b"}}),
            "ParameterNotFound: Parameter a/b not found.");
  EXPECT_EQ(
      error("PutParameter", {{"Name", "e"}, {"Value", ""}, {"Type", "String"}}),
      "ValidationException: 1 validation error detected: Value '' at 'value' failed to satisfy "
      "constraint: Member must have length greater than or equal to 1.");
}

TEST_F(ParametersTest, ValuesAreChecked) {
  EXPECT_TRUE(
      error("PutParameter", {{"Name", "/x"}, {"Value", std::string(5000, 'x')}, {"Type", "String"}})
          .starts_with("ValidationException: "));
  EXPECT_TRUE(
      error("PutParameter",
            {{"Name", "/x"}, {"Value", "abc"}, {"AllowedPattern", "[0-9]+"}, {"Type", "String"}})
          .starts_with("ParameterPatternMismatchException: "));
  EXPECT_TRUE(error("GetParameter", {{"Name", "/x"}}).starts_with("ParameterNotFound: "));
}

}  // namespace
}  // namespace enibox::ssm

#include "emulator/ssm/parameters.hpp"

#include <gtest/gtest.h>

#include "emulator/ec2/images.hpp"
#include "emulator/ec2/service.hpp"
#include "tests/unit/fake_clock.hpp"
#include "tests/unit/fake_network.hpp"
#include "tests/unit/shape_check.hpp"

namespace enibox::ssm {
namespace {

class ParametersTest : public ::testing::Test {
 protected:
  ParametersTest() {
    db.migrate();
    ec2.emplace(db, clock, network, "111122223333");
    service = make_parameter_service(db, clock, *ec2);
  }
  Json call(const std::string& operation, const Json& in) {
    const api::RequestContext request{.region = "us-east-1",
                                      .account_id = "111122223333",
                                      .access_key_id = "test",
                                      .request_id = "r",
                                      .host = "h",
                                      .service = "ssm",
                                      .operation = operation};
    auto output = service.operations.find(operation)->second(request, in).output;
    expect_shapes("ssm", operation, in, output);
    return output;
  }
  std::string error(const std::string& operation, const Json& in) {
    try {
      call(operation, in);
      return "";
    } catch (const AwsError& e) {
      return e.code();
    }
  }

  store::Database db;
  FakeClock clock;
  vpc::FakeNetwork network;
  std::optional<ec2::Ec2Service> ec2;
  api::Service service;
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
  EXPECT_EQ(error("PutParameter", {{"Name", "/aws/x"}, {"Value", "v"}, {"Type", "String"}}),
            "AccessDeniedException");
}

TEST_F(ParametersTest, APutMakesVersions) {
  const Json first = {{"Name", "/a/b"}, {"Value", "1"}, {"Type", "String"}};
  EXPECT_EQ(call("PutParameter", first)["Version"], 1);
  EXPECT_EQ(error("PutParameter", first), "ParameterAlreadyExists");
  EXPECT_EQ(
      call("PutParameter", {{"Name", "/a/b"}, {"Value", "2"}, {"Overwrite", true}})["Version"], 2);
  EXPECT_EQ(call("GetParameter", {{"Name", "/a/b"}})["Parameter"]["Value"], "2");
  EXPECT_EQ(call("GetParameter", {{"Name", "/a/b:1"}})["Parameter"]["Value"], "1");
  EXPECT_EQ(error("GetParameter", {{"Name", "/a/b:9"}}), "ParameterVersionNotFound");
  call("LabelParameterVersion", {{"Name", "/a/b"}, {"ParameterVersion", 1}, {"Labels", {"old"}}});
  EXPECT_EQ(call("GetParameter", {{"Name", "/a/b:old"}})["Parameter"]["Value"], "1");
  call("DeleteParameter", {{"Name", "/a/b"}});
  EXPECT_EQ(error("GetParameter", {{"Name", "/a/b"}}), "ParameterNotFound");
  EXPECT_EQ(error("DeleteParameter", {{"Name", "/a/b"}}), "ParameterNotFound");
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
  EXPECT_EQ(
      error("DescribeParameters", {{"ParameterFilters", {{{"Key", "Colour"}, {"Values", {"x"}}}}}}),
      "InvalidFilterKey");
}

TEST_F(ParametersTest, ValuesAreChecked) {
  EXPECT_EQ(error("PutParameter",
                  {{"Name", "/x"}, {"Value", std::string(5000, 'x')}, {"Type", "String"}}),
            "ValidationException");
  EXPECT_EQ(
      error("PutParameter",
            {{"Name", "/x"}, {"Value", "abc"}, {"AllowedPattern", "[0-9]+"}, {"Type", "String"}}),
      "ParameterPatternMismatchException");
  EXPECT_EQ(error("GetParameter", {{"Name", "/x"}}), "ParameterNotFound");
}

}  // namespace
}  // namespace enibox::ssm

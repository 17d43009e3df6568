#include <gtest/gtest.h>

#include "emulator/tagging/service.hpp"
#include "tests/unit/service_fixture.hpp"

namespace enibox::tagging {
namespace {

class TaggingTest : public ServiceFixture {
 protected:
  TaggingTest() {
    service = make_tagging_service({[this](const api::RequestContext& request) {
                                      return request.region == "us-east-1"
                                                 ? network
                                                 : std::vector<TaggedResource>();
                                    },
                                    [this](const api::RequestContext&) { return clusters; }});
  }

  std::vector<std::string> arns(const Json& in) {
    std::vector<std::string> found;
    const auto answer = call("GetResources", in);
    for (const auto& each : answer["ResourceTagMappingList"]) {
      found.push_back(each["ResourceARN"]);
    }
    return found;
  }

  std::vector<TaggedResource> network{{"arn:v", "ec2:vpc", {{"env", "dev"}, {"team", "a"}}},
                                      {"arn:s", "ec2:subnet", {{"env", "prod"}}}};
  std::vector<TaggedResource> clusters{{"arn:c", "ecs:cluster", {{"env", "dev"}}}};
};

using Names = std::vector<std::string>;

TEST_F(TaggingTest, FindsResourcesByTagTypeAndArn) {
  EXPECT_EQ(arns(Json::object()), (Names{"arn:c", "arn:s", "arn:v"}));
  EXPECT_EQ(arns({{"TagFilters", {{{"Key", "env"}, {"Values", {"dev"}}}}}}),
            (Names{"arn:c", "arn:v"}));
  EXPECT_EQ(arns({{"TagFilters", {{{"Key", "env"}}, {{"Key", "team"}}}}}), (Names{"arn:v"}));
  EXPECT_EQ(arns({{"ResourceTypeFilters", {"ec2"}}}), (Names{"arn:s", "arn:v"}));
  EXPECT_EQ(arns({{"ResourceTypeFilters", {"ec2:vpc", "ecs:cluster"}}}), (Names{"arn:c", "arn:v"}));
  EXPECT_EQ(arns({{"ResourceARNList", {"arn:s", "arn:none"}}}), (Names{"arn:s"}));
  EXPECT_EQ(call("GetResources", Json::object(), "eu-west-1")["ResourceTagMappingList"].size(), 1U);
}

TEST_F(TaggingTest, PagesEndWithAnEmptyToken) {
  const auto first = call("GetResources", {{"ResourcesPerPage", 2}});
  ASSERT_EQ(first["ResourceTagMappingList"].size(), 2U);
  const auto rest = call("GetResources",
                         {{"ResourcesPerPage", 2}, {"PaginationToken", first["PaginationToken"]}});
  EXPECT_EQ(rest["ResourceTagMappingList"].size(), 1U);
  EXPECT_EQ(rest["PaginationToken"], "");
  EXPECT_EQ(error("GetResources", {{"PaginationToken", "x"}}).substr(0, 25),
            "InvalidParameterException");
}

TEST_F(TaggingTest, NamesKeysAndTheirValues) {
  EXPECT_EQ(call("GetTagKeys")["TagKeys"], Json({"env", "team"}));
  EXPECT_EQ(call("GetTagValues", {{"Key", "env"}})["TagValues"], Json({"dev", "prod"}));
  EXPECT_TRUE(call("GetTagValues", {{"Key", "none"}})["TagValues"].empty());
}

TEST_F(TaggingTest, RefusesWhatDoesNotGoTogether) {
  for (const Json& in : {Json{{"ResourceARNList", {"arn:s"}}, {"ResourcesPerPage", 5}},
                         Json{{"ResourcesPerPage", 101}}, Json{{"TagsPerPage", 150}},
                         Json{{"TagFilters", {{{"Values", {"x"}}}}}}}) {
    EXPECT_EQ(error("GetResources", in).substr(0, 25), "InvalidParameterException") << in;
  }
}

}  // namespace
}  // namespace enibox::tagging

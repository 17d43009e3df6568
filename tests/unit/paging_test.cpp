#include "api/wire/paging.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "api/error.hpp"

namespace enibox::api {
namespace {

using Rows = std::vector<std::string>;

RequestContext asking(const std::string& service, const std::string& operation) {
  RequestContext context;
  context.region = "us-east-1";
  context.service = service;
  context.operation = operation;
  return context;
}

const auto kItself = [](const std::string& row) { return row; };

std::string code_of(const RequestContext& context, const Json& input, const PageRules& rules) {
  try {
    page_of(context, input, rules);
  } catch (const AwsError& error) {
    return error.code();
  }
  return "none";
}

TEST(Paging, EveryRowIsGivenOnceThoughRowsComeAndGo) {
  const auto context = asking("ecs", "ListClusters");
  Rows stored;
  for (char c = 'a'; c <= 'j'; ++c) stored.push_back(std::string(1, c));

  Rows seen;
  Json input = {{"maxResults", 3}};
  for (int call = 0; call < 10; ++call) {
    Rows rows = stored;
    const auto next = take_page(page_of(context, input), rows, kItself);
    EXPECT_LE(rows.size(), 3U);
    seen.insert(seen.end(), rows.begin(), rows.end());
    if (!next) break;
    input["nextToken"] = *next;
    std::erase(stored, "a");  // given already: must not shift what follows
    stored.push_back("e1");   // comes later in the order: will be seen
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), "e"), 1);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  for (const char* row : {"a", "d", "e1", "j"}) {
    EXPECT_NE(std::find(seen.begin(), seen.end(), row), seen.end()) << row;
  }
}

TEST(Paging, APageThatHoldsTheRestHasNoToken) {
  const Page page = page_of(asking("ecs", "ListClusters"), {{"maxResults", 2}});
  Rows two{"a", "b"}, three{"a", "b", "c"};
  EXPECT_FALSE(cut_page(page, two, kItself));
  EXPECT_TRUE(cut_page(page, three, kItself));
  EXPECT_EQ(three, two);
}

TEST(Paging, ATokenIsGoodForItsOwnOperationAndRegion) {
  const auto context = asking("ecs", "ListTasks");
  const std::string token = page_token(page_of(context, Json::object()), "key");
  EXPECT_EQ(page_of(context, {{"nextToken", token}}).after, "key");

  auto elsewhere = context;
  elsewhere.region = "eu-west-1";
  EXPECT_THROW(page_of(elsewhere, {{"nextToken", token}}), AwsError);
  EXPECT_THROW(page_of(asking("ecs", "ListClusters"), {{"nextToken", token}}), AwsError);
  for (const char* broken : {"", "x", "AAAA", "!!!!", "AAAAAAAAAAAAAAAA"}) {
    EXPECT_THROW(page_of(context, {{"nextToken", broken}}), AwsError) << broken;
  }
}

TEST(Paging, EachServiceRefusesInItsWords) {
  const Json bad_ec2 = {{"NextToken", "x"}};
  EXPECT_EQ(code_of(asking("ec2", "DescribeVpcs"), bad_ec2, kEc2Pages), "InvalidParameterValue");
  EXPECT_EQ(code_of(asking("ec2", "DescribeVpcs"), {{"MaxResults", 1001}}, kEc2Pages),
            "InvalidParameterValue");
  EXPECT_EQ(code_of(asking("iam", "ListRoles"), {{"Marker", "x"}}, kIamPages), "ValidationError");
  EXPECT_EQ(code_of(asking("ecs", "ListTasks"), {{"maxResults", 101}}, {}),
            "InvalidParameterException");
  EXPECT_EQ(code_of(asking("ecs", "ListTasks"), {{"maxResults", 0}}, {}),
            "InvalidParameterException");
  EXPECT_EQ(code_of(asking("ecs", "ListTasks"), {{"maxResults", 100}}, {}), "none");
}

}  // namespace
}  // namespace enibox::api

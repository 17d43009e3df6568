#include "api/wire/dispatch.hpp"

#include <gtest/gtest.h>

#include "api/wire/coverage.hpp"

namespace enibox::api {
namespace {

constexpr const char* kEcsTarget = "AmazonEC2ContainerServiceV20141113.";

// Answers pass at once unless the test holds them.
class FakeGate : public BarrierGate {
 public:
  void when_passed(std::uint64_t generation, std::function<void()> go) override {
    held.emplace_back(generation, std::move(go));
  }
  std::vector<std::pair<std::uint64_t, std::function<void()>>> held;
};

std::string scope(const std::string& service, const std::string& region = "us-east-1") {
  return "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/" + region + "/" + service +
         "/aws4_request, SignedHeaders=host;x-amz-date, Signature=00";
}

class DispatchTest : public testing::Test {
 protected:
  FakeGate gate;
  int trials = 0;
  Dispatcher dispatcher{gate, {.account_id = "111122223333", .trial = [this](const auto& work) {
                                 ++trials;
                                 work();
                               }}};

  HttpReply send(HttpRequest request) {
    HttpReply out;
    out.status = 0;
    dispatcher.handle(request, [&](HttpReply reply) { out = std::move(reply); });
    return out;
  }
  HttpReply ecs(const std::string& operation, const std::string& body,
                const std::string& region = "us-east-1") {
    return send({"POST",
                 "/",
                 {{"X-Amz-Target", kEcsTarget + operation},
                  {"Content-Type", "application/x-amz-json-1.1"},
                  {"Authorization", scope("ecs", region)},
                  {"Host", "127.0.0.1:4566"}},
                 body});
  }
  HttpReply form(const std::string& service, const std::string& body) {
    return send({"POST",
                 "/",
                 {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                  {"Authorization", scope(service)}},
                 body});
  }
};

TEST_F(DispatchTest, AJsonCallReachesItsHandlerAndComesBack) {
  dispatcher.add({"ecs", {{"CreateCluster", [](const RequestContext& context, const Json& input) {
                             EXPECT_EQ(context.region, "eu-central-1");
                             EXPECT_EQ(context.account_id, "111122223333");
                             EXPECT_EQ(context.access_key_id, "AKIDEXAMPLE");
                             EXPECT_EQ(context.host, "127.0.0.1:4566");
                             EXPECT_EQ(context.operation, "CreateCluster");
                             EXPECT_EQ(input, (Json{{"clusterName", "lab"}}));
                             return Json{{"cluster", {{"clusterName", input["clusterName"]}}}};
                           }}}});
  const auto reply =
      ecs("CreateCluster", R"({"clusterName":"lab","unheardOf":1,"tags":null})", "eu-central-1");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"cluster":{"clusterName":"lab"}})");
  EXPECT_EQ(reply.headers.get("content-type"), "application/x-amz-json-1.1");
  EXPECT_EQ(reply.headers.get("x-amzn-requestid").size(), 36U);
}

TEST_F(DispatchTest, AnEc2CallIsReadFromTheFormAndAnsweredInXml) {
  dispatcher.add({"ec2", {{"CreateVpc", [](const RequestContext&, const Json& input) {
                             EXPECT_EQ(input["CidrBlock"], "10.0.0.0/16");
                             const Json tag = {{"Key", "Name"}, {"Value", "a b&c"}};
                             EXPECT_EQ(input["TagSpecifications"][0]["Tags"][0], tag);
                             return Json{{"Vpc",
                                          {{"VpcId", "vpc-1"},
                                           {"Tags", {tag}},
                                           {"CidrBlockAssociationSet", Json::array()}}}};
                           }}}});
  const auto reply = form("ec2",
                          "Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0%2F16"
                          "&TagSpecification.1.ResourceType=vpc&TagSpecification.1.Tag.1.Key=Name"
                          "&TagSpecification.1.Tag.1.Value=a+b%26c");
  EXPECT_EQ(reply.status, 200) << reply.body;
  const std::string id(reply.headers.get("x-amzn-requestid"));
  EXPECT_EQ(reply.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<CreateVpcResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>" +
                id +
                "</requestId><vpc><cidrBlockAssociationSet/><tagSet><item><key>Name</key>"
                "<value>a b&amp;c</value></item></tagSet><vpcId>vpc-1</vpcId></vpc>"
                "</CreateVpcResponse>\n");
}

TEST_F(DispatchTest, AQueryCallIsAnsweredInItsResultElement) {
  dispatcher.add({"sts", {{"GetCallerIdentity", [](const RequestContext& context, const Json&) {
                             return Json{{"Account", context.account_id},
                                         {"Arn", context.caller_arn()},
                                         {"UserId", context.access_key_id}};
                           }}}});
  const auto reply = form("sts", "Action=GetCallerIdentity&Version=2011-06-15");
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find("<GetCallerIdentityResult><Account>111122223333</Account>"),
            std::string::npos)
      << reply.body;
  EXPECT_NE(reply.body.find("<ResponseMetadata><RequestId>"), std::string::npos);
}

TEST_F(DispatchTest, ErrorsHaveTheirProtocolsEnvelope) {
  const Handler refuse = [](const RequestContext&, const Json&) -> Answer {
    throw AwsError("SomeException", "no <way>", 400, {{"resourceIds", {"a"}}});
  };
  dispatcher.add({"ecs", {{"ListClusters", refuse}}});
  dispatcher.add({"ec2", {{"DescribeVpcs", refuse}}});
  dispatcher.add({"sts", {{"GetCallerIdentity", refuse}}});

  const auto json = ecs("ListClusters", "{}");
  EXPECT_EQ(json.status, 400);
  EXPECT_EQ(json.body, R"({"__type":"SomeException","message":"no <way>","resourceIds":["a"]})");
  EXPECT_EQ(json.headers.get("x-amzn-errortype"), "SomeException");

  const auto ec2 = form("ec2", "Action=DescribeVpcs&Version=2016-11-15");
  EXPECT_NE(ec2.body.find("<Response><Errors><Error><Code>SomeException</Code>"
                          "<Message>no &lt;way&gt;</Message></Error></Errors><RequestID>"),
            std::string::npos)
      << ec2.body;

  const auto sts = form("sts", "Action=GetCallerIdentity&Version=2011-06-15");
  EXPECT_NE(sts.body.find("<Error><Type>Sender</Type><Code>SomeException</Code>"),
            std::string::npos)
      << sts.body;
}

TEST_F(DispatchTest, AnErrorTakesTheStatusAndCodeItsModelGivesIt) {
  dispatcher.add({"iam", {{"GetRole", [](const RequestContext&, const Json&) -> Answer {
                             throw AwsError("NoSuchEntityException", "not there");
                           }}}});
  const auto reply = form("iam", "Action=GetRole&Version=2010-05-08&RoleName=x");
  EXPECT_EQ(reply.status, 404);
  EXPECT_NE(reply.body.find("<Code>NoSuchEntity</Code>"), std::string::npos) << reply.body;
}

TEST_F(DispatchTest, WhatNobodyServesAnswers501ByName) {
  const auto listed = ecs("RunTask", R"({"taskDefinition":"x"})");
  EXPECT_EQ(listed.status, 501);
  EXPECT_NE(listed.body.find("Enibox does not serve ecs RunTask."), std::string::npos);
  EXPECT_EQ(ecs("CreateService", "{}").status, 501);
  EXPECT_EQ(form("ec2", "Action=CreateFleet&Version=2016-11-15").status, 501);
  EXPECT_EQ(form("sqs", "Action=ListQueues&Version=2012-11-05").status, 501);
}

TEST_F(DispatchTest, WhatAwsHasNotIsUnknown) {
  EXPECT_EQ(Json::parse(ecs("RunTusk", "{}").body)["__type"], "UnknownOperationException");
  EXPECT_EQ(ecs("RunTusk", "{}").status, 400);
  EXPECT_NE(form("ec2", "Action=DescribeVpces&Version=2016-11-15")
                .body.find("<Code>InvalidAction</Code><Message>The action DescribeVpces is not "
                           "valid for this web service.</Message>"),
            std::string::npos);
  EXPECT_NE(form("sts", "Action=Foo&Version=2011-06-15")
                .body.find("Could not find operation Foo for version 2011-06-15"),
            std::string::npos);
  EXPECT_NE(form("ec2", "Version=2016-11-15").body.find("MissingAction"), std::string::npos);
  EXPECT_EQ(send({"GET", "/", {}, ""}).status, 400);
  EXPECT_EQ(send({"POST", "/", {{"X-Amz-Target", "nodot"}}, "{}"}).status, 400);
}

TEST_F(DispatchTest, ARegionThatIsNoneIsRefused) {
  dispatcher.add(
      {"ecs", {{"ListClusters", [](const auto&, const auto&) { return Json::object(); }}}});
  EXPECT_EQ(ecs("ListClusters", "{}", "us-gov-west-1").status, 200);
  for (const char* region :
       {"mars", "us-east", "us--1", "us-east-1/..", "US-EAST-1", "us-east-11"}) {
    EXPECT_EQ(ecs("ListClusters", "{}", region).status, 403) << region;
  }
}

TEST_F(DispatchTest, AnAnswerWaitsForItsGeneration) {
  dispatcher.add(
      {"ec2", {{"DeleteVpc", [](const auto&, const auto&) { return Answer(Json::object(), 7); }}}});
  int status = 0;
  dispatcher.handle(
      {"POST",
       "/",
       {{"Content-Type", "application/x-www-form-urlencoded"}, {"Authorization", scope("ec2")}},
       "Action=DeleteVpc&Version=2016-11-15&VpcId=vpc-1"},
      [&](HttpReply reply) { status = reply.status; });
  ASSERT_EQ(gate.held.size(), 1U);
  EXPECT_EQ(gate.held[0].first, 7U);
  EXPECT_EQ(status, 0);
  gate.held[0].second();
  EXPECT_EQ(status, 200);
}

TEST_F(DispatchTest, DryRunRunsOnTrial) {
  dispatcher.add({"ec2", {{"CreateVpc", [](const RequestContext&, const Json& input) -> Answer {
                             EXPECT_FALSE(input.contains("DryRun"));
                             if (input["CidrBlock"] == "bad")
                               throw AwsError("InvalidVpc.Range", "");
                             return Json::object();
                           }}}});
  const std::string call = "Action=CreateVpc&Version=2016-11-15&DryRun=true&CidrBlock=";
  const auto reply = form("ec2", call + "10.0.0.0/16");
  EXPECT_EQ(reply.status, 412);
  EXPECT_NE(reply.body.find("<Code>DryRunOperation</Code><Message>Request would have succeeded, "
                            "but DryRun flag is set.</Message>"),
            std::string::npos);
  EXPECT_EQ(form("ec2", call + "bad").status, 400);
  EXPECT_EQ(trials, 2);
}

TEST_F(DispatchTest, AHandlersBugIsLoudAndDoesNotLeakToTheClient) {
  dispatcher.add({"ecs",
                  {{"ListClusters",
                    [](const auto&, const auto&) {
                      return Json{{"clusterArms", Json::array()}};
                    }},
                   {"ListTasks", [](const auto&, const auto&) -> Answer {
                      throw std::runtime_error("secret detail");
                    }}}});
  for (const char* operation : {"ListClusters", "ListTasks"}) {
    const auto reply = ecs(operation, "{}");
    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(Json::parse(reply.body)["__type"], "ServerException");
    EXPECT_EQ(reply.body.find("secret"), std::string::npos);
  }
}

TEST_F(DispatchTest, TheTableKnowsEveryOperation) {
  dispatcher.add(
      {"ecs", {{"ListClusters", [](const auto&, const auto&) { return Json::object(); }}}});
  std::size_t served = 0, ecs_operations = 0;
  for (const auto& line : dispatcher.coverage()) {
    served += line.served;
    ecs_operations += line.service == "ecs";
  }
  EXPECT_EQ(served, 1U);
  EXPECT_GE(ecs_operations, 77U);
}

TEST_F(DispatchTest, TheTableIsAPage) {
  const std::vector<Coverage> table{
      {"ecs", "RunTask", true}, {"ecs", "StopTask", true}, {"sts", "AssumeRole", false}};
  EXPECT_EQ(coverage_json(table)["ecs"]["served"], (Json{"RunTask", "StopTask"}));
  EXPECT_EQ(coverage_json(table)["sts"]["served"], Json::array());
  const std::string page = coverage_markdown(table);
  EXPECT_NE(page.find("| [ecs](#ecs) | 2 | 2 |"), std::string::npos) << page;
  EXPECT_NE(page.find("## ecs\n\nServed: RunTask, StopTask.\n"), std::string::npos) << page;
  EXPECT_NE(page.find("by name): AssumeRole.\n"), std::string::npos) << page;
}

TEST_F(DispatchTest, OnlyListedOperationsCanBeServedAndOnlyOnce) {
  const Handler handler = [](const auto&, const auto&) { return Json::object(); };
  EXPECT_THROW(dispatcher.add({"sqs", {}}), std::invalid_argument);
  EXPECT_THROW(dispatcher.add({"ecs", {{"RunTusk", handler}}}), std::invalid_argument);
  EXPECT_THROW(dispatcher.add({"ec2", {{"CreateFleet", handler}}}), std::invalid_argument);
  dispatcher.add({"ecs", {{"RunTask", handler}}});
  EXPECT_THROW(dispatcher.add({"ecs", {{"RunTask", handler}}}), std::invalid_argument);
}

}  // namespace
}  // namespace enibox::api

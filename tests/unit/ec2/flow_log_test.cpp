#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {
namespace {

class FlowLogTest : public Ec2Test {
 protected:
  Json to_group(Json more = Json::object()) const {
    Json in = {{"ResourceIds", std::vector<std::string>{vpc_id}},
               {"ResourceType", "VPC"},
               {"TrafficType", "ALL"},
               {"LogGroupName", "/flow"},
               {"DeliverLogsPermissionArn", "arn:aws:iam::111122223333:role/flow"}};
    in.update(more);
    return in;
  }
  Json to_bucket(Json more = Json::object()) const {
    Json in = {{"ResourceIds", std::vector<std::string>{vpc_id}},
               {"ResourceType", "VPC"},
               {"TrafficType", "REJECT"},
               {"LogDestinationType", "s3"},
               {"LogDestination", "arn:aws:s3:::my-bucket/some/where/"}};
    in.update(more);
    return in;
  }
  static Json without(Json in, const char* member) {
    in.erase(member);
    return in;
  }
  Json shown(const Json& in = Json::object()) { return call("DescribeFlowLogs", in)["FlowLogs"]; }

  const std::string vpc_id = make_vpc();
};

TEST_F(FlowLogTest, IsOnceOnAResource) {
  const auto in =
      to_group({{"ResourceIds", std::vector<std::string>{vpc_id, "vpc-0fedcba9876543210"}}});
  const auto made = call("CreateFlowLogs", in);
  ASSERT_EQ(made["FlowLogIds"].size(), 1u);
  EXPECT_EQ(made["Unsuccessful"][0]["Error"]["Code"], "InvalidVpcID.NotFound");
  EXPECT_EQ(error("CreateFlowLogs", in),
            "FlowLogAlreadyExists: Error. There is an existing Flow Log with the same "
            "configuration and log destination.");
  EXPECT_EQ(error("CreateFlowLogs", to_group({{"TrafficType", "REJECT"}})), "");
  EXPECT_EQ(shown().size(), 2u);
  call("DeleteFlowLogs", {{"FlowLogIds", made["FlowLogIds"]}});
  EXPECT_EQ(shown().size(), 1u);
  EXPECT_EQ(shown({{"FlowLogIds", made["FlowLogIds"]}}), Json::array());
  EXPECT_EQ(error("DeleteFlowLogs", {{"FlowLogIds", std::vector<std::string>{"fl-1", "fl-2"}}}),
            "InvalidFlowLogId.NotFound: These flow log ids in the input list are not found: "
            "[TotalCount: 2] fl-1 fl-2");
}

TEST_F(FlowLogTest, ShowsWhatItWasMadeWith) {
  call(
      "CreateFlowLogs",
      to_bucket(
          {{"MaxAggregationInterval", 60},
           {"LogFormat", "${version} ${tcp-flags}"},
           {"DestinationOptions", {{"HiveCompatiblePartitions", true}, {"PerHourPartition", true}}},
           {"TagSpecifications",
            {{{"ResourceType", "vpc-flow-log"}, {"Tags", {{{"Key", "a"}, {"Value", "b"}}}}}}}}));
  const auto log = shown().at(0);
  EXPECT_EQ(log["FlowLogStatus"], "ACTIVE");
  EXPECT_EQ(log["ResourceId"], vpc_id);
  EXPECT_EQ(log["LogDestination"], "arn:aws:s3:::my-bucket/some/where/");
  EXPECT_EQ(log["MaxAggregationInterval"], 60);
  EXPECT_EQ(log["LogFormat"], "${version} ${tcp-flags}");
  EXPECT_EQ(log["DestinationOptions"], Json({{"FileFormat", "plain-text"},
                                             {"HiveCompatiblePartitions", true},
                                             {"PerHourPartition", true}}));
  EXPECT_FALSE(log.contains("LogGroupName"));
  for (const auto& [name, value, count] : {std::tuple("resource-id", vpc_id.c_str(), 1u),
                                           {"traffic-type", "REJECT", 1u},
                                           {"traffic-type", "ALL", 0u},
                                           {"log-destination-type", "s3", 1u},
                                           {"deliver-log-status", "SUCCESS", 1u},
                                           {"log-group-name", "/flow", 0u},
                                           {"tag:a", "b", 1u},
                                           {"tag:a", "c", 0u}}) {
    const Json filter = {{{"Name", name}, {"Values", std::vector<std::string>{value}}}};
    EXPECT_EQ(shown({{"Filter", filter}}).size(), count) << name << " " << value;
  }
}

TEST_F(FlowLogTest, AGroupMayBeAnArn) {
  auto in = without(to_group(), "LogGroupName");
  in["LogDestination"] = "arn:aws:logs:us-east-1:111122223333:log-group:/by/arn:*";
  call("CreateFlowLogs", in);
  EXPECT_EQ(shown().at(0)["LogGroupName"], "/by/arn");
  in["LogGroupName"] = "/both";
  EXPECT_EQ(error("CreateFlowLogs", in),
            "InvalidParameter: Please only provide LogGroupName or only provide LogDestination.");
}

TEST_F(FlowLogTest, RefusesWhatAwsRefuses) {
  const auto refused = [&](const Json& in) { return error("CreateFlowLogs", in); };
  EXPECT_EQ(refused(without(to_group(), "LogGroupName")),
            "InvalidParameter: LogDestination can't be empty if LogGroupName is not provided.");
  EXPECT_EQ(refused(without(to_group(), "DeliverLogsPermissionArn")),
            "InvalidParameter: DeliverLogsPermissionArn can't be empty if LogDestinationType is "
            "cloud-watch-logs.");
  EXPECT_EQ(refused(to_bucket({{"LogGroupName", "x"}})),
            "InvalidParameter: LogDestination type must be cloud-watch-logs if LogGroupName is "
            "provided.");
  EXPECT_EQ(refused(to_group({{"MaxAggregationInterval", 61}})),
            "InvalidParameter: Invalid Flow Log Max Aggregation Interval");
  EXPECT_TRUE(refused(without(to_group(), "TrafficType")).starts_with("MissingParameter"));
  for (const char* format : {"", "   ", "${nothing}", "version", "${version}${end}",
                             "${version} ${version}", "${tgw-id}", "${}"})
    EXPECT_TRUE(refused(to_group({{"LogFormat", format}})).starts_with("InvalidParameter"))
        << format;
  for (const char* bucket :
       {"my-bucket", "arn:aws:s3:::", "arn:aws:s3:::a", "arn:aws:s3:::my..bucket",
        "arn:aws:s3:::my-bucket/../up", "arn:aws:s3:::my-bucket/a//b", "arn:aws:s3:::../../etc",
        "arn:aws:s3:::my-bucket/AWSLogs/", "arn:aws:sqs:::queue"})
    EXPECT_TRUE(refused(to_bucket({{"LogDestination", bucket}})).starts_with("InvalidParameter"))
        << bucket;
  for (const char* group : {"a b", "x*", ":"})
    EXPECT_TRUE(refused(to_group({{"LogGroupName", group}})).starts_with("InvalidParameter"));
  EXPECT_EQ(shown(), Json::array());

  // One of the wrong kind, one that is not there.
  const auto answer = call(
      "CreateFlowLogs",
      to_group({{"ResourceType", "Subnet"},
                {"ResourceIds", std::vector<std::string>{vpc_id, "subnet-00000000000000000"}}}));
  EXPECT_EQ(answer["FlowLogIds"], Json::array());
  EXPECT_EQ(answer["Unsuccessful"][0]["Error"]["Code"], "InvalidParameter");
  EXPECT_EQ(answer["Unsuccessful"][1]["Error"]["Code"], "InvalidSubnetID.NotFound");
}

TEST_F(FlowLogTest, AClientTokenGivesTheSameAnswerAgain) {
  const auto in = to_group({{"ClientToken", "once"}});
  const auto first = call("CreateFlowLogs", in);
  EXPECT_EQ(call("CreateFlowLogs", in), first);
  EXPECT_EQ(first["ClientToken"], "once");
  EXPECT_EQ(shown().size(), 1u);
  EXPECT_TRUE(error("CreateFlowLogs", to_group({{"ClientToken", "once"}, {"LogGroupName", "/x"}}))
                  .starts_with("IdempotentParameterMismatch"));
}

TEST_F(FlowLogTest, GoesWithWhatItWatches) {
  const auto subnet = make_subnet(vpc_id, "10.0.1.0/24");
  const std::string eni = call("CreateNetworkInterface",
                               {{"SubnetId", subnet}})["NetworkInterface"]["NetworkInterfaceId"];
  call("CreateFlowLogs", to_group());
  call("CreateFlowLogs",
       to_group({{"ResourceType", "Subnet"}, {"ResourceIds", std::vector<std::string>{subnet}}}));
  call("CreateFlowLogs", to_group({{"ResourceType", "NetworkInterface"},
                                   {"ResourceIds", std::vector<std::string>{eni}}}));
  EXPECT_EQ(shown().size(), 3u);
  call("DeleteNetworkInterface", {{"NetworkInterfaceId", eni}});
  EXPECT_EQ(shown().size(), 2u);
  call("DeleteSubnet", {{"SubnetId", subnet}});
  call("DeleteVpc", {{"VpcId", vpc_id}});
  EXPECT_EQ(shown(), Json::array());
}

}  // namespace
}  // namespace enibox::ec2

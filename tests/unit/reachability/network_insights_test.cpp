#include <gmock/gmock.h>

#include "tests/unit/reachability/reach_fixture.hpp"

namespace enibox::ec2 {
namespace {

using testing::HasSubstr;

class NetworkInsights : public ReachFixture {
 protected:
  std::string clients = make_group("clients"), servers = make_group("servers");
  std::string client = make_eni(near_subnet, "10.0.1.10", {clients});
  std::string server = make_eni(far_subnet, "10.0.2.10", {servers});

  Json wanted(const Json& more = Json::object()) {
    Json in = {{"Source", client},
               {"Destination", server},
               {"Protocol", "tcp"},
               {"DestinationPort", 80},
               {"ClientToken", std::to_string(++token_)}};
    in.update(more);
    return in;
  }
  std::string make_path(const Json& more = Json::object()) {
    return call("CreateNetworkInsightsPath",
                wanted(more))["NetworkInsightsPath"]["NetworkInsightsPathId"];
  }
  Json start(const std::string& path_id) {
    return call("StartNetworkInsightsAnalysis",
                {{"NetworkInsightsPathId", path_id},
                 {"ClientToken", std::to_string(++token_)}})["NetworkInsightsAnalysis"];
  }
  Json analysis(const std::string& path_id) {
    const std::string id = start(path_id)["NetworkInsightsAnalysisId"];
    return call("DescribeNetworkInsightsAnalyses",
                {{"NetworkInsightsAnalysisIds", {id}}})["NetworkInsightsAnalyses"][0];
  }

  int token_ = 0;
};

TEST_F(NetworkInsights, APathIsMadeDescribedTaggedAndDeleted) {
  const Json in = wanted({{"TagSpecifications",
                           {{{"ResourceType", "network-insights-path"},
                             {"Tags", {{{"Key", "Name"}, {"Value", "web"}}}}}}}});
  const auto made = call("CreateNetworkInsightsPath", in)["NetworkInsightsPath"];
  const std::string id = made["NetworkInsightsPathId"];
  EXPECT_EQ(id.substr(0, 4), "nip-");
  EXPECT_EQ(made["NetworkInsightsPathArn"],
            "arn:aws:ec2:us-east-1:111122223333:network-insights-path/" + id);
  EXPECT_EQ(made["SourceArn"], "arn:aws:ec2:us-east-1:111122223333:network-interface/" + client);
  EXPECT_EQ(made["DestinationPort"], 80);
  EXPECT_EQ(call("CreateNetworkInsightsPath", in)["NetworkInsightsPath"], made);  // the same token
  EXPECT_EQ(call("DescribeNetworkInsightsPaths")["NetworkInsightsPaths"], Json::array({made}));

  call("CreateTags", {{"Resources", {id}}, {"Tags", {{{"Key", "team"}, {"Value", "a"}}}}});
  const auto named = [&](const std::string& filter, const std::string& value) {
    return call("DescribeNetworkInsightsPaths",
                {{"Filters",
                  {{{"Name", filter},
                    {"Values", std::vector<std::string>{value}}}}}})["NetworkInsightsPaths"]
        .size();
  };
  make_path({{"Protocol", "udp"}});
  EXPECT_EQ(named("tag:team", "a"), 1u);
  EXPECT_EQ(named("protocol", "udp"), 1u);
  EXPECT_EQ(named("source", client), 2u);
  EXPECT_EQ(named("destination", client), 0u);

  call("DeleteNetworkInsightsPath", {{"NetworkInsightsPathId", id}});
  EXPECT_EQ(error("DescribeNetworkInsightsPaths", {{"NetworkInsightsPathIds", {id}}}),
            "InvalidNetworkInsightsPathId.NotFound: The network insights path ID '" + id +
                "' does not exist");
  EXPECT_THAT(error("DescribeNetworkInsightsPaths", Json::object(), "eu-west-1"), "");
}

TEST_F(NetworkInsights, AnAnalysisSaysWhatStopsThePath) {
  const auto path = make_path();
  EXPECT_EQ(start(path)["Status"], "running");
  const auto found = analysis(path);
  EXPECT_EQ(found["Status"], "succeeded");
  EXPECT_EQ(found["NetworkPathFound"], false);
  ASSERT_EQ(found["Explanations"].size(), 1u);
  const auto& explanation = found["Explanations"][0];
  EXPECT_EQ(explanation["ExplanationCode"], "ENI_SG_RULES_MISMATCH");
  EXPECT_EQ(explanation["Direction"], "ingress");
  EXPECT_EQ(explanation["NetworkInterface"]["Id"], server);
  EXPECT_EQ(explanation["SecurityGroups"][0]["Arn"],
            "arn:aws:ec2:us-east-1:111122223333:security-group/" + servers);
  EXPECT_EQ(explanation["Vpc"]["Id"], vpc_id);
}

TEST_F(NetworkInsights, AnAnalysisShowsThePathThereAndBack) {
  allow_in(servers, block("tcp", 80, 80, "10.0.0.0/16"));
  const auto found = analysis(make_path());
  EXPECT_EQ(found["NetworkPathFound"], true);
  EXPECT_EQ(found["Explanations"], Json::array());
  const auto& forward = found["ForwardPathComponents"];
  ASSERT_EQ(forward.size(), 7u);
  EXPECT_EQ(forward[0]["SequenceNumber"], 1);
  EXPECT_EQ(forward[0]["Component"]["Id"], client);
  EXPECT_EQ(forward[0]["OutboundHeader"]["DestinationAddresses"][0], "10.0.2.10/32");
  EXPECT_EQ(forward[0]["OutboundHeader"]["DestinationPortRanges"][0],
            (Json{{"From", 80}, {"To", 80}}));
  EXPECT_EQ(forward[2]["AclRule"]["RuleNumber"], 100);
  EXPECT_EQ(forward[2]["AclRule"]["Protocol"], "all");
  EXPECT_EQ(forward[3]["RouteTableRoute"]["GatewayId"], "local");
  EXPECT_EQ(forward[3]["RouteTableRoute"]["Origin"], "createroutetable");
  EXPECT_EQ(forward[5]["SecurityGroupRule"], (Json{{"Cidr", "10.0.0.0/16"},
                                                   {"Direction", "ingress"},
                                                   {"PortRange", {{"From", 80}, {"To", 80}}},
                                                   {"Protocol", "tcp"}}));
  EXPECT_EQ(forward[6]["Component"]["Id"], server);
  EXPECT_EQ(forward[6]["InboundHeader"]["Protocol"], "6");
  const auto& back = found["ReturnPathComponents"];
  ASSERT_EQ(back.size(), 7u);
  EXPECT_EQ(back[0]["Component"]["Id"], server);
  EXPECT_FALSE(back[1].contains("SecurityGroupRule"));
}

TEST_F(NetworkInsights, AnalysesKeepTheirPathAndAreFilteredAndPaged) {
  const auto path = make_path();
  analysis(path);
  allow_in(servers, block("tcp", 80, 80, "10.0.0.0/16"));
  const std::string second = analysis(path)["NetworkInsightsAnalysisId"];
  const auto described = [&](const Json& in) {
    return call("DescribeNetworkInsightsAnalyses", in);
  };
  const Json of_path = {{"NetworkInsightsPathId", path}};
  EXPECT_EQ(described(of_path)["NetworkInsightsAnalyses"].size(), 2u);
  Json found = of_path;
  found["Filters"] = {{{"Name", "path-found"}, {"Values", {"true"}}}};
  ASSERT_EQ(described(found)["NetworkInsightsAnalyses"].size(), 1u);
  EXPECT_EQ(described(found)["NetworkInsightsAnalyses"][0]["NetworkInsightsAnalysisId"], second);
  Json page = of_path;
  page["MaxResults"] = 1;
  const auto first_page = described(page);
  page["NextToken"] = first_page["NextToken"];
  const auto second_page = described(page);
  EXPECT_EQ(first_page["NetworkInsightsAnalyses"].size(), 1u);
  EXPECT_EQ(second_page["NetworkInsightsAnalyses"].size(), 1u);
  EXPECT_NE(first_page["NetworkInsightsAnalyses"], second_page["NetworkInsightsAnalyses"]);

  EXPECT_THAT(error("DeleteNetworkInsightsPath", {{"NetworkInsightsPathId", path}}),
              HasSubstr("AnalysisExistsForNetworkInsightsPath: "));
  const auto all = described(of_path);
  for (const auto& each : all["NetworkInsightsAnalyses"])
    call("DeleteNetworkInsightsAnalysis",
         {{"NetworkInsightsAnalysisId", each["NetworkInsightsAnalysisId"]}});
  EXPECT_THAT(error("DeleteNetworkInsightsAnalysis", {{"NetworkInsightsAnalysisId", second}}),
              HasSubstr("InvalidNetworkInsightsAnalysisId.NotFound: "));
  call("DeleteNetworkInsightsPath", {{"NetworkInsightsPathId", path}});
}

TEST_F(NetworkInsights, GatewaysAndAddressesAreEndsToo) {
  const auto gateway = make_gateway();
  add_route(main_table(), "0.0.0.0/0", "GatewayId", gateway);
  const auto outer = make_public(client);
  const auto out = analysis(make_path({{"Destination", gateway}}));
  EXPECT_EQ(out["NetworkPathFound"], true);
  const auto& last = out["ForwardPathComponents"].back();
  EXPECT_EQ(last["Component"]["Id"], gateway);
  EXPECT_EQ(last["OutboundHeader"]["SourceAddresses"][0], outer + "/32");

  Json in = wanted({{"Source", gateway}, {"Destination", client}});
  const auto closed = analysis(make_path(in));
  EXPECT_EQ(closed["Explanations"][0]["ExplanationCode"], "ENI_SG_RULES_MISMATCH");
  allow_in(clients, block("tcp", 80, 80, "0.0.0.0/0"));
  const auto open = analysis(make_path(in));
  EXPECT_EQ(open["NetworkPathFound"], true);
  EXPECT_EQ(open["ForwardPathComponents"][0]["Component"]["Id"], gateway);

  Json by_address = wanted({{"DestinationIp", "10.0.2.10"}});
  by_address.erase("Destination");
  EXPECT_EQ(analysis(make_path(by_address))["NetworkPathFound"], false);
  // Not the interface's own address: the check says so.
  EXPECT_EQ(analysis(make_path({{"SourceIp", "10.0.1.99"}}))["Explanations"][0]["ExplanationCode"],
            "ENI_SOURCE_DEST_CHECK_RESTRICTION");
}

TEST_F(NetworkInsights, AnalysisFailsWhenAnEndIsGone) {
  const auto path = make_path();
  ec2->detach(server);
  ec2->delete_network_interface(server);
  const auto found = analysis(path);
  EXPECT_EQ(found["Status"], "failed");
  EXPECT_THAT(found["StatusMessage"].get<std::string>(), HasSubstr(server));
}

TEST_F(NetworkInsights, RefusesWhatIsNoPath) {
  const auto refused = [&](const Json& more) {
    return error("CreateNetworkInsightsPath", wanted(more));
  };
  EXPECT_THAT(refused({{"Source", "eni-0123456789abcdef0"}}),
              HasSubstr("InvalidNetworkInterfaceID.NotFound: "));
  EXPECT_THAT(refused({{"Destination", "i-0123456789abcdef0"}}),
              HasSubstr("InvalidInstanceID.NotFound: "));
  EXPECT_THAT(refused({{"Source", vpc_id}}), HasSubstr("InvalidParameterValue: "));
  EXPECT_THAT(refused({{"Protocol", "icmp"}}), HasSubstr("InvalidParameterValue: "));
  EXPECT_THAT(refused({{"SourceIp", "300.0.0.1"}}), HasSubstr("InvalidParameterValue: "));
  EXPECT_THAT(refused({{"FilterAtSource", {{"DestinationAddress", "10.0.2.10"}}}}),
              HasSubstr("InvalidParameterCombination: "));
  Json nowhere = wanted();
  nowhere.erase("Destination");
  EXPECT_THAT(error("CreateNetworkInsightsPath", nowhere), HasSubstr("MissingParameter: "));
  EXPECT_EQ(call("DescribeNetworkInsightsPaths")["NetworkInsightsPaths"], Json::array());
  EXPECT_THAT(error("StartNetworkInsightsAnalysis",
                    {{"NetworkInsightsPathId", "nip-0123456789abcdef0"}, {"ClientToken", "t"}}),
              HasSubstr("InvalidNetworkInsightsPathId.NotFound: "));
}

}  // namespace
}  // namespace enibox::ec2

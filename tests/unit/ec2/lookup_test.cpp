#include "tests/unit/ec2/instance_fixture.hpp"

namespace enibox::ec2 {
namespace {

class LookupTest : public LaunchFixture {
 protected:
  // Ids in the answer, for a filter by its value and by a pattern that only a full read can serve.
  std::pair<std::vector<std::string>, std::vector<std::string>> both(const std::string& operation,
                                                                     const std::string& list,
                                                                     const std::string& key,
                                                                     const std::string& name,
                                                                     const std::string& value) {
    const auto ids = [&](const std::string& wanted) {
      std::vector<std::string> found;
      const auto answer = call(operation, filter(name, {wanted}));
      for (const auto& item : answer.at(list)) found.push_back(item.at(key));
      std::sort(found.begin(), found.end());
      return found;
    };
    return {ids(value), ids(value.substr(0, value.size() - 1) + "?")};
  }
};

TEST_F(LookupTest, AnIndexFindsWhatAFullReadFinds) {
  const auto made = launch();
  call("CreateNetworkInterface", {{"SubnetId", subnet_id}});
  const auto eni = made["NetworkInterfaces"][0];
  const std::pair<const char*, std::string> filters[] = {
      {"network-interface-id", eni["NetworkInterfaceId"].get<std::string>()},
      {"attachment.attachment-id", eni["Attachment"]["AttachmentId"].get<std::string>()},
      {"attachment.instance-id", made["InstanceId"].get<std::string>()},
      {"mac-address", eni["MacAddress"].get<std::string>()},
      {"group-id", eni["Groups"][0]["GroupId"].get<std::string>()},
      {"subnet-id", subnet_id},
      {"vpc-id", vpc_id}};
  for (const auto& [name, value] : filters) {
    const auto [exact, pattern] =
        both("DescribeNetworkInterfaces", "NetworkInterfaces", "NetworkInterfaceId", name, value);
    EXPECT_EQ(exact, pattern) << name;
    EXPECT_FALSE(exact.empty()) << name;
  }
  const std::pair<const char*, std::string> subnet_filters[] = {{"subnet-id", subnet_id},
                                                                {"vpc-id", vpc_id}};
  for (const auto& [name, value] : subnet_filters) {
    const auto [exact, pattern] = both("DescribeSubnets", "Subnets", "SubnetId", name, value);
    EXPECT_EQ(exact, pattern) << name;
    EXPECT_FALSE(exact.empty()) << name;
  }
  const auto [exact, pattern] =
      both("DescribeSecurityGroups", "SecurityGroups", "GroupId", "vpc-id", vpc_id);
  EXPECT_EQ(exact, pattern);
  EXPECT_FALSE(exact.empty());
}

TEST_F(LookupTest, AnotherRegionsRowsAreNotFound) {
  EXPECT_EQ(call("DescribeSubnets", filter("subnet-id", {subnet_id}), "eu-west-1")["Subnets"],
            Json::array());
  EXPECT_EQ(
      call("DescribeInstances", filter("instance-id", {launch()["InstanceId"].get<std::string>()}),
           "eu-west-1")["Reservations"],
      Json::array());
}

TEST_F(LookupTest, PagesOfRowsGiveEachOnce) {
  for (int i = 0; i < 7; ++i) call("CreateNetworkInterface", {{"SubnetId", subnet_id}});
  std::set<std::string> seen;
  Json in = {{"MaxResults", 5}};
  int pages = 0;
  do {
    const auto answer = call("DescribeNetworkInterfaces", in);
    for (const auto& eni : answer["NetworkInterfaces"]) seen.insert(eni["NetworkInterfaceId"]);
    in["NextToken"] = answer.value("NextToken", "");
  } while (++pages < 5 && !in["NextToken"].get<std::string>().empty());
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(pages, 2);
}

TEST_F(LookupTest, IdsOfAnotherShapeAreMalformed) {
  EXPECT_EQ(error("DescribeNetworkInterfaces", {{"NetworkInterfaceIds", {"eth0"}}}),
            "InvalidNetworkInterfaceId.Malformed: Invalid id: \"eth0\" (expecting \"eni-...\")");
  EXPECT_EQ(error("DescribeRouteTables", {{"RouteTableIds", {"main"}}}),
            "InvalidRouteTableId.Malformed: Invalid id: \"main\" (expecting \"rtb-...\")");
  EXPECT_EQ(error("DescribeSubnets", {{"SubnetIds", {"x"}}}),
            "InvalidSubnetID.NotFound: The subnet ID 'x' does not exist");
}

TEST_F(LookupTest, TagsAreFilteredByTheirOwnName) {
  call("CreateTags",
       {{"Resources", {vpc_id, subnet_id}}, {"Tags", {{{"Key", "team"}, {"Value", "a"}}}}});
  EXPECT_EQ(call("DescribeTags", filter("tag:team", {"a"}))["Tags"].size(), 2u);
  EXPECT_EQ(call("DescribeTags", filter("tag:team", {"b"}))["Tags"].size(), 0u);
  EXPECT_EQ(call("DescribeTags", filter("resource-id", {vpc_id}))["Tags"].size(), 1u);
}

}  // namespace
}  // namespace enibox::ec2

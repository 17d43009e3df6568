#include "emulator/ec2/describe.hpp"
#include "tests/unit/ec2/instance_fixture.hpp"

namespace enibox::ec2 {
namespace {

constexpr FilterField kFields[] = {{"kind", "Kind"}};

// A list that counts what is read of it.
struct CountedList {
  std::vector<Keyed> items;
  std::size_t read = 0;
  std::vector<Keyed> operator()(const store::Stretch& stretch) {
    std::vector<Keyed> out;
    for (const auto& item : items) {
      if (stretch.is_full(out.size())) break;
      if (item.id > stretch.after) out.push_back(item);
    }
    read += out.size();
    return out;
  }
};

class DescribePage : public ::testing::Test {
 protected:
  DescribePage() {
    for (int i = 0; i < 1000; ++i) {
      const auto id = std::to_string(10'000 + i);
      list.items.push_back({id, {{"Id", id}, {"Kind", i % 100 == 7 ? "rare" : "common"}}});
    }
  }
  Json page(Json in) {
    return describe_page(request, in, {"Items", "Id", {}, kFields}, std::ref(list));
  }

  api::RequestContext request{.region = "us-east-1",
                              .account_id = {},
                              .access_key_id = {},
                              .request_id = {},
                              .host = {},
                              .service = "ec2",
                              .operation = "DescribeItems"};
  CountedList list;
};

TEST_F(DescribePage, ReadsWhatItHolds) {
  const auto first = page({{"MaxResults", 10}});
  EXPECT_EQ(first["Items"].size(), 10u);
  EXPECT_EQ(list.read, 11u);
  const auto second = page({{"MaxResults", 10}, {"NextToken", first["NextToken"]}});
  EXPECT_EQ(second["Items"][0]["Id"], "10010");
  EXPECT_EQ(list.read, 22u);
}

TEST_F(DescribePage, WalksOnWhileFiltersDropRows) {
  Json in = {{"MaxResults", 5}, {"Filters", {{{"Name", "kind"}, {"Values", {"rare"}}}}}};
  const auto first = page(in);
  ASSERT_EQ(first["Items"].size(), 5u);
  EXPECT_EQ(first["Items"][4]["Id"], "10407");
  EXPECT_LT(list.read, 1000u);
  in["NextToken"] = first["NextToken"];
  const auto second = page(in);
  EXPECT_EQ(second["Items"].size(), 5u);
  EXPECT_EQ(second["Items"][0]["Id"], "10507");
  EXPECT_FALSE(second.contains("NextToken"));
}

TEST_F(DescribePage, PassesOverItemsThatAreNull) {
  for (std::size_t i = 0; i < 995; ++i) list.items[i].item = Json();
  const auto all = page({{"MaxResults", 5}});
  EXPECT_EQ(all["Items"].size(), 5u);
  EXPECT_FALSE(all.contains("NextToken"));
}

TEST_F(DescribePage, RefusesWhatIsNoTokenOrFilter) {
  EXPECT_THROW(page({{"NextToken", "x"}}), AwsError);
  EXPECT_THROW(page({{"MaxResults", 5}, {"Filters", {{{"Name", "no"}, {"Values", {"x"}}}}}}),
               AwsError);
}

// Each paged list against the same list whole.
class PagesTest : public LaunchFixture {
 protected:
  void expect_pages(const std::string& operation, const std::string& member, const Json& in,
                    std::size_t at_least) {
    const auto whole = call(operation, in)[member];
    std::multiset<std::string> wanted, seen;
    for (const auto& item : whole) wanted.insert(item.dump());
    Json paged = in;
    paged["MaxResults"] = 5;
    for (int pages = 0; pages < 20; ++pages) {
      const auto answer = call(operation, paged);
      EXPECT_LE(answer[member].size(), 5u);
      for (const auto& item : answer[member]) seen.insert(item.dump());
      if (!answer.contains("NextToken")) break;
      paged["NextToken"] = answer["NextToken"];
    }
    EXPECT_EQ(seen, wanted) << operation << " " << in;
    EXPECT_GE(wanted.size(), at_least) << operation << " " << in;
  }
};

TEST_F(PagesTest, GiveWhatTheWholeAnswerGives) {
  const auto group = call("CreateSecurityGroup",
                          {{"GroupName", "g"}, {"Description", "d"}, {"VpcId", vpc_id}})["GroupId"]
                         .get<std::string>();
  std::string address;
  for (int i = 0; i < 12; ++i) {
    const auto eni = call("CreateNetworkInterface",
                          {{"SubnetId", subnet_id}, {"Groups", {group}}})["NetworkInterface"];
    address = eni["PrivateIpAddress"];
    call("CreateTags",
         {{"Resources", {eni["NetworkInterfaceId"]}},
          {"Tags",
           {{{"Key", "n/" + std::to_string(i)}, {"Value", "v"}}, {{"Key", "z"}, {"Value", "v"}}}}});
    if (i < 7) {
      launch();
      make_subnet(vpc_id, "10.0." + std::to_string(200 + i) + ".0/24");
      const auto name = "g" + std::to_string(i);
      call("CreateSecurityGroup", {{"GroupName", name}, {"Description", "d"}, {"VpcId", vpc_id}});
    }
  }
  const auto enis = [&](const Json& in, std::size_t at_least) {
    expect_pages("DescribeNetworkInterfaces", "NetworkInterfaces", in, at_least);
  };
  enis(Json::object(), 19);
  enis(filter("subnet-id", {subnet_id}), 12);
  enis(filter("vpc-id", {vpc_id, "vpc-0123456789abcdef0"}), 19);
  enis(filter("group-id", {group}), 12);
  const auto groups = call("DescribeSecurityGroups", filter("group-name", {"default", "g"}));
  std::vector<std::string> both;
  for (const auto& each : groups["SecurityGroups"]) both.push_back(each["GroupId"]);
  enis(filter("group-id", both), 19);
  enis(filter("private-ip-address", {address}), 1);
  enis(filter("addresses.private-ip-address", {address}), 1);
  enis(filter("private-ip-address", {"not an address"}), 0);
  enis(filter("status", {"available"}), 12);
  enis(filter("tag:z", {"v"}), 12);
  expect_pages("DescribeSubnets", "Subnets", Json::object(), 7);
  expect_pages("DescribeSubnets", "Subnets", filter("vpc-id", {vpc_id}), 7);
  expect_pages("DescribeSecurityGroups", "SecurityGroups", Json::object(), 8);
  expect_pages("DescribeSecurityGroups", "SecurityGroups", filter("vpc-id", {vpc_id}), 8);
  expect_pages("DescribeSecurityGroupRules", "SecurityGroupRules", Json::object(), 8);
  expect_pages("DescribeVolumes", "Volumes", Json::object(), 7);
  expect_pages("DescribeInstances", "Reservations", Json::object(), 7);
  expect_pages("DescribeInstances", "Reservations", filter("subnet-id", {subnet_id}), 0);
  expect_pages("DescribeInstanceStatus", "InstanceStatuses", {{"IncludeAllInstances", true}}, 7);
  expect_pages("DescribeTags", "Tags", Json::object(), 24);
  expect_pages("DescribeTags", "Tags", filter("key", {"z"}), 12);
}

TEST_F(PagesTest, KeepToTheirRegion) {
  for (int i = 0; i < 6; ++i) call("CreateNetworkInterface", {{"SubnetId", subnet_id}});
  Json in = filter("subnet-id", {subnet_id});
  in["MaxResults"] = 5;
  EXPECT_EQ(call("DescribeNetworkInterfaces", in, "eu-west-1")["NetworkInterfaces"], Json::array());
}

}  // namespace
}  // namespace enibox::ec2

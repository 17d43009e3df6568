#include <gmock/gmock.h>

#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json entries(std::initializer_list<const char*> cidrs) {
  Json list = Json::array();
  for (const auto* cidr : cidrs) list.push_back({{"Cidr", cidr}});
  return list;
}

class PrefixListTest : public Ec2Test {
 protected:
  Json create(const Json& more = Json::object()) {
    Json in = {{"PrefixListName", "offices"},
               {"MaxEntries", 3},
               {"AddressFamily", "IPv4"},
               {"Entries", entries({"10.1.0.0/16", "192.0.2.7/32"})}};
    in.update(more);
    return call("CreateManagedPrefixList", in)["PrefixList"];
  }
  Json described() {
    return call("DescribeManagedPrefixLists", {{"PrefixListIds", {id}}})["PrefixLists"][0];
  }
  std::vector<std::string> cidrs(const Json& more = Json::object()) {
    Json in = {{"PrefixListId", id}};
    in.update(more);
    std::vector<std::string> found;
    const auto answer = call("GetManagedPrefixListEntries", in);
    for (const auto& each : answer["Entries"]) found.push_back(each["Cidr"]);
    return found;
  }
  Json modification(std::int64_t version, const Json& more) {
    Json in = {{"PrefixListId", id}, {"CurrentVersion", version}};
    in.update(more);
    return in;
  }
  Json rule_for(const std::string& group_id) {
    return {{"GroupId", group_id},
            {"IpPermissions",
             {{{"IpProtocol", "tcp"},
               {"FromPort", 443},
               {"ToPort", 443},
               {"PrefixListIds", {{{"PrefixListId", id}}}}}}}};
  }
  std::string make_group() {
    return call("CreateSecurityGroup",
                {{"GroupName", "web"}, {"Description", "d"}, {"VpcId", make_vpc()}})["GroupId"];
  }

  std::string id = create()["PrefixListId"];
};

TEST_F(PrefixListTest, IsCreatedAndDescribed) {
  const auto created = create({{"PrefixListName", "other"}});
  EXPECT_EQ(created["State"], "create-in-progress");
  const auto list = described();
  EXPECT_EQ(list["State"], "create-complete");
  EXPECT_EQ(list["Version"], 1);
  EXPECT_EQ(list["MaxEntries"], 3);
  EXPECT_EQ(list["OwnerId"], "111122223333");
  EXPECT_EQ(list["PrefixListArn"], "arn:aws:ec2:us-east-1:111122223333:prefix-list/" + id);
  EXPECT_THAT(cidrs(), ElementsAre("10.1.0.0/16", "192.0.2.7/32"));
  EXPECT_THAT(network.prefix_lists.at(id).cidrs, ElementsAre("10.1.0.0/16", "192.0.2.7/32"));
}

TEST_F(PrefixListTest, TheSameTokenMakesOne) {
  const auto first = create({{"ClientToken", "t"}});
  EXPECT_EQ(create({{"ClientToken", "t"}})["PrefixListId"], first["PrefixListId"]);
}

TEST_F(PrefixListTest, AChangeOfEntriesIsANewVersion) {
  const auto answer =
      call("ModifyManagedPrefixList",
           modification(1, {{"AddEntries", entries({"198.51.100.0/24", "10.1.0.0/16"})},
                            {"RemoveEntries", entries({"192.0.2.7/32"})}}))["PrefixList"];
  EXPECT_EQ(answer["State"], "modify-in-progress");
  EXPECT_EQ(answer["Version"], 2);
  EXPECT_EQ(described()["State"], "modify-complete");
  EXPECT_THAT(cidrs(), ElementsAre("10.1.0.0/16", "198.51.100.0/24"));
  EXPECT_THAT(cidrs({{"TargetVersion", 1}}), ElementsAre("10.1.0.0/16", "192.0.2.7/32"));
  EXPECT_THAT(network.prefix_lists.at(id).cidrs, ElementsAre("10.1.0.0/16", "198.51.100.0/24"));

  const Json old = {{"PrefixListId", id}, {"PreviousVersion", 1}, {"CurrentVersion", 2}};
  EXPECT_EQ(call("RestoreManagedPrefixListVersion", old)["PrefixList"]["Version"], 3);
  EXPECT_EQ(described()["State"], "restore-complete");
  EXPECT_THAT(cidrs(), ElementsAre("10.1.0.0/16", "192.0.2.7/32"));
  EXPECT_THAT(error("RestoreManagedPrefixListVersion", old),
              HasSubstr("PrefixListVersionMismatch: "));
}

TEST_F(PrefixListTest, BadChangesChangeNothing) {
  const auto bad = [&](const Json& more) {
    return error("ModifyManagedPrefixList", modification(1, more));
  };
  EXPECT_EQ(error("ModifyManagedPrefixList",
                  modification(2, {{"AddEntries", entries({"198.51.100.0/24"})}})),
            "PrefixListVersionMismatch: The prefix list has the incorrect version number");
  EXPECT_THAT(bad({{"AddEntries", entries({"198.51.100.0/24", "198.51.100.0/33"})}}),
              HasSubstr("InvalidParameterValue: "));
  EXPECT_THAT(bad({{"AddEntries", entries({"2001:db8::/32"})}}),
              HasSubstr("InvalidParameterValue: "));
  EXPECT_THAT(bad({{"RemoveEntries", entries({"198.51.100.0/24"})}}),
              HasSubstr("InvalidParameterValue: "));
  EXPECT_THAT(bad({{"AddEntries", entries({"1.0.0.0/8", "2.0.0.0/8"})}}),
              HasSubstr("PrefixListMaxEntriesExceeded: "));
  EXPECT_THAT(bad({{"AddEntries", entries({"1.0.0.0/8"})}, {"MaxEntries", 9}}),
              HasSubstr("InvalidParameterCombination: "));
  EXPECT_THAT(bad({{"MaxEntries", 1}}), HasSubstr("PrefixListMaxEntriesExceeded: "));
  EXPECT_THAT(error("ModifyManagedPrefixList",
                    {{"PrefixListId", id}, {"AddEntries", entries({"1.0.0.0/8"})}}),
              HasSubstr("MissingParameter: "));
  EXPECT_EQ(described()["Version"], 1);
  EXPECT_EQ(described()["MaxEntries"], 3);
  EXPECT_THAT(cidrs(), ElementsAre("10.1.0.0/16", "192.0.2.7/32"));
  EXPECT_EQ(
      error("DescribeManagedPrefixLists", {{"PrefixListIds", {"pl-0123456789abcdef0"}}}),
      "InvalidPrefixListID.NotFound: The prefix list ID 'pl-0123456789abcdef0' does not exist");
  EXPECT_THAT(error("CreateManagedPrefixList", {{"PrefixListName", "com.amazonaws.mine"},
                                                {"MaxEntries", 3},
                                                {"AddressFamily", "IPv4"}}),
              HasSubstr("InvalidParameterValue: "));
}

TEST_F(PrefixListTest, AGroupThatNamesItKeepsIt) {
  const auto group_id = make_group();
  call("AuthorizeSecurityGroupIngress", rule_for(group_id));
  EXPECT_EQ(network.groups.at(group_id).rules.back().prefix_list_id, id);
  const Json in = {{"PrefixListId", id}};
  EXPECT_EQ(call("GetManagedPrefixListAssociations", in)["PrefixListAssociations"][0]["ResourceId"],
            group_id);
  EXPECT_THAT(error("DeleteManagedPrefixList", in), HasSubstr("DependencyViolation: "));
  call("RevokeSecurityGroupIngress", rule_for(group_id));
  EXPECT_EQ(call("DeleteManagedPrefixList", in)["PrefixList"]["State"], "delete-in-progress");
  EXPECT_FALSE(network.prefix_lists.contains(id));
  EXPECT_THAT(error("AuthorizeSecurityGroupIngress", rule_for(group_id)),
              HasSubstr("InvalidPrefixListID.NotFound: "));
}

TEST_F(PrefixListTest, CountsBySizeInTheGroupsThatNameIt) {
  const auto group_id = make_group();
  call("ModifyManagedPrefixList", {{"PrefixListId", id}, {"MaxEntries", 61}});
  EXPECT_THAT(error("AuthorizeSecurityGroupIngress", rule_for(group_id)),
              HasSubstr("RulesPerSecurityGroupLimitExceeded: "));
  call("ModifyManagedPrefixList", {{"PrefixListId", id}, {"MaxEntries", 60}});
  call("AuthorizeSecurityGroupIngress", rule_for(group_id));
  EXPECT_THAT(error("ModifyManagedPrefixList", {{"PrefixListId", id}, {"MaxEntries", 61}}),
              HasSubstr("RulesPerSecurityGroupLimitExceeded: "));
  EXPECT_EQ(described()["MaxEntries"], 60);
}

TEST_F(PrefixListTest, TheOnesOfAwsCanBeNamedAndNotChanged) {
  const auto lists = call(
      "DescribePrefixLists",
      {{"Filters", {{{"Name", "prefix-list-name"}, {"Values", {"com.amazonaws.us-east-1.s3"}}}}}});
  ASSERT_EQ(lists["PrefixLists"].size(), 1u);
  const auto s3 = lists["PrefixLists"][0];
  EXPECT_THAT(s3["Cidrs"], ::testing::Not(IsEmpty()));
  id = s3["PrefixListId"];
  EXPECT_EQ(described()["OwnerId"], "AWS");
  EXPECT_EQ(cidrs().size(), s3["Cidrs"].size());
  EXPECT_THAT(error("DeleteManagedPrefixList", {{"PrefixListId", id}}),
              HasSubstr("UnauthorizedOperation: "));
  const auto group_id = make_group();
  call("AuthorizeSecurityGroupIngress", rule_for(group_id));
  EXPECT_EQ(network.prefix_lists.at(id).cidrs.size(), s3["Cidrs"].size());
}

TEST_F(PrefixListTest, ANetworkThatStartsLaterIsToldOfIt) {
  network.prefix_lists.clear();
  ec2->sync_network();
  EXPECT_TRUE(network.prefix_lists.contains(id));
}

}  // namespace
}  // namespace enibox::ec2

#include "emulator/ec2/describe.hpp"

#include "tests/unit/ec2/ec2_fixture.hpp"

namespace enibox::ec2 {
namespace {

Json filter(const std::string& name, const std::vector<std::string>& values) {
  return {{"Filters", {{{"Name", name}, {"Values", values}}}}};
}

TEST_F(Ec2Test, FiltersLookIntoWhatIsDescribed) {
  const auto vpc_id = make_vpc();
  make_vpc("10.1.0.0/16");
  call("CreateTags", {{"Resources", {vpc_id}}, {"Tags", {{{"Key", "Name"}, {"Value", "lab-1"}}}}});
  const auto found = [&](const std::string& name, const std::vector<std::string>& values) {
    return call("DescribeVpcs", filter(name, values))["Vpcs"].size();
  };
  EXPECT_EQ(found("cidr", {"10.*"}), 2u);
  EXPECT_EQ(found("cidr-block-association.cidr-block", {"10.1.0.0/16"}), 1u);
  EXPECT_EQ(found("is-default", {"true"}), 1u);
  EXPECT_EQ(found("tag:Name", {"lab-?"}), 1u);
  EXPECT_EQ(found("tag:Name", {"other"}), 0u);
  EXPECT_EQ(call("DescribeTags", filter("resource-id", {vpc_id}))["Tags"].size(), 1u);
  EXPECT_TRUE(error("DescribeVpcs", filter("no-such", {"x"})).starts_with("InvalidParameterValue"));
  call("DeleteTags", {{"Resources", {vpc_id}}, {"Tags", {{{"Key", "Name"}}}}});
  EXPECT_EQ(found("tag:Name", {"*"}), 0u);
}

TEST_F(Ec2Test, PagesGiveEveryItemOnce) {
  call("DescribeVpcs");
  std::set<std::string> seen;
  Json in = {{"MaxResults", 5}};
  for (int page = 0; page < 3; ++page) {
    const auto answer = call("DescribeSubnets", in);
    for (const auto& subnet : answer["Subnets"]) seen.insert(subnet["SubnetId"]);
    if (!answer.contains("NextToken")) break;
    in["NextToken"] = answer["NextToken"];
  }
  EXPECT_EQ(seen.size(), 6u);
  EXPECT_TRUE(error("DescribeSubnets", {{"NextToken", "garbage"}}) != "");
}

TEST(ValuesAt, WalksListsAndSpellsValuesAsFiltersDo) {
  const Json item = {{"A", {{{"B", 1}}, {{"B", true}}}}, {"T", 0.5}};
  EXPECT_EQ(values_at(item, "A[].B"), (std::vector<std::string>{"1", "true"}));
  EXPECT_EQ(values_at(item, "T"), std::vector<std::string>{"1970-01-01T00:00:00.000Z"});
  EXPECT_TRUE(values_at(item, "X.Y").empty());
}

}  // namespace
}  // namespace enibox::ec2

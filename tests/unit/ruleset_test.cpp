#include "emulator/vpc/ruleset.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

#include "emulator/vpc/group_rules.hpp"

namespace enibox::vpc {
namespace {

std::string text_of(const Commands& commands) {
  std::string text;
  for (const auto& command : commands) text += command.text + "\n";
  return text;
}

// ENIBOX_UPDATE_GOLDEN=1 writes the files anew; the diff is then what to review.
void expect_golden(const std::string& name, const std::string& actual) {
  const std::string path = std::string(ENIBOX_SOURCE_DIR) + "/tests/unit/golden/" + name;
  if (std::getenv("ENIBOX_UPDATE_GOLDEN") != nullptr) std::ofstream(path) << actual;
  std::ifstream file(path);
  std::stringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(actual, expected.str()) << path;
}

GroupRule from_block(const std::string& cidr, const std::string& protocol, int from, int to) {
  return {.protocol = protocol, .from_port = from, .to_port = to, .cidr = cidr, .group_id = {}};
}
GroupRule from_group(const std::string& group, const std::string& protocol = "-1", int from = -1,
                     int to = -1) {
  return {.protocol = protocol, .from_port = from, .to_port = to, .cidr = {}, .group_id = group};
}
GroupRule outwards(GroupRule rule) {
  rule.egress = true;
  return rule;
}
const GroupRule kEgressAll = outwards(from_block("0.0.0.0/0", "-1", -1, -1));

// The lab's group: everything from itself, everything to everybody.
GroupSpec lab_group() { return {"sg-1", "vpc-1", {from_group("sg-1"), kEgressAll}}; }

FilteredEni eni(int number, std::vector<std::string> groups) {
  return {.number = number,
          .link_index = number,
          .mac = "0a:ff:00:00:00:0" + std::to_string(number),
          .address = "10.0.100." + std::to_string(number),
          .subnet_number = 1,
          .group_ids = std::move(groups)};
}

TEST(Ruleset, RendersTheLab) {
  Ruleset rules;
  rules.put_group(lab_group());
  rules.put_eni(eni(2, {"sg-1"}));
  rules.put_eni(eni(3, {"sg-1"}));
  expect_golden("lab.nft", text_of(rules.render()));
}

TEST(Ruleset, RendersEveryKindOfRule) {
  Ruleset rules;
  rules.put_group(
      {"sg-web",
       "vpc-1",
       {from_block("0.0.0.0/0", "tcp", 80, 80),
        from_block("10.1.0.0/16", "tcp", 80, 80),  // nobody is left for it
        from_block("10.0.0.0/16", "tcp", 8000, 8010),
        from_block("10.0.7.0/24", "tcp", 8000, 8010),  // inside the one above
        from_block("192.0.2.7/32", "tcp", 8000, 8010), from_block("10.0.0.0/8", "udp", 0, 65535),
        from_block("10.0.0.0/8", "icmp", 8, -1), from_block("10.0.0.0/8", "icmp", 3, 4),
        from_block("10.0.0.0/8", "1", -1, -1), from_block("10.0.0.0/8", "47", -1, -1),
        from_block("2001:db8::/32", "tcp", 22, 22), from_group("sg-db", "6", 22, 22),
        outwards(from_group("sg-db", "tcp", 5432, 5432))}});
  expect_golden("rules.nft", text_of(rules.render()));
}

TEST(Ruleset, AnEniMoreIsAFewElements) {
  Ruleset rules;
  rules.put_group(lab_group());
  rules.put_eni(eni(2, {"sg-1"}));
  expect_golden("eni_more.nft", text_of(rules.put_eni(eni(3, {"sg-1"}))));
  expect_golden("eni_less.nft", text_of(rules.remove_eni(3)));
}

TEST(Ruleset, ARuleMoreIsOneGroup) {
  Ruleset rules;
  GroupSpec group = lab_group();
  rules.put_group(group);
  rules.put_eni(eni(2, {"sg-1"}));
  group.rules.push_back(from_block("10.0.0.0/16", "tcp", 80, 80));
  expect_golden("rule_more.nft", text_of(rules.put_group(group)));
}

TEST(Ruleset, OpennessReachesTheSetsOfTheGroup) {
  Ruleset rules;
  GroupSpec group = lab_group();
  rules.put_group(group);
  rules.put_eni(eni(2, {"sg-1"}));
  group.rules = {from_group("sg-1")};  // egress no longer open: inbound flows are tracked now
  expect_golden("egress_closed.nft", text_of(rules.put_group(group)));
}

TEST(Ruleset, OtherGroupsMoveTheEniToAnotherSet) {
  Ruleset rules;
  rules.put_group(lab_group());
  rules.put_group({"sg-2", "vpc-1", {kEgressAll}});
  rules.put_eni(eni(2, {"sg-1"}));
  expect_golden("groups_changed.nft", text_of(rules.put_eni(eni(2, {"sg-2", "sg-1", "sg-2"}))));
}

TEST(Ruleset, SourceDestCheckOffTakesAnySource) {
  Ruleset rules;
  FilteredEni nat = eni(2, {"sg-1"});
  nat.source_dest_check = false;
  expect_golden("check_off.nft", text_of(rules.put_eni(nat)));
}

TEST(Ruleset, TheSameAgainIsNoCommand) {
  Ruleset rules;
  rules.put_group(lab_group());
  rules.put_eni(eni(2, {"sg-1"}));
  EXPECT_TRUE(rules.put_group(lab_group()).empty());
  EXPECT_TRUE(rules.put_eni(eni(2, {"sg-1"})).empty());
  EXPECT_TRUE(rules.remove_eni(9).empty());
  EXPECT_TRUE(rules.remove_group("sg-9").empty());
}

TEST(Ruleset, LeavesNothingOfWhatIsGone) {
  Ruleset rules;
  rules.put_group({"sg-1", "vpc-1", {from_group("sg-2")}});
  rules.put_eni(eni(2, {"sg-1", "sg-3"}));  // sg-2 and sg-3 are not declared yet
  rules.remove_group("sg-1");
  EXPECT_NE(text_of(rules.render()), text_of(render_gates()));
  rules.remove_eni(2);
  EXPECT_EQ(text_of(rules.render()), text_of(render_gates()));
}

TEST(Ruleset, RefusesWhatIsNoRule) {
  Ruleset rules;
  rules.put_group(lab_group());
  const std::string before = text_of(rules.render());
  for (const auto& bad :
       {from_block("10.0.0.0/33", "tcp", 80, 80), from_block("10.0.0.0/8", "tcp", 90, 80),
        from_block("10.0.0.0/8", "tcp", 80, 65536), from_block("10.0.0.0/8", "256", -1, -1),
        from_block("10.0.0.0/8", "tcp accept", 1, 1), from_block("10.0.0.0/8", "", 1, 1),
        from_block("10.0.0.0/8", "icmp", 256, 0), from_group("sg-1; flush ruleset"),
        from_group("members")}) {
    EXPECT_THROW(rules.put_group({"sg-1", "vpc-1", {bad}}), std::system_error);
    EXPECT_EQ(text_of(rules.render()), before);
  }
  EXPECT_THROW(rules.put_group({"sg-1 }", "vpc-1", {}}), std::system_error);
  EXPECT_THROW(rules.put_eni(eni(2, {"sg-1 "})), std::system_error);
  EXPECT_EQ(text_of(rules.render()), before);
}

TEST(Ruleset, TransactionsStayBelowTheLimitAndGatesComeFirst) {
  Ruleset rules;
  for (int group = 0; group < 200; ++group) {
    GroupSpec spec{"sg-" + std::to_string(group), "vpc-1", {kEgressAll}};
    for (int port = 1; port <= 20; ++port)
      spec.rules.push_back(from_block("10.0.0.0/16", "tcp", port, port));
    rules.put_group(spec);
  }
  const auto commands = rules.render();
  const auto parts = transactions(commands);
  EXPECT_GT(parts.size(), 10u);
  EXPECT_NE(parts.front().find("chain ingress-gate"), std::string::npos);
  EXPECT_NE(parts.front().find("policy drop"), std::string::npos);
  std::string joined;
  for (const auto& part : parts) joined += part;
  EXPECT_EQ(joined, text_of(commands));
  EXPECT_TRUE(transactions({}).empty());
}

}  // namespace
}  // namespace enibox::vpc

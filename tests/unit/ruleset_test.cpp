#include "emulator/vpc/ruleset.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

#include "emulator/vpc/group_rules.hpp"
#include "tests/acl_entry.hpp"

namespace enibox::vpc {
namespace {

using test::acl_entry;

std::string text_of(const Commands& commands) {
  std::string text;
  for (const auto& command : commands) text += command.text + "\n";
  return text;
}

// UPDATE_GOLDEN=1 writes the files anew; the diff is then what to review.
void expect_golden(const std::string& name, const std::string& actual) {
  const std::string path = std::string(ENIBOX_SOURCE_DIR) + "/tests/unit/golden/" + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << actual;
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

TEST(Ruleset, AGatewayIsNobodysToJudge) {
  Ruleset rules;
  FilteredEni gateway = eni(2, {});
  gateway.subnet_number = 0;
  gateway.source_dest_check = gateway.judged_by_groups = false;
  expect_golden("gateway.nft", text_of(rules.put_eni(gateway)));
}

TEST(Ruleset, SecondaryAddressesAreElements) {
  Ruleset rules;
  rules.put_group(lab_group());
  FilteredEni one = eni(2, {"sg-1"});
  rules.put_eni(one);
  one.secondary_addresses = {"10.0.100.22"};
  expect_golden("secondary_address.nft", text_of(rules.put_eni(one)));
}

TEST(Ruleset, APrefixListIsASetAndAnEntryAnElement) {
  Ruleset rules;
  rules.put_prefix_list({"pl-1", {"10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32", "192.0.2.0/24"}});
  GroupRule rule = from_block("", "tcp", 443, 443);
  rule.cidr.reset();
  rule.prefix_list_id = "pl-1";
  std::string text = text_of(rules.put_group({"sg-1", "vpc-1", {rule, outwards(rule)}}));
  text += "# an entry less, an entry more\n";
  text += text_of(rules.put_prefix_list({"pl-1", {"10.1.0.0/16", "192.0.2.0/24", "1.0.0.0/8"}}));
  text += "# nobody names it\n" + text_of(rules.remove_group("sg-1"));
  expect_golden("prefix_list.nft", text);
}

const std::vector<AclEntry> kAllowAll = {
    acl_entry(32767, false, false, "0.0.0.0/0"), acl_entry(100, false, true, "0.0.0.0/0"),
    acl_entry(32767, true, false, "0.0.0.0/0"), acl_entry(100, true, true, "0.0.0.0/0")};

TEST(Ruleset, AnAclThatAdmitsAllIsNotAsked) {
  Ruleset rules;
  EXPECT_TRUE(rules.put_acl({"acl-1", {{1, "10.0.100.0/24"}}, kAllowAll}).empty());
  EXPECT_EQ(text_of(rules.render()), text_of(render_gates()));
}

TEST(Ruleset, AnAclGuardsTheEdgesOfItsSubnets) {
  Ruleset rules;
  rules.put_acl({"acl-1",
                 {{1, "10.0.100.0/24"}, {2, "10.0.101.0/24"}},
                 {acl_entry(200, false, true, "0.0.0.0/0", "6", 80, 80),
                  acl_entry(100, false, false, "10.0.7.0/24"),
                  acl_entry(150, false, true, "10.0.0.0/16", "17", 1024, 65535),
                  acl_entry(160, false, true, "0.0.0.0/0", "1", 8, 0),
                  acl_entry(170, false, true, "0.0.0.0/0", "47"),
                  acl_entry(180, false, true, "0.0.0.0/0", "6", 0, 65535),
                  acl_entry(190, false, true, "::/0"), acl_entry(100, true, true, "0.0.0.0/0")}});
  expect_golden("acl.nft", text_of(rules.render()));
}

TEST(Ruleset, AnotherAclTakesTheSubnet) {
  Ruleset rules;
  rules.put_acl({"acl-1", {{1, "10.0.100.0/24"}}, {}});
  rules.put_acl({"acl-2", {}, kAllowAll});
  expect_golden("acl_moved.nft",
                text_of(rules.put_acl({"acl-2", {{1, "10.0.100.0/24"}}, kAllowAll})));
  EXPECT_TRUE(rules.put_acl({"acl-1", {}, {}}).empty());
}

TEST(Ruleset, MembersElsewhereAreMembers) {
  Ruleset rules;
  rules.put_group({"sg-1", "vpc-1", {from_group("sg-peer")}});
  EXPECT_EQ(rules.foreign_groups(), std::set<std::string>{"sg-peer"});
  expect_golden("foreign_members.nft",
                text_of(rules.set_foreign_members("sg-peer", {"10.9.0.1", "10.9.0.2"})));
  rules.remove_group("sg-1");
  EXPECT_EQ(rules.foreign_groups(), std::set<std::string>{"sg-peer"});
  rules.set_foreign_members("sg-peer", {});
  EXPECT_EQ(text_of(rules.render()), text_of(render_gates()));
}

TEST(Ruleset, FlowsAreCountedBesideTheFilters) {
  Ruleset rules;
  rules.put_group(lab_group());
  rules.put_eni(eni(2, {"sg-1"}));
  const auto before = text_of(rules.render());
  const auto on = rules.count_flows(true);
  expect_golden("flow_counters.nft", text_of(on));
  EXPECT_EQ(text_of(rules.render()), before + text_of(on));
  EXPECT_TRUE(rules.count_flows(true).empty());
  EXPECT_EQ(rules.flow_half(), 0);
  expect_golden("flow_counters_turned.nft", text_of(rules.turn_flow_counters()));
  EXPECT_EQ(rules.flow_half(), 1);
  rules.count_flows(false);
  EXPECT_EQ(text_of(rules.render()), before);
  EXPECT_TRUE(rules.turn_flow_counters().empty());
}

TEST(Ruleset, TheSameAgainIsNoCommand) {
  Ruleset rules;
  rules.put_group(lab_group());
  rules.put_eni(eni(2, {"sg-1"}));
  EXPECT_TRUE(rules.put_group(lab_group()).empty());
  EXPECT_TRUE(rules.put_eni(eni(2, {"sg-1"})).empty());
  EXPECT_TRUE(rules.remove_eni(9).empty());
  EXPECT_TRUE(rules.remove_group("sg-9").empty());
  rules.put_acl({"acl-1", {{1, "10.0.100.0/24"}}, {}});
  EXPECT_TRUE(rules.put_acl({"acl-1", {{1, "10.0.100.0/24"}}, {}}).empty());
  EXPECT_TRUE(rules.remove_acl("acl-9").empty());
  EXPECT_TRUE(rules.remove_prefix_list("pl-9").empty());
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
  for (const auto& bad : {acl_entry(1, false, true, "10.0.0.0/33"),
                          acl_entry(1, false, true, "0.0.0.0/0", "6", 90, 80),
                          acl_entry(1, false, true, "0.0.0.0/0", "accept")}) {
    EXPECT_THROW(rules.put_acl({"acl-1", {{1, "10.0.100.0/24"}}, {bad}}), std::system_error);
    EXPECT_EQ(text_of(rules.render()), before);
  }
  EXPECT_THROW(rules.put_acl({"acl-1 }", {}, {}}), std::system_error);
  EXPECT_THROW(rules.put_acl({"acl-1", {{1, "10.0.100.0"}}, {}}), std::system_error);
  EXPECT_THROW(rules.put_prefix_list({"pl-1", {"10.0.0.0/8", "x"}}), std::system_error);
  EXPECT_THROW(rules.put_prefix_list({"pl-1 }", {}}), std::system_error);
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

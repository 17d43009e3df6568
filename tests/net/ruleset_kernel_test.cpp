#include <gtest/gtest.h>

#include <random>

#include "emulator/vpc/ruleset.hpp"
#include "netns/nftables.hpp"
#include "tests/net/world.hpp"

// The increments and the whole, judged by the kernel's own listing.
namespace enibox::vpc {
namespace {

GroupSpec random_group(std::mt19937& random, int number) {
  const std::vector<GroupRule> pool = {test::from_block("0.0.0.0/0", "tcp", 80, 80),
                                       test::from_block("10.0.0.0/16", "tcp", 443, 443),
                                       test::from_block("10.0.1.0/24", "tcp", 443, 443),
                                       test::from_block("192.0.2.0/24", "udp", 53, 60),
                                       test::from_block("10.0.0.0/8", "icmp", 8, 0),
                                       test::from_group("sg-1"),
                                       test::from_group("sg-4"),
                                       test::from_list("pl-1"),
                                       test::from_list("pl-2"),
                                       test::to_anywhere()};
  GroupSpec group{"sg-" + std::to_string(number), "vpc-1", {}};
  for (const auto& rule : pool)
    if (random() % 2 == 0) group.rules.push_back(rule);
  return group;
}

FilteredEni random_eni(std::mt19937& random, int number) {
  FilteredEni eni{.number = number,
                  .link_index = number,
                  .mac = "0a:ff:00:00:01:" + std::to_string(10 + number),
                  .address = "10.0.100." + std::to_string(number),
                  .subnet_number = 1,
                  .group_ids = {},
                  .source_dest_check = random() % 4 != 0};
  for (const int second : {100, 150})
    if (random() % 3 == 0)
      eni.secondary_addresses.push_back("10.0.100." + std::to_string(number + second));
  eni.judged_by_groups = random() % 5 != 0;
  for (int group = 1; group <= 5; ++group)
    if (random() % 3 == 0) eni.group_ids.push_back("sg-" + std::to_string(group));
  return eni;
}

PrefixListSpec random_list(std::mt19937& random, const std::string& id) {
  PrefixListSpec list{id, {}};
  for (const char* cidr : {"10.0.0.0/8", "10.0.1.0/24", "10.0.2.0/24", "192.0.2.0/24", "::/0"})
    if (random() % 2 == 0) list.cidrs.emplace_back(cidr);
  return list;
}

FilteredAcl random_acl(std::mt19937& random, const std::string& id) {
  FilteredAcl acl{id, {}, {}};
  for (const int subnet : {1, 2, 3})
    if (random() % 3 == 0)
      acl.subnets.push_back({subnet, "10.0." + std::to_string(99 + subnet) + ".0/24"});
  const std::vector<AclEntry> pool = {
      {.number = 100, .allow = true, .protocol = "-1", .cidr = "0.0.0.0/0"},
      {.number = 90, .protocol = "6", .from_port = 22, .to_port = 22, .cidr = "10.0.0.0/8"},
      {.number = 80, .allow = true, .protocol = "1", .from_port = 8, .cidr = "0.0.0.0/0"},
      {.number = 70, .allow = true, .protocol = "47", .cidr = "10.0.1.0/24"}};
  for (const bool egress : {false, true})
    for (auto entry : pool) {
      entry.egress = egress;
      if (random() % 2 == 0) acl.entries.push_back(entry);
    }
  return acl;
}

// Any change of the filters but those of ENIs.
Commands random_change(std::mt19937& random, Ruleset& rules) {
  const std::string one_of_five = std::to_string(random() % 5 + 1);
  const std::string one_of_two = std::to_string(random() % 2 + 1);
  switch (random() % 7) {
    case 0:
      return rules.remove_group("sg-" + one_of_five);
    case 1:
      return rules.put_prefix_list(random_list(random, "pl-" + one_of_two));
    case 2:
      return rules.remove_prefix_list("pl-" + one_of_two);
    case 3:
      return rules.put_acl(random_acl(random, "acl-" + one_of_two));
    case 4:
      return rules.remove_acl("acl-" + one_of_two);
    case 5:
      return rules.set_foreign_members("sg-4", {});
    default:
      return rules.set_foreign_members("sg-4", {"10.9.0." + one_of_five, "10.9.1." + one_of_two});
  }
}

TEST(RulesetInKernel, IncrementsLeadWhereAFullRenderingLeads) {
  test::in_sandbox([] {
    std::mt19937 random(20'240'607);
    Ruleset rules;
    netns::Nftables stepwise(netns::Namespace::open(test::make_namespace("stepwise")));
    for (const auto& part : transactions(rules.render())) stepwise.apply(part, "render");
    for (int step = 1; step <= 500; ++step) {
      const int number = static_cast<int>(random() % 12) + 2;
      const int group = static_cast<int>(random() % 5) + 1;
      Commands commands;
      switch (random() % 5) {
        case 0:
          commands = rules.remove_eni(number);
          break;
        case 1:
          commands = rules.put_group(random_group(random, group));
          break;
        case 2:
          commands = random_change(random, rules);
          break;
        default:
          commands = rules.put_eni(random_eni(random, number));
      }
      for (const auto& part : transactions(commands)) ASSERT_NO_THROW(stepwise.apply(part, part));
      if (step % 50 != 0) continue;
      const std::string name = "whole-" + std::to_string(step);
      netns::Nftables whole(netns::Namespace::open(test::make_namespace(name)));
      for (const auto& part : transactions(rules.render())) whole.apply(part, "render");
      EXPECT_EQ(test::comparable(stepwise.query("list ruleset")),
                test::comparable(whole.query("list ruleset")));
    }
  });
}

TEST(RulesetInKernel, AThousandEnisAndGroupsFitAnOrdinaryUsersSocket) {
  test::in_sandbox([] {
    Ruleset rules;
    for (int number = 1; number <= 1000; ++number) {
      const std::string id = "sg-" + std::to_string(number);
      rules.put_group({id,
                       "vpc-1",
                       {test::from_group(id), test::from_block("10.0.0.0/16", "tcp", 80, 80),
                        test::to_anywhere()}});
      rules.put_eni({.number = number + 1,
                     .link_index = number + 1,
                     .mac = "0a:ff:00:00:00:01",
                     .address = "10.0." + std::to_string(number / 250) + "." +
                                std::to_string(number % 250 + 1),
                     .subnet_number = 1,
                     .group_ids = {id}});
    }
    netns::Nftables nft(netns::Namespace::open(test::make_namespace("large")));
    const auto parts = transactions(rules.render());
    for (const auto& part : parts) ASSERT_NO_THROW(nft.apply(part, "render"));
    EXPECT_NE(nft.query("list map ip vpc ingress").find("10.0.4.1 : jump"), std::string::npos);
  });
}

TEST(RulesetInKernel, AFailedTransactionChangesNothingAndSaysWhatNftSays) {
  test::in_sandbox([] {
    netns::Nftables nft(netns::Namespace::open(test::make_namespace("place")));
    try {
      nft.apply("add table ip one\nadd rule ip nowhere somewhere accept\n", "try");
      FAIL() << "applied";
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find("try (nft: "), std::string::npos) << error.what();
      EXPECT_EQ(error.code().value(), ENOENT);
    }
    EXPECT_EQ(nft.query("list ruleset"), "");
    EXPECT_THROW(nft.apply("nonsense", "try"), std::system_error);
  });
}

}  // namespace
}  // namespace enibox::vpc

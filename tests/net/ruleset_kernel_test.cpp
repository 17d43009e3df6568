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
  for (int group = 1; group <= 5; ++group)
    if (random() % 3 == 0) eni.group_ids.push_back("sg-" + std::to_string(group));
  return eni;
}

TEST(RulesetInKernel, IncrementsLeadWhereAFullRenderingLeads) {
  test::in_sandbox([] {
    std::mt19937 random(20'240'607);
    Ruleset rules;
    netns::Nftables stepwise(netns::Namespace::open(test::make_namespace("stepwise")));
    for (const auto& part : transactions(rules.render())) stepwise.apply(part, "render");
    for (int step = 1; step <= 300; ++step) {
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
          commands = rules.remove_group("sg-" + std::to_string(group));
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
    EXPECT_NE(nft.query("list map ip vpc ingress").find("10.0.4.1 : goto"), std::string::npos);
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

#include "emulator/vpc/linux_network.hpp"

#include <gtest/gtest.h>

#include "tests/net/world.hpp"

namespace enibox::vpc {
namespace {

using test::in_sandbox;

TEST(LinuxNetwork, AnswersInOrderAndHoldsBackUntilPassed) {
  in_sandbox([] {
    boost::asio::io_context loop;
    LinuxNetwork network(loop, {.netns_directory = test::router_directory()});
    const std::string place = test::make_namespace("place");
    std::vector<std::string> story;
    const auto tell = [&](const std::string& what) {
      return [&story, what](Outcome<Nothing> outcome) {
        story.push_back(outcome.ok() ? what : what + ": " + outcome.error());
      };
    };
    EniSpec eni;
    eni.eni_id = "eni-1";
    eni.vpc_id = "vpc-1";
    eni.subnet_cidr = "10.0.100.0/24";
    eni.address = "10.0.100.7";
    eni.mac = "0a:ff:00:00:00:07";
    eni.group_ids = {"sg-1"};
    eni.netns_path = place;

    network.when_passed(network.generation(), [&] { story.push_back("at once"); });
    network.put_vpc({"vpc-1", {"10.0.0.0/16"}, {"10.0.100.0/24"}}, tell("vpc"));
    network.put_group({"sg-1", "vpc-1", {test::to_anywhere()}}, {});
    const auto group_put = network.generation();
    network.put_eni(eni, tell("eni"));
    EXPECT_EQ(network.generation(), 3u);
    network.when_passed(network.generation(), [&] { story.push_back("all passed"); });
    network.when_passed(group_put, [&] { story.push_back("group passed"); });
    EniSpec nowhere = eni;
    nowhere.eni_id = "eni-2";
    nowhere.netns_path = "/run/nowhere";
    network.put_eni(nowhere, tell("nowhere"));
    network.remove_eni("eni-1", tell("removed"));
    bool done = false;
    network.when_passed(network.generation(), [&] { done = true; });

    while (!done) loop.run_one();
    ASSERT_EQ(story.size(), 7u);
    const std::vector<std::string> expected = {"at once", "vpc", "group passed", "eni",
                                               "all passed"};
    EXPECT_EQ(std::vector(story.begin(), story.begin() + 5), expected);
    EXPECT_EQ(story[5].substr(0, 9), "nowhere: ");
    EXPECT_NE(story[5].find("/run/nowhere"), std::string::npos);
    EXPECT_EQ(story[6], "removed");
  });
}

TEST(LinuxNetwork, LateAnswersReachNobody) {
  in_sandbox([] {
    boost::asio::io_context loop;
    bool called = false;
    {
      LinuxNetwork network(loop, {.netns_directory = test::router_directory()});
      network.put_vpc({"vpc-1", {"10.0.0.0/16"}, {"10.0.100.0/24"}},
                      [&](Outcome<Nothing>) { called = true; });
    }
    loop.run();
    EXPECT_FALSE(called);
  });
}

}  // namespace
}  // namespace enibox::vpc

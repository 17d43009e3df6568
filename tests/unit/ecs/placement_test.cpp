#include "emulator/scheduler/placement.hpp"

#include <gtest/gtest.h>

#include "api/error.hpp"
#include "emulator/scheduler/query_language.hpp"

namespace enibox::scheduler {
namespace {

Candidate candidate(const std::string& id, std::int64_t memory = 1000, std::int64_t enis = 2) {
  Candidate c;
  c.instance.id = id;
  c.instance.availability_zone = "us-east-1a";
  c.instance.vpc_id = "vpc-1";
  c.instance.attributes = {{{"name", "ecs.capability.task-eni"}},
                           {{"name", "ecs.instance-type"}, {"value", "t3.medium"}}};
  c.left = {.cpu = 2048, .memory = memory, .enis = enis};
  return c;
}

Wanted wanted() {
  return {.cpu = 256,
          .memory = 512,
          .needs_eni = true,
          .availability_zones = {"us-east-1a", "us-east-1b"},
          .vpc_id = "vpc-1",
          .attributes = {"ecs.capability.task-eni"}};
}

TEST(Placement, TakesTheEmptiestInstance) {
  auto busy = candidate("busy");
  busy.left.running_tasks = 1;
  const auto choice = place(wanted(), {busy, candidate("idle")});
  ASSERT_TRUE(choice.index);
  EXPECT_EQ(*choice.index, 1U);
}

TEST(Placement, NamesWhatTheClosestInstanceLacks) {
  auto elsewhere = candidate("elsewhere");
  elsewhere.instance.availability_zone = "us-east-1c";
  const auto choice = place(wanted(), {elsewhere, candidate("full", 1000, 0)});
  EXPECT_FALSE(choice.index);
  EXPECT_EQ(choice.closest_instance_id, "full");
  EXPECT_EQ(choice.reason, "RESOURCE:ENI");
}

TEST(Placement, EveryObstacleHasItsReason) {
  auto c = candidate("c");
  c.instance.agent_connected = false;
  EXPECT_EQ(obstacle(wanted(), c), "AGENT");
  c = candidate("c");
  c.instance.attributes = Json::array();
  EXPECT_EQ(obstacle(wanted(), c), "ATTRIBUTE");
  c = candidate("c");
  c.instance.vpc_id = "vpc-2";
  EXPECT_EQ(obstacle(wanted(), c), "ATTRIBUTE");
  c = candidate("c");
  c.left.cpu = 100;
  EXPECT_EQ(obstacle(wanted(), c), "RESOURCE:CPU");
  EXPECT_EQ(obstacle(wanted(), candidate("c", 100)), "RESOURCE:MEMORY");
  EXPECT_EQ(obstacle(wanted(), candidate("c")), "");
}

TEST(Placement, BinpackFillsOneInstanceFirst) {
  auto request = wanted();
  request.strategy = {{{"type", "binpack"}, {"field", "memory"}}};
  const auto choice = place(request, {candidate("roomy", 3000), candidate("tight", 600)});
  EXPECT_EQ(*choice.index, 1U);
}

TEST(Placement, DistinctInstanceNeverDoublesAGroup) {
  auto request = wanted();
  request.constraints = {{{"type", "distinctInstance"}}};
  std::vector<Candidate> candidates{candidate("one")};
  ASSERT_TRUE(place(request, candidates).index);
  take(request, candidates[0]);
  EXPECT_FALSE(place(request, candidates).index);
}

TEST(QueryLanguage, Compares) {
  const auto c = candidate("c");
  const auto yes = [&](const std::string& text) { return matches(text, c.instance, c.left); };
  EXPECT_TRUE(yes("attribute:ecs.instance-type == t3.medium"));
  EXPECT_FALSE(yes("attribute:ecs.instance-type != t3.medium"));
  EXPECT_TRUE(yes("attribute:ecs.instance-type =~ t3.*"));
  EXPECT_TRUE(yes("attribute:ecs.instance-type in [t2.micro, t3.medium]"));
  EXPECT_TRUE(yes("attribute:ecs.instance-type !in [t2.micro]"));
  EXPECT_TRUE(yes("attribute:stack !exists"));
  EXPECT_TRUE(yes("runningTasksCount < 1 and (agentConnected == true or attribute:stack exists)"));
  EXPECT_TRUE(yes("not(runningTasksCount > 0)"));
}

TEST(QueryLanguage, RefusesWhatDoesNotParse) {
  const auto c = candidate("c");
  for (const std::string text : {"", "attribute:x", "attribute:x == ", "(agentConnected == true",
                                 "colour == red", "attribute:x ~ y", "agentConnected == true )"}) {
    EXPECT_THROW(matches(text, c.instance, c.left), AwsError) << text;
  }
  EXPECT_THROW(matches(std::string(1000, '('), c.instance, c.left), AwsError);
}

}  // namespace
}  // namespace enibox::scheduler

#include <gmock/gmock.h>

#include "emulator/cli/in_vpc.hpp"

namespace enibox::cli {
namespace {

using testing::ElementsAre;

InVpcRequest parsed(const std::vector<std::string>& words) { return parse_in_vpc(words); }

std::string refusal(const std::vector<std::string>& words) {
  try {
    parsed(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(InVpcArguments, TakesTheCommandAsItIs) {
  const auto request = parsed({"--subnet", "subnet-1", "--security-group=sg-1", "--security-group",
                               "sg-2", "--", "curl", "--subnet", "x", "--", "-s"});
  EXPECT_EQ(request.subnet_id, "subnet-1");
  EXPECT_EQ(request.region, "");
  EXPECT_THAT(request.group_ids, ElementsAre("sg-1", "sg-2"));
  EXPECT_THAT(request.command, ElementsAre("curl", "--subnet", "x", "--", "-s"));
}

TEST(InVpcArguments, NamesWhatIsWrong) {
  EXPECT_THAT(refusal({"--", "true"}), testing::HasSubstr("--subnet"));
  EXPECT_THAT(refusal({"--subnet", "s"}), testing::HasSubstr("which command"));
  EXPECT_THAT(refusal({"--subnet", "s", "--"}), testing::HasSubstr("which command"));
  EXPECT_THAT(refusal({"--subnet", "s", "curl"}), testing::HasSubstr("unexpected argument 'curl'"));
  EXPECT_THAT(refusal({"--subnets", "s", "--", "true"}),
              testing::HasSubstr("did you mean --subnet?"));
  EXPECT_TRUE(parsed({"--help"}).arguments.wants_help());
}

}  // namespace
}  // namespace enibox::cli

#include "netns/user_namespace.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "netns/process.hpp"

namespace enibox::netns {
namespace {

using Ranges = std::vector<IdRange>;

TEST(UserNamespace, RootIsMappedToItselfInTwoLines) {
  EXPECT_EQ(render_id_map(one_to_one("         0          0 4294967295\n")),
            "0 0 1\n1 1 4294967294\n");
}

TEST(UserNamespace, InsideAnotherOneItMapsWhatIsMappedThere) {
  EXPECT_EQ(one_to_one("0 1000 1\n1 100000 65536\n"), (Ranges{{0, 0, 1}, {1, 1, 65536}}));
  EXPECT_EQ(one_to_one("1000 1000 1\n"), (Ranges{{1000, 1000, 1}}));
  EXPECT_EQ(one_to_one(""), Ranges{});
}

TEST(UserNamespace, SubordinateRangesAreFoundByNameAndNumber) {
  const char* file =
      "# comment\nann:100000:65536\nbob:200000:10\n1000:300000:5\nann:x:5\nann:1:0\nann:7\n";
  EXPECT_EQ(subordinate_ranges(file, "ann", 1000), (Ranges{{0, 100000, 65536}, {0, 300000, 5}}));
  EXPECT_EQ(subordinate_ranges(file, "bob", 1), (Ranges{{0, 200000, 10}}));
  EXPECT_EQ(subordinate_ranges(file, "", 4), Ranges{});
}

TEST(Process, ANumberAloneIsNoIdentity) {
  const auto self = identify_process(::getpid());
  ASSERT_TRUE(self);
  EXPECT_TRUE(is_alive(*self));
  auto other = *self;
  other.start_time += 1;
  EXPECT_FALSE(is_alive(other));
  other = *self;
  other.boot_id = "another";
  EXPECT_FALSE(is_alive(other));
  EXPECT_FALSE(is_alive(ProcessIdentity{}));
}

}  // namespace
}  // namespace enibox::netns

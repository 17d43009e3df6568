#include "emulator/cli/host_resolvers.hpp"

#include <gmock/gmock.h>

#include "emulator/cli/arguments.hpp"

namespace enibox::cli {
namespace {

using ::testing::ElementsAre;

TEST(HostResolvers, Addresses) {
  EXPECT_EQ(parse_resolver_address("192.0.2.53"), (ResolverAddress{"192.0.2.53", 53}));
  EXPECT_EQ(parse_resolver_address("192.0.2.53:5353"), (ResolverAddress{"192.0.2.53", 5353}));
  EXPECT_EQ(parse_resolver_address("2001:db8::53"), (ResolverAddress{"2001:db8::53", 53}));
  EXPECT_EQ(parse_resolver_address("[2001:db8::53]:99").text(), "[2001:db8::53]:99");
  for (const char* wrong : {"", "dns.example", "192.0.2.53:", "192.0.2.53:0", "192.0.2.53:65536",
                            "192.0.2.53:x", ":53", "[192.0.2.53", "2001:db8::53:x"}) {
    EXPECT_THROW(parse_resolver_address(wrong), UsageError) << wrong;
  }
}

TEST(HostResolvers, ReadsWhatTheCLibraryReads) {
  EXPECT_THAT(resolvers_in("# a comment\nsearch example\nnameserver 192.0.2.1\n"
                           "nameserver\t2001:db8::1\nnameserver nobody\noptions ndots:5\n"),
              ElementsAre(ResolverAddress{"192.0.2.1"}, ResolverAddress{"2001:db8::1"}));
  EXPECT_THAT(resolvers_in(""), ElementsAre(ResolverAddress{"127.0.0.1"}));
  EXPECT_EQ(resolvers_in("nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\n"
                         "nameserver 1.1.1.4\n")
                .size(),
            3u);
}

}  // namespace
}  // namespace enibox::cli

#include "emulator/cli/listen.hpp"

#include <gtest/gtest.h>

#include "emulator/cli/arguments.hpp"

namespace enibox::cli {
namespace {

TEST(Listen, ReadsAddresses) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:4566"), (ListenAddress{"127.0.0.1", 4566}));
  EXPECT_EQ(parse_listen_address("[::1]:80"), (ListenAddress{"::1", 80}));
  EXPECT_EQ(parse_listen_address("localhost:0"), (ListenAddress{"127.0.0.1", 0}));
  EXPECT_EQ(parse_listen_address("4566"), (ListenAddress{"127.0.0.1", 4566}));
}

TEST(Listen, RefusesWhatIsNone) {
  for (const char* text : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80",
                           "example.com:80", "127.0.0.1:-1", "127.0.0.1:80x", "[]:80"}) {
    EXPECT_THROW(parse_listen_address(text), UsageError) << text;
  }
}

TEST(Listen, AnUrlIsReachable) {
  EXPECT_EQ((ListenAddress{"0.0.0.0", 1}).url(), "http://127.0.0.1:1");
  EXPECT_EQ((ListenAddress{"::", 1}).url(), "http://[::1]:1");
  EXPECT_TRUE((ListenAddress{"127.9.9.9", 1}).is_loopback());
  EXPECT_FALSE((ListenAddress{"0.0.0.0", 1}).is_loopback());
}

TEST(Listen, APortIsTakenOnceAndZeroBecomesAReal) {
  ListenAddress any{"127.0.0.1", 0};
  const auto socket = open_listener(any);
  ASSERT_NE(any.port, 0);
  ListenAddress same = any;
  try {
    open_listener(same);
    FAIL() << "two listeners on one port";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code().value(), EADDRINUSE);
    EXPECT_NE(std::string(e.what()).find(any.text()), std::string::npos);
  }
}

}  // namespace
}  // namespace enibox::cli

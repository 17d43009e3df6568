#include "emulator/vpc/route_tables.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <system_error>

namespace enibox::vpc {
namespace {

std::vector<netns::Route> rendered(std::vector<RouteSpec> routes) {
  return render_table({3, {"vpc-1", "10.0.1.0/24", std::move(routes)}, {"10.0.0.0/16"}},
                      [](const std::string& target) -> std::optional<NextHop> {
                        if (target != "eni-1") return std::nullopt;
                        return NextHop{"10.0.2.9", 105};
                      });
}

std::string told(const std::vector<netns::Route>& routes) {
  std::string text;
  for (const auto& route : routes) {
    EXPECT_EQ(route.table, 1003u);
    const bool led = route.kind == netns::RouteKind::kUnicast;
    text += route.destination + " " +
            (led ? route.gateway + " on " + std::to_string(route.link_index)
             : route.kind == netns::RouteKind::kThrow ? "throw"
                                                      : "blackhole") +
            "\n";
  }
  return text;
}

TEST(RenderTable, NoRoutesNeedNoTable) { EXPECT_TRUE(rendered({}).empty()); }

TEST(RenderTable, LocalBlocksLeadOnAndTheRestEnds) {
  EXPECT_EQ(told(rendered({{"192.168.0.0/24", "eni-1"}})),
            "0.0.0.0/0 blackhole\n10.0.0.0/16 throw\n10.0.1.0/24 throw\n"
            "192.168.0.0/24 10.0.2.9 on 105\n");
  EXPECT_EQ(told(rendered({{"0.0.0.0/0", "eni-1"}})),
            "0.0.0.0/0 10.0.2.9 on 105\n10.0.0.0/16 throw\n10.0.1.0/24 throw\n");
}

TEST(RenderTable, WhatIsNotThereIsABlackhole) {
  EXPECT_EQ(told(rendered({{"10.0.2.0/24", "eni-gone"}, {"10.0.3.0/24", ""}})),
            "0.0.0.0/0 blackhole\n10.0.0.0/16 throw\n10.0.1.0/24 throw\n"
            "10.0.2.0/24 blackhole\n10.0.3.0/24 blackhole\n");
}

TEST(RenderTable, TheOwnSubnetIsAlwaysLocal) {
  EXPECT_EQ(
      told(rendered({{"10.0.0.0/16", "eni-1"}, {"10.0.1.0/24", "eni-1"}, {"10.0.1.7/32", ""}})),
      "0.0.0.0/0 blackhole\n10.0.0.0/16 10.0.2.9 on 105\n10.0.1.0/24 throw\n");
}

TEST(RenderTable, WhatIsNoBlockIsRefused) {
  EXPECT_THROW(rendered({{"10.0.0/8", "eni-1"}}), std::system_error);
  EXPECT_THROW(rendered({{"fd00::/8", "eni-1"}}), std::system_error);
}

}  // namespace
}  // namespace enibox::vpc

#pragma once
#include <cstdint>

#include "netns/route_socket.hpp"

namespace enibox::netns {

// Packets whose mark, under the mask, equals `mark` are routed by `table` (`ip rule fwmark`).
struct MarkRule {
  std::uint32_t mark = 0;
  std::uint32_t mask = 0xffffffff;
  std::uint32_t table = 0;
  std::uint32_t priority = 0;
};

// There already: fine.
void add_mark_rule(RouteSocket& where, const MarkRule& rule);
// False: it was not there.
bool delete_mark_rule(RouteSocket& where, const MarkRule& rule);

}  // namespace enibox::netns

#pragma once
#include "netns/link.hpp"

namespace enibox::netns {

// Makes both ends in one step, each complete and where it belongs: no moment at which anybody sees
// a device half configured or in a wrong namespace. Kernel: drivers/net/veth.c, VETH_INFO_PEER.
// Only the peer's `up` is not heeded: the kernel opens it before the two ends know of each other
// and answers ENOTCONN, so it is born down. Throws File exists when a name or an index is taken on
// either side.
void create_veth(RouteSocket& where, const LinkSpec& end, const LinkSpec& peer);

}  // namespace enibox::netns

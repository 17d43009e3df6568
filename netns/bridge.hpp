#pragma once
#include "netns/link.hpp"

namespace enibox::netns {

// A learning bridge without spanning tree. Give it a MAC: left to itself it takes that of a port,
// and changes it with its ports. File exists when the name or index is taken.
void create_bridge(RouteSocket& where, const LinkSpec& bridge);

}  // namespace enibox::netns

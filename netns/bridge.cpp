#include "netns/bridge.hpp"

#include <linux/rtnetlink.h>

#include "netns/internal/link_message.hpp"

namespace enibox::netns {

void create_bridge(RouteSocket& where, const LinkSpec& bridge) {
  create_link(where, bridge, "bridge", {});
}

}  // namespace enibox::netns

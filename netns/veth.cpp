#include "netns/veth.hpp"

#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "netns/internal/link_message.hpp"

namespace enibox::netns {

void create_veth(RouteSocket& where, const LinkSpec& end, const LinkSpec& peer) {
  create_link(where, end, "veth", [&](Message& data) {
    data.nest(VETH_INFO_PEER, [&](Message& info) {
      LinkSpec born = peer;
      born.up = false;
      info.append(link_header(born));
      put_link(info, peer);
    });
  });
}

}  // namespace enibox::netns

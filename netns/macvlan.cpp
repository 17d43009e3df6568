#include "netns/macvlan.hpp"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netns/internal/link_message.hpp"

namespace enibox::netns {

void create_macvlan(RouteSocket& where, int lower_index, const LinkSpec& link) {
  Message message(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, link_header(link));
  put_link(message, link);
  message.put(IFLA_LINK, static_cast<std::uint32_t>(lower_index));
  message.nest(IFLA_LINKINFO, [&](Message& info) {
    info.put(IFLA_INFO_KIND, std::string("macvlan"));
    info.nest(IFLA_INFO_DATA, [&](Message& data) {
      data.put(IFLA_MACVLAN_MODE, std::uint32_t{MACVLAN_MODE_VEPA});
    });
  });
  where.channel().request(message, "add macvlan " + link.name);
}

}  // namespace enibox::netns

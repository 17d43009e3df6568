#include "netns/neighbour.hpp"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "netns/internal/channel.hpp"

namespace enibox::netns {
namespace {

const std::string kArpTable = "arp_cache";

Message neighbour_message(int type, int flags, int link_index, const RawAddress& address) {
  ndmsg header{};
  header.ndm_family = static_cast<std::uint8_t>(address.family);
  header.ndm_ifindex = link_index;
  header.ndm_state = NUD_PERMANENT;
  Message message(type, flags, header);
  message.put(NDA_DST, address);
  return message;
}

Neighbour read_neighbour(nlmsghdr* answer) {
  const auto& header = *static_cast<ndmsg*>(nlmsg_data(answer));
  const Attributes attributes(answer, sizeof header);
  Neighbour neighbour;
  neighbour.address = attributes.address(NDA_DST, header.ndm_family);
  if (nlattr* mac = attributes.raw(NDA_LLADDR); mac != nullptr && nla_len(mac) == 6)
    neighbour.mac = mac_text(nla_data(mac));
  neighbour.link_index = header.ndm_ifindex;
  neighbour.permanent = (header.ndm_state & NUD_PERMANENT) != 0;
  return neighbour;
}

}  // namespace

void put_neighbour(RouteSocket& where, int link_index, const std::string& address,
                   const std::string& mac) {
  Message message = neighbour_message(RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
                                      link_index, parse_address(address));
  message.put_mac(NDA_LLADDR, mac);
  where.channel().request(message, "add neighbour " + address);
}

bool delete_neighbour(RouteSocket& where, int link_index, const std::string& address) {
  Message message = neighbour_message(RTM_DELNEIGH, NLM_F_ACK, link_index, parse_address(address));
  return where.channel().request_unless(message, "delete neighbour " + address,
                                        {ENOENT, ENODEV, ENXIO});
}

std::vector<Neighbour> list_neighbours(RouteSocket& where) {
  ndmsg header{};
  header.ndm_family = AF_INET;
  Message message(RTM_GETNEIGH, NLM_F_DUMP, header);
  std::vector<Neighbour> neighbours;
  where.channel().ask(
      message, "list neighbours",
      [&](nlmsghdr* answer) {
        // Multicast's entries need no ARP and say nothing of anybody.
        const auto& entry = *static_cast<ndmsg*>(nlmsg_data(answer));
        if ((entry.ndm_state & NUD_NOARP) == 0) neighbours.push_back(read_neighbour(answer));
      },
      {}, [&] { neighbours.clear(); });
  return neighbours;
}

void set_proxy_delay(RouteSocket& where, int link_index, std::uint64_t delay_ms) {
  ndtmsg header{};
  header.ndtm_family = AF_INET;
  Message message(RTM_SETNEIGHTBL, NLM_F_ACK, header);
  message.put(NDTA_NAME, kArpTable);
  message.nest(NDTA_PARMS, [&](Message& parameters) {
    parameters.put(NDTPA_IFINDEX, link_index);
    parameters.put(NDTPA_PROXY_DELAY, delay_ms);
  });
  where.channel().request(message, "set proxy ARP delay");
}

std::int64_t proxy_delay_ms(RouteSocket& where, int link_index) {
  ndtmsg header{};
  header.ndtm_family = AF_INET;
  Message message(RTM_GETNEIGHTBL, NLM_F_DUMP, header);
  std::int64_t delay = -1;
  where.channel().ask(message, "read proxy ARP delay", [&](nlmsghdr* answer) {
    const Attributes table(answer, sizeof(ndtmsg));
    const Attributes parameters(table.raw(NDTA_PARMS));
    if (table.text(NDTA_NAME) == kArpTable && parameters.get<int>(NDTPA_IFINDEX) == link_index)
      delay = static_cast<std::int64_t>(parameters.get<std::uint64_t>(NDTPA_PROXY_DELAY));
  });
  return delay;
}

}  // namespace enibox::netns

#include "netns/link.hpp"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include "netns/internal/link_message.hpp"

namespace enibox::netns {
namespace {

// Of rtnetlink since Linux 6.3, and not in the headers of Debian 12. Older kernels skip what they
// do not know.
constexpr int kGsoIpv4MaxSize = 63;
constexpr int kGroIpv4MaxSize = 64;

Link read_link(nlmsghdr* answer) {
  const auto& header = *static_cast<ifinfomsg*>(nlmsg_data(answer));
  const Attributes attributes(answer, sizeof header);
  Link link;
  link.index = header.ifi_index;
  link.up = (header.ifi_flags & IFF_UP) != 0;
  link.name = attributes.text(IFLA_IFNAME);
  link.mtu_bytes = attributes.get<int>(IFLA_MTU);
  link.peer_index = attributes.get<int>(IFLA_LINK);
  link.master_index = attributes.get<int>(IFLA_MASTER);
  if (nlattr* mac = attributes.raw(IFLA_ADDRESS); mac != nullptr && nla_len(mac) == 6)
    link.mac = mac_text(nla_data(mac));
  link.kind = Attributes(attributes.raw(IFLA_LINKINFO)).text(IFLA_INFO_KIND);
  return link;
}

std::optional<Link> get_link(RouteSocket& where, Message& message, const std::string& step) {
  std::optional<Link> link;
  where.channel().ask(message, step, [&](nlmsghdr* answer) { link = read_link(answer); }, {ENODEV});
  return link;
}

void change_flags(RouteSocket& where, int index, bool up) {
  ifinfomsg header{};
  header.ifi_index = index;
  header.ifi_flags = up ? IFF_UP : 0;
  header.ifi_change = IFF_UP;
  Message message(RTM_NEWLINK, NLM_F_ACK, header);
  where.channel().request(
      message, std::string(up ? "set up" : "set down") + " link " + std::to_string(index));
}

}  // namespace

std::optional<Link> find_link(RouteSocket& where, const std::string& name) {
  ifinfomsg header{};
  Message message(RTM_GETLINK, 0, header);
  // The kernel's limit for a name; a longer one can only be an alternative name.
  message.put(name.size() < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
  return get_link(where, message, "find link " + name);
}

std::optional<Link> find_link(RouteSocket& where, int index) {
  ifinfomsg header{};
  header.ifi_index = index;
  Message message(RTM_GETLINK, 0, header);
  return get_link(where, message, "find link " + std::to_string(index));
}

std::vector<Link> list_links(RouteSocket& where) {
  std::vector<Link> links;
  Message message(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{});
  where.channel().ask(
      message, "list links", [&](nlmsghdr* answer) { links.push_back(read_link(answer)); }, {},
      [&] { links.clear(); });
  return links;
}

bool delete_link(RouteSocket& where, int index) {
  ifinfomsg header{};
  header.ifi_index = index;
  Message message(RTM_DELLINK, NLM_F_ACK, header);
  return where.channel().request_unless(message, "delete link " + std::to_string(index), {ENODEV});
}

void delete_links(RouteSocket& where, const std::vector<int>& indexes) {
  // A device group of our own; devices are born into group 0.
  constexpr std::uint32_t kDoomed = 0x646f6f6d;
  bool any = false;
  for (const int index : indexes) {
    ifinfomsg header{};
    header.ifi_index = index;
    Message message(RTM_NEWLINK, NLM_F_ACK, header);
    message.put(IFLA_GROUP, kDoomed);
    any |= where.channel().request_unless(message, "doom link " + std::to_string(index), {ENODEV});
  }
  if (!any) return;
  Message message(RTM_DELLINK, NLM_F_ACK, ifinfomsg{});
  message.put(IFLA_GROUP, kDoomed);
  where.channel().request_unless(message, "delete links", {ENODEV});
}

void set_up(RouteSocket& where, int index) { change_flags(where, index, true); }
void set_down(RouteSocket& where, int index) { change_flags(where, index, false); }

void move_link(RouteSocket& where, int index, const Namespace& to, const std::string& name) {
  set_down(where, index);
  ifinfomsg header{};
  header.ifi_index = index;
  Message message(RTM_NEWLINK, NLM_F_ACK, header);
  message.put(IFLA_IFNAME, name);
  message.put(IFLA_NET_NS_FD, static_cast<std::uint32_t>(to.fd()));
  where.channel().request(message, "move link " + std::to_string(index) + " as " + name);
}

void set_master(RouteSocket& where, int index, int master_index) {
  ifinfomsg header{};
  header.ifi_index = index;
  Message message(RTM_NEWLINK, NLM_F_ACK, header);
  message.put(IFLA_MASTER, master_index);
  where.channel().request(message, "make link " + std::to_string(index) + " a bridge port");
}

void add_alternative_name(RouteSocket& where, int index, const std::string& name) {
  ifinfomsg header{};
  header.ifi_index = index;
  Message message(RTM_NEWLINKPROP, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND, header);
  message.nest(IFLA_PROP_LIST, [&](Message& list) { list.put(IFLA_ALT_IFNAME, name); });
  where.channel().request_unless(message, "name link " + std::to_string(index) + " " + name,
                                 {EEXIST});
}

void set_loopback_up(RouteSocket& where) { set_up(where, 1); }

ifinfomsg link_header(const LinkSpec& link) {
  ifinfomsg header{};
  header.ifi_index = link.index;
  header.ifi_flags = link.up ? IFF_UP : 0;
  header.ifi_change = link.up ? IFF_UP : 0;
  return header;
}

void put_link(Message& message, const LinkSpec& link) {
  if (!link.name.empty()) message.put(IFLA_IFNAME, link.name);
  if (!link.mac.empty()) message.put_mac(IFLA_ADDRESS, link.mac);
  if (link.mtu_bytes != 0) message.put(IFLA_MTU, static_cast<std::uint32_t>(link.mtu_bytes));
  if (link.gso_max_bytes != 0)
    for (const int attribute : {kGsoIpv4MaxSize, kGroIpv4MaxSize})
      message.put(attribute, static_cast<std::uint32_t>(link.gso_max_bytes));
  if (link.where != nullptr)
    message.put(IFLA_NET_NS_FD, static_cast<std::uint32_t>(link.where->fd()));
}

void create_link(RouteSocket& where, const LinkSpec& link, const std::string& kind,
                 const std::function<void(Message&)>& put_data) {
  Message message(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, link_header(link));
  put_link(message, link);
  message.nest(IFLA_LINKINFO, [&](Message& info) {
    info.put(IFLA_INFO_KIND, kind);
    if (put_data) info.nest(IFLA_INFO_DATA, put_data);
  });
  where.channel().request(message, "add " + kind + " " + link.name);
}

}  // namespace enibox::netns

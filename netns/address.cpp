#include "netns/address.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "netns/internal/channel.hpp"

namespace enibox::netns {
namespace {

constexpr std::uint32_t kForEver = 0xffffffff;

Message address_message(int type, int flags, int link_index, const RawPrefix& prefix) {
  ifaddrmsg header{};
  header.ifa_family = static_cast<std::uint8_t>(prefix.address.family);
  header.ifa_prefixlen = prefix.length;
  header.ifa_index = static_cast<std::uint32_t>(link_index);
  Message message(type, flags, header);
  message.put(IFA_LOCAL, prefix.address).put(IFA_ADDRESS, prefix.address);
  return message;
}

InterfaceAddress read_address(nlmsghdr* answer) {
  const auto& header = *static_cast<ifaddrmsg*>(nlmsg_data(answer));
  const Attributes attributes(answer, sizeof header);
  InterfaceAddress address;
  address.prefix =
      attributes.address(IFA_LOCAL, header.ifa_family) + "/" + std::to_string(header.ifa_prefixlen);
  if (attributes.has(IFA_BROADCAST))
    address.broadcast = attributes.address(IFA_BROADCAST, header.ifa_family);
  const auto times = attributes.get<ifa_cacheinfo>(IFA_CACHEINFO);
  if (attributes.has(IFA_CACHEINFO) && times.ifa_valid != kForEver)
    address.lifetime_s = times.ifa_valid;
  return address;
}

}  // namespace

void put_address(RouteSocket& where, int link_index, const InterfaceAddress& address) {
  Message message = address_message(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
                                    link_index, parse_prefix(address.prefix));
  if (address.broadcast) message.put(IFA_BROADCAST, parse_address(*address.broadcast));
  ifa_cacheinfo times{};
  times.ifa_prefered = times.ifa_valid = address.lifetime_s.value_or(kForEver);
  message.put(IFA_CACHEINFO, times);
  where.channel().request(message, "add address " + address.prefix);
}

bool delete_address(RouteSocket& where, int link_index, const std::string& prefix) {
  Message message = address_message(RTM_DELADDR, NLM_F_ACK, link_index, parse_prefix(prefix));
  return where.channel().request_unless(message, "delete address " + prefix,
                                        {EADDRNOTAVAIL, ENODEV});
}

std::vector<InterfaceAddress> list_addresses(RouteSocket& where, int link_index) {
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  header.ifa_index = static_cast<std::uint32_t>(link_index);
  Message message(RTM_GETADDR, NLM_F_DUMP, header);
  std::vector<InterfaceAddress> addresses;
  where.channel().ask(
      message, "list addresses",
      [&](nlmsghdr* answer) { addresses.push_back(read_address(answer)); }, {ENODEV},
      [&] { addresses.clear(); });
  return addresses;
}

}  // namespace enibox::netns

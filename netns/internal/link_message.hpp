#pragma once
#include "netns/internal/channel.hpp"
#include "netns/link.hpp"

namespace enibox::netns {

// The header and attributes of a device to be made, for RTM_NEWLINK and for a veth's peer.
ifinfomsg link_header(const LinkSpec& link);
void put_link(Message& message, const LinkSpec& link);
// NEWLINK that makes the device; `put_kind` fills IFLA_INFO_DATA.
void create_link(RouteSocket& where, const LinkSpec& link, const std::string& kind,
                 const std::function<void(Message&)>& put_data);

}  // namespace enibox::netns

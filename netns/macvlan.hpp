#pragma once
#include "netns/link.hpp"

namespace enibox::netns {

// A macvlan in VEPA mode on the device with index `lower_index` of the socket's namespace: all its
// traffic leaves through that device, also to its siblings. `link.where` may be another namespace.
// Siblings can forge each other's MAC; who needs that excluded takes a veth.
void create_macvlan(RouteSocket& where, int lower_index, const LinkSpec& link);

}  // namespace enibox::netns

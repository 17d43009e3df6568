#pragma once
#include <string>

#include "netns/namespace.hpp"

// Namespaces that only forward: routers, gateways, the internet.
namespace enibox::vpc {

// Makes the namespace at `path`, or opens the one that is there when `adopt`; otherwise one that is
// there, of a former life that was not to be kept, ends.
netns::Namespace make_or_adopt(const std::string& path, bool adopt);
// Settings of gateways and the internet; new namespaces inherit some of the host's values.
void configure_forwarding(const netns::Namespace& where);

}  // namespace enibox::vpc

#pragma once
#include <cstdint>
#include <string>

#include "netns/handle.hpp"
#include "netns/namespace.hpp"

namespace enibox::netns {

struct ServiceEndpoint {
  std::string address;  // IPv4, an address of the namespace
  std::uint16_t port = 0;
  bool tcp = false;  // otherwise UDP
};

// A bound, non-blocking socket of the namespace, listening if TCP. It stays in the namespace and
// may be used from any thread.
UniqueFd open_service_socket(const Namespace& where, const ServiceEndpoint& endpoint);

}  // namespace enibox::netns

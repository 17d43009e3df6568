#pragma once
#include <memory>

#include "netns/namespace.hpp"

namespace enibox::netns {

// A netlink connection to one namespace's links, addresses and routes: where a call acts is said by
// which socket it is given. Opened inside the namespace, usable from any thread, by one at a time.
// Keeps its namespace alive. The calls are free functions in link.hpp, veth.hpp, route.hpp ...
class RouteSocket {
 public:
  // In the namespace of the calling thread: for use inside Namespace::run().
  RouteSocket();
  explicit RouteSocket(const Namespace& where);
  RouteSocket(RouteSocket&&) noexcept;
  RouteSocket& operator=(RouteSocket&&) noexcept;
  ~RouteSocket();

  class Channel;  // netns/internal/channel.hpp; no libnl type leaves netns/
  Channel& channel() { return *channel_; }

 private:
  std::unique_ptr<Channel> channel_;
};

}  // namespace enibox::netns

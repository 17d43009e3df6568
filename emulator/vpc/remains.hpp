#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "netns/conntrack.hpp"
#include "netns/namespace.hpp"
#include "netns/route_socket.hpp"

namespace enibox::vpc {

// What a router's dead ENIs leave behind: flows of their addresses and devices. Taking either away
// is slow but costs the same for one as for a thousand, so that they are collected by the network
// worker and buried together by the background thread.
class Remains {
 public:
  struct Dead {
    std::vector<std::string> addresses = {};
    std::vector<int> link_indexes = {};
  };

  explicit Remains(const netns::Namespace& router) : links_(router), flows_(router) {}

  // True: nothing was waiting, so a call of bury() is due.
  bool add(const Dead& dead);
  // Buries all that was added up to now. One thread at a time.
  void bury();

 private:
  netns::RouteSocket links_;
  netns::Conntrack flows_;
  std::mutex mutex_;
  Dead waiting_;
};

}  // namespace enibox::vpc

#pragma once
#include <memory>
#include <string>

#include "netns/namespace.hpp"

namespace enibox::netns {

// The connection tracking table of one namespace. Usable from any thread, by one at a time.
class Conntrack {
 public:
  explicit Conntrack(const Namespace& where);
  Conntrack(Conntrack&&) noexcept;
  Conntrack& operator=(Conntrack&&) noexcept;
  ~Conntrack();

  // Forgets every flow that has the IPv4 address as an end, in either direction's tuple. Returns
  // how many. Its next packets are judged as new ones.
  int forget(const std::string& address);
  // How many flows there are.
  int count();

 private:
  struct Channel;
  std::unique_ptr<Channel> channel_;
};

}  // namespace enibox::netns

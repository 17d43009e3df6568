#pragma once
#include <memory>
#include <string>
#include <vector>

#include "netns/namespace.hpp"

namespace enibox::netns {

// The connection tracking table of one namespace. Usable from any thread, by one at a time.
class Conntrack {
 public:
  explicit Conntrack(const Namespace& where);
  Conntrack(Conntrack&&) noexcept;
  Conntrack& operator=(Conntrack&&) noexcept;
  ~Conntrack();

  // Forgets every flow that has one of the IPv4 addresses as an end, in either direction's tuple.
  // Returns how many. Their next packets are judged as new ones. Takes about 10 ms, however few
  // they are: the kernel walks its one table for all namespaces.
  int forget(const std::vector<std::string>& addresses);
  // How many flows there are.
  int count();

 private:
  struct Channel;
  std::unique_ptr<Channel> channel_;
};

}  // namespace enibox::netns

#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "netns/namespace.hpp"

namespace enibox::netns {

// One element of a packet filter's set with the packets it counted. The key is as the kernel keeps
// it: each field of a concatenation begins on four bytes, in the byte order of its kind (addresses
// and ports are the network's, marks and device indexes the host's).
struct CountedElement {
  std::array<std::uint8_t, 20> key{};  // five fields
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // of the IP layer
};

// Reads the sets of one namespace's packet filter, without libnftables, so that a thread of its own
// can read while another changes rules. Usable from any thread, by one at a time. Keeps its
// namespace alive.
class SetReader {
 public:
  explicit SetReader(const Namespace& where);
  SetReader(SetReader&&) noexcept;
  SetReader& operator=(SetReader&&) noexcept;
  ~SetReader();

  // Every element of a set of the IPv4 table; none when there is no such set.
  std::vector<CountedElement> read(const std::string& table, const std::string& set);

 private:
  struct Channel;
  std::unique_ptr<Channel> channel_;
};

}  // namespace enibox::netns

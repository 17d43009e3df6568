#pragma once
#include <functional>
#include <string>

#include "emulator/vpc/eni_device.hpp"
#include "netns/namespace.hpp"
#include "netns/nftables.hpp"
#include "netns/route_socket.hpp"

namespace enibox::vpc {

// Joins a box's internet to the host's network: a device between the two, translation to an
// address of that device in the internet and to the host's own on the host, so that no address of
// the box is seen outside. What comes from the box is forwarded and reaches nothing of the host
// itself, and no private network behind it (RFC 1918, 6598, 3927). Lives in the porter, which alone
// is on the host's network; needs CAP_NET_ADMIN there. Taken away when it is destroyed. Throws
// std::system_error and leaves nothing.
class Uplink {
 public:
  struct Options {
    netns::Namespace host;
    const netns::Namespace& internet;
    std::string name;  // of the device and the filter table on the host: "enibox-1234"
    // Whose it is, kept with the table, for sweep_uplinks().
    std::string owner;
    StepName before_step = [](const std::string&) {};
  };
  explicit Uplink(Options options);
  ~Uplink();
  Uplink(const Uplink&) = delete;
  Uplink& operator=(const Uplink&) = delete;

 private:
  void connect(const Options& options);
  void lead_out(const Options& options);
  void take_away();
  bool forwarding_was_off();

  netns::Namespace host_;
  std::string name_;
  netns::RouteSocket host_links_;
  netns::Nftables host_filters_;
  bool forwarding_was_off_ = false;
};

// Takes away what uplinks have left on the host whose owner was killed: the device, the filter
// table, and forwarding, if that was off before and no other uplink needs it. A host that cannot be
// looked into has none. Throws nothing.
void sweep_uplinks(const netns::Namespace& host,
                   const std::function<bool(const std::string& owner)>& is_dead);

}  // namespace enibox::vpc

#pragma once
#include <functional>
#include <string>

#include "emulator/vpc/network.hpp"
#include "netns/link.hpp"
#include "netns/namespace.hpp"
#include "netns/route_socket.hpp"

// The ENI's own side: its device in the namespace of a task or an instance.
namespace enibox::vpc {

// Of an ENI's router end: "eni-" and the last eleven digits; a device name has at most fifteen
// characters. The whole id is the device's alternative name.
std::string router_end_name(const std::string& eni_id);

struct EniTarget {
  netns::Namespace where;
  netns::RouteSocket links;
};

// Enters the ENI's namespace once: opens the socket and says what its devices are born with (IPv6
// is off where the ENI has no IPv6 address, so that no link-local address appears).
EniTarget open_eni_target(const EniSpec& eni);

// The index that the device has on a real instance, where it is free: an instance's eth0 is 2, the
// first task's ENI is 4. Zero leaves it to the kernel.
int choose_device_index(const EniSpec& eni, netns::RouteSocket& target);

using StepName = std::function<void(const std::string&)>;
// Address, default route, loopback; for an instance also its route to the metadata address.
void configure_eni_device(const EniSpec& eni, EniTarget& target, const StepName& step);

// Whether the device behind `router_end` is the one that `eni` describes, where it describes it.
// Its addresses and routes are not asked for: configuring it again completes them.
bool eni_device_matches(const EniSpec& eni, const netns::Link& router_end);

// Renews the lifetime of an instance's address. Its namespace may be gone.
void renew_lease(const EniSpec& eni);

}  // namespace enibox::vpc

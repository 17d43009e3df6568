#pragma once
#include <cstdint>

#include "emulator/vpc/commands.hpp"

// The fixed part of a router's filters: tables, maps, base chains. docs/data-path.md tells the way
// of a packet through them.
namespace enibox::vpc {

// A packet's mark while it is in the router: who sent it, and what the gates note on the way.
//   bits 0-11   number of the sender's subnet, which chooses its route table; 0: a gateway's
//   bits 12-29  number of the sender's ENI
//   bit 30, 31  the other direction of the judged ENI is open for UDP, TCP
inline constexpr std::uint32_t kSubnetBits = 12;
inline constexpr std::uint32_t kSubnetMask = (1U << kSubnetBits) - 1;
inline constexpr std::uint32_t kOpenUdp = 0x40000000;
inline constexpr std::uint32_t kOpenTcp = 0x80000000;

// A flow's mark: which gates admitted it without tracking it (EC2: an all-addresses rule, the other
// direction open). Their packets are judged one by one.
inline constexpr std::uint32_t kUntrackedAtSender = 0x1;
inline constexpr std::uint32_t kUntrackedAtReceiver = 0x2;

// Chains that an all-addresses rule ends in: they note that the flow need not be tracked.
inline constexpr const char* kOpenIn = "open-in";
inline constexpr const char* kOpenOut = "open-out";

// Where packets end that the sender's or the receiver's side refused, groups and network ACL alike:
// the place to count them. The sender is in the mark, the receiver is `rt ip nexthop`. At its end
// waits the base chain's policy, drop.
inline constexpr const char* kRefusedOut = "refused-out";
inline constexpr const char* kRefusedIn = "refused-in";

// What an ENI may send to the router's own services, per second and at once.
inline constexpr int kServicePacketsPerSecond = 1024;

// The tables, maps and gates, closed; replaces what was there.
Commands render_gates(int service_packets_per_second = kServicePacketsPerSecond);

}  // namespace enibox::vpc

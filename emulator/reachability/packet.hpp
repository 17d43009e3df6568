#pragma once
#include <string>
#include <vector>

#include "emulator/vpc/cidr.hpp"

// A packet as rules, ACLs and routes see it. Values; any thread.
namespace enibox::reachability {

struct PortRange {
  int from = 0, to = 65535;
  bool operator==(const PortRange&) const = default;
};
// Ascending, apart from each other; empty: no port.
using Ports = std::vector<PortRange>;

inline const Ports kEveryPort = {{0, 65535}};
// What Linux picks the port of a client from, and what a NAT gateway maps it to.
inline const Ports kEphemeralPorts = {{32768, 60999}};
inline const Ports kNatPorts = {{1024, 65535}};

Ports common(const Ports& ports, PortRange range);
Ports without(const Ports& ports, PortRange range);
Ports joined(const Ports& one, const Ports& other);
std::string text_of(const Ports& ports);  // "80", "1024-65535", "22,80-81"

inline constexpr int kIcmp = 1, kTcp = 6, kUdp = 17;
inline constexpr int kEchoRequest = 8, kEchoReply = 0;

struct Packet {
  vpc::IpAddress source, destination;
  int protocol = kTcp;
  Ports source_ports = kEphemeralPorts;  // one of them: it is not known which
  Ports destination_ports = kEveryPort;
  int icmp_type = kEchoRequest, icmp_code = 0;

  bool has_ports() const { return protocol == kTcp || protocol == kUdp; }
  // What answers it.
  Packet reply() const;
  bool operator==(const Packet&) const = default;
};

// "10.0.0.5 -> 10.0.1.7:80"
std::string text_of(const Packet& packet);
// "tcp", "udp", "icmp", or the number.
std::string protocol_name(int protocol);

}  // namespace enibox::reachability

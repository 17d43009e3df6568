#pragma once
#include <optional>
#include <string>

// Protocols, ports, ICMP types as EC2's rules name them, in nft's language. Pure. Throw
// std::system_error (Invalid argument) for what is none.
namespace enibox::vpc {

// IANA's number of "tcp", "6", ...; none for "-1", all protocols.
std::optional<int> protocol_number(const std::string& protocol);

// All of -1, and of 0 to 65535.
bool all_ports(int from_port, int to_port);

// Which packets, by protocol and ports or ICMP type and code; empty: all.
std::string service_match(const std::string& protocol, int from_port, int to_port);

}  // namespace enibox::vpc

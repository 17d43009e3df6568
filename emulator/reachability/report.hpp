#pragma once
#include "api/json.hpp"
#include "emulator/reachability/way.hpp"

namespace enibox::reachability {

// An answer for programs and for `enibox why`:
//   {"Reachable", "Protocol", "Packet", "SourcePorts",
//    "Forward": [{"Kind","ComponentId","VpcId","SubnetId","Direction","Code",...}], "Back": [...]}
// Kind is "network-interface", "security-group", "network-acl", "route-table", "internet-gateway",
// "nat-gateway", "vpc-peering-connection", "internet" or "resolver"; Code is empty where the packet
// passes. A step has what decided: "Rule", "Entry" or "Route"; and "Before" and "After" where
// addresses are translated. Pure.
Json report(const Answer& answer);

}  // namespace enibox::reachability

#pragma once
#include <optional>
#include <string>

#include "emulator/ec2/state.hpp"
#include "emulator/reachability/way.hpp"

// Whether a packet gets from one place to another and its answer back, by the rows that the API
// holds: groups, network ACLs, route tables, gateways, peerings, checks. It judges a new flow, and
// assumes that appliances forward what they take. Loop thread only; reads, changes nothing.
namespace enibox::reachability {

// Where a flow begins.
struct Source {
  std::optional<std::string> eni_id;  // none: the internet
  vpc::IpAddress address;             // of the packets: a private one of the interface
};

// Its destination is the address that is in the packets: a private one, or a public one.
struct Flow {
  Source source;
  vpc::IpAddress destination;
  int protocol = kTcp;
  Ports source_ports = kEphemeralPorts;
  Ports destination_ports = kEveryPort;
};

Answer evaluate(ec2::Ec2State& ec2, const Flow& flow);

}  // namespace enibox::reachability

#pragma once
#include "emulator/vpc/eni_device.hpp"
#include "emulator/vpc/network.hpp"
#include "emulator/vpc/router.hpp"

// The two routers of a VPC peering connection, joined by one device: each is a portal of the other.
// Which packets use it is said by the route tables of both sides; what has come through it is
// routed to interfaces of the VPC only, never on (AWS: no edge to edge routing).
namespace enibox::vpc {

// Nothing is left when it throws.
void connect_peering(const PeeringSpec& spec, Router& requester, Router& accepter,
                     const StepName& step);
void disconnect_peering(const PeeringSpec& spec, Router& requester, Router& accepter);

}  // namespace enibox::vpc

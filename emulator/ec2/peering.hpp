#pragma once
#include <string>

#include "emulator/ec2/state.hpp"

// The life of a VPC peering connection: initiating-request, pending-acceptance, active; or failed,
// rejected, expired, deleted. Run in the caller's transaction. Errors: AwsError. Loop thread only.
namespace enibox::ec2 {

// The row as seen from a region: what has waited too long has expired. Throws
// InvalidVpcPeeringConnectionId.Malformed, InvalidVpcPeeringConnectionID.NotFound.
PeeringRow require_peering(Ec2State& ec2, const std::string& region, const std::string& id);
// Moves it on. Throws InvalidStateTransition.
PeeringRow move_peering(Ec2State& ec2, PeeringRow row, const std::string& status,
                        const std::string& message);
// A request that nobody has answered in a week has expired; what ended hours ago is forgotten.
void age_peerings(Ec2State& ec2, const std::string& region);

// The connection between two VPCs: the active one, or else the last there was.
std::optional<PeeringRow> peering_between(Ec2State& ec2, const std::string& one,
                                          const std::string& other);
// Whether an active connection joins the two VPCs.
bool are_peered(Ec2State& ec2, const std::string& one, const std::string& other);
// The VPC goes: its connections are deleted.
void end_peerings_of(Ec2State& ec2, const std::string& vpc_id);

}  // namespace enibox::ec2

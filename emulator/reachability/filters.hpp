#pragma once
#include <optional>
#include <string>
#include <vector>

#include "emulator/ec2/state.hpp"
#include "emulator/reachability/packet.hpp"

// What the rules of security groups and network ACLs say of a packet, read from their rows; the
// kernel's filters are not asked. Loop thread only.
namespace enibox::reachability {

// Which ports of the packet pass (all of it or none, where it has no ports), and the row that
// decides: of several the first.
struct GroupVerdict {
  std::vector<std::string> group_ids;  // of the interface
  std::optional<ec2::GroupRuleRow> rule;
  Ports ports;  // destination ports
  bool passes() const { return rule.has_value(); }
};
// The union of the interface's groups.
GroupVerdict judge_groups(ec2::Ec2State& ec2, const ec2::EniRow& eni, bool egress,
                          const Packet& packet);

struct AclVerdict {
  std::string acl_id;
  ec2::AclEntryRow entry;  // what lets it pass, or else what refuses it
  Ports ports;             // destination ports
  bool passes = false;
};
// The lowest number that matches decides. An ACL that ends without a match refuses by 32767.
AclVerdict judge_acl(ec2::Ec2State& ec2, const ec2::SubnetRow& subnet, bool egress,
                     const Packet& packet);

// The interface that has a private address in a VPC.
std::optional<ec2::EniRow> owner_of(ec2::Ec2State& ec2, const std::string& vpc_id,
                                    const vpc::IpAddress& address);

}  // namespace enibox::reachability

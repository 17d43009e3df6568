#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "emulator/ec2/group_rows.hpp"
#include "emulator/ec2/network_acl_rows.hpp"
#include "emulator/ec2/routing_rows.hpp"
#include "emulator/reachability/packet.hpp"

// What an evaluation finds out. Values.
namespace enibox::reachability {

enum class Kind {
  kInterface,
  kGroups,  // the security groups of an interface
  kAcl,
  kRouteTable,
  kInternetGateway,
  kNatGateway,
  kPeering,
  kInternet,  // beyond an internet gateway: judged by nobody here
  kService,   // the VPC's resolver, which no group and no ACL judges
};

// A component on the way, with the row that decided there.
struct Step {
  Kind kind = Kind::kInterface;
  // Why it goes no further: one of Reachability Analyzer's explanation codes; empty: it passes.
  // docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html
  std::string code{};
  std::string component_id{};  // of kGroups the group with the rule; empty where there is none
  std::string vpc_id{}, subnet_id{};
  std::string eni_id{};       // the interface it is, or whose groups they are
  std::string instance_id{};  // what the interface is attached to; empty: to no instance
  bool egress = false;        // groups, ACLs and checks: which direction
  std::vector<std::string> group_ids{};
  std::optional<ec2::GroupRuleRow>
      group_rule{};  // none on the way back: it belongs to a known flow
  std::optional<ec2::AclEntryRow> acl_entry{};
  std::optional<ec2::RouteRow> route{};
  bool route_active = true;
  Packet before{}, after{};  // differ where addresses are translated
};

// One direction. Filters that refuse do not end it, so that all of them are named; what has no way
// on does.
struct Way {
  std::vector<Step> steps;
  bool open() const {
    return std::none_of(steps.begin(), steps.end(),
                        [](const Step& step) { return !step.code.empty(); });
  }
};

struct Answer {
  Way forward;
  Way back;              // walked when the way forward is open
  Packet sent, arrived;  // as the source sends it, as the destination sees it
  Ports source_ports;    // those whose answers come back, of the ones asked for

  bool reachable() const { return forward.open() && back.open(); }
};

}  // namespace enibox::reachability

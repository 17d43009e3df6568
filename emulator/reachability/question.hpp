#pragma once
#include <optional>
#include <string>

#include "emulator/reachability/evaluation.hpp"

// A question as a person puts it, with names in place of addresses. Loop thread only.
namespace enibox::reachability {

struct Question {
  // An interface's id, an instance's, a private or public address; of the source also any address
  // of the internet.
  std::string source, destination;
  std::string vpc_id;  // of a private source address that several VPCs have; may be empty
  int protocol = kTcp;
  std::optional<int> port{};  // of the destination; none: ICMP, or any
  Ports source_ports = kEphemeralPorts;
};

// Throws AwsError: the resource's "not found", InvalidParameterValue for what names nothing or
// several things.
Flow flow_of(ec2::Ec2State& ec2, const Question& question);

}  // namespace enibox::reachability

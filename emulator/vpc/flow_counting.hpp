#pragma once
#include <string>

#include "emulator/outcome.hpp"
#include "emulator/vpc/flow_reading.hpp"

namespace enibox::vpc {

// The part of the network that flow logs use; as Network, calls are carried out in order with its.
class FlowCounting {
 public:
  virtual ~FlowCounting() = default;
  // Counts the VPC's flows from now on, or no longer. Idempotent.
  virtual void count_flows(std::string vpc_id, bool on, Done<Nothing> done) = 0;
  // Ends a stretch of counting, of which the next begins. An error while no flows are counted.
  virtual void end_flow_stretch(std::string vpc_id, Done<FlowStretch> done) = 0;
};

}  // namespace enibox::vpc

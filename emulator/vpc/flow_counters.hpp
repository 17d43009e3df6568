#pragma once
#include <string>

#include "emulator/vpc/flow_reading.hpp"
#include "netns/set_reader.hpp"

// Counting flows inside a router, for flow logs: dynamic sets with counters, so that no packet is
// copied to user space. There are two of each set, of which one counts while the other is read:
// changing over is one transaction, and no packet is counted twice or not at all. A packet that
// passed is counted once, at its receiver; docs/flow-logs.md says how the records follow from that.
namespace enibox::vpc {

// In nft's language, inside the table of the filters.
struct FlowCounterText {
  std::string declarations;  // the sets and chains of both halves, and the chain that passed
                             // packets go through
  std::size_t netlink_bytes = 0;
};
FlowCounterText render_flow_counters();

// Commands that empty one half's sets and let it count from then on.
std::string count_flows_in(int half);
// Takes everything out of the table again.
std::string remove_flow_counters();

// What a half has counted. Throws std::system_error.
FlowReading read_flow_counters(netns::SetReader& reader, int half);

}  // namespace enibox::vpc

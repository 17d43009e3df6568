#pragma once
#include <compare>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

// What a router counted of its flows between two moments: values, for who writes flow logs.
namespace enibox::vpc {

// One direction of a flow. Addresses and ports in the host's byte order; no ports but TCP's and
// UDP's.
struct FlowTuple {
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;
  auto operator<=>(const FlowTuple&) const = default;
};

struct FlowCount {
  FlowTuple tuple;
  int eni = 0;  // the number of its ENI in the router
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // of the IP layer
};

// TCP's flags as flow logs have them: FIN 1, SYN 2, RST 4, SYN with ACK 18.
using FlowFlags = std::pair<FlowTuple, std::uint8_t>;

struct FlowReading {
  // Packets that met both gates and passed, by receiver. Who sent them follows from the source
  // address, which cannot be forged, except for ...
  std::vector<FlowCount> passed;
  // ... those that an ENI without source/destination check sent, by sender; they are among
  // `passed` or `refused_in`, too.
  std::vector<FlowCount> sent;
  std::vector<FlowCount> refused_in;   // by the receiver's side, by receiver
  std::vector<FlowCount> refused_out;  // by the sender's side, by sender
  std::vector<FlowFlags> passed_flags, refused_in_flags, refused_out_flags;
  std::set<int> lost;  // ENIs with packets that found no room in the kernel's sets
};

// An ENI that was there at some time since the reading before.
struct CountedEni {
  std::string eni_id;
  std::string address;                                // the primary private one
  std::vector<std::string> secondary_addresses = {};  // the other private ones
  int number = 0;
  bool source_dest_check = true;
  bool gone = false;
};

// A stretch of counting that has ended.
struct FlowStretch {
  // What was counted. May be called once, from any thread, before the VPC's next stretch is asked
  // for. Throws std::system_error.
  std::function<FlowReading()> read;
  std::vector<CountedEni> enis;
  std::int64_t ended_ms = 0;  // Unix time
};

}  // namespace enibox::vpc

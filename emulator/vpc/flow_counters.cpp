#include "emulator/vpc/flow_counters.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "emulator/vpc/commands.hpp"
#include "emulator/vpc/gates.hpp"
#include "emulator/vpc/group_rules.hpp"
#include "emulator/vpc/ruleset.hpp"

namespace enibox::vpc {
namespace {

constexpr const char* kPassedChain = "flow-log";  // of the forward hook, after every gate

// Elements are bounded: what finds no room is noted as lost. A set's table is allocated for its
// size at once (about 11 bytes an element).
constexpr int kTcpFlows = 16'384;
constexpr int kUdpFlows = 8'192;
constexpr int kOtherFlows = 2'048;
constexpr int kFlagged = 32'768;
constexpr int kLostPairs = 1'024;

enum class Layout { kPorts, kNoPorts, kFlags };

struct CountedSet {
  const char* point;
  const char* kind;
  Layout layout;
  int size;
  std::uint8_t protocol;  // 0: in the key
};

constexpr CountedSet kSets[] = {
    {"passed", "tcp", Layout::kPorts, kTcpFlows, IPPROTO_TCP},
    {"passed", "udp", Layout::kPorts, kUdpFlows, IPPROTO_UDP},
    {"passed", "other", Layout::kNoPorts, kOtherFlows, 0},
    {"passed", "flags", Layout::kFlags, kFlagged, IPPROTO_TCP},
    {"sent", "tcp", Layout::kPorts, kTcpFlows, IPPROTO_TCP},
    {"sent", "udp", Layout::kPorts, kUdpFlows, IPPROTO_UDP},
    {"sent", "other", Layout::kNoPorts, kOtherFlows, 0},
    {"refused-in", "tcp", Layout::kPorts, kTcpFlows, IPPROTO_TCP},
    {"refused-in", "udp", Layout::kPorts, kUdpFlows, IPPROTO_UDP},
    {"refused-in", "other", Layout::kNoPorts, kOtherFlows, 0},
    {"refused-in", "flags", Layout::kFlags, kFlagged, IPPROTO_TCP},
    {"refused-out", "tcp", Layout::kPorts, kTcpFlows, IPPROTO_TCP},
    {"refused-out", "udp", Layout::kPorts, kUdpFlows, IPPROTO_UDP},
    {"refused-out", "other", Layout::kNoPorts, kOtherFlows, 0},
    {"refused-out", "flags", Layout::kFlags, kFlagged, IPPROTO_TCP},
};

std::string name_of(const std::string& point, const std::string& kind, int half) {
  return "flow-" + point + (kind.empty() ? "" : "-" + kind) + "-" + std::to_string(half);
}

std::string key_type(Layout layout) {
  switch (layout) {
    case Layout::kPorts:
      return "iface_index . ipv4_addr . ipv4_addr . inet_service . inet_service";
    case Layout::kNoPorts:
      return "iface_index . ipv4_addr . ipv4_addr . inet_proto";
    case Layout::kFlags:  // a mark for the flags: nft 1.0.6 aborts when it lists keys of tcp_flag
      return "ipv4_addr . ipv4_addr . inet_service . inet_service . mark";
  }
  return {};
}

std::string declare(const std::string& name, const std::string& type, int size) {
  return "  set " + name + " { type " + type + "; size " + std::to_string(size) +
         "; flags dynamic; }\n";
}

struct Point {
  const char* name;
  const char* device;   // whose ENI the packet is counted for
  const char* verdict;  // in the end
  bool with_flags;
};
constexpr Point kPoints[] = {{"sent", "iif", "return", false},
                             {"passed", "oif", "accept", true},
                             {"refused-in", "oif", "drop", true},
                             {"refused-out", "iif", "drop", true}};

std::string rule(const std::string& text) { return "    " + text + "\n"; }

// A statement that finds no room ends its rule, and the next one notes the loss.
std::string count(const Point& point, const std::string& set, const std::string& rest, int half) {
  return rule("update @" + set + " { " + point.device + " . ip saddr . ip daddr . " + rest +
              " counter } " + point.verdict) +
         rule("update @" + name_of("lost", "", half) + " { iif . oif } " + point.verdict);
}

std::string note_flags(const std::string& set) {
  const auto note = [&](const char* match, const char* flags) {
    return rule("tcp flags & " + std::string(match) + " update @" + set +
                " { ip saddr . ip daddr . th sport . th dport . " + flags + " }");
  };
  return note("(syn | ack) == syn", "0x2") + note("(syn | ack) == (syn | ack)", "0x12") +
         note("fin == fin", "0x1") + note("rst == rst", "0x4");
}

std::string chains_of(const Point& point, int half) {
  const std::string ports = "th sport . th dport";
  const auto set = [&](const char* kind) { return name_of(point.name, kind, half); };
  std::string text = "  chain " + set("tcp-packets") + " {\n";
  if (point.with_flags) {
    text += rule("tcp flags & (fin | syn | rst) != 0 jump " + set("tcp-flags"));
    text = "  chain " + set("tcp-flags") + " {\n" + note_flags(set("flags")) + "  }\n" + text;
  }
  text += count(point, set("tcp"), ports, half) + "  }\n";
  text +=
      "  chain " + set("udp-packets") + " {\n" + count(point, set("udp"), ports, half) + "  }\n";
  text += "  chain " + set("") + " {\n";
  // Who is not checked may send with any address: counted by device, beside.
  if (std::string(point.name) == "passed" || std::string(point.name) == "refused-in")
    text += rule("iif . ether saddr @unchecked-senders jump " + name_of("sent", "", half));
  text += rule("meta l4proto tcp goto " + set("tcp-packets"));
  text += rule("meta l4proto udp goto " + set("udp-packets"));
  return text + count(point, set("other"), "meta l4proto", half) + "  }\n";
}

std::string half_of(int half) {
  std::string text;
  for (const auto& set : kSets)
    text += declare(name_of(set.point, set.kind, half), key_type(set.layout), set.size);
  text += declare(name_of("lost", "", half), "iface_index . iface_index", kLostPairs);
  for (const auto& point : kPoints) text += chains_of(point, half);
  return text;
}

std::vector<std::string> chain_names(int half) {
  std::vector<std::string> names;
  for (const auto& point : kPoints)
    for (const char* kind : {"", "tcp-packets", "udp-packets", "tcp-flags"})
      if (point.with_flags || std::string(kind) != "tcp-flags")
        names.push_back(name_of(point.name, kind, half));
  return names;
}

// A field of a key: a number of the host's, or of the network's byte order.
std::uint32_t host_word(const netns::CountedElement& element, int field) {
  std::uint32_t word = 0;
  std::memcpy(&word, element.key.data() + 4 * field, sizeof word);
  return word;
}
std::uint32_t address_field(const netns::CountedElement& element, int field) {
  return ntohl(host_word(element, field));
}
std::uint16_t port_field(const netns::CountedElement& element, int field) {
  std::uint16_t port = 0;
  std::memcpy(&port, element.key.data() + 4 * field, sizeof port);
  return ntohs(port);
}

FlowCount count_of(const netns::CountedElement& element, const CountedSet& set) {
  FlowCount count{.tuple = {.source = address_field(element, 1),
                            .destination = address_field(element, 2),
                            .protocol = set.protocol},
                  .eni = static_cast<int>(host_word(element, 0)),
                  .packets = element.packets,
                  .bytes = element.bytes};
  if (set.layout == Layout::kPorts) {
    count.tuple.source_port = port_field(element, 3);
    count.tuple.destination_port = port_field(element, 4);
  } else {
    count.tuple.protocol = element.key[12];
  }
  return count;
}

FlowFlags flags_of(const netns::CountedElement& element) {
  return {{.source = address_field(element, 0),
           .destination = address_field(element, 1),
           .source_port = port_field(element, 2),
           .destination_port = port_field(element, 3),
           .protocol = IPPROTO_TCP},
          static_cast<std::uint8_t>(host_word(element, 4))};
}

// The chains that are always there, and which half's chains they lead to.
constexpr std::pair<const char*, const char*> kEntries[] = {
    {kPassedChain, "passed"}, {kRefusedIn, "refused-in"}, {kRefusedOut, "refused-out"}};

}  // namespace

FlowCounterText render_flow_counters() {
  std::string text = "table " + std::string(kTable) + " {\n" + half_of(0) + half_of(1) +
                     "  chain " + kPassedChain +
                     " {\n    type filter hook forward priority 200; policy accept;\n  }\n}";
  constexpr std::size_t kLineBytes = 400;  // of netlink messages, measured, rounded up
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  return {std::move(text), lines * kLineBytes};
}

std::string count_flows_in(int half) {
  std::string text;
  for (const auto& set : kSets)
    text += "flush set " + in_table(name_of(set.point, set.kind, half)) + "\n";
  text += "flush set " + in_table(name_of("lost", "", half));
  for (const auto& [chain, point] : kEntries)
    text += "\nflush chain " + in_table(chain) + "\nadd rule " + in_table(chain) + " goto " +
            name_of(point, "", half);
  return text;
}

std::string remove_flow_counters() {
  std::string text;
  const auto command = [&](const char* verb, const std::string& name) {
    text += (text.empty() ? "" : "\n") + std::string(verb) + " " + in_table(name);
  };
  for (const auto& [chain, point] : kEntries) command("flush chain", chain);
  command("delete chain", kPassedChain);
  for (const int half : {0, 1}) {
    for (const auto& chain : chain_names(half)) command("flush chain", chain);
    for (const auto& chain : chain_names(half)) command("delete chain", chain);
    for (const auto& set : kSets) command("delete set", name_of(set.point, set.kind, half));
    command("delete set", name_of("lost", "", half));
  }
  return text;
}

FlowReading read_flow_counters(netns::SetReader& reader, int half) {
  FlowReading reading;
  const std::string table = "vpc";
  for (const auto& set : kSets) {
    const std::string point = set.point;
    const auto elements = reader.read(table, name_of(point, set.kind, half));
    if (set.layout == Layout::kFlags) {
      auto& all = point == "passed"       ? reading.passed_flags
                  : point == "refused-in" ? reading.refused_in_flags
                                          : reading.refused_out_flags;
      for (const auto& element : elements) all.push_back(flags_of(element));
      continue;
    }
    auto& all = point == "passed"       ? reading.passed
                : point == "sent"       ? reading.sent
                : point == "refused-in" ? reading.refused_in
                                        : reading.refused_out;
    for (const auto& element : elements) all.push_back(count_of(element, set));
  }
  for (const auto& pair : reader.read(table, name_of("lost", "", half)))
    for (const int field : {0, 1}) reading.lost.insert(static_cast<int>(host_word(pair, field)));
  return reading;
}

}  // namespace enibox::vpc

#include "emulator/reachability/packet.hpp"

#include <algorithm>
#include <utility>

namespace enibox::reachability {

Ports common(const Ports& ports, PortRange range) {
  Ports result;
  for (const auto& each : ports) {
    const PortRange both{std::max(each.from, range.from), std::min(each.to, range.to)};
    if (both.from <= both.to) result.push_back(both);
  }
  return result;
}

Ports without(const Ports& ports, PortRange range) {
  Ports result;
  for (const auto& each : ports) {
    if (each.to < range.from || each.from > range.to) {
      result.push_back(each);
      continue;
    }
    if (each.from < range.from) result.push_back({each.from, range.from - 1});
    if (each.to > range.to) result.push_back({range.to + 1, each.to});
  }
  return result;
}

Ports joined(const Ports& one, const Ports& other) {
  Ports all = one;
  all.insert(all.end(), other.begin(), other.end());
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::pair(a.from, a.to) < std::pair(b.from, b.to);
  });
  Ports result;
  for (const auto& each : all) {
    if (!result.empty() && each.from <= result.back().to + 1)
      result.back().to = std::max(result.back().to, each.to);
    else
      result.push_back(each);
  }
  return result;
}

std::string text_of(const Ports& ports) {
  std::string text;
  for (const auto& each : ports) {
    if (!text.empty()) text += ",";
    text += std::to_string(each.from);
    if (each.to != each.from) text += "-" + std::to_string(each.to);
  }
  return text;
}

Packet Packet::reply() const {
  Packet answer = *this;
  std::swap(answer.source, answer.destination);
  std::swap(answer.source_ports, answer.destination_ports);
  if (protocol == kIcmp) answer.icmp_type = kEchoReply;
  return answer;
}

std::string text_of(const Packet& packet) {
  std::string text = packet.source.text() + " -> " + packet.destination.text();
  if (packet.has_ports()) text += ":" + text_of(packet.destination_ports);
  return text;
}

std::string protocol_name(int protocol) {
  switch (protocol) {
    case kIcmp:
      return "icmp";
    case kTcp:
      return "tcp";
    case kUdp:
      return "udp";
    default:
      return std::to_string(protocol);
  }
}

}  // namespace enibox::reachability

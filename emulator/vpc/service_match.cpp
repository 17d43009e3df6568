#include "emulator/vpc/service_match.hpp"

#include <charconv>
#include <system_error>

namespace enibox::vpc {
namespace {

[[noreturn]] void invalid(const std::string& what) {
  throw std::system_error(EINVAL, std::generic_category(), "rule: " + what);
}

std::string port_match(const std::string& protocol, int from, int to) {
  if (all_ports(from, to)) return "meta l4proto " + protocol;
  if (from < 0 || to > 65535 || from > to)
    invalid("ports " + std::to_string(from) + " to " + std::to_string(to));
  const std::string match = protocol + " dport " + std::to_string(from);
  return from == to ? match : match + "-" + std::to_string(to);
}

std::string icmp_match(int type, int code) {
  if (type == -1) return "meta l4proto icmp";
  if (type < 0 || type > 255 || code < -1 || code > 255)
    invalid("ICMP type " + std::to_string(type) + " code " + std::to_string(code));
  const std::string match = "icmp type " + std::to_string(type);
  return code == -1 ? match : match + " icmp code " + std::to_string(code);
}

}  // namespace

std::optional<int> protocol_number(const std::string& protocol) {
  if (protocol == "-1") return std::nullopt;
  if (protocol == "tcp") return 6;
  if (protocol == "udp") return 17;
  if (protocol == "icmp") return 1;
  if (protocol == "icmpv6") return 58;
  int number = -1;
  const auto [end, error] =
      std::from_chars(protocol.data(), protocol.data() + protocol.size(), number);
  if (error != std::errc() || end != protocol.data() + protocol.size() || number < 0 ||
      number > 255)
    invalid("protocol '" + protocol + "'");
  return number;
}

bool all_ports(int from_port, int to_port) {
  return from_port == -1 || (from_port == 0 && to_port == 65535);
}

std::string service_match(const std::string& protocol, int from_port, int to_port) {
  const auto number = protocol_number(protocol);
  if (!number) return {};
  switch (*number) {
    case 1:
      return icmp_match(from_port, to_port);
    case 6:
      return port_match("tcp", from_port, to_port);
    case 17:
      return port_match("udp", from_port, to_port);
    default:
      return "meta l4proto " + std::to_string(*number);
  }
}

}  // namespace enibox::vpc

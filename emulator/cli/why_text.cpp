#include "emulator/cli/why_text.hpp"

#include <algorithm>
#include <array>

#include "emulator/cli/running_daemon.hpp"

namespace enibox::cli {
namespace {

const Command kWhy{
    "why",
    "SOURCE DESTINATION[:PORT] [OPTION]...",
    "Tells whether a new flow gets from SOURCE to DESTINATION and its answers back, and which "
    "group, network ACL or route lets it pass or stops it.",
    {{"--protocol", "NAME", "tcp (default), udp or icmp, which has no port and is an echo request"},
     {"--vpc", "ID", "of a private address that several VPCs have"},
     {"--json", "", "the daemon's answer as it is"},
     kDaemonOption},
    2,
    "SOURCE and DESTINATION are an interface's id, an instance's, a task's id or ARN, or an IPv4 "
    "address, private or\npublic. An address that nobody here has is one of the internet.\n\nThe "
    "rows of the API are asked, no packet is sent; that something listens at the destination, and "
    "that appliances\nforward, is taken for granted.\n\nThe exit status is 0 when it is reachable, "
    "1 when it is not, 2 when the question cannot be answered."};

constexpr std::size_t kNameColumn = 24;

std::string port_text(int from, int to) {
  if (from == -1 || (from == 0 && to == 65535)) return {};
  return " " + std::to_string(from) + (to == from ? "" : "-" + std::to_string(to));
}

std::string icmp_text(int type, int code) {
  if (type == -1) return {};
  return " type " + std::to_string(type) + (code == -1 ? "" : " code " + std::to_string(code));
}

// "tcp 80", "icmp type 8", "all traffic"
std::string service_text(const Json& row) {
  const auto protocol = row.at("Protocol").get<std::string>();
  const int from = row.at("FromPort"), to = row.at("ToPort");
  if (protocol == "-1") return "all traffic";
  if (protocol == "icmp" || protocol == "1") return "icmp" + icmp_text(from, to);
  if (protocol == "tcp" || protocol == "6") return "tcp" + port_text(from, to);
  if (protocol == "udp" || protocol == "17") return "udp" + port_text(from, to);
  return "protocol " + protocol;
}

std::string listed(const Json& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name.get<std::string>();
  return text;
}

std::string packet_text(const Json& packet) {
  std::string text = packet.value("Source", "") + " -> " + packet.value("Destination", "");
  if (packet.contains("DestinationPorts"))
    text += ":" + packet.at("DestinationPorts").get<std::string>();
  return text;
}

std::string interface_text(const Json& step) {
  std::string owner = step.value("TaskId", "");
  if (!owner.empty()) owner = "task " + owner;
  if (owner.empty()) owner = step.value("InstanceId", "");
  return (owner.empty() ? "" : owner + " ") + "in " + step.value("SubnetId", "");
}

std::string group_text(const Json& step) {
  const bool out = step.value("Direction", "") == "egress";
  if (step.contains("Rule")) {
    const auto& rule = step.at("Rule");
    return rule.value("SecurityGroupRuleId", "") + " allows " + service_text(rule) +
           (out ? " to " : " from ") + rule.value("Peer", "");
  }
  if (step.value("Code", "").empty()) return "lets answers of a known flow pass";
  return std::string("no ") + (out ? "outbound" : "inbound") + " rule of " +
         listed(step.at("SecurityGroups")) + " allows " + packet_text(step.at("Packet"));
}

std::string acl_text(const Json& step) {
  const auto& entry = step.at("Entry");
  const bool out = step.value("Direction", "") == "egress";
  const int number = entry.at("RuleNumber");
  return std::string(out ? "out of " : "into ") + step.value("SubnetId", "") + ": rule " +
         (number == 32767 ? "*" : std::to_string(number)) +
         (entry.value("RuleAction", "") == "allow" ? " allows " : " denies ") +
         service_text(entry) + (out ? " to " : " from ") + entry.value("CidrBlock", "");
}

std::string table_text(const Json& step) {
  const auto destination = step.at("Packet").value("Destination", "");
  if (!step.contains("Route")) return "no route to " + destination;
  const auto& route = step.at("Route");
  std::string text = route.value("Destination", "") + " -> " + route.value("Target", "");
  if (route.value("State", "") == "blackhole") return text + ", which is not there: a blackhole";
  if (step.value("Code", "") == "NO_POSSIBLE_DESTINATION")
    text += ", where nobody has " + destination;
  return text;
}

// What a code says, where the step's own words do not.
std::string reason(const Json& step) {
  struct Reason {
    std::string_view code, text;
  };
  static constexpr std::array kReasons = {
      Reason{"BAD_STATE", "not running"},
      Reason{"BAD_STATE_ATTACHMENT", "attached to nothing"},
      Reason{"ENI_SOURCE_DEST_CHECK_RESTRICTION",
             "source/destination check: the address is not its own"},
      Reason{"IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS", "the destination is private"},
      Reason{"IGW_DESTINATION_ADDRESS_NOT_IN_RFC6598_EGRESS", "the destination is private"},
      Reason{"IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS", "no interface has that public address"},
      Reason{"IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", "the source has no public address"},
      Reason{"NGW_SOURCE_ADDRESS_REASSIGN", "it knows of no such flow"},
      Reason{"NO_POSSIBLE_DESTINATION", "nobody takes it there"},
      Reason{"PCX_REQUIRES_ADDRESS_IN_VPC_CIDR", "the address is not of the VPC at the other end"},
      Reason{"PROTOCOL_RESTRICTION", "it carries tcp, udp and icmp only"},
  };
  const auto code = step.value("Code", "");
  for (const auto& each : kReasons)
    if (each.code == code) return std::string(each.text);
  return {};
}

std::string plain_text(const Json& step) {
  const auto kind = step.value("Kind", "");
  if (kind == "internet") return packet_text(step.at("Packet"));
  if (kind == "resolver") return "the resolver of " + step.value("VpcId", "");
  if (kind == "vpc-peering-connection") return "to " + step.value("VpcId", "");
  return {};
}

std::string said_of(const Json& step) {
  const auto kind = step.value("Kind", "");
  if (kind == "security-group") return group_text(step);
  if (kind == "network-acl") return acl_text(step);
  if (kind == "route-table") return table_text(step);
  std::string text = kind == "network-interface" ? interface_text(step) : plain_text(step);
  if (step.contains("After")) {
    text = packet_text(step.at("Packet")) + " becomes " + packet_text(step.at("After"));
  }
  if (const auto why = reason(step); !why.empty()) text += (text.empty() ? "" : ": ") + why;
  return text;
}

std::string line_of(const Json& step) {
  const auto code = step.value("Code", "");
  auto name = step.value("ComponentId", "");
  if (name.empty()) name = step.value("Kind", "");
  name.resize(std::max(name.size(), kNameColumn), ' ');
  return std::string(code.empty() ? "  pass  " : "  STOP  ") + name + "  " + said_of(step) +
         (code.empty() ? "" : "  [" + code + "]") + "\n";
}

// Where the destination is one of the port's digits: "10.0.0.5:80".
std::pair<std::string, std::string> split_port(const std::string& word) {
  const auto colon = word.rfind(':');
  if (colon == std::string::npos) return {word, ""};
  const auto port = word.substr(colon + 1);
  if (port.empty() || port.find_first_not_of("0123456789") != std::string::npos) return {word, ""};
  return {word.substr(0, colon), port};
}

int port_number(const std::string& text) {
  const int port = text.size() > 5 ? 0 : std::stoi(text);
  if (port < 1 || port > 65535)
    throw UsageError("enibox why: a port is 1 to 65535, not '" + text + "'");
  return port;
}

}  // namespace

WhyRequest parse_why(std::span<const std::string> words) {
  WhyRequest request{.arguments = parse(kWhy, words), .question = nullptr};
  if (request.arguments.wants_help()) return request;
  const auto& operands = request.arguments.operands();
  if (operands.size() != 2)
    throw UsageError(
        "enibox why: from where to where? 'enibox why SOURCE DESTINATION:PORT'; see 'enibox why "
        "--help'");
  const auto protocol = request.arguments.value("--protocol").value_or("tcp");
  if (protocol != "tcp" && protocol != "udp" && protocol != "icmp")
    throw UsageError("enibox why: --protocol is tcp, udp or icmp, not '" + protocol + "'");
  const auto [destination, port] = split_port(operands[1]);
  request.question = {
      {"Source", operands[0]}, {"Destination", destination}, {"Protocol", protocol}};
  if (protocol == "icmp") {
    if (!port.empty()) throw UsageError("enibox why: icmp has no ports; leave ':" + port + "' out");
  } else {
    if (port.empty())
      throw UsageError("enibox why: to which port? Give it behind a colon: " + destination + ":80");
    request.question["Port"] = port_number(port);
  }
  if (const auto vpc = request.arguments.value("--vpc")) request.question["VpcId"] = *vpc;
  return request;
}

std::string why_help() { return help_text(kWhy); }

std::string why_text(const Json& answer) {
  const bool reachable = answer.at("Reachable");
  std::string text = answer.at("Protocol").get<std::string>() + " " +
                     packet_text(answer.at("Packet")) + ": " +
                     (reachable ? "reachable" : "not reachable") + "\n";
  for (const auto& step : answer.at("Forward")) text += line_of(step);
  if (!answer.at("Back").empty()) text += "and back\n";
  for (const auto& step : answer.at("Back")) text += line_of(step);
  const auto asked = answer.at("Packet").value("SourcePorts", "");
  const auto answered = answer.value("SourcePorts", "");
  if (reachable && answered != asked)
    text += "Only answers to the source ports " + answered + " of " + asked + " come back.\n";
  return text;
}

}  // namespace enibox::cli
